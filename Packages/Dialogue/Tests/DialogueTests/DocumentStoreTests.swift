// The index file: the same scores, the same bytes, and a refusal for whatever is not what was written.

import Foundation
import TensorIO
import Testing

@testable import Dialogue

private let documents = [
    (name: "mat", text: "the cat sat on the mat"), (name: "dog", text: "The dog sat.\nÄrger, 東京!"),
    (name: "", text: ""),
    (name: "cats", text: "a cat a cat a cat"),
]
private let small = DocumentStore([(name: "x", text: "b a b"), (name: "", text: "a")])

@Suite struct DocumentStoreTests {
    @Test(arguments: BM25Settings.Variant.allCases)
    func `a store from its file has equal scores bit for bit`(_ variant: BM25Settings.Variant) throws {
        let settings = BM25Settings(variant, k1: 1.2, b: 0.75, delta: 0.25)
        let store = DocumentStore(documents, settings: settings)
        let read = try DocumentStore(store.bytes, named: "f")
        #expect(read.names == store.names && read.texts == store.texts && read.index.settings == settings)
        #expect(read.bytes == store.bytes && read.digest == store.digest)
        for query in [["cat"], ["cat", "cat", "sat"], ["the", "dog", "東京"], ["zebra"], []] {
            #expect(
                read.index.scores(of: query).map(\.bitPattern) == store.index.scores(of: query).map(\.bitPattern))
        }
    }

    @Test func `the bytes are those of the layout`() {
        // Worked by hand: lengths 3 and 1, mean 2; "a" in both documents once, "b" in the first twice.
        var expected = Array("SWIX".utf8) + [1, 0, 0, 0]
        func section(_ tag: String, _ content: [UInt8]) {
            expected += Array(tag.utf8) + [UInt8(content.count), 0, 0, 0, 0, 0, 0, 0] + content
            let sum = crc(content[...])
            expected += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
        }
        let numbers = [0.9, 0.4, 0.5, 2].flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
        }
        section("SETT", [0] + numbers + [2])
        section("TERM", [2, 1, UInt8(ascii: "a"), 2, 1, UInt8(ascii: "b"), 1])
        section("POST", [1, 1, 1, 1, 1, 2])
        section("LENS", [3, 1])
        section("DOCS", [1, UInt8(ascii: "x"), 5] + Array("b a b".utf8) + [0, 1, UInt8(ascii: "a")])
        #expect(small.bytes == expected)
    }

    @Test func `a file cut at any byte, longer, or with any bit flipped is refused`() throws {
        let bytes = small.bytes
        for count in bytes.indices {
            #expect(throws: TensorIOError.self) { try DocumentStore(Array(bytes.prefix(count)), named: "f") }
        }
        for bit in 0..<(8 * bytes.count) {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: TensorIOError.self, "bit \(bit)") { try DocumentStore(flipped, named: "f") }
        }
        #expect(throws: TensorIOError.damaged(file: "f", what: "something stands behind its last section")) {
            try DocumentStore(bytes + [0], named: "f")
        }
    }

    /// Files whose checksums are right and whose content is not.
    @Test(
        arguments: [
            ("SETT", [9], 0), ("TERM", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], 0), ("TERM", [0x80, 0], 0),
            ("TERM", [3], 0), ("TERM", [UInt8(ascii: "c")], 2), ("TERM", [UInt8(ascii: "b")], 2), ("TERM", [0xFF], 2),
            ("TERM", [0], 3), ("TERM", [3], 3), ("POST", [0], 0), ("POST", [3], 0), ("POST", [0], 1), ("POST", [2], 1),
            ("POST", [1], 5), ("POST", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], 0), ("LENS", [4], 0),
            ("LENS", [1, 3], 0), ("DOCS", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], 0), ("DOCS", [0xFF], 1),
            ("SETT", [UInt8](repeating: 0xFF, count: 8), 1), ("SETT", [UInt8](repeating: 0, count: 8), 1),
            ("SETT", [0xFF, 0xFF, 0x7F], 33), ("SETT", [1], 33), ("SETT", [3], 33), ("SETT", [1], 25),
        ] as [(String, [UInt8], Int)])
    func `content that contradicts itself is refused in one sentence`(
        _ tag: String, _ content: [UInt8], _ place: Int
    ) throws {
        let bytes = replaced(tag, content, at: place)
        do {
            _ = try DocumentStore(bytes, named: "f")
            Issue.record("accepted")
        } catch {
            guard case .damaged(file: "f", _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    /// The small store's file with bytes of a section replaced, inside it or beyond its end, under a right checksum.
    private func replaced(_ tag: String, _ content: [UInt8], at place: Int) -> [UInt8] {
        let bytes = small.bytes
        var (result, position) = (Array(bytes.prefix(8)), 8)
        while position < bytes.count {
            let name = bytes[position..<(position + 4)]
            let count = Int(bytes[position + 4])
            var section = Array(bytes[(position + 12)..<(position + 12 + count)])
            if name.elementsEqual(tag.utf8) {
                section.replaceSubrange(place..<min(place + content.count, count), with: content)
            }
            let sum = crc(section[...])
            result += name + [UInt8(section.count), 0, 0, 0, 0, 0, 0, 0] + section
            result += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
            position += 16 + count
        }
        return result
    }

    @Test func `a folder's text files are documents, and what is none is named`() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/store-\(UUID().uuidString)"
        #expect(throws: TensorIOError.self) { try DocumentStore(folder: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(
            throws: TensorIOError.unsupported(
                file: folder, what: "holds no .txt file", remedy: "give a folder with one document a file")
        ) { try DocumentStore(folder: folder) }
        try writeFile(Array("second".utf8), to: folder + "/b.txt")
        try writeFile(Array("first".utf8), to: folder + "/a.txt")
        try writeFile(Array("none".utf8), to: folder + "/c.md")
        let store = try DocumentStore(folder: folder)
        #expect(store.names == ["a", "b"] && store.texts == ["first", "second"])
        try store.write(to: folder + "/index.swix")
        #expect(try readFile(folder + "/index.swix") == store.bytes)
        #expect(try DocumentStore(contentsOf: folder + "/index.swix").digest == store.digest)
        try writeFile([0xFF], to: folder + "/d.txt")
        #expect(throws: TensorIOError.self) { try DocumentStore(folder: folder) }
    }
}
