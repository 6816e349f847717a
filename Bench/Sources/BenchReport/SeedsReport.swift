// `--seeds`: the same cases under several seeds, and how far each value moves from seed to seed.

internal import BenchJudge
public import BenchRecords
internal import Measurements

extension Report {
    /// Runs of the same cases that differ in their seed alone.
    public static func seeds(_ runs: [RunRecord]) -> Report {
        let lines = runs.map { $0.verdictLine(worse: 0) }
        let keys = ["ok", "failed", "timeout", "oom", "skipped"]
        let counts = lines.map { line in keys.map { key in line.counts.first { $0.key == key }?.value ?? 0 } }
        let rows = zip(runs, counts).map { run, counts in
            Row([Cell("\(run.seed)"), Cell(run.shortID)] + counts.map { Cell("\($0)", value: Double($0)) })
        }
        let isComplete = lines.allSatisfy { $0.exit == .done }
        let total = keys.indices.map { key in counts.reduce(0) { $0 + $1[key] } }
        return Report(
            facts: runs.last?.facts.filter { !["run", "seed"].contains($0.name) } ?? [],
            tables: [
                Table(
                    title: "runs", columns: [Column("seed", .left), Column("run", .left)] + keys.map { Column($0) },
                    rows: rows),
                spread(over: runs),
            ],
            verdict: VerdictLine(
                isComplete ? "complete" : "incomplete",
                counts: [
                    "ok": total[0], "failed": total[1], "timeout": total[2], "oom": total[3], "skipped": total[4],
                    "runs": runs.count,
                ],
                run: runs.last?.shortID ?? "00000000", exit: isComplete ? .done : .incomplete))
    }

    /// Mean, sample standard deviation and range of every exact and quality value that all runs have.
    private static func spread(over runs: [RunRecord]) -> Table {
        let rows = (runs.first?.cases ?? []).flatMap { item in
            item.measurements.filter { $0.metric.metricClass != .cost }.compactMap { measurement -> Row? in
                let metric = measurement.metric
                let values = runs.compactMap { $0.caseRecord(item.id)?.measurement(metric.name)?.value }
                guard values.count == runs.count, let least = values.min(), let most = values.max() else { return nil }
                let mean = values.reduce(0, +) / Double(values.count)
                let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                let deviation = (squares / Double(values.count - 1)).squareRoot()
                return Row(
                    [Cell("\(item.id).\(metric.name)")]
                        + [mean, deviation, least, most].map { Cell(fixed($0, metric.decimals), value: $0) })
            }
        }
        let columns =
            [Column("case.metric", .left)] + ["mean", "deviation", "least", "most"].map { Column($0) }
        return Table(title: "values over \(runs.count) seeds", columns: columns, rows: rows)
    }
}
