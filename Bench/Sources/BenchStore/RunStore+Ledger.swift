// Ledger and database together: everything is written to the ledger first, and whatever the ledger has reaches the
// database by the same way, at once, at the next start, by an import or by a rebuild.

internal import BenchRecords
internal import Foundation
internal import GRDB

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
    func index(_ path: String) throws {
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
