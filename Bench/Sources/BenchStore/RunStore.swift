// The database of runs: opening, locking, migrating. What is written and read stands in RunStore+Writing and +Reading.
//
// It returns rows as BenchRecords values and computes nothing from them. One process writes, any number read.

internal import CSystem
internal import Foundation
internal import GRDB
internal import Glibc
internal import Synchronization

/// A SQLite database that remembers every run, case, value and per-item score.
public final class RunStore: Sendable {
    /// What the database is opened for.
    public enum Mode: Sendable {
        /// Never writes, works on a read-only file; the database must exist.
        case reading
        /// Creates and migrates what is missing; only one process at a time.
        case writing
    }

    /// The database file.
    public let path: String
    /// The text files that everything is written to first.
    public let ledger: Ledger
    let queue: DatabaseQueue
    private let lock: WriterLock?

    private let amended = Mutex<[String]>([])

    /// What was amended so far, a sentence each: torn lines cut off, lines indexed that the database lacked.
    public var amendments: [String] { amended.withLock { $0 } }

    func amend(_ sentence: String) { amended.withLock { $0.append(sentence) } }

    /// Opens the database at `path`.
    ///
    /// When it opens for writing, what the ledger has and the database lacks is indexed. Runs that an earlier process
    /// left `running` become `partial` and their running cases `interrupted`: the lock proves that nobody runs them.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - ledger: The ledger's folder; `ledger` beside the database unless another is given.
    ///   - mode: What it is opened for.
    ///   - start: The writer's start in microseconds since 1970, told to who comes second.
    /// - Throws: ``StoreError``.
    public convenience init(path: String, ledger: String? = nil, mode: Mode, start: Int64 = 0) throws {
        try self.init(path: path, ledger: ledger, mode: mode, start: start, migrations: Migration.all)
    }

    init(path: String, ledger: String? = nil, mode: Mode, start: Int64 = 0, migrations: [Migration]) throws {
        self.path = path
        self.ledger = Ledger(folder: Ledger.folder(ledger, besideDatabase: path))
        switch mode {
        case .reading:
            guard unsafe access(path, F_OK) == 0 else { throw StoreError.absent(path: path) }
            lock = nil
        case .writing:
            try makeFolder(for: path)
            try refuseNetworkFileSystem(path)
            lock = try WriterLock(path: path + ".lock", start: start)
        }
        let file = try translating(path) {
            try DatabaseQueue(path: source(path, mode), configuration: configuration(mode))
        }
        let version = try checkedVersion(of: file, at: path, known: migrations.count)
        let isOlder = version > 0 && version < migrations.count
        switch mode {
        case .reading:
            guard version > 0 else { throw StoreError.foreign(path: path) }
            // Who may not write reads a copy in memory, brought up to date.
            queue = isOlder ? try translating(path) { try DatabaseQueue(configuration: configuration(.writing)) } : file
            if isOlder { try translating(path) { try file.backup(to: queue) } }
        case .writing:
            queue = file
            if isOlder {
                let copy = "\(path).before-\(migrations[version].name.prefix(4))"
                try translating(path) { try file.backup(to: DatabaseQueue(path: copy)) }
            }
        }
        if mode == .writing || isOlder {
            try translating(path) { try Migration.migrator(migrations).migrate(queue) }
        }
        if mode == .writing {
            try catchUp()
            try closeAbandonedRuns()
            try completeLedger()
        }
    }

    func read<T>(_ body: (Database) throws -> T) throws -> T { try translating(path) { try queue.read(body) } }

    /// One transaction: all of it or nothing.
    func write<T>(_ body: (Database) throws -> T) throws -> T { try translating(path) { try queue.write(body) } }
}

/// The schema version; refuses newer schemas and the files of other programs.
private func checkedVersion(of queue: DatabaseQueue, at path: String, known: Int) throws -> Int {
    let (version, tables) = try translating(path) {
        try queue.read { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0,
                try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
            )
        }
    }
    guard version <= known else { throw StoreError.newerSchema(path: path, found: version, known: known) }
    let isOurs = version > 0 ? tables.contains("run_case") : Set(tables).isSubset(of: ["grdb_migrations"])
    guard isOurs else { throw StoreError.foreign(path: path) }
    return version
}

private func configuration(_ mode: RunStore.Mode) -> Configuration {
    var configuration = Configuration()
    configuration.readonly = mode == .reading
    configuration.busyMode = .timeout(5)
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { database in
        if mode == .writing { try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL") }
        try database.execute(sql: "PRAGMA temp_store = MEMORY")
        database.add(function: scoresFunction)
    }
    return configuration
}

/// Where the folder is read-only and no log of unfinished writes lies beside it, the file cannot change: SQLite is told
/// so, because it could not make the files that it shares with writers.
private func source(_ path: String, _ mode: RunStore.Mode) -> String {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard mode == .reading, unsafe access(folder, W_OK) != 0, unsafe access(path + "-wal", F_OK) != 0 else {
        return path
    }
    return URL(fileURLWithPath: path).absoluteString + "?immutable=1"
}

func makeFolder(for path: String) throws(StoreError) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
        throw .unusable(path: path, detail: "its folder cannot be made")
    }
}

/// The WAL needs memory that all processes share; these are the `statfs` numbers of file systems that reach over hosts.
private func refuseNetworkFileSystem(_ path: String) throws(StoreError) {
    let remote: Set<UInt32> = [
        0x6969, 0xFE53_4D42, 0xFF53_4D42, 0x0BD0_0BD0, 0x4750_4653, 0x6573_5546,  // NFS, SMB2, CIFS, Lustre, GPFS, FUSE
    ]
    let type = unsafe system_file_system_type(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    guard type != -1 else { throw .unusable(path: path, detail: systemMessage(errno)) }
    guard !remote.contains(UInt32(truncatingIfNeeded: type)) else { throw .networkFileSystem(path: path) }
}

/// Turns what SQLite reports into the sentence for it.
func translating<T>(_ path: String, _ body: () throws -> T) throws -> T {
    do {
        return try body()
    } catch let error as DatabaseError {
        switch error.resultCode {
        case .SQLITE_NOTADB: throw StoreError.foreign(path: path)
        case .SQLITE_CORRUPT: throw StoreError.corrupt(path: path, detail: error.message ?? "no detail")
        case .SQLITE_FULL: throw StoreError.full(path: path)
        default: throw StoreError.unusable(path: path, detail: error.message ?? "\(error.resultCode)")
        }
    }
}
