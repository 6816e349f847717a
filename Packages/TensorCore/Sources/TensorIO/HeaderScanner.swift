// Reads the textual headers of safetensors (JSON), npy (a Python literal) and PNM byte by byte, never past their end.

/// A position in a header.
///
/// Every method skips white space before what it reads.
struct HeaderScanner {
    private let bytes: ArraySlice<UInt8>
    private let file: String
    private let allowsComments: Bool

    /// The index of the next byte.
    private(set) var position: Int

    /// A scanner at the start of `bytes`; if allowed, white space may contain comments from `#` to the end of the line.
    init(_ bytes: ArraySlice<UInt8>, file: String, allowsComments: Bool = false) {
        (self.bytes, self.file, self.allowsComments) = (bytes, file, allowsComments)
        position = bytes.startIndex
    }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return position == bytes.endIndex
        }
    }

    /// The error for a header that has something else where `what` should be.
    func unexpected(_ what: String) -> TensorIOError {
        position == bytes.endIndex
            ? .damaged(file: file, what: "its header ends where \(what) should be")
            : .damaged(file: file, what: "its header has no \(what) at byte \(position)")
    }

    /// Whether `byte` comes next; it is then read.
    mutating func takes(_ byte: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.endIndex, UInt32(bytes[position]) == byte.value else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: Unicode.Scalar) throws(TensorIOError) {
        if !takes(byte) { throw unexpected("'\(byte)'") }
    }

    /// A number in `0...Int.max` without leading sign.
    mutating func natural() throws(TensorIOError) -> Int {
        skipSpace()
        let start = position
        var value = 0
        while position < bytes.endIndex, (0x30...0x39).contains(bytes[position]) {
            let (tens, overflowsTens) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tens.addingReportingOverflow(Int(bytes[position]) - 0x30)
            if overflowsTens || overflows {
                throw .damaged(file: file, what: "its header has a number above \(Int.max) at byte \(start)")
            }
            value = sum
            position += 1
        }
        if position == start { throw unexpected("number") }
        return value
    }

    /// Numbers between `open` and `close`, separated by commas; where Python allows it, one may follow the last number.
    mutating func naturals(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, allowsLastComma: Bool = false
    ) throws(TensorIOError) -> [Int] {
        try expect(open)
        var values: [Int] = []
        if takes(close) { return values }
        repeat {
            if allowsLastComma && !values.isEmpty && takes(close) { return values }
            if values.count == maximumRank {
                throw .unsupported(
                    file: file, what: "holds an array of more than \(maximumRank) axes",
                    remedy: "join axes before saving it")
            }
            values.append(try natural())
        } while takes(",")
        try expect(close)
        return values
    }

    /// Letters as they stand: a keyword.
    mutating func word() -> String {
        skipSpace()
        let start = position
        while position < bytes.endIndex, (0x41...0x5A).contains(bytes[position] & 0xDF) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A string in `quote`s with JSON's escapes, valid UTF-8.
    mutating func string(_ quote: Unicode.Scalar = "\"") throws(TensorIOError) -> String {
        try expect(quote)
        var content: [UInt8] = []
        while true {
            guard position < bytes.endIndex, bytes[position] >= 0x20 else { throw unexpected("end of string") }
            let byte = bytes[position]
            position += 1
            if UInt32(byte) == quote.value { break }
            if byte == UInt8(ascii: "\\") {
                content += try escaped().utf8
            } else {
                content.append(byte)
            }
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw .damaged(file: file, what: "its header has a string that is not UTF-8 before byte \(position)")
        }
        return text
    }

    private mutating func escaped() throws(TensorIOError) -> String {
        guard position < bytes.endIndex else { throw unexpected("escape") }
        let plain: [UInt8: String] = [
            0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n", 0x72: "\r", 0x74: "\t",
        ]
        if let text = plain[bytes[position]] {
            position += 1
            return text
        }
        guard bytes[position] == UInt8(ascii: "u") else { throw unexpected("escape") }
        var units = [try hexUnit()]
        if UTF16.isLeadSurrogate(units[0]), position + 1 < bytes.endIndex, bytes[position] == UInt8(ascii: "\\") {
            position += 1
            units.append(try hexUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else { throw unexpected("character") }
        return text
    }

    private mutating func hexUnit() throws(TensorIOError) -> UInt16 {
        guard bytes.endIndex - position >= 5, bytes[position] == UInt8(ascii: "u"),
            bytes[position + 1] != UInt8(ascii: "+"),
            let unit = UInt16(String(decoding: bytes[(position + 1)..<(position + 5)], as: UTF8.self), radix: 16)
        else { throw unexpected("escape") }
        position += 5
        return unit
    }

    private mutating func skipSpace() {
        while position < bytes.endIndex {
            if allowsComments && bytes[position] == UInt8(ascii: "#") {
                while position < bytes.endIndex, bytes[position] != 0x0A { position += 1 }
            } else if bytes[position] == 0x20 || (0x09...0x0D).contains(bytes[position]) {
                position += 1
            } else {
                return
            }
        }
    }
}
