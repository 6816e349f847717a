// Rebuilding: a destructive change of the schema, or a damaged file, is answered by a new database.

internal import Foundation
internal import GRDB

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
