// Numbers as files store them, and their way into Float32.

internal import Tensors

/// The type of a stored number.
enum ElementType: Sendable {
    case bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float16, bfloat16, float32, float64

    var byteCount: Int {
        switch self {
        case .bool, .int8, .uint8: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    /// The nearest Float32 of each number.
    ///
    /// Beyond Float32's range that is ±infinity. Any non-zero `bool` is 1.
    func floats(_ bytes: ArraySlice<UInt8>, bigEndian: Bool = false) -> [Float] {
        unsafe [Float](unsafeUninitializedCapacity: bytes.count / byteCount) { target, count in
            count = target.count
            unsafe write(bytes, to: target, bigEndian: bigEndian)
        }
    }

    /// A tensor of the numbers at `range` of `source`, which are as many as `shape` needs.
    ///
    /// They are converted a mebibyte at a time: nothing of their size stands in memory beside the tensor.
    func tensor(
        _ source: ByteSource, _ range: Range<Int>, shape: [Int], bigEndian: Bool = false
    ) throws(TensorIOError) -> Tensor {
        unsafe try Tensor(shape: shape) { (target) throws(TensorIOError) in
            var position = 0
            try source.forEachChunk(of: range) { (chunk) throws(TensorIOError) in
                let count = chunk.count / byteCount
                unsafe write(
                    chunk, to: UnsafeMutableBufferPointer(rebasing: target[position..<(position + count)]),
                    bigEndian: bigEndian)
                position += count
            }
        }
    }

    /// Writes the nearest Float32 of each number to `target`, which has one place for each.
    private func write(_ bytes: ArraySlice<UInt8>, to target: UnsafeMutableBufferPointer<Float>, bigEndian: Bool) {
        func convert<Word: FixedWidthInteger>(_ float: (Word) -> Float) {
            unsafe bytes.withUnsafeBytes { raw in
                for index in target.indices {
                    let word = unsafe raw.loadUnaligned(fromByteOffset: index * byteCount, as: Word.self)
                    unsafe target[index] = float(bigEndian ? Word(bigEndian: word) : Word(littleEndian: word))
                }
            }
        }
        switch self {
        case .bool: convert { (x: UInt8) in x == 0 ? 0 : 1 }
        case .int8: convert { (x: Int8) in Float(x) }
        case .int16: convert { (x: Int16) in Float(x) }
        case .int32: convert { (x: Int32) in Float(x) }
        case .int64: convert { (x: Int64) in Float(x) }
        case .uint8: convert { (x: UInt8) in Float(x) }
        case .uint16: convert { (x: UInt16) in Float(x) }
        case .uint32: convert { (x: UInt32) in Float(x) }
        case .uint64: convert { (x: UInt64) in Float(x) }
        case .float16: convert { (x: UInt16) in Float(Float16(bitPattern: x)) }
        case .bfloat16: convert { (x: UInt16) in Float(bitPattern: UInt32(x) << 16) }
        case .float32: convert { (x: UInt32) in Float(bitPattern: x) }
        case .float64: convert { (x: UInt64) in Float(Double(bitPattern: x)) }
        }
    }

    /// The size in bytes of an array of `shape`; `nil` if it or a stride exceeds what an address can hold.
    func byteCount(ofShape shape: [Int]) -> Int? {
        // Extents of zero count as one: strides are multiplied from the other extents all the same.
        var bound = byteCount
        for extent in shape {
            let (product, overflows) = bound.multipliedReportingOverflow(by: max(extent, 1))
            if overflows { return nil }
            bound = product
        }
        return shape.contains(0) ? 0 : bound
    }
}

/// The largest rank that tensor operations take; files with more are refused at the door.
let maximumRank = 6

/// The bytes of numbers as little-endian Float32.
func littleEndianBytes(_ scalars: [Float]) -> [UInt8] {
    unsafe scalars.map(\.bitPattern.littleEndian).withUnsafeBytes { unsafe Array($0) }
}
