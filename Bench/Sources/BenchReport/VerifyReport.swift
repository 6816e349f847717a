// `bench verify`: the replays of one case, and where and by what they part.

internal import BenchJudge
public import BenchRecords
internal import Measurements

extension Report {
    /// The replays, and the first difference if there is one.
    ///
    /// Without a result in the first replay nothing was compared, and the report is `incomplete`.
    public static func verify(_ verification: Verification) -> Report {
        let reference = verification.reference
        let replays = [reference] + verification.others
        let compared = reference.result.measurements.filter { $0.metric.metricClass != .cost }
        let word: String
        let exit: ExitCode
        switch (reference.result.state, verification.divergence) {
        case (.done, nil): (word, exit) = ("identical", .done)
        case (.done, _): (word, exit) = ("diverged", .notReproduced)
        default: (word, exit) = ("incomplete", .incomplete)
        }
        return Report(
            facts: [Fact("case", reference.result.id), Fact("trace", "\(reference.trace.count) rows")]
                + reference.run.facts.filter { $0.name != "threads" },
            tables: [replayTable(replays)]
                + (verification.divergence.map { [divergenceTable([$0], verification)] } ?? []),
            verdict: VerdictLine(
                word,
                counts: [
                    "replays": replays.count, "metrics": compared.count,
                    "items": compared.reduce(0) { $0 + ($1.scores?.values.count ?? 0) },
                    "diverged": verification.divergence == nil ? 0 : 1,
                ],
                run: reference.run.shortID, exit: exit))
    }

    private static func replayTable(_ replays: [Replay]) -> Table {
        let rows = replays.enumerated().map { index, replay in
            let condition = replay.condition
            let difference = replay.firstDivergence(from: replays[0])
            return Row(
                [
                    Cell(replay.run.shortID), Cell("\(condition.threads)", value: Double(condition.threads)),
                    Cell(condition.drawsHashSeed ? "drawn" : "fixed"),
                    Cell(condition.fillsMemory ? "filled" : "as it is"), Cell(replay.result.state.rawValue),
                    Cell(index == 0 ? "" : difference == nil ? "identical" : "DIFFERENT"),
                ], note: replay.result.reason)
        }
        let columns = [
            Column("replay", .left), Column("threads"), Column("hash seed", .left), Column("memory", .left),
            Column("state", .left), Column("against the first", .left),
        ]
        return Table(title: "replays, each a process of its own", columns: columns, rows: rows)
    }

    private static func divergenceTable(_ divergences: [Divergence], _ verification: Verification) -> Table {
        var table = divergenceTable(divergences)
        table.notes = verification.source.map { ["moved by \($0.inWords)"] } ?? []
        return table
    }

    /// Two lines a difference: hexadecimal bits and decimal value of both sides.
    static func divergenceTable(_ divergences: [Divergence]) -> Table {
        let rows = divergences.flatMap { divergence in
            let ulps = divergence.ulps.map { Cell("\($0)", value: Double($0)) } ?? .empty
            let name = "\(divergence.caseID).\(divergence.field)"
            switch divergence.values {
            case .numbers(let a, let b):
                return [
                    Row([Cell(name), Cell(divergence.item ?? ""), Cell("\(a)", value: a), Cell("\(b)", value: b), ulps]
                    ),
                    Row([Cell("bits of it"), .empty, Cell(hexadecimal(a)), Cell(hexadecimal(b)), .empty]),
                ]
            case .words(let a, let b):
                return [Row([Cell(name), Cell(divergence.item ?? ""), Cell(a), Cell(b), .empty])]
            }
        }
        let columns = [
            Column("first difference", .left), Column("item", .left), Column("expected", .left), Column("found", .left),
            Column("ulp"),
        ]
        return Table(title: "where they part", columns: columns, rows: rows)
    }
}

/// The sixteen digits of a number's bits.
func hexadecimal(_ x: Double) -> String {
    let digits = String(x.bitPattern, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

extension DivergenceSource {
    fileprivate var inWords: String {
        switch self {
        case .repetition: "plain repetition: look for a clock, an address or a generator without a fixed seed"
        case .threads: "the number of threads: look for sums whose parts depend on it"
        case .completionOrder: "completion order: with several threads no two runs need be equal"
        case .hashSeed: "the hash seed: look for results that depend on the order of a dictionary or set"
        case .memory: "uninitialised memory: something is read before it is written"
        case .unlocated: "none of threads, hash seed and memory alone: a combination, or too rare to show again"
        }
    }
}
