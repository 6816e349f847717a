// The npz format: a zip archive of npy files.
//
// Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.4. Stored and deflated entries are read; archives of several parts,
// encrypted ones and those above 4 GiB (zip64) are refused. Entries are written stored.

internal import CZlib
public import Tensors

/// The arrays of an npz archive; each is unpacked when asked for.
public struct NPZ: Sendable {
    /// The archive's content.
    public let bytes: [UInt8]
    private let file: String
    private let entries: [String: Entry]

    private struct Entry {
        let isDeflated: Bool
        let checksum: UInt32
        let data: Range<Int>
        let byteCount: Int  // unpacked
    }

    /// Arrays to be written, in the order of their names: equal arrays give equal bytes.
    public init(_ tensors: [String: Tensor]) throws(TensorIOError) {
        var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, tensor) in tensors.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let (content, name) = (tensor.npyData, Array("\(name).npy".utf8))
            guard bytes.count + content.count < Int(UInt32.max), name.count <= Int(UInt16.max) else {
                throw .notWritable(
                    file: String(decoding: name, as: UTF8.self), what: "does not fit into an npz archive of 4 GiB",
                    remedy: "write safetensors")
            }
            // Version 2.0, no flags, stored, 1980-01-01 00:00 (so that equal arrays give equal bytes).
            let shared: [UInt8] =
                [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0] + word(Int(checksum(content[...]))) + word(content.count)
                + word(content.count) + half(name.count) + half(0)
            directory +=
                Array("PK\u{1}\u{2}".utf8) + [20, 0] + shared + [UInt8](repeating: 0, count: 10) + word(bytes.count)
                + name
            bytes += Array("PK\u{3}\u{4}".utf8) + shared + name + content
        }
        let count = half(tensors.count)
        bytes +=
            directory + Array("PK\u{5}\u{6}".utf8) + [0, 0, 0, 0] + count + count + word(directory.count)
            + word(bytes.count) + half(0)
        try self.init(decoding: bytes, named: "arrays in memory")
    }

    /// Reads an archive's directory.
    public init(contentsOf path: String) throws(TensorIOError) {
        try self.init(decoding: try readFile(path), named: path)
    }

    /// Reads an archive's directory from its content; `file` is its name in errors.
    public init(decoding bytes: [UInt8], named file: String) throws(TensorIOError) {
        guard bytes.starts(with: "PK".utf8.prefix(bytes.count)) else {
            throw .unsupported(file: file, what: "is not an npz archive", remedy: "save it with numpy.savez")
        }
        // The end record stands last, before a comment of at most 65,535 bytes.
        let first = max(0, bytes.count - 22 - 65_535)
        let places = stride(from: bytes.count - 22, through: first, by: -1)
        guard let end = places.first(where: { bytes[$0...].starts(with: "PK\u{5}\u{6}".utf8) }) else {
            throw .cutOff(file: file, byteCount: bytes.count)
        }
        let (count, start) = (bytes.half(end + 10), bytes.word(end + 16))
        guard bytes.half(end + 4) == 0, count < 0xFFFF, start < 0xFFFF_FFFF else {
            throw .unsupported(
                file: file, what: "is a zip archive of several parts or above 4 GiB", remedy: "save it as safetensors")
        }
        var position = start
        var entries: [String: Entry] = [:]
        for _ in 0..<count {
            guard position + 46 <= end, bytes[position...].starts(with: "PK\u{1}\u{2}".utf8),
                position + 46 + bytes.half(position + 28) <= end
            else { throw .damaged(file: file, what: "its directory is broken at byte \(position)") }
            let nameEnd = position + 46 + bytes.half(position + 28)
            let name = String(decoding: bytes[(position + 46)..<nameEnd], as: UTF8.self)
            let entry = try Self.entry(at: position, in: bytes, name: name, file: file)
            let key = name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
            if entries.updateValue(entry, forKey: key) != nil {
                throw .damaged(file: file, what: "it holds '\(key)' twice")
            }
            position = nameEnd + bytes.half(position + 30) + bytes.half(position + 32)
        }
        (self.bytes, self.file, self.entries) = (bytes, file, entries)
    }

    /// The arrays' names without `.npy`, sorted.
    public var names: [String] { entries.keys.sorted() }

    /// One array, unpacked and checked against its checksum.
    public func tensor(_ name: String) throws(TensorIOError) -> Tensor {
        guard let entry = entries[name] else { throw .missingTensor(name: name, file: file, names: names) }
        let packed = bytes[entry.data]
        let content = entry.isDeflated ? inflated(packed, byteCount: entry.byteCount) : Array(packed)
        guard let content, content.count == entry.byteCount, checksum(content[...]) == entry.checksum else {
            throw .damaged(file: file, what: "entry '\(name)' does not unpack to what its checksum says")
        }
        return try Tensor(decodingNPY: content, named: "\(file)/\(name).npy")
    }

    /// Writes the archive, whole or not at all.
    public func write(to path: String) throws(TensorIOError) { try writeFile(bytes, to: path) }

    private static func entry(
        at position: Int, in bytes: [UInt8], name: String, file: String
    ) throws(TensorIOError) -> Entry {
        let (flags, method) = (bytes.half(position + 8), bytes.half(position + 10))
        let (packedCount, byteCount) = (bytes.word(position + 20), bytes.word(position + 24))
        let local = bytes.word(position + 42)
        guard flags & 1 == 0, method == 0 || method == 8 else {
            throw .unsupported(
                file: file, what: "entry '\(name)' is encrypted or packed by method \(method)",
                remedy: "save it with numpy.savez or numpy.savez_compressed")
        }
        guard local + 30 <= bytes.count, bytes[local...].starts(with: "PK\u{3}\u{4}".utf8) else {
            throw .damaged(file: file, what: "entry '\(name)' does not stand at byte \(local)")
        }
        let start = local + 30 + bytes.half(local + 26) + bytes.half(local + 28)
        // Deflate shrinks by 1,032 at most (zlib, "Maximum Compression Factor"), so a larger claim is a lie.
        guard start + packedCount <= bytes.count, byteCount <= (method == 0 ? packedCount : 1032 * packedCount) else {
            throw .damaged(file: file, what: "entry '\(name)' claims more bytes than it can hold")
        }
        return Entry(
            isDeflated: method == 8, checksum: UInt32(bytes.word(position + 16)), data: start..<(start + packedCount),
            byteCount: byteCount)
    }
}

/// Unpacks raw deflate data into exactly `byteCount` bytes; `nil` if it holds another number or is broken.
private func inflated(_ packed: ArraySlice<UInt8>, byteCount: Int) -> [UInt8]? {
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
    return isWhole ? content : nil
}

private func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { UInt32(unsafe crc32_z(0, $0.baseAddress, $0.count)) }
}

private func word(_ value: Int) -> [UInt8] { half(value & 0xFFFF) + half(value >> 16) }
private func half(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
}

extension [UInt8] {
    /// The little-endian number of four bytes at `position`.
    fileprivate func word(_ position: Int) -> Int { half(position) | half(position + 2) << 16 }
    /// The little-endian number of two bytes at `position`.
    fileprivate func half(_ position: Int) -> Int { Int(self[position]) | Int(self[position + 1]) << 8 }
}
