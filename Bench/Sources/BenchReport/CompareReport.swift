// `bench compare`: what changed between two runs, worst news first, costs apart.

public import BenchJudge
public import BenchRecords
internal import Measurements

extension Report {
    /// What `judge(b, against: a)` found; `strict` makes what could not be decided fail.
    public static func compare(_ judgement: Judgement, a: RunRecord, b: RunRecord, strict: Bool) -> Report {
        let sorted = judgement.comparisons.sorted { ($0.verdict.rank, $0.name) < ($1.verdict.rank, $1.name) }
        let costs = sorted.filter { $0.metric?.metricClass == .cost }
        let others = sorted.filter { $0.metric?.metricClass != .cost }
        let (machine, other) = (a.machine.machineClass, b.machine.machineClass)
        let tables =
            [others.isEmpty ? nil : comparisonTable(others)] + others.map { lostItems(of: $0, a: a, b: b) } + [
                costs.isEmpty ? nil : costTable(costs),
                judgement.unmeasured.isEmpty ? nil : unmeasuredTable(judgement.unmeasured),
            ]
        return Report(
            facts: [
                Fact("A", a.inWords), Fact("B", b.inWords),
                Fact("machine", machine == other ? "\(machine) (same)" : "\(machine), \(other)"),
            ],
            tables: tables.compactMap(\.self), verdict: judgement.verdictLine(strict: strict))
    }

    /// The same for `gate`; `unconfirmed` are cases whose candidates could not be measured on the reference's side.
    public static func gate(
        _ judgement: Judgement, a: RunRecord, b: RunRecord, strict: Bool, unconfirmed: [String]
    ) -> Report {
        var report = compare(judgement, a: a, b: b, strict: strict)
        if unconfirmed.isEmpty { return report }
        let rows = unconfirmed.map {
            Row(
                [Cell($0)],
                note:
                    "seeds 1001, 1002 and 1003 of A are not stored: at its commit, bench run \($0) --seed 1001, and so on"
            )
        }
        report.tables.append(
            Table(title: "without a second measurement", columns: [Column("case", .left)], rows: rows))
        return report
    }

    /// What fell behind the best that it has been; `references` are the runs of the best values by `case.metric`.
    public static func best(_ judgement: Judgement, _ references: [String: RunRecord]) -> Report {
        let behind = judgement.comparisons.filter { $0.verdict != .identical && ($0.change ?? 0) < 0 }
        let columns =
            [Column("case.metric", .left), Column("best"), Column("in", .left)]
            + ["now", "change", "95 % interval"].map { Column($0) } + [Column("verdict", .left)]
        let rows = behind.sorted { ($0.verdict.rank, $0.name) < ($1.verdict.rank, $1.name) }.map { item in
            let reference = references[item.name].map { "\($0.shortID) \($0.build.commit.prefix(8))" } ?? ""
            return Row(
                [
                    Cell(item.name), item.cell(item.a), Cell(reference), item.cell(item.b), item.changeCell,
                    Cell(item.evidence?.interval.map { signed($0, item.decimals) } ?? ""), Cell(item.verdict.word),
                ])
        }
        let count = judgement.comparisons.count - behind.count
        let table = Table(
            title: "behind the best of its kind, machine and seed", columns: columns, rows: rows,
            notes: ["\(count) metrics are as good as ever; the best of many nights owes something to luck"])
        return Report(
            facts: [], tables: rows.isEmpty ? [] : [table], verdict: judgement.verdictLine(strict: false))
    }

    private static func comparisonTable(_ comparisons: [Comparison]) -> Table {
        let columns =
            [Column("case.metric", .left)] + ["A", "B", "change", "95 % interval", "p", "n/G"].map { Column($0) }
            + [Column("verdict", .left)]
        let rows = comparisons.map { item in
            let evidence = item.evidence
            let cells = [
                Cell(item.name), item.cell(item.a), item.cell(item.b), item.changeCell,
                Cell(evidence?.interval.map { signed($0, item.decimals) } ?? ""),
                evidence.map { Cell(probability($0.p), value: $0.p) } ?? .empty,
                Cell(evidence.map { "\($0.items)/\($0.groups)" } ?? ""), Cell(item.shown),
            ]
            return Row(cells, note: item.note, outcome: item.outcome)
        }
        return Table(title: "B against A; a positive change is better", columns: columns, rows: rows)
    }

    /// The items that moved most in a quality metric that became worse, if it has a score an item.
    private static func lostItems(of item: Comparison, a: RunRecord, b: RunRecord) -> Table? {
        guard item.verdict == .worse, let metric = item.metric, metric.metricClass == .quality,
            case .success(let found) = BenchJudge.flips(b, against: a, caseID: item.caseID, metric: metric.name)
        else { return nil }
        return found.itemTable(5, of: item.name)
    }

    private static func costTable(_ comparisons: [Comparison]) -> Table {
        let columns =
            [Column("case.metric", .left)] + ["A", "B", "change"].map { Column($0) } + [Column("verdict", .left)]
        let rows = comparisons.map { item in
            // What all of them need is said once, below the table.
            Row(
                [Cell(item.name), item.cell(item.a), item.cell(item.b), item.changeCell, Cell(item.shown)],
                note: item.pairsNeeded == nil ? item.note : "", outcome: item.outcome)
        }
        let needed = comparisons.compactMap(\.pairsNeeded).max()
        return Table(
            title: "costs, shown apart and not part of the verdict while undecided", columns: columns, rows: rows,
            notes: needed.map { ["one sample a side decides nothing; a verdict needs \($0) interleaved pairs"] } ?? [])
    }

    private static func unmeasuredTable(_ ids: [String]) -> Table {
        Table(title: "measured on neither side", columns: [Column("case", .left)], rows: ids.map { Row([Cell($0)]) })
    }
}

extension RunRecord {
    /// `5c1e90ab  79ff442e main + patch 1f0e22c7  2026-02-11 02:14`.
    var inWords: String { "\(shortID)  \(build.inWords)  \(utc(started))" }
}

extension Verdict {
    /// The word, in capitals where something changed.
    fileprivate var shown: String {
        switch self {
        case .worse, .better: word.uppercased()
        default: word
        }
    }
}

extension Comparison {
    /// What became worse and may.
    fileprivate var shown: String { pardon == nil ? verdict.shown : "pardoned" }

    fileprivate var decimals: Int { metric?.decimals ?? 0 }

    fileprivate func cell(_ value: Double?) -> Cell {
        guard let value, let metric else { return .empty }
        return Cell(metric.metricClass == .exact ? compact(value) : fixed(value, decimals), value: value)
    }

    var changeCell: Cell {
        guard let change, let metric, verdict != .identical else { return .empty }
        switch metric.metricClass {
        case .cost: return Cell(effectText(change), value: change)
        case .exact: return Cell((change > 0 ? "+" : "") + compact(change), value: change)
        case .quality: return Cell(signed(change, decimals), value: change, interval: evidence?.interval)
        }
    }

    fileprivate var pairsNeeded: Int? {
        guard evidence == nil, case .underpowered(.pairs(let count)) = verdict else { return nil }
        return count
    }

    fileprivate var outcome: Outcome {
        let kind: Outcome.Kind =
            switch verdict {
            case .worse: pardon == nil ? .failed : .passed
            case .failed: .error
            case .missing, .notComparable, .underpowered, .unconfirmed: .skipped
            case .better, .identical, .withinNoise, .new: .passed
            }
        let change = changeCell.text.isEmpty ? "" : "\(changeCell.text) from \(cell(a).text) to \(cell(b).text)"
        return Outcome(name, kind, ([verdict.word, change, note].filter { !$0.isEmpty }).joined(separator: "; "))
    }

    /// What the verdict rests on, or why there is none.
    var note: String {
        switch verdict {
        case .worse, .better, .unconfirmed:
            ([pardon ?? ""] + grounds).filter { !$0.isEmpty }.joined(separator: "; ")
        case .failed(let reason), .missing(let reason): reason
        case .underpowered(let need): [detectable, need?.inWords ?? ""].filter { !$0.isEmpty }.joined(separator: "; ")
        case .notComparable(let mismatch): inWords(mismatch, "A", "B")
        case .withinNoise, .new, .identical: ""
        }
    }

    private var grounds: [String] {
        guard let adjustedP, let falseDiscoveryRate else { return [] }
        let isCost = metric?.metricClass == .cost
        let samples = evidence.map { "\($0.items) pairs, p \(probability($0.p))" }
        let second: String? =
            switch confirmation {
            case .measured(let evidence, let p)?:
                "second measurement \(effectText(evidence.effect)), p after Holm over the candidates \(probability(p))"
            case .repeated?: "other seeds give the same scores"
            case .absent?: "not measured a second time"
            case nil: nil
            }
        return [
            isCost ? samples : nil, "floor \(short(floor))",
            calibratedFloor?.staleness.map { "widened by half, \($0)" },
            "p after Holm over all tested metrics \(probability(adjustedP)), after Benjamini–Hochberg "
                + probability(falseDiscoveryRate), second,
        ].compactMap(\.self)
    }

    private var detectable: String {
        guard let smallest = evidence?.minimumDetectable else { return "" }
        let isCost = metric?.metricClass == .cost
        func size(_ x: Double) -> String { isCost ? fixed(100 * x, 1) + "%" : fixed(x, decimals) }
        return "smallest detectable \(size(smallest))" + (floor > 0 ? ", wanted \(size(floor))" : "")
    }

    /// Of a cost the logarithm of a ratio, which reads as per cent while it is small.
    private func effectText(_ effect: Double) -> String {
        metric?.metricClass == .cost ? signed(100 * effect, 1) + "%" : signed(effect, decimals)
    }
}

extension Need {
    fileprivate var inWords: String {
        switch self {
        case .groups(let count): "about \(count) independent groups needed"
        case .pairs(let count): "\(count) interleaved pairs needed"
        case .itemScores: "only the summary was kept; item scores are needed"
        }
    }
}
