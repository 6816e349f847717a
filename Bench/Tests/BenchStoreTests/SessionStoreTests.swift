// Sessions of the chat: they go on, they are refused to others, and what is forgotten leaves the disk.

import BenchStore
import Foundation
import Testing

@Suite struct SessionStoreTests {
    private let folder: Folder
    private var path: String { folder.database }

    init() throws { folder = try Folder() }

    private func opened(_ name: String = "one", index: String = "index") throws -> SessionStore {
        try SessionStore(path: path, name: name, created: 1, modelDigest: "model", indexDigest: index, seed: 7)
    }

    private let step = SessionStep(
        module: "mgm", input: "i like zebras", output: "i like zebras", logProbability: -1, milliseconds: 2)
    private let memories = [
        SessionMemory(id: 1, person: "partner's persona", text: "i like zebras", turn: 1, age: 0),
        SessionMemory(id: 2, person: "your persona", text: "i am new", turn: 1, age: 3),
    ]

    @Test func `a session goes on where it stopped`() throws {
        try opened().save(turn: 1, user: "a", reply: "b", steps: [step], documents: [(3, 0.5)], memories: memories)
        let again = try opened()
        #expect(try again.turns() == ["a", "b"] && again.memories() == memories)
        try again.save(turn: 1, user: "a", reply: "c", steps: [], documents: [], memories: [memories[1]])
        try again.save(turn: 2, user: "d", reply: "e", steps: [], documents: [], memories: [memories[1]])
        #expect(try opened().turns() == ["a", "c", "d", "e"] && opened().memories() == [memories[1]])
        #expect(try opened("two").turns().isEmpty && opened("two").memories().isEmpty)
    }

    @Test func `another index is refused in one sentence`() throws {
        _ = try opened()
        do {
            _ = try opened(index: "other")
            Issue.record("accepted")
        } catch {
            #expect(
                "\(error)"
                    == "session 'one': was begun with another model, index or seed; give those, or another name.")
        }
    }

    @Test func `what is forgotten is in no byte of the files`() throws {
        let store = try opened()
        try store.save(turn: 1, user: "hello", reply: "b", steps: [step], documents: [], memories: memories)
        try store.forget("i like zebras", leaving: [memories[1]])
        #expect(try store.memories() == [memories[1]] && store.turns() == ["hello", "b"])
        for file in [path, path + "-wal"] where FileManager.default.fileExists(atPath: file) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            #expect(bytes.range(of: Data("zebras".utf8)) == nil, "\(file)")
        }
    }
}
