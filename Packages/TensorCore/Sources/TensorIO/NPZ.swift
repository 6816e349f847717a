// The npz format: a zip archive of npy files.
//
// Source: numpy.savez and numpy.savez_compressed. Entries are written stored; archives above 4 GiB are not written.

public import Tensors

/// The arrays of an npz archive; each is unpacked when asked for.
public struct NPZ: Sendable {
    private let archive: ZipArchive
    private let entries: [String: ZipArchive.Entry]

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
                [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0] + word(Int(crc(content[...]))) + word(content.count)
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

    /// Reads an archive's directory; the arrays stay in the file, which is kept open, until they are asked for.
    public init(contentsOf path: String) throws(TensorIOError) { try self.init(try ByteSource(contentsOf: path)) }

    /// Reads an archive's directory from its content; `file` is its name in errors.
    public init(decoding bytes: [UInt8], named file: String) throws(TensorIOError) {
        try self.init(ByteSource(bytes, named: file))
    }

    private init(_ source: ByteSource) throws(TensorIOError) {
        guard try source.bytes(0..<min(2, source.count)).elementsEqual("PK".utf8.prefix(source.count)) else {
            throw .unsupported(file: source.file, what: "is not an npz archive", remedy: "save it with numpy.savez")
        }
        archive = try ZipArchive(source)
        var entries: [String: ZipArchive.Entry] = [:]
        for (name, entry) in archive.entries {
            let key = name.hasSuffix(".npy") ? String(name.dropLast(4)) : name
            if entries.updateValue(entry, forKey: key) != nil {
                throw .damaged(file: source.file, what: "it holds '\(key)' twice")
            }
        }
        self.entries = entries
    }

    /// The archive's content.
    public func bytes() throws(TensorIOError) -> [UInt8] { try archive.source.bytes(0..<archive.source.count) }

    /// The arrays' names without `.npy`, sorted.
    public var names: [String] { entries.keys.sorted() }

    /// One array, unpacked and checked against its checksum.
    public func tensor(_ name: String) throws(TensorIOError) -> Tensor {
        guard let entry = entries[name] else {
            throw .missingTensor(name: name, file: archive.source.file, names: names)
        }
        let content = try archive.content(of: entry, named: name)
        return try Tensor(decodingNPY: content.part(0..<content.count, named: "\(archive.source.file)/\(name).npy"))
    }

    /// Writes the archive, whole or not at all.
    public func write(to path: String) throws(TensorIOError) { try writeFile(try bytes(), to: path) }
}

private func word(_ value: Int) -> [UInt8] { half(value & 0xFFFF) + half(value >> 16) }
private func half(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
}
