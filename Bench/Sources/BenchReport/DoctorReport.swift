// `bench doctor`: what was examined, the bad first.

internal import BenchJudge
public import BenchRecords

extension Report {
    /// The checks; something bad is a store problem.
    public static func doctor(_ checks: [CheckRecord]) -> Report {
        let order: [CheckRecord.State] = [.bad, .warning, .fine]
        let rows = order.flatMap { state in
            checks.filter { $0.state == state }.map {
                Row([Cell($0.name), Cell($0.state.rawValue)], note: $0.finding)
            }
        }
        func count(_ state: CheckRecord.State) -> Int { checks.count { $0.state == state } }
        return Report(
            facts: [],
            tables: [Table(title: "examined", columns: [Column("what", .left), Column("state", .left)], rows: rows)],
            verdict: VerdictLine(
                count(.bad) > 0 ? "bad" : count(.warning) > 0 ? "warning" : "fine",
                counts: ["fine": count(.fine), "warnings": count(.warning), "bad": count(.bad)],
                exit: count(.bad) > 0 ? .store : .done))
    }
}
