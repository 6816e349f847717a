// bench history

internal import ArgumentParser
internal import BenchJudge
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements

struct HistoryCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows a metric over its runs: levels, changes, creep.",
        discussion: """
            bench history inr.smoke.psnr             the last 60 runs on this machine
            bench history inr.smoke.wall --last 20   a shorter window
            bench history inr.smoke.psnr --all-machines --format csv

            A change of level comes with the commits in between. Creep is a loss beyond
            the floor, against the pinned baseline or the best level of 180 runs.
            """)

    @Argument(help: "The metric: a case's id, a dot, the metric's name.") var metric: MetricName
    @Option(help: "The most runs.") var last = 60
    @Option(help: "The seed of the runs.") var seed = usualSeed
    @Flag(help: "Runs of all machines, not only of the one that measured last.") var allMachines = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard last > 0 else { throw ValidationError("--last \(last): give at least 1.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let store = try store.opened()
        func runs(_ machine: String?, _ count: Int) throws -> [RunRecord] {
            try store.history(of: metric.caseID, metric: metric.name, seed: seed, machineClass: machine, last: count)
        }
        let machine = allMachines ? nil : try runs(nil, 1).first?.machine.machineClass
        let pinned = try store.pins(named: "main").first.map { try store.run($0.run) }
        let found = history(of: try runs(machine, max(last, 180)), baseline: pinned, floors: try store.floors())
        let git = Git(folder: FileManager.default.currentDirectoryPath)
        return try output.show(
            .history(found, named: metric.description, last: last) {
                git.commits(after: $0.build.commit, upTo: $1.build.commit)
            })
    }
}

/// A metric as a person names it.
struct MetricName: ExpressibleByArgument, CustomStringConvertible {
    let caseID: String
    let name: String

    /// `nil` without a dot between two words.
    init?(argument: String) {
        guard let dot = argument.lastIndex(of: "."), dot > argument.startIndex,
            argument.index(after: dot) < argument.endIndex
        else { return nil }
        (caseID, name) = (String(argument[..<dot]), String(argument[argument.index(after: dot)...]))
    }

    var description: String { "\(caseID).\(name)" }
}
