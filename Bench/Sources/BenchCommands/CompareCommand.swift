// bench compare

internal import ArgumentParser
internal import BenchJudge
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import Measurements

struct CompareCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Says what changed from one run or commit to another.",
        discussion: """
            bench compare @last~1 @last 'inr'   the last two runs, one suite
            bench compare HEAD~1 HEAD           two commits; what is not stored is run first
            bench compare main HEAD --dry-run   what that would run, and how long it would take
            bench compare main HEAD --stored    nothing is run; fails if a side is not stored
            bench compare main HEAD --strict    exit code 3 if something cannot be decided

            A commit is checked out below .bench/worktrees and built there; your own tree
            is not touched. Without CASES and without a stored run the smoke tier is run.
            """)

    @Argument(help: "The run or commit to compare against.") var a: String
    @Argument(help: "The new run or commit.") var b: String
    @Argument(help: "Globs over case ids, suites, or exclusions with '!'.", completion: .caseIDs)
    var cases: [String] = []
    @Flag(help: "Runs nothing: both sides must be stored.") var stored = false
    @Flag(help: "Says what would be run, and runs nothing.") var dryRun = false
    @Flag(help: "Ends with exit code 3 if something cannot be decided.") var strict = false
    @Option(help: "The seed of what is run where neither side is stored.") var seed = usualSeed
    @OptionGroup var worktree: WorktreeOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        if stored {
            let store = try store.opened()
            return try judged(try storedRun(a, cases, in: store), try storedRun(b, cases, in: store))
        }
        let plan = try ComparisonPlan(
            [a, b], patterns: cases, cases: all, seed: seed, threads: usualThreads(), store: store.openedIfThere())
        if dryRun { return try output.show(.plan(plan.planned)) }
        Interruption.listen()
        let runs = try plan.measured(by: worktree.runner(store, output))
        return try judged(runs[0], runs[1])
    }

    private func judged(_ reference: RunRecord, _ new: RunRecord) throws -> Int32 {
        try output.show(.compare(judge(new, against: reference), a: reference, b: new, strict: strict))
    }
}

extension ComparisonPlan {
    fileprivate var planned: [PlannedCase] {
        sides.flatMap { side in
            side.missing.map {
                PlannedCase(
                    commit: String((side.commit ?? "").prefix(8)), id: $0.item.id, seed: side.seed,
                    expectedSeconds: $0.expectedSeconds, slowSeconds: $0.slowSeconds)
            }
        }
    }
}
