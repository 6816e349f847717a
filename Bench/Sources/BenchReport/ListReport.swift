// `bench list`: which cases exist, what they cost and what they report.

internal import BenchJudge
public import Measurements

extension Report {
    /// The cases in the order given; `isLong` adds each case's summary and a table of the metrics.
    ///
    /// `measuredSeconds` are wall seconds by case id, where the store knows them; else the case's own estimate is shown.
    public static func list(_ cases: [any BenchCase], measuredSeconds: [String: Double], isLong: Bool) -> Report {
        let rows = cases.map { item in
            let seconds = measuredSeconds[item.id] ?? item.expectedSeconds
            let names = item.metrics.map(\.name).joined(separator: " ")
            return Row(
                [Cell(item.id), Cell(item.tier.rawValue), Cell(fixed(seconds, 1), value: seconds), Cell(names)],
                note: isLong ? item.summary : "")
        }
        if rows.isEmpty {
            return Report(
                facts: [], tables: [], verdict: VerdictLine("missing", counts: ["cases": 0], exit: .incomplete))
        }
        let columns = [
            Column("case", .left), Column("tier", .left), Column("expected", unit: "s"), Column("metrics", .left),
        ]
        return Report(
            facts: [],
            tables: [Table(title: "cases", columns: columns, rows: rows)] + (isLong ? [metrics(of: cases)] : []),
            verdict: VerdictLine("listed", counts: ["cases": rows.count], exit: .done))
    }

    private static func metrics(of cases: [any BenchCase]) -> Table {
        let rows = cases.flatMap { item in
            item.metrics.map { metric in
                Row([
                    Cell("\(item.id).\(metric.name)"), Cell(metric.metricClass.rawValue), Cell(metric.unit),
                    Cell(metric.direction.inWords), Cell(exact(metric.smallestEffect), value: metric.smallestEffect),
                ])
            }
        }
        let columns = [
            Column("case.metric", .left), Column("class", .left), Column("unit", .left), Column("better", .left),
            Column("floor"),
        ]
        return Table(title: "metrics; floor is the smallest change that counts", columns: columns, rows: rows)
    }
}

extension Direction {
    fileprivate var inWords: String {
        switch self {
        case .lowerIsBetter: "lower"
        case .none: "equal"
        case .higherIsBetter: "higher"
        }
    }
}
