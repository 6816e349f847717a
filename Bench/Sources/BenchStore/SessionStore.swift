// Sessions of the chat: what was said, how each reply came about, what is remembered. A database of its own, beside the
// runs'. Source: dialogue specification, section 12.

internal import GRDB

/// A memory as it is stored.
public struct SessionMemory: Sendable, Equatable {
    /// Its number in the session.
    public var id: Int
    /// Whom it is about.
    public var person: String
    /// The sentence.
    public var text: String
    /// The turn it comes from.
    public var turn: Int
    /// Turns since it was used.
    public var age: Int

    /// A memory from its parts.
    public init(id: Int, person: String, text: String, turn: Int, age: Int) {
        (self.id, self.person, self.text, self.turn, self.age) = (id, person, text, turn, age)
    }
}

/// A module's part in a turn as it is stored.
public struct SessionStep: Sendable, Equatable {
    /// What ran, read and said, the log-probability in nats, the time.
    public var module: String, input: String, output: String, logProbability: Double, milliseconds: Double

    /// A step from its parts.
    public init(module: String, input: String, output: String, logProbability: Double, milliseconds: Double) {
        (self.module, self.input, self.output) = (module, input, output)
        (self.logProbability, self.milliseconds) = (logProbability, milliseconds)
    }
}

/// A session that cannot go on.
public struct OtherSession: Error, Equatable, CustomStringConvertible {
    let name: String

    /// Where, what was found, what to do.
    public var description: String {
        "session '\(name)': was begun with another model, index or seed; give those, or another name."
    }
}

/// The sessions of one file; one process at a time.
public final class SessionStore: Sendable {
    private let queue: DatabaseQueue
    private let path: String
    private let session: Int64

    /// Opens the session of this name, or begins it.
    ///
    /// - Throws: ``OtherSession`` if it was begun with another model, index or seed; ``StoreError``.
    public init(
        path: String, name: String, created: Int64, modelDigest: String, indexDigest: String, seed: UInt64
    ) throws {
        self.path = path
        try makeFolder(for: path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { database in
            // What is forgotten is overwritten, not only unlinked.
            try database.execute(sql: "PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL")
        }
        let queue = try translating(path) { try DatabaseQueue(path: path, configuration: configuration) }
        self.queue = queue
        let identity = [modelDigest, indexDigest, String(seed)]
        session = try translating(path) {
            try queue.write { database in
                try database.execute(sql: schema)
                if let row = try Row.fetchOne(
                    database, sql: "SELECT id, modelDigest, indexDigest, seed FROM session WHERE name = ?",
                    arguments: [name])
                {
                    let found: [String] = [row["modelDigest"], row["indexDigest"], row["seed"]]
                    guard found == identity else { throw OtherSession(name: name) }
                    return row["id"]
                }
                try database.execute(
                    sql: "INSERT INTO session (name, created, modelDigest, indexDigest, seed) VALUES (?, ?, ?, ?, ?)",
                    arguments: [name, created, modelDigest, indexDigest, String(seed)])
                return database.lastInsertedRowID
            }
        }
    }

    /// What was said so far, user and bot in turn.
    public func turns() throws -> [String] {
        try translating(path) {
            try queue.read {
                try String.fetchAll($0, sql: "SELECT text FROM turn WHERE session = ? ORDER BY n", arguments: [session])
            }
        }
    }

    /// What is remembered.
    public func memories() throws -> [SessionMemory] {
        try translating(path) {
            try queue.read { database in
                try Row.fetchAll(
                    database, sql: "SELECT * FROM memory WHERE session = ? ORDER BY id", arguments: [session]
                ).map {
                    SessionMemory(
                        id: $0["id"], person: $0["person"], text: $0["text"], turn: $0["turn"], age: $0["age"])
                }
            }
        }
    }

    /// Stores a turn of both speakers in the place of an earlier version, and all that is remembered after it.
    public func save(
        turn number: Int, user: String, reply: String, steps: [SessionStep],
        documents: [(document: Int, score: Double)], memories: [SessionMemory]
    ) throws {
        try translating(path) {
            try queue.write { database in
                try database.execute(
                    sql: "DELETE FROM turn WHERE session = ? AND n IN (?, ?)",
                    arguments: [session, 2 * number - 1, 2 * number])
                for (n, speaker, text) in [(2 * number - 1, "user", user), (2 * number, "bot", reply)] {
                    let time = speaker == "bot" ? steps.reduce(0) { $0 + $1.milliseconds } : 0
                    try database.execute(
                        sql: "INSERT INTO turn (session, n, speaker, text, ms) VALUES (?, ?, ?, ?, ?)",
                        arguments: [session, n, speaker, text, time])
                }
                let turn = database.lastInsertedRowID
                for step in steps {
                    try database.execute(
                        sql: "INSERT INTO step (turn, module, input, output, logprob, ms) VALUES (?, ?, ?, ?, ?, ?)",
                        arguments: [
                            turn, step.module, step.input, step.output, step.logProbability, step.milliseconds,
                        ])
                }
                for (rank, found) in documents.enumerated() {
                    try database.execute(
                        sql: "INSERT INTO doc (turn, rank, docId, score) VALUES (?, ?, ?, ?)",
                        arguments: [turn, rank + 1, found.document, found.score])
                }
                try replaceMemories(memories, database)
            }
        }
    }

    /// Stores what is remembered; what is not among it any more is gone.
    public func save(memories: [SessionMemory]) throws {
        try translating(path) { try queue.write { try replaceMemories(memories, $0) } }
    }

    /// Removes a sentence from all that modules read and said, and from the file and its log.
    public func forget(_ text: String, leaving memories: [SessionMemory]) throws {
        try translating(path) {
            try queue.write { database in
                try database.execute(
                    sql: """
                        DELETE FROM step WHERE turn IN (SELECT id FROM turn WHERE session = ?)
                        AND (instr(input, ?) OR instr(output, ?))
                        """, arguments: [session, text, text])
                try replaceMemories(memories, database)
            }
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        }
    }

    private func replaceMemories(_ memories: [SessionMemory], _ database: Database) throws {
        try database.execute(sql: "DELETE FROM memory WHERE session = ?", arguments: [session])
        for memory in memories {
            try database.execute(
                sql: "INSERT INTO memory (id, session, person, text, turn, age) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [memory.id, session, memory.person, memory.text, memory.turn, memory.age])
        }
    }
}

private let schema = """
    CREATE TABLE IF NOT EXISTS session (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, modelDigest TEXT NOT NULL,
        indexDigest TEXT NOT NULL, seed TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS turn (
        id INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES session, n INTEGER NOT NULL, speaker TEXT NOT NULL,
        text TEXT NOT NULL, ms REAL NOT NULL, UNIQUE (session, n)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS step (
        turn INTEGER NOT NULL REFERENCES turn ON DELETE CASCADE, module TEXT NOT NULL, input TEXT NOT NULL,
        output TEXT NOT NULL, logprob REAL NOT NULL, ms REAL NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS doc (
        turn INTEGER NOT NULL REFERENCES turn ON DELETE CASCADE, rank INTEGER NOT NULL, docId INTEGER NOT NULL,
        score REAL NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS memory (
        id INTEGER NOT NULL, session INTEGER NOT NULL REFERENCES session, person TEXT NOT NULL, text TEXT NOT NULL,
        turn INTEGER NOT NULL, age INTEGER NOT NULL, PRIMARY KEY (session, id)
    ) STRICT, WITHOUT ROWID;
    """
