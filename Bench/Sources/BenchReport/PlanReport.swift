// What a command would run, and for how long: `--dry-run`.

internal import BenchJudge

/// One case that would run.
public struct PlannedCase: Sendable, Equatable {
    /// Eight digits of the commit it would run at; empty for the program at hand.
    public var commit: String
    /// The case's dotted name.
    public var id: String
    /// The run's seed.
    public var seed: UInt64
    /// Wall seconds it should take.
    public var expectedSeconds: Double
    /// What nine of ten attempts stay below, where enough of them are stored.
    public var slowSeconds: Double?

    /// A planned case from its parts.
    public init(commit: String = "", id: String, seed: UInt64, expectedSeconds: Double, slowSeconds: Double?) {
        self.commit = commit
        self.id = id
        self.seed = seed
        self.expectedSeconds = expectedSeconds
        self.slowSeconds = slowSeconds
    }
}

extension Report {
    /// The cases in the order in which they would run, and the total, of which each commit's build is no part.
    public static func plan(_ cases: [PlannedCase]) -> Report {
        let total = cases.map(\.expectedSeconds).reduce(0, +)
        let commits = Set(cases.map(\.commit)).subtracting([""])
        let rows = cases.map { item in
            Row(
                (commits.isEmpty ? [] : [Cell(item.commit)]) + [
                    Cell(item.id), Cell("\(item.seed)"),
                    Cell(fixed(item.expectedSeconds, 1), value: item.expectedSeconds),
                    item.slowSeconds.map { Cell(fixed($0, 1), value: $0) } ?? .empty,
                ])
        }
        let columns =
            (commits.isEmpty ? [] : [Column("commit", .left)]) + [
                Column("case", .left), Column("seed"), Column("expected", unit: "s"), Column("p90", unit: "s"),
            ]
        let builds = commits.isEmpty ? "" : "; \(commits.count) commits would be built first"
        let table = Table(
            title: "would run: \(cases.count) cases, about \(fixed((total / 60).rounded(.up), 0)) min\(builds)",
            columns: columns, rows: rows)
        return Report(
            facts: [], tables: rows.isEmpty ? [] : [table],
            verdict: VerdictLine(
                "planned", counts: ["cases": cases.count, "seconds": Int(total.rounded(.up))], exit: .done))
    }
}
