// The sections of an index file, each number checked before it is used: nothing in a file can trap or claim more memory
// than the file has bytes. The layout stands in DocumentStore.swift.

internal import TensorIO

/// An index file's sections, read from front to back.
struct IndexSections {
    static let magic = "SWIX"
    static let version: UInt32 = 1
    static let tags = ["SETT", "TERM", "POST", "LENS", "DOCS"]

    private let file: String
    private var contents: [String: Content] = [:]

    /// What is left of a section.
    fileprivate struct Content {
        var bytes: ArraySlice<UInt8>
    }

    /// Finds the sections and checks their sums.
    init(_ bytes: [UInt8], named file: String) throws(TensorIOError) {
        self.file = file
        var rest = Content(bytes: bytes[...])
        guard let magic = rest.take(4), magic.elementsEqual(Self.magic.utf8) else {
            throw bytes.count < 4
                ? .cutOff(file: file, byteCount: bytes.count)
                : .unsupported(file: file, what: "is no index file", remedy: "make one with 'bench try dialogue index'")
        }
        guard let version = rest.number(4) else { throw .cutOff(file: file, byteCount: bytes.count) }
        guard version == UInt64(Self.version) else {
            throw .unsupported(
                file: file, what: "is an index file of version \(version), not \(Self.version)", remedy: "make it anew")
        }
        for tag in Self.tags {
            guard let found = rest.take(4), let count = rest.number(8) else {
                throw .cutOff(file: file, byteCount: bytes.count)
            }
            guard found.elementsEqual(tag.utf8) else {
                throw .damaged(file: file, what: "section \(tag) is not where it should be")
            }
            guard count <= UInt64(rest.bytes.count), let content = rest.take(Int(count)), let sum = rest.number(4)
            else {
                throw .cutOff(file: file, byteCount: bytes.count)
            }
            guard sum == UInt64(crc(content)) else {
                throw .damaged(file: file, what: "section \(tag) is not what its checksum says")
            }
            contents[tag] = Content(bytes: content)
        }
        guard rest.bytes.isEmpty else { throw .damaged(file: file, what: "something stands behind its last section") }
    }

    /// The settings, the mean length and the number of documents.
    mutating func settings() throws(TensorIOError) -> (BM25Settings, mean: Double, documentCount: Int) {
        let variants = BM25Settings.Variant.allCases
        return try read("SETT") { content in
            guard let variant = content.varint(), variant < variants.count, let k1 = content.double(), k1 > 0,
                k1.isFinite,
                let b = content.double(), (0...1).contains(b), let delta = content.double(), delta >= 0, delta.isFinite,
                let mean = content.double(), let count = content.varint(), count <= Int(Int32.max)
            else { return nil }
            return (BM25Settings(variants[variant], k1: k1, b: b, delta: delta), mean, count)
        }
    }

    /// The number of words of each document.
    mutating func lengths(_ documentCount: Int) throws(TensorIOError) -> [Int] {
        try read("LENS") { content in
            var lengths: [Int] = []
            for _ in 0..<documentCount {
                guard let length = content.varint(), length <= Int(Int32.max) else { return nil }
                lengths.append(length)
            }
            return lengths
        }
    }

    /// The words with their documents, which must add up to the documents' lengths.
    mutating func words(lengths: [Int]) throws(TensorIOError) -> [(word: String, postings: BM25Index.Postings)] {
        let words: [(word: String, documentCount: Int)] = try read("TERM") { content in
            guard let count = content.varint() else { return nil }
            var words: [(word: String, documentCount: Int)] = []
            // Two spellings that Unicode holds equal are one word to the index.
            var seen: Set<String> = []
            for _ in 0..<count {
                guard let word = content.text(), let documentCount = content.varint(), documentCount > 0,
                    words.last.map({ $0.word.utf8.lexicographicallyPrecedes(word.utf8) }) ?? !word.isEmpty,
                    seen.insert(word).inserted
                else { return nil }
                words.append((word, documentCount))
            }
            return words
        }
        return try read("POST") { content in
            var left = lengths
            var postings: [(word: String, postings: BM25Index.Postings)] = []
            for (word, documentCount) in words {
                var (found, document) = (BM25Index.Postings(), -1)
                for _ in 0..<documentCount {
                    guard let step = content.varint(), step > 0, step < lengths.count - document,
                        let count = content.varint(), count > 0, count <= left[document + step]
                    else { return nil }
                    document += step
                    left[document] -= count
                    found.documents.append(Int32(document))
                    found.counts.append(Int32(count))
                }
                postings.append((word, found))
            }
            return left.allSatisfy { $0 == 0 } ? postings : nil
        }
    }

    /// Names and texts.
    mutating func documents(_ count: Int) throws(TensorIOError) -> (names: [String], texts: [String]) {
        try read("DOCS") { content in
            var (names, texts): ([String], [String]) = ([], [])
            for _ in 0..<count {
                guard let name = content.text(), let text = content.text() else { return nil }
                names.append(name)
                texts.append(text)
            }
            return (names, texts)
        }
    }

    /// What `body` makes of a section, all of whose bytes it must take.
    private mutating func read<Value>(
        _ tag: String, _ body: (inout Content) -> Value?
    ) throws(TensorIOError) -> Value {
        guard var content = contents[tag], let value = body(&content), content.bytes.isEmpty else {
            throw .damaged(file: file, what: "section \(tag) contradicts itself or another")
        }
        return value
    }
}

extension IndexSections.Content {
    fileprivate mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }

    fileprivate mutating func number(_ byteCount: Int) -> UInt64? {
        take(byteCount)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    fileprivate mutating func double() -> Double? { number(8).map(Double.init(bitPattern:)) }

    /// A number below 2⁵⁶ in the fewest bytes that hold it.
    fileprivate mutating func varint() -> Int? {
        var value = 0
        for shift in stride(from: 0, to: 56, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return byte == 0 && shift > 0 ? nil : value }
        }
        return nil
    }

    fileprivate mutating func text() -> String? {
        varint().flatMap { take($0) }.flatMap { String(validating: $0, as: UTF8.self) }
    }
}
