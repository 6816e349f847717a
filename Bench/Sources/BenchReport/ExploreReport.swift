// `bench explore`: variants ranked by what they change against a reference, and what they cost.

public import BenchJudge
public import BenchRecords
internal import Measurements

/// A variant that was left behind while others went on.
public struct DroppedVariant: Sendable, Equatable {
    /// What the variant is called.
    public var name: String
    /// The case.
    public var caseID: String
    /// The seeds it ran with.
    public var seedCount: Int
    /// Its place among those that ran with that many, from 1.
    public var place: Int

    /// A dropped variant from its parts.
    public init(_ name: String, of caseID: String, seedCount: Int, place: Int) {
        (self.name, self.caseID, self.seedCount, self.place) = (name, caseID, seedCount, place)
    }
}

/// What an exploration set out to do.
public struct ExplorationPlan: Sendable, Equatable {
    /// What the reference is, in words.
    public var reference: String
    /// How many variants there are.
    public var variantCount: Int
    /// The seeds to use.
    public var seeds: [UInt64]
    /// How many variants run with each of them; seeds without a number are left out.
    public var rounds: [Int]
    /// The minutes that were given, if any.
    public var budget: Double?

    /// A plan from its parts.
    public init(reference: String, variantCount: Int, seeds: [UInt64], rounds: [Int], budget: Double?) {
        (self.reference, self.variantCount, self.seeds) = (reference, variantCount, seeds)
        (self.rounds, self.budget) = (rounds, budget)
    }
}

extension Report {
    /// A ranking and how it came about; `run` is the last run that belongs to it, if there is one.
    public static func explore(
        _ ranking: Ranking, plan: ExplorationPlan, dropped: [DroppedVariant], run: RunRecord?
    ) -> Report {
        let subjects = ranking.results.map(\.subject)
        let tables = subjects.indices.filter { subjects.firstIndex(of: subjects[$0]) == $0 }.map { first in
            table(of: ranking.results.filter { $0.subject == subjects[first] }, dropped, of: plan.seeds.count)
        }
        let marked = ranking.results.filter(\.isMarked)
        return Report(
            facts: plan.facts + (run.map { $0.facts.filter { shared.contains($0.name) } } ?? []),
            tables: tables + (ranking.unmeasured.isEmpty ? [] : [table(of: ranking.unmeasured)]),
            verdict: VerdictLine(
                ranking.results.isEmpty ? "incomplete" : "explored",
                counts: [
                    "variants": plan.variantCount, "better": marked.count { $0.evidence.effect > 0 },
                    "worse": marked.count { $0.evidence.effect < 0 }, "dropped": dropped.count,
                ],
                run: run?.shortID ?? "00000000", exit: ranking.results.isEmpty ? .incomplete : .done))
    }

    /// What all runs of an exploration have in common.
    private static let shared = ["machine", "toolchain", "threads"]

    /// The reference stands where its own change, none, puts it.
    private static func table(of results: [VariantResult], _ dropped: [DroppedVariant], of seedCount: Int) -> Table {
        let (metric, cost) = (results[0].metric, results.lazy.compactMap(\.cost).first)
        let columns =
            [Column("variant", .left), Column(metric.name, unit: metric.unit)]
            + ["change", "95 % interval", "p", "q", "seeds"].map { Column($0) }
            + [Column(cost?.metric.name ?? "cost", unit: cost?.metric.unit ?? ""), Column("mark", .left)]
        var rows = results.map { result in
            let behind = dropped.first { $0.name == result.name && $0.caseID == result.caseID }
            return Row(
                result.cells,
                note: behind.map { "dropped after \($0.seedCount) of \(seedCount) seeds, in place \($0.place)" } ?? "",
                outcome: Outcome("\(result.subject) \(result.name)", .passed))
        }
        if let longest = results.max(by: { $0.seedCount < $1.seedCount }) {
            let place = results.firstIndex { $0.evidence.effect < 0 } ?? results.count
            rows.insert(Row(longest.referenceCells), at: place)
        }
        let floors = Set(results.map(\.floor).filter { $0 > 0 }.map { short($0) }).sorted()
        return Table(
            title: "\(results[0].subject)   by item over the seeds; a positive change is better",
            columns: columns, rows: rows,
            notes: [
                "marked: q (p after Benjamini–Hochberg over all rows) at most 0.10"
                    + (floors.isEmpty ? "" : ", and a change beyond \(floors.joined(separator: ", "))")
            ])
    }

    private static func table(of unmeasured: [Ranking.Unmeasured]) -> Table {
        let rows = unmeasured.map {
            Row(
                [Cell($0.name), Cell($0.subject)], note: $0.reason,
                outcome: Outcome("\($0.subject) \($0.name)", .error, $0.reason))
        }
        return Table(
            title: "without a result", columns: [Column("variant", .left), Column("case", .left)], rows: rows)
    }
}

extension ExplorationPlan {
    fileprivate var facts: [Fact] {
        var facts = [
            Fact("reference", reference),
            Fact("seeds", seeds.prefix(rounds.count).map(String.init).joined(separator: ", ")),
        ]
        if let budget {
            let isEnough = rounds.count == seeds.count && rounds.allSatisfy { $0 == variantCount }
            let runs = zip(rounds, seeds).map { "\($0) with seed \($1)" }.joined(separator: ", ")
            facts.append(Fact("budget", "\(short(budget)) min" + (isEnough ? ", enough for all" : ": \(runs)")))
        }
        return facts
    }
}

extension VariantResult {
    fileprivate var mark: String { isMarked ? (evidence.effect > 0 ? "BETTER" : "WORSE") : "" }

    fileprivate var cells: [Cell] {
        [
            Cell(name), Cell(fixed(b, metric.decimals), value: b),
            Cell(signed(evidence.effect, metric.decimals), value: evidence.effect, interval: evidence.interval),
            Cell(evidence.interval.map { signed($0, metric.decimals) } ?? ""),
            Cell(probability(evidence.p), value: evidence.p),
            Cell(probability(falseDiscoveryRate), value: falseDiscoveryRate), Cell("\(agreeingCount)/\(seedCount)"),
            cell(cost?.b), Cell(mark),
        ]
    }

    fileprivate var referenceCells: [Cell] {
        [Cell("reference"), Cell(fixed(a, metric.decimals), value: a), .empty, .empty, .empty, .empty]
            + [Cell("\(seedCount)"), cell(cost?.a), .empty]
    }

    private func cell(_ seconds: Double?) -> Cell {
        guard let seconds, let cost else { return .empty }
        return Cell(fixed(seconds, cost.metric.decimals), value: seconds)
    }
}
