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

    @Argument(help: "Globs over case ids, suites, or exclusions with '!'.") var cases: [String]
    @OptionGroup var options: RunOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let chosen = try selected(cases, from: all, id: \.id)
        return try options.execute(chosen, kind: .adhoc, tier: chosen.map(\.tier).max() ?? .smoke)
    }
}

extension RunOptions {
    /// Runs the cases, shows the run and returns the exit code.
    func execute(_ cases: [any BenchCase], kind: RunKind, tier: Tier) throws -> Int32 {
        guard !cases.isEmpty else { throw RunnerError.noCase(tier: tier.rawValue) }
        Interruption.listen()
        let store = try self.store.openedForWriting()
        let note = try note.map { try self.store.noteToTest($0, in: store) }
        let plan = try Plan(
            cases, kind: kind, tier: tier, seed: seed, threads: threads ?? min(visibleCores(), 64),
            note: note?.uuid, store: store)
        let runner = Runner(
            store: store, dataFolder: data, timeoutSeconds: timeout, memoryMiB: mem, width: output.width)
        let run = try runner.run(plan, provenance: .current(), isContinuing: resume == .auto)
        guard run.status == .complete else { return reportInterruption(of: run) }
        return try output.show(.show(run))
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
