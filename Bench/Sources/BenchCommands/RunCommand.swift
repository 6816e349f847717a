// bench run, and the way from options to a finished run that it shares with bench all

internal import ArgumentParser
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements

struct RunCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs the named cases.",
        discussion: """
            bench run inr.smoke                one case
            bench run 'inr.*' '!*.slow'        a suite without what ends in .slow
            bench run inr --seed 7 --mem 2000  another seed, and no more than 2000 MiB
            """)

    @Argument(help: "Globs over case ids, suites, or exclusions with '!'.", completion: .caseIDs)
    var cases: [String]
    @OptionGroup var options: RunOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let chosen = try selected(cases, from: all, id: \.id)
        return try options.execute(chosen, kind: .adhoc, tier: chosen.map(\.tier).max() ?? .smoke)
    }
}

extension RunOptions {
    /// Runs the cases once for each seed, shows the runs and returns the exit code.
    func execute(_ cases: [any BenchCase], kind: RunKind, tier: Tier) throws -> Int32 {
        guard !cases.isEmpty else { throw RunnerError.noCase(tier: tier.rawValue) }
        if dryRun { return try output.show(.plan(try planned(cases))) }
        Interruption.listen()
        let store = try store.openedForWriting()
        let runner = self.cases.runner(store, width: output.width)
        var runs: [RunRecord] = []
        for seed in allSeeds {
            let plan = try Plan(
                cases, kind: kind, tier: tier, seed: seed, threads: threads ?? usualThreads(), store: store)
            let run = try runner.run(plan, provenance: .current(), isContinuing: resume == .auto)
            guard run.status == .complete else { return reportInterruption(of: run) }
            runs.append(run)
        }
        return try output.show(runs.count == 1 ? .show(runs[0]) : .seeds(runs))
    }

    private var allSeeds: [UInt64] { seeds.isEmpty ? [seed] : seeds }

    private func planned(_ cases: [any BenchCase]) throws -> [PlannedCase] {
        let store = try store.openedIfThere()
        let entries = try cases.map { try Plan.Entry($0, store: store) }
        return allSeeds.flatMap { seed in
            entries.map {
                PlannedCase(
                    id: $0.item.id, seed: seed, expectedSeconds: $0.expectedSeconds, slowSeconds: $0.slowSeconds)
            }
        }
    }

    private func reportInterruption(of run: RunRecord) -> Int32 {
        let code = Interruption.exitCode ?? EX_SOFTWARE
        let done = run.cases.count { $0.state == .done }
        let left = run.cases.count { [.planned, .interrupted].contains($0.state) }
        FileHandle.standardError.write(
            Data("bench: interrupted with \(left) cases left; repeat the command to go on.\n".utf8))
        print("VERDICT interrupted | ok=\(done) left=\(left) | run=\(run.shortID) | exit=\(code)")
        return code
    }
}
