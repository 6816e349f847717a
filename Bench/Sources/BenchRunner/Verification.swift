// Replays of one case in new processes, under conditions that must not move its results, and the search for the
// condition that does. Source: harness specification, section 6, at the levels 1 and 2, then metrics
// and items.

public import BenchRecords
internal import BenchStore
public import Measurements

extension ReplayCondition {
    /// What to change in the child's environment; `nil` takes a variable away.
    fileprivate var environment: [String: String?] {
        // 165 = 0xA5: what is freed holds it, what is handed out its complement 0x5A; neither is a plausible number.
        ["SWIFT_DETERMINISTIC_HASHING": drawsHashSeed ? nil : "1", "MALLOC_PERTURB_": fillsMemory ? "165" : nil]
    }
}

extension Runner {
    /// Runs the case as often as asked, at least once for each number of threads, and compares it bit by bit.
    ///
    /// What the case wrote down on its way, if `traceLevel` asks for any, comes before its results.
    ///
    /// The first run is an ordinary one with the first number of threads; every second run has other threads, its own
    /// hash seed and filled memory all at once. On a difference one of them at a time is changed until one moves the
    /// result. Nothing is compared where the reference itself gives no result.
    ///
    /// - Throws: ``RunnerError/interrupted`` after Ctrl-C, and whatever running a plan throws.
    public func verify(
        _ item: any BenchCase, times: Int, threads: [Int], seed: UInt64, traceLevel: Int, provenance: Provenance
    ) throws -> Verification {
        var replays = Replays(runner: self, item: item, seed: seed, provenance: provenance)
        replays.runner.traceLevel = traceLevel
        let usual = ReplayCondition(threads: threads[0])
        let reference = try replays.run(usual)
        guard reference.result.state == .done else { return replays.verification(reference) }
        for index in 1..<max(times, threads.count, 2) {
            var condition = ReplayCondition(threads: threads[index % threads.count])
            (condition.drawsHashSeed, condition.fillsMemory) = (index % 2 == 1, index % 2 == 1)
            let replay = try replays.run(condition)
            if let divergence = replay.firstDivergence(from: reference) {
                let source = try replays.source(of: condition, against: reference)
                return replays.verification(reference, divergence, source)
            }
        }
        return replays.verification(reference)
    }
}

/// The replays of one case so far.
private struct Replays {
    var runner: Runner
    let item: any BenchCase
    let seed: UInt64
    let provenance: Provenance
    var all: [Replay] = []

    mutating func run(_ condition: ReplayCondition) throws -> Replay {
        let plan = try Plan(
            [item], kind: .verify, tier: item.tier, seed: seed, threads: condition.threads, store: runner.store)
        var (runner, provenance) = (runner, provenance)
        runner.environment = condition.environment
        provenance.environment.merge(condition.environment.compactMapValues(\.self)) { _, ours in ours }
        let run = try runner.run(plan, provenance: provenance, isContinuing: false)
        guard run.status == .complete, let result = run.cases.first else { throw RunnerError.interrupted }
        let trace = try TraceRows.rows(in: runner.store.artefacts(of: item.id, in: run.uuid))
        let replay = Replay(condition: condition, run: run, result: result, trace: trace)
        all.append(replay)
        return replay
    }

    func verification(
        _ reference: Replay, _ divergence: Divergence? = nil, _ source: DivergenceSource? = nil
    ) -> Verification {
        Verification(reference: reference, others: Array(all.dropFirst()), divergence: divergence, source: source)
    }

    /// Whether two processes under the same condition disagree.
    private mutating func isRestless(_ condition: ReplayCondition) throws -> Bool {
        let first = try run(condition)
        return try run(condition).firstDivergence(from: first) != nil
    }

    /// Whether one of two replays under the condition differs from the reference: a hash seed may move nothing by luck.
    private mutating func moves(_ condition: ReplayCondition, _ reference: Replay) throws -> Bool {
        for _ in 0..<2 where try run(condition).firstDivergence(from: reference) != nil { return true }
        return false
    }

    mutating func source(of changed: ReplayCondition, against reference: Replay) throws -> DivergenceSource {
        let usual = reference.condition
        // First of all, since what moves by itself would seem to be moved by everything.
        if try moves(usual, reference) {
            var filled = usual
            filled.fillsMemory = true
            if try !isRestless(filled) { return .memory }
            if usual.threads > 1, try !isRestless(ReplayCondition(threads: 1)) { return .completionOrder }
            return .repetition
        }
        var condition = usual
        condition.threads = changed.threads
        if condition != usual, try moves(condition, reference) {
            return try isRestless(condition) ? .completionOrder : .threads
        }
        condition = usual
        condition.drawsHashSeed = changed.drawsHashSeed
        if condition != usual, try moves(condition, reference) { return .hashSeed }
        condition = usual
        condition.fillsMemory = changed.fillsMemory
        if condition != usual, try moves(condition, reference) { return .memory }
        return .unlocated
    }
}
