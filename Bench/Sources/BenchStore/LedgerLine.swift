// One line of the ledger: what it says, its digest, and the digest of the line before. Source: harness specification, 3.4.
//
// What the payload means stands in LedgerEntry, where lines lie in Ledger.

internal import TensorIO

/// `{"d":{…},"h":"…","p":"…","t":"…","u":"…","v":1}`: keys sorted, no spaces.
struct LedgerLine: Equatable {
    /// What a line is about.
    enum Kind: String {
        case run
        case item = "case"
        case end, note
    }

    /// The line without its line feed.
    let bytes: [UInt8]
    let kind: Kind
    /// A UUIDv7: within one writer's file lines sort by it.
    let uuid: String
    /// SHA-256 of the line without `h`.
    let digest: String
    /// The digest of the writer's line before; empty for its first.
    let previous: String
    /// The JSON of `d`.
    let payload: ArraySlice<UInt8>

    /// A line that follows `last`, written at `microseconds` since 1970 or just after it if the clock went backwards.
    init(_ kind: Kind, payload: String, at microseconds: Int64, after last: (uuid: String, digest: String)?) {
        let previous = last?.digest ?? ""
        let uuid = lineIdentifier(at: microseconds, after: last?.uuid, content: kind.rawValue + payload)
        let end = suffix(nil, previous, kind.rawValue, uuid)
        let digest = SHA256.hexDigest(of: prefix + Array(payload.utf8) + end)
        let bytes = prefix + Array(payload.utf8) + suffix(digest, previous, kind.rawValue, uuid)
        (self.bytes, self.kind, self.uuid, self.digest, self.previous) = (bytes, kind, uuid, digest, previous)
        self.payload = bytes[prefix.count..<(prefix.count + payload.utf8.count)]
    }

    /// A line as it was read.
    ///
    /// - Throws: ``Damage`` if it has another form, is of a kind this program does not know, or its digest is another.
    init(reading bytes: [UInt8]) throws(Damage) {
        let words = String(decoding: bytes.suffix(300), as: UTF8.self)
            .split(separator: "\"", omittingEmptySubsequences: false).suffix(19).map(String.init)
        guard words.count == 19 else { throw .form }
        let (digest, previous, kind, uuid) = (words[3], words[7], words[11], words[15])
        let end = suffix(digest, previous, kind, uuid)
        guard bytes.starts(with: prefix), bytes.count > prefix.count + end.count, bytes.suffix(end.count) == end[...],
            uuid.utf8.count == 36
        else { throw .form }
        let payload = bytes[prefix.count..<(bytes.count - end.count)]
        let found = SHA256.hexDigest(of: prefix + payload + suffix(nil, previous, kind, uuid))
        guard found == digest else { throw .digest(uuid: uuid, stated: digest, found: found) }
        guard let known = Kind(rawValue: kind) else { throw .kind(kind) }
        (self.bytes, self.kind, self.uuid, self.digest, self.previous) = (bytes, known, uuid, digest, previous)
        self.payload = payload
    }

    /// Why a line cannot be read.
    enum Damage: Error, Equatable {
        case form
        case kind(String)
        case digest(uuid: String, stated: String, found: String)
    }
}

private let prefix = Array("{\"d\":".utf8)

private func suffix(_ digest: String?, _ previous: String, _ kind: String, _ uuid: String) -> [UInt8] {
    let digest = digest.map { ",\"h\":\"\($0)\"" } ?? ""
    return Array("\(digest),\"p\":\"\(previous)\",\"t\":\"\(kind)\",\"u\":\"\(uuid)\",\"v\":1}".utf8)
}

/// A UUIDv7 of 48 bits of milliseconds, a 12-bit counter within them, and 62 bits of the content's digest.
///
/// Time and counter together are larger than those of `last` (RFC 9562, 6.2, method 1): lines sort as they were written.
private func lineIdentifier(at microseconds: Int64, after last: String?, content: String) -> String {
    func number(_ hex: some StringProtocol) -> UInt64 { UInt64(hex, radix: 16) ?? 0 }
    let digits = last.map { $0.filter { $0 != "-" } } ?? ""
    let lastKey = number(digits.prefix(12)) << 12 | number(digits.dropFirst(13).prefix(3))
    let key = max((UInt64(max(microseconds, 0)) / 1000) << 12, lastKey + 1)
    let high = (key >> 12) << 16 | 0x7000 | key & 0xFFF
    let low = 1 << 63 | number(SHA256.hexDigest(of: Array(content.utf8)).prefix(16)) >> 2
    return RunIdentifier.text(of: high.littleEndianBytes.reversed() + low.littleEndianBytes.reversed())
}
