// Two programs side by side, for what no run says alone: pairs of fresh processes, as many as it takes.

internal import BenchRecords

extension CommitProgram {
    /// Pairs of runs of `reference` and this program, sides in turn A B | B A, until `answer` has one to the pairs so far.
    ///
    /// One more pair before them only warms up.
    func paired<Answer>(
        with reference: CommitProgram, _ ids: [String], seed: UInt64, threads: Int, kind: RunKind,
        answer: ([RunPair]) -> Answer?
    ) throws -> (pairs: [RunPair], last: RunPair, answer: Answer) {
        var display = ProgressDisplay(width: runner.width)
        return try runner.timed("\(name): in pairs with \(reference.name)", log, &display) { onTick in
            func run(_ program: CommitProgram) throws -> RunRecord {
                try program.run(ids, seed: seed, threads: threads, kind: kind, onTick: onTick)
            }
            _ = (try run(reference), try run(self))
            var pairs: [RunPair] = []
            while true {
                let isSwapped = pairs.count % 2 == 0
                let first = try run(isSwapped ? self : reference)
                let second = try run(isSwapped ? reference : self)
                let pair =
                    isSwapped ? RunPair(reference: second, new: first) : RunPair(reference: first, new: second)
                pairs.append(pair)
                if let answer = answer(pairs) { return (pairs, pair, answer) }
            }
        }
    }
}
