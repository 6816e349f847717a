// What a serialised SentencePiece model must be before the library may read it.
//
// The library checks the message, but not the pieces' scores, and it follows the offsets in the table of normalisation
// rules wherever they lead: a changed byte there would read outside the table. Layout: sentencepiece_model.proto; the table
// is a double array as darts-clone lays it out, behind its size, before the replacements, each ended by a zero byte.

/// Refuses bytes that the library cannot be trusted with.
func checkSerialisedTokeniser(_ bytes: [UInt8], named name: String) throws(TokeniserError) {
    do throws(Fault) {
        var message = ProtocolBuffer(bytes[...]), fields: Set<UInt64> = []
        while let field = try message.next() {
            fields.insert(field.field)
            switch field {
            case (1, .bytes(let piece)): try checkPiece(piece)
            case (3, .bytes(let rules)), (5, .bytes(let rules)): try checkRules(rules)
            default: break
            }
        }
        // A file cut off between two pieces is a message too, for a tokeniser with other rules.
        guard fields.isSuperset(of: [1, 2, 3]) else { throw Fault("it ends before its settings") }
    } catch {
        throw .damaged(name: name, what: error.what)
    }
}

private struct Fault: Error {
    var what: String
    init(_ what: String) { self.what = what }
}

private func checkPiece(_ piece: ArraySlice<UInt8>) throws(Fault) {
    var message = ProtocolBuffer(piece)
    while let field = try message.next() {
        switch field {
        case (1, .bytes(let text)) where text.isEmpty || text.contains(0):
            throw Fault("a piece is empty or holds U+0000")
        case (2, .fixed32(let bits)) where !Float(bitPattern: bits).isFinite:
            throw Fault("a piece's score is not finite")
        default: break
        }
    }
}

private func checkRules(_ rules: ArraySlice<UInt8>) throws(Fault) {
    var message = ProtocolBuffer(rules)
    while let field = try message.next() {
        if case (2, .bytes(let table)) = field, !table.isEmpty { try checkTable(Array(table)) }
    }
}

private func checkTable(_ table: [UInt8]) throws(Fault) {
    func number(at index: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(table[index + $1]) << (8 * $1) }
    }
    guard table.count >= 8, table.last == 0 else { throw Fault("its normalisation rules have no end") }
    let size = Int(number(at: 0))
    guard size.isMultiple(of: 4), size > 0, size < table.count - 4 else {
        throw Fault("its normalisation rules claim \(size) of \(table.count) bytes")
    }
    let units = (0..<size / 4).map { number(at: 4 + 4 * $0) }
    var walk = DoubleArrayWalk(units: units, replacementCount: table.count - 4 - size)
    try walk.check()
}

/// A walk through every string that a double array knows.
private struct DoubleArrayWalk {
    let units: [UInt32]
    /// Bytes of replacements that the values index.
    let replacementCount: Int
    /// Of a node that was left, the largest count of rules along a path below it; of one that is being visited, -1.
    private var counts: [Int?]
    /// The library stores as many matching rules as this on its stack.
    private static let maximumCount = 32

    init(units: [UInt32], replacementCount: Int) {
        self.units = units
        self.replacementCount = replacementCount
        counts = Array(repeating: nil, count: units.count)
    }

    mutating func check() throws(Fault) {
        if try count(below: offset(of: units[0]), depth: 0) > Self.maximumCount {
            throw Fault("more than \(Self.maximumCount) of its normalisation rules begin alike")
        }
    }

    private func offset(of unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 0x200) >> 6)) }

    private mutating func count(below node: Int, depth: Int) throws(Fault) -> Int {
        // Whatever byte follows, the library looks no further than the end of the node's block of 256.
        guard node | 0xFF < units.count else { throw Fault("its normalisation rules point outside their table") }
        if let known = counts[node] {
            if known < 0 { throw Fault("its normalisation rules run in a circle") }
            return known
        }
        if depth > 64 { throw Fault("a normalisation rule is longer than 64 bytes") }
        counts[node] = -1
        var largest = 0
        for label in 0..<256 {
            let unit = units[node ^ label]
            guard unit & 0x8000_00FF == UInt32(label) else { continue }
            let next = node ^ label ^ offset(of: unit)
            var count = 0
            if unit & 0x100 != 0 {
                guard next < units.count, Int(units[next] & 0x7FFF_FFFF) < replacementCount else {
                    throw Fault("a normalisation rule points outside the replacements")
                }
                count = 1
            }
            largest = max(largest, count + (try self.count(below: next, depth: depth + 1)))
        }
        counts[node] = largest
        return largest
    }
}

/// A reader of protocol-buffer messages, field by field.
private struct ProtocolBuffer {
    enum Value {
        case number(UInt64)
        case fixed32(UInt32)
        case fixed64
        case bytes(ArraySlice<UInt8>)
    }
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() throws(Fault) -> (field: UInt64, value: Value)? {
        if rest.isEmpty { return nil }
        let key = try number()
        let value: Value =
            switch key & 7 {
            case 0: .number(try number())
            case 1: try fixed64()
            case 2: .bytes(try take(try number()))
            case 5: .fixed32(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
            default: throw Fault("byte \(rest.startIndex) starts no field")
            }
        return (key >> 3, value)
    }

    private mutating func fixed64() throws(Fault) -> Value {
        _ = try take(8)
        return .fixed64
    }

    private mutating func number() throws(Fault) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Fault("a number at byte \(rest.startIndex) has no end")
    }

    private mutating func take(_ count: UInt64) throws(Fault) -> ArraySlice<UInt8> {
        guard count <= rest.count else {
            throw Fault("a field at byte \(rest.startIndex) has \(count) bytes of which \(rest.count) are there")
        }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }
}
