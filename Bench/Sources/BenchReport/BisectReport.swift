// `bench bisect`: the commits that were looked at, the one that changed the metric, and the evidence for it.

internal import BenchJudge
public import BenchRecords
internal import Measurements

/// A commit of a search.
public struct SearchedCommit: Sendable, Equatable {
    /// The commit, 40 hex digits.
    public var commit: String
    /// The first line of its message.
    public var subject: String
    /// What was measured there, if it could be.
    public var run: RunRecord?
    /// `good`, `bad`, `skipped` or `not looked at`.
    public var mark: String
    /// Why it was skipped, and what it took where that was more than one run; else empty.
    public var reason: String

    /// A commit from its parts.
    public init(commit: String, subject: String, run: RunRecord?, mark: String, reason: String) {
        self.commit = commit
        self.subject = subject
        self.run = run
        self.mark = mark
        self.reason = reason
    }
}

extension Report {
    /// A search for what changed `metric` of a case, over `count` commits after the good one.
    ///
    /// `looked` are the commits that were looked at, oldest first; one of `suspects` is the first bad one, and none
    /// where the last commit is as good as the first. `evidence` holds a bad one against the good end.
    public static func bisect(
        _ caseID: String, metric: String, count: Int, looked: [SearchedCommit], suspects: [SearchedCommit],
        evidence: Report
    ) -> Report {
        let decimals = looked.lazy.compactMap { $0.value(caseID, metric)?.metric.decimals }.first ?? 0
        func row(_ item: SearchedCommit) -> Row {
            let value = item.value(caseID, metric)?.value
            return Row(
                [
                    Cell(String(item.commit.prefix(8))), Cell(item.run?.shortID ?? ""),
                    value.map { Cell(fixed($0, decimals), value: $0) } ?? .empty, Cell(item.mark), Cell(item.subject),
                ], note: item.reason)
        }
        let columns = [
            Column("commit", .left), Column("run", .left), Column(metric), Column("found", .left),
            Column("subject", .left),
        ]
        let tables = [
            Table(title: "commits looked at, oldest first", columns: columns, rows: looked.map(row)),
            Table(
                title: suspects.count == 1 ? "the commit that changed it" : "one of these changed it",
                columns: columns, rows: suspects.map(row)),
        ]
        let word = suspects.isEmpty ? "unchanged" : suspects.count == 1 ? "found" : "undecided"
        return Report(
            facts: [Fact("metric", "\(caseID).\(metric)")] + evidence.facts,
            tables: tables.filter { !$0.rows.isEmpty } + evidence.tables,
            verdict: VerdictLine(
                word, counts: ["commits": count, "looked": looked.count, "suspects": suspects.count],
                run: suspects.last?.run?.shortID ?? looked.last?.run?.shortID ?? "00000000",
                exit: suspects.count == 1 ? .done : .undecided))
    }
}

extension SearchedCommit {
    fileprivate func value(_ caseID: String, _ metric: String) -> Measurement? {
        run?.caseRecord(caseID)?.measurement(metric)
    }
}
