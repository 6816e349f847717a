// The last line of every verb's output and the exit code beside it: what a script may rely on.

public import BenchRecords

/// How a verb ends, as far as it depends on results.
///
/// Source: harness specification, section 2.2; the codes for a broken store, bad usage and interruption belong to `bench`.
public enum ExitCode: Int32, Sendable {
    /// Done, nothing worse.
    case done = 0
    /// At least one metric is worse.
    case worse = 1
    /// A case failed or is missing, or nothing was measured: neither green nor red.
    case incomplete = 2
    /// Asked to be strict, and something could not be decided.
    case undecided = 3
    /// A replay gave another result.
    case notReproduced = 5
}

/// `VERDICT <word> | <key>=<int> … | run=<8 hex> | exit=<n>`, ASCII, single spaces.
public struct VerdictLine: Sendable, Equatable, CustomStringConvertible {
    /// One number of the line.
    public struct Count: Sendable, Equatable {
        /// Lower-case letters.
        public var key: String
        /// What was counted.
        public var value: Int
    }

    /// The state in one word.
    public var word: String
    /// The numbers behind it, in printed order.
    public var counts: [Count]
    /// Eight hex digits; zeros where no run is concerned.
    public var run: String
    /// The exit code that goes with it.
    public var exit: ExitCode

    /// A line from its parts.
    public init(_ word: String, counts: KeyValuePairs<String, Int>, run: String = "00000000", exit: ExitCode) {
        self.word = word
        self.counts = counts.map { Count(key: $0.key, value: $0.value) }
        self.run = run
        self.exit = exit
    }

    /// The line as printed.
    public var description: String {
        let numbers = counts.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        return "VERDICT \(word) | \(numbers) | run=\(run) | exit=\(exit.rawValue)"
    }
}

extension RunRecord {
    /// The line of `run`, `all` and `show`: complete when every case ended well or was skipped with a reason, and one was done.
    ///
    /// `worse` counts the metrics found worse than a reference, 0 where none was asked for. It does not change the exit code:
    /// only a comparison fails on it.
    public func verdictLine(worse: Int) -> VerdictLine {
        func count(_ states: CaseState...) -> Int { cases.filter { states.contains($0.state) }.count }
        let done = count(.done)
        let isComplete = done > 0 && done + count(.skipped) == cases.count
        return VerdictLine(
            isComplete ? "complete" : "incomplete",
            counts: [
                "ok": done, "failed": count(.failed, .crashed, .interrupted), "timeout": count(.timeout),
                "oom": count(.oom), "skipped": count(.skipped), "worse": worse,
            ],
            run: shortID, exit: isComplete ? .done : .incomplete)
    }
}
