// What replays of one case found: plain values that the runner makes and the reports show.

public import Measurements

/// What may differ between two processes that run one case with one seed on the same data.
public struct ReplayCondition: Sendable, Equatable {
    /// Threads of the worker pool.
    public var threads: Int
    /// Whether the process draws its own hash seed, so that dictionaries and sets have another order in each.
    public var drawsHashSeed = false
    /// Whether the allocator fills what it hands out, so that memory read before it is written holds something else.
    ///
    /// It does not reach buffers that the tensors' own pool uses again.
    public var fillsMemory = false

    /// The condition of ordinary runs, with the given number of threads.
    public init(threads: Int) { self.threads = threads }
}

/// One run of the case.
public struct Replay: Sendable {
    /// How the process ran.
    public var condition: ReplayCondition
    /// The stored run, of kind `verify`.
    public var run: RunRecord
    /// The case's result.
    public var result: CaseRecord
    /// What it wrote down on its way there.
    public var trace: [TraceRow]

    /// A replay from its parts.
    public init(condition: ReplayCondition, run: RunRecord, result: CaseRecord, trace: [TraceRow] = []) {
        self.condition = condition
        self.run = run
        self.result = result
        self.trace = trace
    }

    /// The first way in which this replay differs from `reference`: on its way, where both got to a result, then in that.
    public func firstDivergence(from reference: Replay) -> Divergence? {
        if result.state == reference.result.state,
            let divergence = trace.firstDivergence(from: reference.trace, of: result.id)
        {
            return divergence
        }
        return result.firstDivergence(from: reference.result)
    }
}

/// What moves a result that should not move.
public enum DivergenceSource: Sendable {
    /// Nothing has to change: a clock, an address, a generator without a fixed seed.
    case repetition
    /// The number of threads.
    case threads
    /// Which thread finishes first: with several threads no two runs need be equal.
    case completionOrder
    /// The hash seed.
    case hashSeed
    /// What memory holds before anything is written to it.
    case memory
    /// None of them alone: a combination, or something too rare to show again.
    case unlocated
}

/// What replays of a case found.
public struct Verification: Sendable {
    /// The first one, which ran as ordinary runs do.
    public var reference: Replay
    /// The others, in the order in which they ran.
    public var others: [Replay]
    /// The first difference of the first replay that has one.
    public var divergence: Divergence?
    /// What moves the result, if it diverged.
    public var source: DivergenceSource?

    /// A verification from its parts.
    public init(
        reference: Replay, others: [Replay], divergence: Divergence? = nil, source: DivergenceSource? = nil
    ) {
        self.reference = reference
        self.others = others
        self.divergence = divergence
        self.source = source
    }
}
