// What a stretch of time left in the database, for `bench triage`.

public import BenchRecords
internal import Foundation
internal import GRDB
internal import Measurements

/// Rows about a stretch of time that no judgement is needed for.
public struct WeekRecord: Sendable, Equatable {
    /// Deliberate changes: metric, from, to, why, who.
    public var accepted: QueryRecord
    /// Cases that failed: case, times, since (of the streak that was not broken by a success), last words.
    public var failing: QueryRecord
    /// Metrics that one program with one seed measured differently.
    public var flaky: QueryRecord
    /// Floors older than thirty days at the end.
    public var staleFloors: QueryRecord
    /// The cases that took longest: case, mean seconds, times.
    public var slowest: QueryRecord
    /// What the runs and notes of that time take in the ledger.
    public var ledgerBytes: Int
}

extension RunStore {
    /// Complete runs of whole tiers begun in a stretch of time (microseconds since 1970), the earliest first.
    public func nights(in time: Range<Int64>) throws -> [RunRecord] {
        try runs(
            "WHERE \(wholeTiers) AND started >= ? AND started < ? ORDER BY started, uuid",
            [time.lowerBound, time.upperBound])
    }

    /// What a stretch of time left.
    public func week(_ time: Range<Int64>) throws -> WeekRecord {
        let (start, end) = (time.lowerBound, time.upperBound)
        let month: Int64 = 30 * 24 * 3600 * 1_000_000
        let names = try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT uuid, class FROM run JOIN machine ON machine.pk = machine_pk
                    WHERE started >= \(start) AND started < \(end)
                    """
            ).map {
                LedgerEntry.path(
                    of: RunAddress(run: RunIdentifier.text(of: [UInt8]($0["uuid"] as Data)), machine: $0["class"]))
            }
                + Data.fetchAll(database, sql: "SELECT uuid FROM note WHERE opened >= \(start) AND opened < \(end)")
                .map { notePath(RunIdentifier.text(of: [UInt8]($0))) }
        }
        let sizes = try indexedBytes()
        return WeekRecord(
            accepted: try query(
                """
                SELECT metric, from_value AS "from", to_value AS "to", why, who FROM accept
                WHERE at >= \(start) AND at < \(end) ORDER BY at, metric
                """),
            failing: try query(
                """
                WITH attempts AS (SELECT id, state, message, started FROM run_case JOIN case_def ON pk = case_pk
                    WHERE started IS NOT NULL AND started < \(end)),
                failures AS (SELECT * FROM attempts WHERE state IN ('failed', 'timeout', 'oom', 'crashed'))
                SELECT id AS "case", count(*) AS times, date((SELECT min(f.started) FROM failures AS f WHERE f.id = failures.id
                    AND f.started > coalesce((SELECT max(a.started) FROM attempts AS a
                        WHERE a.id = failures.id AND a.state = 'done'), 0)) / 1000000, 'unixepoch') AS failing_since,
                    max(started) AS latest, state, message
                FROM failures WHERE started >= \(start) GROUP BY id ORDER BY id
                """),
            flaky: try query(
                """
                SELECT case_id || '.' || metric AS metric, runs, different, least, most FROM v_flaky
                WHERE commit_sha IN (SELECT commit_sha FROM run JOIN build ON build.pk = build_pk
                    WHERE started >= \(start) AND started < \(end))
                ORDER BY 1, commit_sha
                """),
            staleFloors: try query(
                """
                SELECT case_id || '.' || name AS metric, class AS machine, floor, date(max(at) / 1000000, 'unixepoch') AS measured
                FROM (SELECT noise.*, case_id, name, machine.class FROM noise JOIN metric ON metric.pk = metric_pk
                    JOIN machine ON machine.pk = machine_pk WHERE at < \(end))
                GROUP BY metric_pk, machine_pk HAVING max(at) < \(end - month) ORDER BY 1, 2
                """),
            slowest: try query(
                """
                SELECT id AS "case", round(avg((ended - started) / 1e6), 1) AS mean_s, count(*) AS times
                FROM run_case JOIN case_def ON pk = case_pk
                WHERE state = 'done' AND started >= \(start) AND started < \(end)
                GROUP BY id ORDER BY avg(ended - started) DESC, id LIMIT 5
                """),
            ledgerBytes: names.compactMap { sizes[$0] }.reduce(0, +))
    }
}

private let wholeTiers = "status = 'complete' AND kind IN ('smoke', 'nightly', 'full', 'paper')"
