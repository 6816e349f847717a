// Per-item scores and the items they belong to, as bytes. Source: harness specification, section 3.4.

internal import Measurements
internal import TensorIO

/// The rows of one metric over its items: a 20-byte header, then little-endian doubles.
struct ScoresPayload {
    var bytes: [UInt8]
    /// SHA-256 of the values without the header.
    var digest: String

    private static let magic = Array("BSCORES1".utf8)
    private static let header = magic + [1, 0, doubleType, rawCodec]
    private static let doubleType: UInt8 = 2
    private static let rawCodec: UInt8 = 0

    /// NaNs become the one canonical NaN, so that equal scores have equal digests.
    init(_ values: [Double], width: Int = 1) {
        let data = values.flatMap { ($0.isNaN ? Double.nan : $0).bitPattern.littleEndianBytes }
        let count = UInt32(values.count / width)
        bytes = Self.header + count.littleEndianBytes + UInt32(width).littleEndianBytes + data
        digest = SHA256.hexDigest(of: data)
    }

    /// The rows of a stored payload; `nil` if it is none, is cut short or is of a kind this program does not write.
    static func rows(in bytes: [UInt8]) -> (values: [Double], width: Int)? {
        guard bytes.count >= 20, bytes.starts(with: header) else { return nil }
        let (items, width) = (
            Int(UInt32(littleEndianBytes: bytes[12..<16])), Int(UInt32(littleEndianBytes: bytes[16..<20]))
        )
        guard width > 0, bytes.count - 20 == 8 * items * width else { return nil }
        let values = (0..<(items * width)).map { index in
            Double(bitPattern: UInt64(littleEndianBytes: bytes[(20 + 8 * index)..<(28 + 8 * index)]))
        }
        return (values, width)
    }
}

/// The items of a metric in stored order, and the group of each.
struct ItemSet {
    var count: Int
    var groupCount: Int
    /// The names, each followed by a line feed.
    var lines: [UInt8]
    /// The groups as 32-bit little-endian numbers.
    var groups: [UInt8]

    /// SHA-256 of the names.
    var orderDigest: String { SHA256.hexDigest(of: lines) }
    /// SHA-256 of the groups.
    var groupDigest: String { SHA256.hexDigest(of: groups) }

    /// Refuses what would not come back as it was: the metric's name is for the error.
    init(_ scores: Scores, metric: String) throws(StoreError) {
        let counts = [scores.items.count, scores.groups.count, scores.values.count]
        guard counts[0] == counts[1], scores.width > 0, counts[0] * scores.width == counts[2] else {
            throw .badScores(
                metric: metric,
                detail: "\(counts[0]) items, \(counts[1]) groups and \(counts[2]) values"
                    + (scores.width == 1 ? "" : " in rows of \(scores.width)") + " do not pair")
        }
        var seen: Set<String> = []
        for item in scores.items {
            guard !item.isEmpty, !item.utf8.contains(10) else {
                throw .badScores(metric: metric, detail: "item name '\(item)' is empty or has a line feed")
            }
            guard seen.insert(item).inserted else {
                throw .badScores(metric: metric, detail: "item '\(item)' comes twice")
            }
        }
        if let group = scores.groups.first(where: { UInt32(exactly: $0) == nil }) {
            throw .badScores(metric: metric, detail: "group \(group) is not in 0...\(UInt32.max)")
        }
        count = scores.items.count
        groupCount = Set(scores.groups).count
        lines = scores.items.flatMap { Array($0.utf8) + [10] }
        groups = scores.groups.flatMap { UInt32($0).littleEndianBytes }
    }

    static func names(in lines: [UInt8]) -> [String] {
        lines.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    }

    static func groups(in bytes: [UInt8]) -> [Int] {
        stride(from: 0, to: bytes.count - 3, by: 4).map { Int(UInt32(littleEndianBytes: bytes[$0..<($0 + 4)])) }
    }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { (0..<(Self.bitWidth / 8)).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }

    init(littleEndianBytes bytes: some Collection<UInt8>) {
        self = bytes.reversed().reduce(0) { $0 << 8 | Self($1) }
    }
}
