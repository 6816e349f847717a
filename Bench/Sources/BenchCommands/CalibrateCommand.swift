// bench calibrate

internal import ArgumentParser
internal import BenchJudge
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Measurements

struct CalibrateCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "calibrate", abstract: "Measures how far metrics move without a reason.",
        discussion: """
            bench calibrate                       the smoke tier: 40 equal runs, then 8 seeds
            bench calibrate inr.smoke --pairs 10  one case, in less time
            bench calibrate --layout 4            the program in four layouts, too
            bench calibrate --show                the floors that hold now

            A cost's floor comes from pairs of equal runs, a quality value's from seeds.
            Floors hold for 30 days, one machine and one toolchain; after that they count
            half as much again. Leave the machine alone meanwhile.

            Where code and stack happen to lie moves costs, too, and every change of the
            sources moves them: --layout builds the program anew in a work tree, links it
            with 0, 1, 3 and 7 KiB of padding before the code and in the environment, and
            takes as many pairs again. That costs one whole build, a link a layout, and
            twice the runs.
            """)

    @Argument(help: "Globs over case ids, suites, or exclusions with '!'. (default: the smoke tier)")
    var cases: [String] = []
    @Option(help: "Pairs of equal runs; 0 leaves costs alone.") var pairs = 20
    @Option(help: "Runs with other seeds; 0 leaves quality alone.") var seeds = 8
    @Option(help: "Layouts of the program to compare, 2...4; 0 leaves it as it is.") var layout = 0
    @Flag(help: "Measures nothing and shows what is stored.") var show = false
    @OptionGroup var options: RunOptions

    func validate() throws {
        guard (0...1000).contains(pairs) else { throw ValidationError("--pairs \(pairs): give 0 to 1000.") }
        guard (0...1000).contains(seeds), seeds != 1 else {
            throw ValidationError("--seeds \(seeds): give 0, or 2 to 1000.")
        }
        let most = CommitRunner.layoutKiB.count
        guard layout == 0 || (2...most).contains(layout) else {
            throw ValidationError("--layout \(layout): give 0, or 2 to \(most).")
        }
        guard layout == 0 || pairs > 0 else { throw ValidationError("--layout \(layout): needs --pairs.") }
        guard pairs + seeds > 0 else { throw ValidationError("--pairs 0 --seeds 0: nothing is left to measure.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let chosen = cases.isEmpty ? all.filter { $0.tier == .smoke } : try selected(cases, from: all, id: \.id)
        if show {
            let ids = Set(chosen.map(\.id))
            let floors = try options.store.opened().floors()
            return try options.output.show(.floors(cases.isEmpty ? floors : floors.filter { ids.contains($0.caseID) }))
        }
        guard !chosen.isEmpty else { throw RunnerError.noCase(tier: Tier.smoke.rawValue) }
        Interruption.listen()
        // Before the session, since only one of the two can write.
        let layouts = try layout == 0 ? [] : layoutPairs(chosen)
        let session = try options.session()
        var runs: [RunRecord] = []
        // Reserved seeds, which confirm what others have found, are not among the first thousand.
        for seed in Array(repeating: options.seed, count: 2 * pairs) + (1...1000).prefix(seeds).map(UInt64.init) {
            runs.append(try session.measured(chosen, kind: .calibrate, seed: seed))
        }
        let equal = stride(from: 0, to: 2 * pairs, by: 2).map { RunPair(reference: runs[$0], new: runs[$0 + 1]) }
        let floors = measuredFloors(
            pairs: equal, layouts: layouts, seeds: Array(runs[(2 * pairs)...]), at: runs.last?.ended ?? 0)
        try session.store.add(floors)
        return try options.output.show(.floors(floors))
    }

    /// About as many pairs as of equal runs, shared by the layouts that differ from the first.
    private func layoutPairs(_ cases: [any BenchCase]) throws -> [RunPair] {
        let runner = CommitRunner(
            storePath: options.store.path, ledger: options.store.ledger, dataFolder: options.cases.data,
            timeoutSeconds: options.cases.timeout, memoryMiB: options.cases.mem, keepsWorktree: false,
            width: options.output.width)
        return try runner.layoutPairs(
            of: SourceState(of: Provenance.current().build), layouts: layout, cases: cases.map(\.id),
            count: (pairs + layout - 2) / (layout - 1), seed: options.seed, threads: options.threads ?? usualThreads())
    }
}
