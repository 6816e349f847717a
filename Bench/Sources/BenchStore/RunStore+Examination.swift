// Whether database and ledger are whole and agree; nothing is repaired here.

public import BenchRecords
internal import Foundation
internal import GRDB

extension RunStore {
    /// Examines the database, every line of the ledger, and each against the other.
    public func examined() throws -> [CheckRecord] {
        let problems = try integrityProblems()
        var checks = [
            CheckRecord(
                "database", problems.isEmpty ? .fine : .bad,
                problems.isEmpty ? "whole, \(try runCount()) runs" : problems.joined(separator: "; "))
        ]
        let conflicts = try conflicts().count
        if conflicts > 0 {
            checks.append(
                CheckRecord("conflicts", .bad, "\(conflicts) lines were refused by imports; a rebuild forgets them"))
        }
        let rows = try read { try Row.fetchAll($0, sql: "SELECT path, bytes, head_digest FROM ledger_file") }
        var indexed = Dictionary(rows.map { ($0["path"] as String, $0) }) { first, _ in first }
        var lines = 0
        let files = ledger.files()
        for (path, bytes) in files {
            let contents = try ledger.contents(of: path)
            lines += contents.lines.count
            let row = indexed.removeValue(forKey: path)
            for (state, words) in faults(in: contents) {
                checks.append(CheckRecord("ledger", state, "\(path): \(words)"))
            }
            if let row, row["bytes"] as Int > bytes {
                checks.append(CheckRecord("ledger", .bad, "\(path): shorter than the database knows; copy it back"))
            } else if row == nil || row?["bytes"] != bytes {
                checks.append(CheckRecord("ledger", .warning, "\(path): not indexed whole; the next run does it"))
            } else if row?["head_digest"] != contents.end.last?.digest {
                checks.append(CheckRecord("ledger", .bad, "\(path): the last line is not the one that was written"))
            }
        }
        for path in indexed.keys.sorted() {
            checks.append(CheckRecord("ledger", .bad, "\(path): the file is gone; copy it back"))
        }
        if !checks.contains(where: { $0.name == "ledger" }) {
            checks.append(CheckRecord("ledger", .fine, "\(files.count) files, \(lines) lines, every digest holds"))
        }
        return checks
    }

    private func runCount() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM run") ?? 0 }
    }
}

private func faults(in contents: Ledger.Contents) -> [(CheckRecord.State, String)] {
    var faults = contents.damages.map { number, reason -> (CheckRecord.State, String) in
        if contents.isTorn && number > contents.end.lines {
            return (.warning, "line \(number) is cut off; the next run removes it")
        }
        switch reason {
        case .form: return (.bad, "line \(number) is of no known form")
        case .kind(let kind): return (.warning, "line \(number) is of kind '\(kind)', which needs a newer bench")
        case .digest: return (.bad, "line \(number) was changed: its digest is another")
        }
    }
    let digests = Set(contents.lines.map(\.line.digest))
    let stated = contents.damages.compactMap { _, reason in
        guard case .digest(_, let stated, _) = reason else { return String?.none }
        return stated
    }
    for (number, line) in contents.lines where !line.previous.isEmpty && !digests.union(stated).contains(line.previous)
    {
        faults.append((.bad, "the line before line \(number) is not there"))
    }
    return faults
}
