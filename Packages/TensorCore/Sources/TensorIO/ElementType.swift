// Numbers as files store them, and their way into Float32.

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
        func read<Word: FixedWidthInteger>(_ convert: (Word) -> Float) -> [Float] {
            unsafe bytes.withUnsafeBytes { raw in
                (0..<raw.count / byteCount).map { index in
                    let word = unsafe raw.loadUnaligned(fromByteOffset: index * byteCount, as: Word.self)
                    return convert(bigEndian ? Word(bigEndian: word) : Word(littleEndian: word))
                }
            }
        }
        return switch self {
        case .bool: read { (x: UInt8) in x == 0 ? 0 : 1 }
        case .int8: read { (x: Int8) in Float(x) }
        case .int16: read { (x: Int16) in Float(x) }
        case .int32: read { (x: Int32) in Float(x) }
        case .int64: read { (x: Int64) in Float(x) }
        case .uint8: read { (x: UInt8) in Float(x) }
        case .uint16: read { (x: UInt16) in Float(x) }
        case .uint32: read { (x: UInt32) in Float(x) }
        case .uint64: read { (x: UInt64) in Float(x) }
        case .float16: read { (x: UInt16) in Float(Float16(bitPattern: x)) }
        case .bfloat16: read { (x: UInt16) in Float(bitPattern: UInt32(x) << 16) }
        case .float32: read { (x: UInt32) in Float(bitPattern: x) }
        case .float64: read { (x: UInt64) in Float(Double(bitPattern: x)) }
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
