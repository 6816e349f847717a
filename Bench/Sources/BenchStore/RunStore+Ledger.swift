// Ledger and database together: everything is written to the ledger first, and whatever the ledger has reaches the
// database by the same way, at once, at the next start, by an import or by a rebuild.

public import BenchRecords
internal import Foundation
internal import GRDB
internal import TensorIO

extension RunStore {
    /// Writes the entry to the ledger, then to the database.
    func record(_ entry: LedgerEntry) throws {
        let end = try ledger.appended(entry)
        try write { database in
            try apply(entry, line: end.last?.uuid ?? "", in: database)
            try markIndexed(entry.path, end, in: database)
        }
    }

    /// Indexes the files that are longer than what the database knows of them.
    func catchUp() throws {
        let known = try indexedBytes()
        for (path, bytes) in ledger.files() where known[path] != bytes {
            if let old = known[path], old > bytes {
                amend("\(path): \(old - bytes) bytes that the database knows are gone; copy the file back")
            } else {
                try index(path)
            }
        }
    }

    /// Writes the lines of the runs that were stored before there was a ledger.
    func completeLedger() throws {
        let missing = try read {
            try Int.fetchOne(
                $0,
                sql: """
                    SELECT (SELECT count(*) FROM run) - count(*) FROM ledger_file WHERE path NOT LIKE 'notes/%'
                    """)
        }
        guard missing != 0 else { return }
        let known = try indexedBytes()
        let addresses = try read { database in
            try Row.fetchAll(database, sql: "SELECT uuid, class FROM run JOIN machine ON machine.pk = machine_pk")
                .map { RunAddress(run: RunIdentifier.text(of: [UInt8]($0["uuid"] as Data)), machine: $0["class"]) }
        }
        for address in addresses where known[LedgerEntry.path(of: address)] == nil {
            var run = try run(address.run)
            let ended = try run.cases.filter { $0.state != .planned }.map { item in
                LedgerEntry.item(item, try storedArtefacts(of: item.id, in: run.uuid), of: address)
            }
            let end = LedgerEntry.end(run.status, at: run.ended, of: address)
            (run.status, run.ended) = (.running, nil)
            run.cases = run.cases.map {
                CaseRecord(id: $0.id, version: $0.version, tier: $0.tier, configuration: $0.configuration)
            }
            var lines: [LedgerLine] = []
            for entry in [.run(run)] + ended + [end] {
                lines.append(try entry.line(after: lines.last.map { ($0.uuid, $0.digest) }))
            }
            let path = end.path
            try ledger.replace(path, with: lines)
            let written = try ledger.contents(of: path).end
            try write { try markIndexed(path, written, in: $0) }
        }
    }

    /// Applies every line of a file, as one transaction; lines that were applied before change nothing.
    private func index(_ path: String) throws {
        let contents = try ledger.contents(of: path)
        if contents.isTorn {
            try ledger.truncate(path, to: contents.end)
            amend("\(path): line \(contents.end.lines + 1) was cut off while it was written and is removed")
        }
        for (number, _) in contents.damages where number <= contents.end.lines {
            amend("\(path): line \(number) cannot be read and is left out; 'bench doctor' tells more")
        }
        let entries = contents.lines.compactMap { line in LedgerEntry(line.line).map { (line.line.uuid, $0) } }
        guard let first = entries.first?.1 else { return }
        switch first {
        case .run, .note: break
        case .item, .end: return amend("\(path): waits for the line that begins its run")
        }
        let before = try read {
            try Int.fetchOne($0, sql: "SELECT lines FROM ledger_file WHERE path = ?", arguments: [path]) ?? 0
        }
        try write { database in
            for (uuid, entry) in entries { try apply(entry, line: uuid, in: database) }
            try markIndexed(path, contents.end, in: database)
        }
        if contents.end.lines > before {
            amend("\(path): \(contents.end.lines - before) lines were not in the database and are now")
        }
    }

    func indexedBytes() throws -> [String: Int] {
        let rows = try read { try Row.fetchAll($0, sql: "SELECT path, bytes FROM ledger_file") }
        return Dictionary(rows.map { ($0["path"], $0["bytes"]) }) { first, _ in first }
    }

    private func markIndexed(_ path: String, _ end: Ledger.FileEnd, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO ledger_file (path, bytes, lines, head_digest, imported) VALUES (?, ?, ?, ?, 0)
                ON CONFLICT (path) DO UPDATE SET bytes = excluded.bytes, lines = excluded.lines,
                    head_digest = excluded.head_digest
                """,
            arguments: [path, end.bytes, end.lines, end.last?.digest ?? ""])
    }
}

// Export and import: a union by the lines' identifiers, so that order and repetition do not matter.

extension RunStore {
    /// Adds the ledger lines of the runs and of their notes, and the files of artefacts, to the ledger in `folder`.
    ///
    /// - Returns: The number of lines that were not there yet.
    /// - Throws: ``StoreError``, for a run of which the ledger has nothing, too.
    public func export(_ runs: [RunRecord], to folder: String) throws -> Int {
        let target = Ledger(folder: folder)
        var count = 0
        for path in runs.map({ LedgerEntry.path(of: RunAddress($0)) }) + runs.compactMap({ $0.note.map(notePath) }) {
            let lines = try ledger.contents(of: path).lines
            guard !lines.isEmpty else {
                throw StoreError.unusable(path: "\(ledger.folder)/\(path)", detail: "the ledger has no such file")
            }
            var known = try target.contents(of: path).lines.map(\.line)
            let knownIDs = Set(known.map(\.uuid))
            known += lines.map(\.line).filter { !knownIDs.contains($0.uuid) }
            count += known.count - knownIDs.count
            try target.replace(path, with: known.sorted { $0.uuid < $1.uuid })
            for digest in largeArtefacts(lines.compactMap { LedgerEntry($0.line) }) {
                try copyArtefact(digest, from: [self.folder.path], to: folder)
            }
        }
        return count
    }

    /// Takes in the lines of the files, or of all files below the folders.
    ///
    /// A line that is known byte for byte is passed over. One that is known with another content is refused and
    /// remembered in the table `conflict`; what was known stays.
    ///
    /// - Parameters:
    ///   - paths: Files and folders.
    ///   - isDryRun: Only looks.
    ///   - time: Microseconds since 1970, for the conflicts.
    /// - Returns: What was found.
    /// - Throws: ``StoreError``.
    public func importLedger(_ paths: [String], isDryRun: Bool, at time: Int64) throws -> ImportRecord {
        var record = ImportRecord()
        var known: [String: [String: String]] = [:]
        for file in try ledgerFiles(paths) {
            record.files += 1
            let contents = try ledgerContents(ofFile: file)
            var new: [String: [LedgerLine]] = [:]
            func conflict(_ uuid: String, _ line: Int, kept: String, refused: String) {
                record.conflicts.append(
                    ConflictRecord(uuid: uuid, path: file, line: line, keptDigest: kept, refusedDigest: refused))
            }
            for (number, line) in contents.lines {
                guard let entry = LedgerEntry(line) else {
                    record.damages.append("\(file):\(number): the line is of no known form")
                    continue
                }
                if known[entry.path] == nil {
                    let lines = try ledger.contents(of: entry.path).lines
                    known[entry.path] = Dictionary(lines.map { ($0.line.uuid, $0.line.digest) }) { first, _ in first }
                }
                switch known[entry.path]?[line.uuid] {
                case nil:
                    known[entry.path]?[line.uuid] = line.digest
                    new[entry.path, default: []].append(line)
                    record.newLines += 1
                    // An export has `cas` beside the folders of the machines, a store has it beside the ledger.
                    let roots = ["\(file)/../../..", "\(file)/../../../.."]
                    for digest in largeArtefacts([entry]) where !isDryRun {
                        if try !copyArtefact(digest, from: roots, to: folder.path) {
                            record.remarks.append("\(file):\(number): the file of artefact \(digest) is not there")
                        }
                    }
                case line.digest: record.knownLines += 1
                case let other?: conflict(line.uuid, number, kept: other, refused: line.digest)
                }
            }
            for (number, reason) in contents.damages {
                switch reason {
                case .digest(let uuid, let stated, let found):
                    let old = known.values.lazy.compactMap { $0[uuid] }.first
                    conflict(uuid, number, kept: old ?? stated, refused: found)
                case .form where contents.isTorn && number > contents.end.lines:
                    record.remarks.append("\(file):\(number): the line is cut off and was left out")
                case .form: record.damages.append("\(file):\(number): the line is of no known form")
                case .kind(let kind):
                    record.damages.append("\(file):\(number): lines of kind '\(kind)' need a newer bench")
                }
            }
            guard !isDryRun else { continue }
            for (path, lines) in new.sorted(by: { $0.key < $1.key }) {
                let all = try ledger.contents(of: path).lines.map(\.line) + lines
                try ledger.replace(path, with: all.sorted { $0.uuid < $1.uuid })
                try index(path)
            }
        }
        if !isDryRun {
            try closeAbandonedRuns()
            try write { database in
                for conflict in record.conflicts { try insert(conflict, at: time, in: database) }
            }
        }
        return record
    }

    /// Every refused line that imports have met.
    public func conflicts() throws -> [ConflictRecord] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM conflict ORDER BY seen, path, line").map {
                ConflictRecord(
                    uuid: RunIdentifier.text(of: [UInt8]($0["uuid"] as Data)), path: $0["path"], line: $0["line"],
                    keptDigest: $0["old_digest"], refusedDigest: $0["new_digest"])
            }
        }
    }

    private func insert(_ conflict: ConflictRecord, at time: Int64, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO conflict (uuid, path, line, old_digest, new_digest, seen) SELECT ?1, ?2, ?3, ?4, ?5, ?6
                WHERE NOT EXISTS (SELECT 1 FROM conflict WHERE uuid = ?1 AND new_digest = ?5)
                """,
            arguments: [
                Data(RunIdentifier.bytes(of: conflict.uuid)), conflict.path, conflict.line, conflict.keptDigest,
                conflict.refusedDigest, time,
            ])
    }
}

private func ledgerFiles(_ paths: [String]) throws(StoreError) -> [String] {
    var files: [String] = []
    for path in paths {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .unusable(path: path, detail: "there is no such file or folder")
        }
        files += isFolder.boolValue ? ndjsonFiles(below: path).sorted().map { "\(path)/\($0)" } : [path]
    }
    return files
}

private func largeArtefacts(_ entries: [LedgerEntry]) -> [String] {
    entries.flatMap { entry in
        guard case .item(_, let artefacts, _) = entry else { return [String]() }
        return artefacts.filter { $0.inline == nil }.map(\.digest)
    }
}

/// Copies an artefact's file below `folder`; `false` if none of the other folders has the content that the digest names.
@discardableResult
private func copyArtefact(_ digest: String, from folders: [String], to folder: String) throws(StoreError) -> Bool {
    let file = StoredArtefact.file(ofDigest: digest)
    let target = "\(folder)/\(file)"
    if FileManager.default.fileExists(atPath: target) { return true }
    for folder in folders {
        let source = URL(fileURLWithPath: "\(folder)/\(file)").standardized.path
        guard let data = FileManager.default.contents(atPath: source), SHA256.hexDigest(of: [UInt8](data)) == digest
        else { continue }
        try makeFolder(for: target)
        do {
            try data.write(to: URL(fileURLWithPath: target), options: .atomic)
        } catch {
            throw .unusable(path: target, detail: "cannot be written")
        }
        return true
    }
    return false
}

// Rebuilding: a destructive change of the schema, or a damaged file, is answered by a new database.

extension RunStore {
    /// Builds a new database from the ledger beside the one at `path`, checks it and puts it in its place.
    ///
    /// What only the old database holds (runs from before the ledger, noise floors, baselines, accepted changes, cost
    /// samples) is taken over if it can be opened. The old file stays as `<path>.before-rebuild`.
    ///
    /// - Returns: Whether the old database could be opened.
    /// - Throws: ``StoreError``; then the old database is in its place, untouched.
    public static func rebuild(path: String, ledger: String? = nil, start: Int64) throws -> Bool {
        let temporary = path + ".rebuild"
        let old: RunStore?
        do {
            old = try RunStore(path: path, ledger: ledger, mode: .writing, start: start)
        } catch let error as StoreError {
            switch error {
            case .corrupt, .foreign: old = nil
            default: throw error
            }
        }
        let lock = old == nil ? try WriterLock(path: path + ".lock", start: start) : nil
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: temporary + suffix) }
        let folder = Ledger.folder(ledger, besideDatabase: path)
        let new = try RunStore(path: temporary, ledger: folder, mode: .writing, start: start)
        if old != nil { try new.takeOver(from: path) }
        let problems = try new.integrityProblems()
        guard problems.isEmpty else { throw StoreError.corrupt(path: temporary, detail: problems[0]) }
        try translating(path) {
            try new.queue.close()
            try old?.queue.close()
        }
        try? FileManager.default.removeItem(atPath: temporary + ".lock")
        do {
            let kept = path + ".before-rebuild"
            if FileManager.default.fileExists(atPath: path) {
                try? FileManager.default.removeItem(atPath: kept)
                try FileManager.default.moveItem(atPath: path, toPath: kept)
            }
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            try FileManager.default.moveItem(atPath: temporary, toPath: path)
        } catch {
            throw StoreError.unusable(path: path, detail: "the new database cannot take its place")
        }
        withExtendedLifetime(lock) {}
        return old != nil
    }

    /// What SQLite's own examination finds; empty when all is well.
    public func integrityProblems() throws -> [String] {
        try read { database in
            try String.fetchAll(database, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
                + Row.fetchAll(database, sql: "PRAGMA foreign_key_check").map {
                    "table \($0[0] as String): lost reference"
                }
        }
    }

    private func takeOver(from path: String) throws {
        try translating(path) {
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "ATTACH ? AS old", arguments: [path])
                try database.inTransaction {
                    try database.execute(sql: takeOverStatements)
                    return .commit
                }
                try database.execute(sql: "DETACH old")
            }
        }
    }
}

private let takeOverStatements = """
    INSERT INTO baseline SELECT * FROM old.baseline;
    INSERT INTO accept SELECT * FROM old.accept;
    INSERT INTO noise (machine_pk, metric_pk, method, k, sigma, q95, floor, run_uuid, at)
        SELECT machine.pk, metric.pk, method, k, sigma, q95, floor, run_uuid, at FROM old.noise AS noise
        JOIN old.machine AS m ON m.pk = machine_pk JOIN main.machine AS machine ON machine.class = m.class
        JOIN old.metric AS k ON k.pk = metric_pk JOIN main.metric AS metric
            ON (metric.case_id, metric.name, metric.sig_digest) = (k.case_id, k.name, k.sig_digest);
    INSERT INTO cost_sample (run_pk, metric_pk, seq, block, side, wall_ns, value, warm)
        SELECT run.pk, metric.pk, seq, block, side, wall_ns, value, warm FROM old.cost_sample AS cost_sample
        JOIN old.run AS r ON r.pk = run_pk JOIN main.run AS run ON run.uuid = r.uuid
        JOIN old.metric AS k ON k.pk = metric_pk JOIN main.metric AS metric
            ON (metric.case_id, metric.name, metric.sig_digest) = (k.case_id, k.name, k.sig_digest);
    """
