// Notes in the database: events come in through the ledger, records go out.

public import BenchRecords
internal import Foundation
internal import GRDB
internal import TensorIO

extension RunStore {
    /// Stores what happened to a note.
    public func record(_ event: NoteEvent) throws { try record(.note(event)) }

    /// Every note, the latest first.
    public func notes() throws -> [NoteRecord] {
        try notes("SELECT uuid FROM note ORDER BY opened DESC, uuid DESC", [])
    }

    /// The note that at least four hex digits begin or end.
    public func note(matching asked: String) throws -> NoteRecord {
        let digits = asked.lowercased().filter { $0 != "-" }
        let isName = (4...32).contains(digits.count) && digits.allSatisfy(\.isHexDigit)
        let found =
            isName
            ? try notes(
                "SELECT uuid FROM note WHERE hex(uuid) LIKE ? OR hex(uuid) LIKE ? ORDER BY uuid",
                [digits + "%", "%" + digits])
            : []
        guard let note = found.first else { throw StoreError.noNote(asked: asked) }
        guard found.count == 1 else { throw StoreError.ambiguousNote(asked: asked, notes: found.map(\.shortID)) }
        return note
    }

    /// Notes that have every word in title, question or lesson, the nearest first.
    public func notes(withWords text: String) throws -> [NoteRecord] {
        let words = words(in: text)
        guard !words.isEmpty else { return [] }
        return try notes(
            """
            SELECT uuid FROM note JOIN note_fts ON note_fts.rowid = note.rowid WHERE note_fts MATCH ?
            ORDER BY bm25(note_fts), uuid
            """, [words.joined(separator: " ")])
    }

    /// At most `count` closed notes that share words with the text, the nearest first.
    public func lessons(near text: String, atMost count: Int) throws -> [NoteRecord] {
        let words = words(in: text).filter { $0.count > 4 }
        guard !words.isEmpty else { return [] }
        return try notes(
            """
            SELECT uuid FROM note JOIN note_fts ON note_fts.rowid = note.rowid
            WHERE note_fts MATCH ? AND closed IS NOT NULL ORDER BY bm25(note_fts), uuid LIMIT ?
            """, [words.joined(separator: " OR "), count])
    }

    /// The runs that were begun for the note, the latest first.
    public func runs(for note: NoteRecord) throws -> [RunRecord] {
        try runs("WHERE note_uuid = ? ORDER BY started DESC, uuid DESC", [Data(RunIdentifier.bytes(of: note.uuid))])
    }

    private func notes(_ query: String, _ arguments: StatementArguments) throws -> [NoteRecord] {
        try read { database in
            try Data.fetchAll(database, sql: query, arguments: arguments)
                .compactMap { NoteRecord(try events(of: $0, in: database)) }
        }
    }

    /// Every word in quotes, in which the search knows no signs of its own.
    private func words(in text: String) -> [String] {
        text.split { !$0.isLetter && !$0.isNumber }.map { "\"\($0)\"" }
    }
}

/// SHA-256 over prediction and refutation, which proves later that they were written first.
public func predictionDigest(_ prediction: String, _ refutation: String) -> String {
    SHA256.hexDigest(of: Array("\(prediction)\n\(refutation)\n".utf8))
}

/// Stores the event and the note that all its events make.
func insertNote(_ event: NoteEvent, uuid: String, in database: Database) throws {
    let note = Data(RunIdentifier.bytes(of: event.note))
    try database.execute(
        sql: "INSERT INTO note_event (uuid, note_uuid, at, kind, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        arguments: [
            Data(RunIdentifier.bytes(of: uuid)), note, event.at, event.change.kind, canonicalJSON(event.change),
        ])
    guard let record = NoteRecord(try events(of: note, in: database)) else { return }
    let (opening, closing) = (record.opening, record.closing)
    try database.execute(
        sql: "DELETE FROM note_fts WHERE rowid = (SELECT rowid FROM note WHERE uuid = ?)", arguments: [note])
    try database.execute(
        sql: """
            INSERT INTO note (uuid, title, question, hypothesis, prediction, refute_if, design, opened, closed, outcome,
                lesson, surprise, commit_sha, opened_digest)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (uuid) DO UPDATE SET prediction = excluded.prediction, refute_if = excluded.refute_if,
                closed = excluded.closed, outcome = excluded.outcome, lesson = excluded.lesson,
                surprise = excluded.surprise
            """,
        arguments: [
            note, opening.title, opening.question, opening.hypothesis, record.expectation.prediction,
            record.expectation.refutation, opening.design, record.opened, record.closed, closing?.outcome.rawValue,
            closing?.lesson, closing?.surprise, opening.commit, record.digest,
        ])
    try database.execute(
        sql: """
            INSERT INTO note_fts (rowid, title, question, lesson)
            SELECT rowid, title, question, coalesce(lesson, '') FROM note WHERE uuid = ?
            """, arguments: [note])
}

private func events(of note: Data, in database: Database) throws -> [NoteEvent] {
    try Row.fetchAll(
        database, sql: "SELECT at, body FROM note_event WHERE note_uuid = ? ORDER BY uuid", arguments: [note]
    ).map { row in
        NoteEvent(
            note: RunIdentifier.text(of: [UInt8](note)), at: row["at"],
            try decoded(row["body"], from: "note_event.body"))
    }
}
