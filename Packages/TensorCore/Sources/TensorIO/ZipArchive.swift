// The directory of a zip archive and its entries, as npz and PyTorch's files need them.
//
// Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.4. Stored and deflated entries are read, with 64-bit sizes (zip64) where
// an archive has them; archives of several parts and encrypted entries are refused.

internal import CZlib

/// A zip archive's entries; an entry is unpacked when asked for.
struct ZipArchive: Sendable {
    /// What is known of an entry before it is unpacked.
    struct Entry: Sendable {
        let isDeflated: Bool
        let checksum: UInt32
        /// From the entry's local header to the end of its packed bytes.
        let place: Range<Int>
        let packed: Range<Int>
        let byteCount: Int  // unpacked
    }

    /// Entries by name.
    let entries: [String: Entry]
    /// The whole archive.
    let source: ByteSource

    /// The largest deflated entry that is unpacked: 1 GiB.
    ///
    /// Deflate can shrink zeros a thousandfold, so the size of the archive is no bound.
    static let maximumInflatedByteCount = 1 << 30

    /// Reads the directory at the archive's end.
    ///
    /// Names are unique and the entries' bytes do not overlap, so that all entries together are no larger than packed.
    init(_ source: ByteSource) throws(TensorIOError) {
        let (file, count) = (source.file, source.count)
        // The end record stands last, before a comment of at most 65,535 bytes.
        let tailStart = max(0, count - 22 - 65_535 - 20)
        let tail = try source.bytes(tailStart..<count)
        let places = stride(from: tail.count - 22, through: 0, by: -1)
        guard let end = places.first(where: { tail[$0...].starts(with: "PK\u{5}\u{6}".utf8) }) else {
            throw .cutOff(file: file, byteCount: count)
        }
        var (entryCount, size, start) = (tail.number(end + 10, 2), tail.number(end + 12, 4), tail.number(end + 16, 4))
        guard tail.number(end + 4, 2) == 0 || tail.number(end + 4, 2) == 0xFFFF else {
            throw .unsupported(file: file, what: "is a zip archive of several parts", remedy: "join them first")
        }
        if end >= 20, tail[(end - 20)...].starts(with: "PK\u{6}\u{7}".utf8) {
            let recordStart = tail.number(end - 12, 8)
            guard recordStart >= 0, recordStart <= tailStart + end - 20 - 56 else {
                throw .damaged(file: file, what: "its zip64 record does not stand at byte \(recordStart)")
            }
            let record = try source.bytes(recordStart..<(recordStart + 56))
            guard record.starts(with: "PK\u{6}\u{6}".utf8) else {
                throw .damaged(file: file, what: "its zip64 record does not stand at byte \(recordStart)")
            }
            (entryCount, size, start) = (record.number(32, 8), record.number(40, 8), record.number(48, 8))
        }
        let limit = tailStart + end
        guard start >= 0, size >= 0, start <= limit, size <= limit - start, entryCount >= 0, entryCount <= size / 46
        else {
            throw .damaged(file: file, what: "its directory of \(size) bytes cannot stand at byte \(start)")
        }
        let directory = try source.bytes(start..<(start + size))
        var position = 0
        var entries: [String: Entry] = [:]
        for _ in 0..<entryCount {
            guard position + 46 <= size, directory[position...].starts(with: "PK\u{1}\u{2}".utf8) else {
                throw .damaged(file: file, what: "its directory is broken at byte \(start + position)")
            }
            let nameEnd = position + 46 + directory.number(position + 28, 2)
            let extraEnd = nameEnd + directory.number(position + 30, 2)
            guard extraEnd <= size else {
                throw .damaged(file: file, what: "its directory is broken at byte \(start + position)")
            }
            let name = String(decoding: directory[(position + 46)..<nameEnd], as: UTF8.self)
            let entry = try Self.entry(
                Array(directory[position..<(position + 46)]), extra: Array(directory[nameEnd..<extraEnd]), name: name,
                in: source, before: start)
            if entries.updateValue(entry, forKey: name) != nil {
                throw .damaged(file: file, what: "it holds '\(name)' twice")
            }
            position = extraEnd + directory.number(position + 32, 2)
        }
        let sorted = entries.sorted { ($0.value.place.lowerBound, $0.key) < ($1.value.place.lowerBound, $1.key) }
        for (one, next) in zip(sorted, sorted.dropFirst())
        where one.value.place.upperBound > next.value.place.lowerBound {
            throw .damaged(file: file, what: "entries '\(one.key)' and '\(next.key)' overlap")
        }
        (self.source, self.entries) = (source, entries)
    }

    /// An entry's content, unpacked and checked against its checksum; `name` is its name in errors.
    ///
    /// A stored entry is checked in passing and stays where it is.
    func content(of entry: Entry, named name: String) throws(TensorIOError) -> ByteSource {
        let packed = source.part(entry.packed, named: "\(source.file)/\(name)")
        var content = packed
        if entry.isDeflated {
            guard max(entry.byteCount, packed.count) <= Self.maximumInflatedByteCount else {
                throw .unsupported(
                    file: source.file, what: "entry '\(name)' unpacks to \(entry.byteCount) bytes, more than 1 GiB",
                    remedy: "save it without compression")
            }
            let bytes = try packed.bytes(0..<packed.count)
            guard let unpacked = inflated(bytes, byteCount: entry.byteCount) else { throw broken(name) }
            content = ByteSource(unpacked, named: packed.file)
        }
        var checksum: UInt32 = 0
        try content.forEachChunk(of: 0..<content.count) { chunk in checksum = crc(chunk, after: checksum) }
        guard content.count == entry.byteCount, checksum == entry.checksum else { throw broken(name) }
        return content
    }

    private func broken(_ name: String) -> TensorIOError {
        .damaged(file: source.file, what: "entry '\(name)' does not unpack to what its checksum says")
    }

    /// The entry of one record of the directory, which stands at byte `limit`, behind all entries.
    private static func entry(
        _ record: [UInt8], extra: [UInt8], name: String, in source: ByteSource, before limit: Int
    ) throws(TensorIOError) -> Entry {
        let (flags, method) = (record.number(8, 2), record.number(10, 2))
        guard flags & 1 == 0, method == 0 || method == 8 else {
            throw .unsupported(
                file: source.file, what: "entry '\(name)' is encrypted or packed by method \(method)",
                remedy: "save it without encryption, stored or deflated")
        }
        // A field of all ones stands in the zip64 extra field instead, in this order.
        var wide = wideNumbers(extra)[...]
        func number(_ position: Int) -> Int {
            let narrow = record.number(position, 4)
            return narrow == 0xFFFF_FFFF ? wide.popFirst() ?? narrow : narrow
        }
        let byteCount = number(24)
        let packedCount = number(20)
        let local = number(42)
        guard local >= 0, local <= limit - 30 else {
            throw .damaged(file: source.file, what: "entry '\(name)' does not stand at byte \(local)")
        }
        let header = try source.bytes(local..<(local + 30))
        guard header.starts(with: "PK\u{3}\u{4}".utf8) else {
            throw .damaged(file: source.file, what: "entry '\(name)' does not stand at byte \(local)")
        }
        let start = local + 30 + header.number(26, 2) + header.number(28, 2)
        // Deflate shrinks by 1,032 at most (zlib, "Maximum Compression Factor"), so a larger claim is a lie.
        guard start <= limit, packedCount >= 0, packedCount <= limit - start, byteCount >= 0,
            byteCount <= (method == 0 ? packedCount : 1032 * packedCount)
        else {
            throw .damaged(file: source.file, what: "entry '\(name)' claims more bytes than it can hold")
        }
        return Entry(
            isDeflated: method == 8, checksum: UInt32(record.number(16, 4)), place: local..<(start + packedCount),
            packed: start..<(start + packedCount), byteCount: byteCount)
    }

    /// The 64-bit numbers of an extra field's block 1, whose last may be a half that is left out here.
    private static func wideNumbers(_ extra: [UInt8]) -> [Int] {
        var position = 0
        while position + 4 <= extra.count {
            let end = position + 4 + extra.number(position + 2, 2)
            if extra.number(position, 2) == 1, end <= extra.count {
                return stride(from: position + 4, through: end - 8, by: 8).map { extra.number($0, 8) }
            }
            position = end
        }
        return []
    }
}

/// The checksum of zip and PNG files (CRC-32), continued.
public func crc(_ bytes: ArraySlice<UInt8>, after checksum: UInt32 = 0) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { UInt32(unsafe crc32_z(UInt(checksum), $0.baseAddress, $0.count)) }
}

/// Unpacks raw deflate data into exactly `byteCount` bytes; `nil` if it holds another number or is broken.
func inflated(_ packed: [UInt8], byteCount: Int) -> [UInt8]? {
    var stream = unsafe z_stream()
    // Negative window bits: no zlib header, as zip has none.
    guard unsafe inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        return nil
    }
    defer { unsafe inflateEnd(&stream) }
    var isWhole = false
    let content = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
        unsafe packed.withUnsafeBufferPointer { source in
            unsafe stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            unsafe stream.avail_in = UInt32(source.count)
            unsafe stream.next_out = target.baseAddress
            unsafe stream.avail_out = UInt32(byteCount)
            isWhole = unsafe inflate(&stream, Z_FINISH) == Z_STREAM_END
            count = unsafe Int(stream.total_out)
        }
    }
    return isWhole && content.count == byteCount ? content : nil
}

extension [UInt8] {
    /// The little-endian number of up to eight bytes at `position`; negative from 2⁶³ on.
    func number(_ position: Int, _ byteCount: Int) -> Int {
        self[position..<(position + byteCount)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
