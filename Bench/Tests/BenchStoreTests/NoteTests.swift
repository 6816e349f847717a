// Notes: events go through the ledger, records come back, words are found.

import BenchRecords
import Foundation
import Testing

@testable import BenchStore

private func opening(_ title: String, question: String = "Does it help?") -> NoteOpening {
    NoteOpening(
        title: title, question: question, hypothesis: "It helps.", prediction: "a.x.psnr > 1 vs main",
        refutation: "upper a.x.psnr < 1 vs main", design: "", commit: "c1")
}

private func closing(_ lesson: String) -> NoteClosing {
    NoteClosing(
        outcome: .refuted, computed: .refuted, because: "", findings: ["found"], conclusion: "it does not",
        lesson: lesson, surprise: 2, next: "")
}

@Suite struct NoteStoreTests {
    let folder: Folder
    let store: RunStore

    init() throws {
        folder = try Folder()
        store = try RunStore(path: folder.database, mode: .writing)
    }

    private func write(_ number: Int, _ changes: NoteChange...) throws {
        for (index, change) in changes.enumerated() {
            try store.record(NoteEvent(note: identifier(number), at: Int64(number * 1000 + index), change))
        }
    }

    @Test func `a note is the sum of its events, from the database and from the ledger alone`() throws {
        try write(
            1, .open(opening("Warm-up"), digest: "d1"), .add(text: "flat", run: nil),
            .link(run: identifier(9), isExploratory: true),
            .amend(prediction: "a.x.psnr > 2", refutation: "a.x.psnr < 2", digest: "d2", isAfterData: true),
            .close(closing("Look at the rank first.")))
        let note = try #require(try store.notes().first)
        #expect(note.opening == opening("Warm-up"))
        #expect(note.expectation.prediction == "a.x.psnr > 2" && note.expectation.refutation == "a.x.psnr < 2")
        #expect(note.isAmendedAfterData)
        #expect(note.links.map(\.run) == [identifier(9)] && note.links.map(\.isExploratory) == [true])
        #expect(note.closing == closing("Look at the rank first."))
        #expect((note.opened, note.closed) == (1000, 1004))
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/ledger/notes/\(identifier(1)).ndjson"))
        let other = try RunStore(
            path: folder.path + "/other.sqlite", ledger: folder.path + "/ledger", mode: .writing)
        #expect(try other.notes() == [note])
        #expect(try other.notes(withWords: "rank").map(\.uuid) == [note.uuid])
    }

    @Test func `words are found in title, question and lesson, whatever signs they come with`() throws {
        try write(1, .open(opening("Modality gap"), digest: ""), .close(closing("Queries beat alignment losses.")))
        try write(2, .open(opening("Warm-up", question: "Is the gap a matter of (steps)?"), digest: ""))
        #expect(try store.notes(withWords: "gap").map(\.shortID).sorted() == ["00000001", "00000002"])
        #expect(try store.notes(withWords: "modality \"gap\" -").map(\.shortID) == ["00000001"])
        #expect(try store.notes(withWords: "alignment").map(\.shortID) == ["00000001"])
        #expect(try store.notes(withWords: "nowhere").isEmpty)
        #expect(try store.notes(withWords: "*").isEmpty)
        #expect(try store.lessons(near: "What about queries and a gap?", atMost: 5).map(\.shortID) == ["00000001"])
    }

    @Test func `at most five lessons come, the nearest first`() throws {
        for number in 1...7 {
            let words = String(repeating: "warmup ", count: number)
            try write(number, .open(opening(words), digest: ""), .close(closing("Nothing special here.")))
        }
        let near = try store.lessons(near: "warmup", atMost: 5)
        #expect(near.count == 5)
        #expect(near.first?.shortID == "00000007")
    }

    @Test func `a note is named by digits, and others are refused in words`() throws {
        try write(0xa_0001, .open(opening("One"), digest: ""))
        try write(0xa_0002, .open(opening("Two"), digest: ""))
        #expect(try store.note(matching: "a0002").opening.title == "Two")
        #expect(throws: StoreError.ambiguousNote(asked: "0190a8c0", notes: ["000a0001", "000a0002"])) {
            try store.note(matching: "0190a8c0")
        }
        for asked in ["beef", "002", "@last", ""] {
            #expect(throws: StoreError.noNote(asked: asked)) { try store.note(matching: asked) }
        }
    }

    @Test func `runs begun for a note are found by it`() throws {
        try write(1, .open(opening("One"), digest: ""))
        var run = exampleRun(7)
        run.note = identifier(1)
        try store.begin(run)
        try store.begin(exampleRun(8))
        let note = try store.note(matching: identifier(1))
        #expect(try store.runs(for: note) == [run])
    }
}
