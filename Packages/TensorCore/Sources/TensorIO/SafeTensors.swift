// The safetensors format: a JSON header with names, types, shapes and places, then the numbers.
//
// Source: huggingface/safetensors, README "Format" and the checks of its reader. Every type of 8 bits and more is read
// into Float32, but for the 8-bit floats, which are refused; Float32 is written.

public import Tensors

/// The tensors of a safetensors file; numbers are converted when asked for.
public struct SafeTensors: Sendable {
    /// The header's free text.
    public let metadata: [String: String]
    private let source: ByteSource
    private let entries: [String: Entry]

    private struct Entry {
        let type: ElementType
        let shape: [Int]
        let range: Range<Int>  // in bytes
    }

    /// Tensors to be written, in the order of their names: equal tensors give equal bytes.
    ///
    /// No tensor may be named `__metadata__`: the format has taken that name.
    public init(_ tensors: [String: Tensor], metadata: [String: String] = [:]) {
        if tensors["__metadata__"] != nil {
            fatalError("SafeTensors: no tensor can be named '__metadata__'; rename it.")
        }
        func sorted<Value>(_ dictionary: [String: Value]) -> [(key: String, value: Value)] {
            dictionary.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        }
        var fields: [String] = []
        if !metadata.isEmpty {
            let pairs = sorted(metadata).map { "\(quoted($0.key)):\(quoted($0.value))" }
            fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var end = 0
        for (name, tensor) in sorted(tensors) {
            let range = end..<(end + 4 * tensor.count)
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let offsets = "\(range.lowerBound),\(range.upperBound)"
            fields.append(
                "\(quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offsets)]}"
            )
            end = range.upperBound
        }
        var header = Array("{\(fields.joined(separator: ","))}".utf8)
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
        var entries: [String: Entry] = [:]
        bytes.reserveCapacity(bytes.count + end)
        for (name, tensor) in sorted(tensors) {
            entries[name] = Entry(
                type: .float32, shape: tensor.shape, range: bytes.count..<(bytes.count + 4 * tensor.count))
            bytes += littleEndianBytes(tensor.scalars)
        }
        (self.entries, self.metadata) = (entries, metadata)
        source = ByteSource(bytes, named: "tensors in memory")
    }

    /// Reads a file's header; the numbers stay in the file, which is kept open, until they are asked for.
    public init(contentsOf path: String) throws(TensorIOError) { try self.init(try ByteSource(contentsOf: path)) }

    /// Reads a file's content; `file` is its name in errors.
    public init(decoding bytes: [UInt8], named file: String) throws(TensorIOError) {
        try self.init(ByteSource(bytes, named: file))
    }

    private init(_ source: ByteSource) throws(TensorIOError) {
        let file = source.file
        guard source.count >= 8 else { throw .cutOff(file: file, byteCount: source.count) }
        let headerCount = try source.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // The reference reader's bound; above it the first eight bytes are something else's.
        guard headerCount <= 100_000_000 else {
            throw .damaged(file: file, what: "its header declares \(headerCount) bytes")
        }
        guard headerCount <= UInt64(source.count - 8) else { throw .cutOff(file: file, byteCount: source.count) }
        let start = 8 + Int(headerCount)
        let header = try Self.header(try source.bytes(8..<start)[...], dataCount: source.count - start, file: file)
        metadata = header.metadata
        entries = header.entries.mapValues {
            Entry(type: $0.type, shape: $0.shape, range: ($0.range.lowerBound + start)..<($0.range.upperBound + start))
        }
        self.source = source
    }

    /// The file's content.
    public func bytes() throws(TensorIOError) -> [UInt8] { try source.bytes(0..<source.count) }

    /// The tensors' names, sorted.
    public var names: [String] { entries.keys.sorted() }

    /// The shape of a tensor; `nil` if there is none of that name.
    public func shape(of name: String) -> [Int]? { entries[name]?.shape }

    /// One tensor.
    public func tensor(_ name: String) throws(TensorIOError) -> Tensor {
        guard let entry = entries[name] else { throw .missingTensor(name: name, file: source.file, names: names) }
        return try tensor(entry)
    }

    /// All tensors.
    public func tensors() throws(TensorIOError) -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for (name, entry) in entries { tensors[name] = try tensor(entry) }
        return tensors
    }

    /// Writes the file, whole or not at all.
    public func write(to path: String) throws(TensorIOError) { try writeFile(try bytes(), to: path) }

    private func tensor(_ entry: Entry) throws(TensorIOError) -> Tensor {
        try entry.type.tensor(source, entry.range, shape: entry.shape)
    }

    /// Names to entries, ranges counted from the end of the header, which they cover without gap or overlap.
    private static func header(
        _ bytes: ArraySlice<UInt8>, dataCount: Int, file: String
    ) throws(TensorIOError) -> (metadata: [String: String], entries: [String: Entry]) {
        var scanner = HeaderScanner(bytes, file: file)
        var metadata: [String: String]?
        var entries: [String: Entry] = [:]
        try forEachMember(of: &scanner) { (name, scanner) throws(TensorIOError) in
            let isNew: Bool
            if name == "__metadata__" {
                isNew = metadata == nil
                metadata = try texts(&scanner, file: file)
            } else {
                isNew = entries.updateValue(try entry(name, &scanner, file: file), forKey: name) == nil
            }
            if !isNew { throw .damaged(file: file, what: "its header names '\(name)' twice") }
        }
        if !scanner.isAtEnd { throw scanner.unexpected("end") }
        var end = 0
        let places = entries.map { (name: $0.key, start: $0.value.range.lowerBound, end: $0.value.range.upperBound) }
        for place in places.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            if place.start != end {
                let found = place.start < end ? "overlaps another" : "leaves a gap before it"
                throw .damaged(file: file, what: "tensor '\(place.name)' \(found) at byte \(place.start) of the data")
            }
            end = place.end
        }
        if end > dataCount { throw .cutOff(file: file, byteCount: 8 + bytes.count + dataCount) }
        if end < dataCount { throw .damaged(file: file, what: "\(dataCount - end) bytes follow the last tensor") }
        return (metadata ?? [:], entries)
    }

    private static func entry(
        _ name: String, _ scanner: inout HeaderScanner, file: String
    ) throws(TensorIOError) -> Entry {
        var (type, shape, offsets): (String?, [Int]?, [Int]?)
        try forEachMember(of: &scanner) { (key, scanner) throws(TensorIOError) in
            switch key {
            case "dtype" where type == nil: type = try scanner.string()
            case "shape" where shape == nil: shape = try scanner.naturals("[", "]")
            case "data_offsets" where offsets == nil: offsets = try scanner.naturals("[", "]")
            default:
                throw .damaged(file: file, what: "tensor '\(name)' has a field '\(key)' that is unknown or there twice")
            }
        }
        guard let type, let shape, let offsets, offsets.count == 2 else {
            throw .damaged(file: file, what: "tensor '\(name)' lacks a type, a shape or two offsets")
        }
        guard let elementType = elementTypes[type] else {
            throw .unsupported(
                file: file, what: "tensor '\(name)' is of type \(type)",
                remedy: "save it as one of \(elementTypes.keys.sorted().joined(separator: ", "))")
        }
        guard let byteCount = elementType.byteCount(ofShape: shape), offsets[0] <= offsets[1],
            offsets[1] - offsets[0] == byteCount
        else {
            throw .damaged(
                file: file,
                what:
                    "tensor '\(name)' of type \(type) and shape \(shape) cannot fill \(offsets[0])..<\(offsets[1])"
            )
        }
        return Entry(type: elementType, shape: shape, range: offsets[0]..<offsets[1])
    }

    private static func texts(_ scanner: inout HeaderScanner, file: String) throws(TensorIOError) -> [String: String] {
        var texts: [String: String] = [:]
        try forEachMember(of: &scanner) { (key, scanner) throws(TensorIOError) in
            if texts.updateValue(try scanner.string(), forKey: key) != nil {
                throw .damaged(file: file, what: "its metadata names '\(key)' twice")
            }
        }
        return texts
    }

    /// Walks a JSON object: `visit` gets each key and reads the value behind its colon.
    private static func forEachMember(
        of scanner: inout HeaderScanner,
        _ visit: (String, inout HeaderScanner) throws(TensorIOError) -> Void
    ) throws(TensorIOError) {
        try scanner.expect("{")
        if scanner.takes("}") { return }
        repeat {
            let key = try scanner.string()
            try scanner.expect(":")
            try visit(key, &scanner)
        } while scanner.takes(",")
        try scanner.expect("}")
    }

    private static let elementTypes: [String: ElementType] = [
        "BOOL": .bool, "I8": .int8, "I16": .int16, "I32": .int32, "I64": .int64, "U8": .uint8, "U16": .uint16,
        "U32": .uint32, "U64": .uint64, "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64,
    ]
}

/// A JSON string with the escapes that JSON demands.
private func quoted(_ text: String) -> String {
    let escapes: [Unicode.Scalar: String] = [
        "\"": "\\\"", "\\": "\\\\", "\u{8}": "\\b", "\u{C}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
    ]
    var result = "\""
    for scalar in text.unicodeScalars {
        if let escape = escapes[scalar] {
            result += escape
        } else if scalar.value < 0x20 {
            result += (scalar.value < 0x10 ? "\\u000" : "\\u00") + String(scalar.value, radix: 16)
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
