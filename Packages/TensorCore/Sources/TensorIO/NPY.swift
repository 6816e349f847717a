// The npy format: one array with a Python literal as its header.
//
// Source: numpy.lib.format, versions 1.0, 2.0 and 3.0. Real numbers of any width and byte order are read, in C or
// Fortran order; complex ones, text, dates and records are refused. Float32 in C order is written.

public import Tensors

extension Tensor {
    /// Reads an npy file.
    public init(contentsOfNPY path: String) throws(TensorIOError) {
        try self.init(decodingNPY: try ByteSource(contentsOf: path))
    }

    /// Reads the content of an npy file; `file` is its name in errors.
    public init(decodingNPY bytes: [UInt8], named file: String) throws(TensorIOError) {
        try self.init(decodingNPY: ByteSource(bytes, named: file))
    }

    init(decodingNPY source: ByteSource) throws(TensorIOError) {
        let (file, count) = (source.file, source.count)
        let prefix = try source.bytes(0..<Swift.min(12, count))
        guard prefix.starts(with: magic.prefix(count)) else {
            throw .unsupported(file: file, what: "is not an npy file", remedy: "save it with numpy.save")
        }
        guard count >= 10 else { throw .cutOff(file: file, byteCount: count) }
        guard (1...3).contains(prefix[6]), prefix[7] == 0 else {
            throw .unsupported(
                file: file, what: "is npy version \(prefix[6]).\(prefix[7])",
                remedy: "save it as version 1.0, 2.0 or 3.0")
        }
        let start = prefix[6] == 1 ? 10 : 12
        guard count >= start else { throw .cutOff(file: file, byteCount: count) }
        let headerCount = prefix[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard headerCount <= count - start else { throw .cutOff(file: file, byteCount: count) }
        let dataStart = start + headerCount
        let header = try Header(try source.bytes(start..<dataStart)[...], file: file)
        guard let byteCount = header.type.byteCount(ofShape: header.shape) else {
            throw .damaged(file: file, what: "its shape \(header.shape) has more elements than memory can hold")
        }
        guard count - dataStart >= byteCount else { throw .cutOff(file: file, byteCount: count) }
        guard count - dataStart == byteCount else {
            throw .damaged(file: file, what: "\(count - dataStart - byteCount) bytes follow the array")
        }
        let isReversed = header.isFortranOrdered && header.shape.count > 1
        let stored = try header.type.tensor(
            source, dataStart..<count, shape: isReversed ? header.shape.reversed() : header.shape,
            bigEndian: header.isBigEndian)
        self = isReversed ? stored.permuted(header.shape.indices.reversed()) : stored
    }

    /// The content of an npy file, version 1.0.
    public var npyData: [UInt8] {
        let shape = shape.map(String.init).joined(separator: ", ") + (rank == 1 ? "," : "")
        var header = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(shape)), }".utf8)
        header += [UInt8](repeating: UInt8(ascii: " "), count: 63 - (10 + header.count) % 64) + [UInt8(ascii: "\n")]
        let count = [UInt8(truncatingIfNeeded: header.count), UInt8(truncatingIfNeeded: header.count >> 8)]
        return magic + [1, 0] + count + header + littleEndianBytes(scalars)
    }

    /// Writes an npy file, whole or not at all.
    public func writeNPY(to path: String) throws(TensorIOError) { try writeFile(npyData, to: path) }
}

private let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

private struct Header {
    let type: ElementType
    let isBigEndian: Bool
    let isFortranOrdered: Bool
    let shape: [Int]

    init(_ bytes: ArraySlice<UInt8>, file: String) throws(TensorIOError) {
        var scanner = HeaderScanner(bytes, file: file)
        var (description, order, shape): (String?, String?, [Int]?)
        try scanner.expect("{")
        while !scanner.takes("}") {
            let key = try scanner.string("'")
            try scanner.expect(":")
            switch key {
            case "descr" where description == nil:
                if scanner.takes("[") {
                    throw .unsupported(
                        file: file, what: "holds records", remedy: "save each field as an array of its own")
                }
                description = try scanner.string("'")
            case "fortran_order" where order == nil: order = scanner.word()
            case "shape" where shape == nil: shape = try scanner.naturals("(", ")", allowsLastComma: true)
            default: throw .damaged(file: file, what: "its header has a field '\(key)' that is unknown or there twice")
            }
            if !scanner.takes(",") {
                try scanner.expect("}")
                break
            }
        }
        if !scanner.isAtEnd { throw scanner.unexpected("end") }
        guard let description, let order, ["True", "False"].contains(order), let shape else {
            throw .damaged(file: file, what: "its header lacks a type, an order or a shape")
        }
        guard let byteOrder = description.first, "<>|=".contains(byteOrder),
            let type = types[String(description.dropFirst())]
        else {
            throw .unsupported(
                file: file, what: "holds elements of type '\(description)'",
                remedy: "save numbers of type \(types.keys.sorted().joined(separator: ", "))")
        }
        (self.type, self.shape) = (type, shape)
        (isBigEndian, isFortranOrdered) = (byteOrder == ">", order == "True")
    }
}

private let types: [String: ElementType] = [
    "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8, "u2": .uint16, "u4": .uint32,
    "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
]
