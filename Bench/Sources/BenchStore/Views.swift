// The documented views for `bench sql`: stable names over tables that may change. Source: harness specification, 3.5.
//
// `case` and `commit` of the specification are `case_id` and `commit_sha`: SQL wants the former in quotes everywhere.

internal import Foundation
internal import GRDB

/// A view and what it shows.
struct View {
    var name: String
    var meaning: String
    var select: String
}

extension View {
    /// Part of the third schema; a view that must change gets another name and another migration.
    static let all = [
        View(
            name: "v_history", meaning: "every value of every run, with where it comes from",
            select: """
                SELECT case_id, name AS metric, metric.unit, metric.class, lower(substr(hex(uuid), 25)) AS run, commit_sha,
                    dirty, started AS started_us, value, lo, hi, seed_text AS seed, machine.class AS machine, kind, run.tier
                FROM result JOIN metric ON metric.pk = metric_pk
                JOIN (SELECT *, printf('%llu', seed) AS seed_text FROM run) AS run ON run.pk = run_pk
                JOIN build ON build.pk = build_pk JOIN machine ON machine.pk = machine_pk
                """),
        View(
            name: "v_latest", meaning: "the latest value of each metric on each machine",
            select: """
                SELECT * FROM (SELECT *, row_number() OVER (
                    PARTITION BY case_id, metric, machine ORDER BY started_us DESC, run DESC) AS place FROM v_history)
                WHERE place = 1
                """),
        View(
            name: "v_compare", meaning: "each value beside the one before of the same signature, seed and machine",
            select: """
                SELECT * FROM (
                    SELECT case_id, name AS metric, unit, lag(run) OVER w AS run_a, run AS run_b,
                        lag(commit_sha) OVER w AS commit_a, commit_sha AS commit_b, lag(value) OVER w AS a, value AS b,
                        value - lag(value) OVER w AS change, direction
                    FROM (
                        SELECT metric.*, lower(substr(hex(uuid), 25)) AS run, commit_sha, value, started, result.seed,
                            machine_pk
                        FROM result JOIN metric ON metric.pk = metric_pk JOIN run ON run.pk = run_pk
                        JOIN build ON build.pk = build_pk)
                    WINDOW w AS (PARTITION BY pk, seed, machine_pk ORDER BY started, run))
                WHERE run_a IS NOT NULL
                """),
        View(
            name: "v_scores", meaning: "the score of every item; only 'bench sql' can unpack them",
            select: """
                SELECT case_id, name AS metric, lower(substr(hex(uuid), 25)) AS run, json_extract(item.value, '$[0]') AS item,
                    json_extract(item.value, '$[1]') AS item_group, json_extract(item.value, '$[2]') AS score
                FROM result JOIN metric ON metric.pk = metric_pk JOIN run ON run.pk = run_pk
                JOIN scores ON scores.pk = scores_pk JOIN item_set ON item_set.pk = item_set_pk,
                json_each(bench_scores(payload, ids, group_ix)) AS item
                """),
        View(
            name: "v_cost", meaning: "costs of every run",
            select: "SELECT * FROM v_history WHERE class = 'cost'"),
        View(
            name: "v_notes", meaning: "experiments with their outcomes, lessons and numbers of runs",
            select: """
                SELECT lower(substr(hex(note.uuid), 25)) AS note, title, question, hypothesis, prediction, refute_if, outcome,
                    lesson, surprise, opened AS opened_us, closed AS closed_us, commit_sha,
                    (SELECT count(*) FROM run WHERE note_uuid = note.uuid) AS runs
                FROM note
                """),
        View(
            name: "v_flaky", meaning: "metrics other than costs whose repeats by one program with one seed differ",
            select: """
                SELECT case_id, name AS metric, commit_sha, count(DISTINCT run_pk) AS runs,
                    count(DISTINCT result_digest) AS different, min(value) AS least, max(value) AS most
                FROM result JOIN metric ON metric.pk = metric_pk JOIN run ON run.pk = run_pk
                JOIN build ON build.pk = build_pk
                WHERE class <> 'cost' GROUP BY metric.pk, build.pk, result.seed HAVING different > 1
                """),
    ]

    static let migration = all.map { "CREATE VIEW \($0.name) AS \($0.select)" }.joined(separator: ";\n")
}

/// `bench_scores(payload, ids, group_ix)`: a JSON list of `[item, group, score]`, the score `null` where it is no number, and
/// a list where an item has several.
let scoresFunction = DatabaseFunction("bench_scores", argumentCount: 3, pure: true) { values in
    guard let payload = Data.fromDatabaseValue(values[0]), let names = Data.fromDatabaseValue(values[1]),
        let groups = Data.fromDatabaseValue(values[2]), let scores = ScoresPayload.rows(in: [UInt8](payload)),
        let lines = Deflate.expanded([UInt8](names))
    else { return nil }
    let items = zip(ItemSet.names(in: lines), ItemSet.groups(in: [UInt8](groups)))
    let rows = items.enumerated().map { index, item in
        let numbers = scores.values[(scores.width * index)..<(scores.width * (index + 1))]
        return ScoreRow(item: item.0, group: item.1, scores: numbers.map { $0.isFinite ? $0 : nil })
    }
    return canonicalJSON(rows)
}

private struct ScoreRow: Encodable {
    var item: String, group: Int, scores: [Double?]

    func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        try list.encode(item)
        try list.encode(group)
        if scores.count == 1 { try list.encode(scores[0]) } else { try list.encode(scores) }
    }
}
