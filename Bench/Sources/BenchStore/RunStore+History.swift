// What is read over many runs, and what people and calibrations add: pins, floors, accepted changes.

public import BenchRecords
internal import Foundation
internal import GRDB
internal import Measurements

extension RunStore {
    /// The runs that measured a metric, oldest first, each with that one case and value, without its items.
    ///
    /// At most the latest `count` runs with `seed`, since values of different seeds are no series, on one machine, or on
    /// all where `machineClass` is `nil`. Runs that try something out are no history.
    public func history(
        of caseID: String, metric name: String, seed: UInt64, machineClass: String?, last count: Int
    ) throws -> [RunRecord] {
        // The keys first: sorting whole runs, patches and all, would take most of the time.
        let condition = """
             WHERE run.pk IN (
                SELECT run.pk FROM metric JOIN result ON metric_pk = metric.pk JOIN run ON run.pk = run_pk
                JOIN machine ON machine.pk = machine_pk
                WHERE case_id = ? AND name = ? AND \(isRecord) AND run.seed = ? AND ifnull(machine.class = ?, 1)
                \(newestFirst) LIMIT ?)
            """
        return try read { database in
            try Row.fetchAll(
                database, sql: runQuery + condition + newestFirst,
                arguments: [caseID, name, Int64(bitPattern: seed), machineClass, count]
            ).reversed().map { row in
                try storedRun(of: row, cases: measuredCase(caseID, name, run: row["key"], in: database))
            }
        }
    }

    /// The latest complete run of the same program as `run` with another seed, in which the case is done; `nil` without one.
    public func run(like run: RunRecord, seed: UInt64, caseID: String) throws -> RunRecord? {
        try runs(
            """
            WHERE commit_sha = ? AND patch_digest IS ? AND seed = ? AND status = 'complete' AND \(isRecord)
            AND run.pk IN (
                SELECT run_pk FROM run_case JOIN case_def ON case_def.pk = case_pk WHERE id = ? AND state = 'done')
            """ + newestFirst + " LIMIT 1",
            [run.build.commit, run.build.patchDigest, Int64(bitPattern: seed), caseID]
        ).first
    }

    /// The complete runs that tried something out with a seed and in which the case is done, newest first.
    public func trials(of caseID: String, seed: UInt64) throws -> [RunRecord] {
        try runs(
            """
            WHERE kind = 'explore' AND status = 'complete' AND seed = ? AND run.pk IN (
                SELECT run_pk FROM run_case JOIN case_def ON case_def.pk = case_pk WHERE id = ? AND state = 'done')
            """ + newestFirst, [Int64(bitPattern: seed), caseID])
    }

    /// Adds a pin; nothing is ever removed.
    public func pin(_ pin: BaselinePin) throws {
        try write { database in
            // The column `who` stays empty: no name of a person is stored.
            try database.execute(
                sql: "INSERT INTO baseline (name, run_uuid, why, who, at) VALUES (?, ?, ?, '', ?)",
                arguments: [pin.name, Data(RunIdentifier.bytes(of: pin.run)), pin.why, pin.at])
        }
    }

    /// All pins, or those of a name, newest first.
    public func pins(named name: String? = nil) throws -> [BaselinePin] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM baseline WHERE ifnull(name = ?, 1) ORDER BY at DESC, pk DESC",
                arguments: [name]
            ).map { row in
                let uuid: Data = row["run_uuid"]
                return BaselinePin(
                    name: row["name"], run: RunIdentifier.text(of: [UInt8](uuid)), why: row["why"], at: row["at"])
            }
        }
    }

    /// Adds measured floors of metrics that runs have stored.
    public func add(_ floors: [NoiseFloor]) throws {
        try write { database in
            for floor in floors {
                try database.execute(
                    sql: """
                        INSERT OR REPLACE INTO noise
                        SELECT machine.pk, metric.pk, ?, ?, ?, ?, ?, ?, ? FROM machine, metric
                        WHERE machine.class = ? AND case_id = ? AND name = ? AND signature = ?
                        """,
                    arguments: [
                        floor.method.rawValue, floor.count, floor.sigma, floor.q95, floor.floor,
                        Data(RunIdentifier.bytes(of: floor.run)), floor.at, floor.machine.machineClass, floor.caseID,
                        floor.metric.name, floor.metric.signature.description,
                    ])
            }
        }
    }

    /// The latest floor of each metric, method and machine, by case and metric.
    public func floors() throws -> [NoiseFloor] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT metric.*, noise.machine_pk AS machine, method, k, sigma, q95, floor, run_uuid, toolchain,
                        max(at) AS at
                    FROM noise JOIN metric ON metric.pk = metric_pk
                    JOIN run ON run.uuid = run_uuid JOIN build ON build.pk = build_pk
                    GROUP BY noise.machine_pk, metric_pk, method ORDER BY case_id, ordinal, name, method, machine
                    """
            ).compactMap { row in
                let (uuid, method): (Data, String) = (row["run_uuid"], row["method"])
                let key: Int64 = row["machine"]
                let found = try Row.fetchOne(database, sql: "SELECT * FROM machine WHERE pk = ?", arguments: [key])
                return try found.map {
                    NoiseFloor(
                        caseID: row["case_id"], metric: try metric(of: row),
                        method: try word(method, from: "noise.method"), count: row["k"], sigma: row["sigma"],
                        q95: row["q95"], floor: row["floor"], run: RunIdentifier.text(of: [UInt8](uuid)), at: row["at"],
                        machine: machine(of: $0), toolchain: row["toolchain"])
                }
            }
        }
    }

    /// Remembers a change that somebody took on purpose.
    public func accept(_ change: AcceptedChange) throws {
        var generator = SystemRandomNumberGenerator()
        let uuid = RunIdentifier.make(microseconds: change.at, using: &generator)
        try write { database in
            try database.execute(
                sql: """
                    INSERT INTO accept (uuid, metric, from_value, to_value, why, who, at, commit_sha)
                    VALUES (?, ?, ?, ?, ?, '', ?, ?)
                    """,
                arguments: [
                    Data(RunIdentifier.bytes(of: uuid)), change.metric, change.from, change.to, change.why, change.at,
                    change.commit,
                ])
        }
    }

    /// All accepted changes, oldest first.
    public func acceptedChanges() throws -> [AcceptedChange] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM accept ORDER BY at, uuid").map { row in
                AcceptedChange(
                    metric: row["metric"], from: row["from_value"], to: row["to_value"], why: row["why"], at: row["at"],
                    commit: row["commit_sha"])
            }
        }
    }
}

/// The case as the run has it, with the one measurement.
private func measuredCase(_ id: String, _ name: String, run: Int64, in database: Database) throws -> [CaseRecord] {
    let row = try Row.fetchOne(
        database,
        sql: """
            SELECT metric.*, value, flag FROM result JOIN metric ON metric.pk = metric_pk
            WHERE run_pk = ? AND case_id = ? AND name = ? ORDER BY metric.pk DESC
            """,
        arguments: [run, id, name])
    guard let row else { return [] }
    let measurement = Measurements.Measurement(try metric(of: row), value: value(of: row))
    return try cases(of: run, "AND id = ?", [id], measured: [id: [measurement]], in: database)
}
