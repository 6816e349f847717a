// What names a run, a build and a configuration: identifiers and digests over canonical text.

public import BenchRecords
internal import Foundation
internal import Measurements
internal import TensorIO

/// Identifiers that sort by time and travel between databases.
public enum RunIdentifier {
    /// A UUIDv7 (RFC 9562): 48 bits of milliseconds since 1970, then random bits.
    public static func make(microseconds: Int64, using generator: inout some RandomNumberGenerator) -> String {
        let time = UInt64(max(microseconds, 0) / 1000)
        let high = time << 16 | 0x7000 | UInt64.random(in: 0...0xFFF, using: &generator)
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0..<(1 << 62), using: &generator)
        return text(of: (high.littleEndianBytes.reversed() + low.littleEndianBytes.reversed()))
    }

    static func bytes(of uuid: String) -> [UInt8] {
        let digits = uuid.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    static func text(of bytes: [UInt8]) -> String {
        bytes.enumerated().map { index, byte in
            ([4, 6, 8, 10].contains(index) ? "-" : "") + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

extension BuildRecord {
    /// SHA-256 over everything but the patch itself, which its own digest stands for.
    public var digest: String {
        var content = self
        content.patch = nil
        return SHA256.hexDigest(of: Array(canonicalJSON(content).utf8))
    }
}

extension MachineRecord {
    /// The stable facts in one line; the machine's class is the beginning of its SHA-256.
    public var canonical: String {
        let limit = quota.map { "\($0)" } ?? "max"
        return [architecture, cpu, "\(cores)", "\(memoryGiB)", limit, blas].joined(separator: "|")
    }
}

extension CaseRecord {
    /// SHA-256 over the configuration and the data it met.
    var configurationDigest: String {
        SHA256.hexDigest(of: Array((canonicalJSON(configuration) + canonicalJSON(dataDigests)).utf8))
    }
}

/// The value as JSON with sorted keys and no spaces: equal values give equal bytes.
func canonicalJSON(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
        fatalError("canonicalJSON: strings and whole numbers always have a JSON form, yet: \(error)")
    }
}
