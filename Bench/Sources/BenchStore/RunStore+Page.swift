// What the morning's page reads beside a run: its metrics over the runs before it, and the one to hold it against.

public import BenchRecords
internal import Foundation
internal import GRDB
internal import Measurements

extension RunStore {
    /// The metrics of a run over the last runs of its kind, machine class and seed up to itself, by case and as declared.
    ///
    /// Only values of the run's own signatures: what was measured otherwise is no part of the series.
    public func series(upTo run: RunRecord, last count: Int) throws -> [Series] {
        let rows = try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    WITH this AS (SELECT * FROM run WHERE uuid = ?), before AS (
                        SELECT run.* FROM run, this WHERE run.kind = this.kind AND run.machine_pk = this.machine_pk
                            AND run.seed = this.seed AND run.started <= this.started
                        ORDER BY run.started DESC LIMIT ?)
                    SELECT metric.*, before.uuid, before.started, commit_sha, value, flag FROM before
                    JOIN result ON result.run_pk = before.pk JOIN metric ON metric.pk = metric_pk
                    JOIN build ON build.pk = build_pk
                    WHERE metric_pk IN (SELECT metric_pk FROM result JOIN this ON run_pk = this.pk)
                    ORDER BY case_id, ordinal, name, before.started
                    """,
                arguments: [Data(RunIdentifier.bytes(of: run.uuid)), count])
        }
        return try rows.reduce(into: []) { series, row in
            let uuid: Data = row["uuid"]
            let point = Series.Point(
                run: String(RunIdentifier.text(of: [UInt8](uuid)).suffix(8)), commit: row["commit_sha"],
                started: row["started"], value: value(of: row))
            let (id, name): (String, String) = (row["case_id"], row["name"])
            if let last = series.last, last.caseID == id, last.metric.name == name {
                series[series.count - 1].points.append(point)
            } else {
                series.append(Series(caseID: id, metric: try metric(of: row), points: [point]))
            }
        }
    }

    /// The latest complete run of the same kind, machine class and seed that began before `run`; `nil` if there is none.
    public func run(before run: RunRecord) throws -> RunRecord? {
        try runs(
            "WHERE kind = ? AND class = ? AND seed = ? AND started < ? AND status = 'complete'" + newestFirst
                + " LIMIT 1",
            [run.kind.rawValue, run.machine.machineClass, Int64(bitPattern: run.seed), run.started]
        ).first
    }

    /// For each quality metric of `run` that has a good direction, by `case.metric`, the UUID of the run of the same kind,
    /// machine class and seed before it that has the best value; the latest of equal ones.
    public func bestRuns(before run: RunRecord) throws -> [String: String] {
        let rows = try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT case_id || '.' || name AS metric, uuid FROM (
                        SELECT case_id, name, uuid, row_number() OVER (
                            PARTITION BY metric.pk ORDER BY value * direction DESC, started DESC) AS place
                        FROM result JOIN metric ON metric.pk = metric_pk JOIN run ON run.pk = run_pk
                        JOIN machine ON machine.pk = machine_pk
                        WHERE metric.class = 'quality' AND direction <> 0 AND value IS NOT NULL AND kind = ?1
                            AND machine.class = ?2 AND run.seed = ?3 AND started < ?4 AND status = 'complete'
                            AND metric_pk IN (SELECT metric_pk FROM result JOIN run ON run_pk = run.pk WHERE uuid = ?5))
                    WHERE place = 1
                    """,
                arguments: [
                    run.kind.rawValue, run.machine.machineClass, Int64(bitPattern: run.seed), run.started,
                    Data(RunIdentifier.bytes(of: run.uuid)),
                ])
        }
        return Dictionary(
            rows.map { row in
                let uuid: Data = row["uuid"]
                return (row["metric"], RunIdentifier.text(of: [UInt8](uuid)))
            }, uniquingKeysWith: { first, _ in first })
    }
}
