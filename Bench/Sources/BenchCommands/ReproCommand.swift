// bench repro

internal import ArgumentParser
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import Measurements

struct ReproCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "repro", abstract: "Recreates the state a run was made in, runs it again and compares bit by bit.",
        discussion: """
            bench repro @last                     the latest run, whole
            bench repro 5c1e90ab 'inr.*'          some cases of a run
            bench repro HEAD --data ~/data        with the real data that it used
            bench repro 5c1e90ab --keep-worktree  builds nothing the next time

            Commit and uncommitted changes are checked out below .bench/worktrees and
            built there; your own tree is not touched. Exit code 5 if a result differs.
            """)

    @Argument(help: "The run.") var run: String
    @Argument(help: "Globs over case ids, suites, or exclusions with '!'.", completion: .caseIDs)
    var patterns: [String] = []
    @OptionGroup var worktree: WorktreeOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let original = try storedRun(run, patterns, in: try store.opened())
        Interruption.listen()
        let repeated = try worktree.runner(store, output).repeated(original)
        return try output.show(.repro(repeated, of: original))
    }
}

/// What decides how other commits are run.
struct WorktreeOptions: ParsableArguments {
    @OptionGroup var cases: CaseOptions
    @Flag(help: "Leaves work trees and what is built in them for the next time.") var keepWorktree = false

    func runner(_ store: StoreOptions, _ output: OutputOptions) -> CommitRunner {
        CommitRunner(
            storePath: store.path, ledger: store.ledger, dataFolder: cases.data, timeoutSeconds: cases.timeout,
            memoryMiB: cases.mem,
            keepsWorktree: keepWorktree, width: output.width)
    }
}
