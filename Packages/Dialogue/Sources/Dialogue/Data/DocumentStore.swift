// Documents with names, and their BM25 index, in memory and in one file.
//
// The file, little-endian: `SWIX`, the version (4 bytes), then five sections, each of a tag of 4 bytes, the length of its
// content (8), the content and its CRC-32 (4). Numbers in a content are unsigned LEB128 varints unless said otherwise.
//
//     SETT  variant, k1, b, δ and the mean length (8 bytes each, IEEE 754), number of documents
//     TERM  number of words; per word, in ascending order of UTF-8 bytes: length, bytes, number of documents
//     POST  per word its documents as differences, from −1 on, each with its count
//     LENS  the number of words of each document
//     DOCS  per document length and bytes of its name, length and bytes of its text
//
// Counts are stored, not impacts: these are computed on reading by the same expressions, so that scores are equal bit for
// bit. The file is read whole, not mapped. Source: line specification, 6.3.

internal import Foundation
public import TensorIO

/// Documents that can be searched.
public struct DocumentStore: Sendable {
    /// What is searched.
    public let index: BM25Index
    /// The names of the documents, for readers.
    public let names: [String]
    /// Their texts.
    public let texts: [String]

    /// Indexes documents in their order.
    public init(_ documents: [(name: String, text: String)], settings: BM25Settings = BM25Settings()) {
        (names, texts) = (documents.map(\.name), documents.map(\.text))
        index = BM25Index(texts, settings: settings)
    }

    /// The documents of a folder's `.txt` files, by name; folders in it are not entered.
    ///
    /// - Throws: `TensorIOError` if the folder or a file cannot be read, a file is no UTF-8, or there is none.
    public init(folder: String, settings: BM25Settings = BM25Settings()) throws(TensorIOError) {
        let found: [String]
        do {
            found = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw .unreadable(file: folder, reason: "no such folder, or no permission to read it")
        }
        let files = found.filter { $0.hasSuffix(".txt") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard !files.isEmpty else {
            throw .unsupported(
                file: folder, what: "holds no .txt file", remedy: "give a folder with one document a file")
        }
        var documents: [(name: String, text: String)] = []
        for name in files {
            let path = "\(folder)/\(name)"
            guard let text = String(validating: try readFile(path), as: UTF8.self) else {
                throw .unsupported(file: path, what: "is no UTF-8 text", remedy: "save it as UTF-8")
            }
            documents.append((String(name.dropLast(4)), text))
        }
        self.init(documents, settings: settings)
    }

    /// Reads an index file.
    ///
    /// - Throws: `TensorIOError` if the file cannot be read or is not what `write(to:)` writes.
    public init(contentsOf path: String) throws(TensorIOError) {
        try self.init(try readFile(path), named: path)
    }

    /// Writes the index file, whole or not at all; equal stores give equal bytes.
    public func write(to path: String) throws(TensorIOError) { try writeFile(bytes, to: path) }

    /// SHA-256 of the file's bytes, encoded anew: equal documents and settings have equal digests.
    public var digest: String { SHA256.hexDigest(of: bytes) }

    /// The content of the index file.
    var bytes: [UInt8] { encodedStore(index, names: names, texts: texts) }

    /// A store from the content of its file; `file` is its name in errors.
    init(_ bytes: [UInt8], named file: String) throws(TensorIOError) {
        var sections = try IndexSections(bytes, named: file)
        let (settings, mean, count) = try sections.settings()
        let lengths = try sections.lengths(count)
        let words = try sections.words(lengths: lengths)
        (names, texts) = try sections.documents(count)
        index = BM25Index(words, lengths: lengths, settings: settings)
        guard index.meanLength.bitPattern == mean.bitPattern else {
            throw .damaged(file: file, what: "its mean length is not that of its documents")
        }
    }
}

/// The file's content.
private func encodedStore(_ index: BM25Index, names: [String], texts: [String]) -> [UInt8] {
    let (settings, words) = (index.settings, index.words)
    let variant = BM25Settings.Variant.allCases.firstIndex(of: settings.variant) ?? 0
    let numbers = [settings.k1, settings.b, settings.delta, index.meanLength]
    var sections: [String: [UInt8]] = [:]
    sections["SETT"] = varint(variant) + numbers.flatMap { littleEndian($0.bitPattern) } + varint(index.documentCount)
    sections["TERM"] = varint(words.count) + words.flatMap { counted($0.word) + varint($0.postings.documents.count) }
    sections["POST"] = words.flatMap { _, postings in
        zip(zip([-1] + postings.documents, postings.documents), postings.counts).flatMap { pair, count in
            varint(Int(pair.1 - pair.0)) + varint(Int(count))
        }
    }
    sections["LENS"] = index.lengths.flatMap(varint)
    sections["DOCS"] = zip(names, texts).flatMap { counted($0) + counted($1) }
    var bytes = Array(IndexSections.magic.utf8) + littleEndian(IndexSections.version)
    for tag in IndexSections.tags {
        let content = sections[tag] ?? []
        bytes += Array(tag.utf8) + littleEndian(UInt64(content.count)) + content + littleEndian(crc(content[...]))
    }
    return bytes
}

private func varint(_ value: Int) -> [UInt8] {
    var (bytes, rest): ([UInt8], Int) = ([], value)
    while rest > 0x7F {
        bytes.append(UInt8(rest & 0x7F) | 0x80)
        rest >>= 7
    }
    return bytes + [UInt8(rest)]
}

private func counted(_ text: String) -> [UInt8] { varint(text.utf8.count) + Array(text.utf8) }

private func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
