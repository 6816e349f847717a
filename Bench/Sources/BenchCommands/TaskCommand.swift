// bench task: what a cluster starts, one process a case, on whatever node is free. Not for people.

internal import ArgumentParser
internal import BenchRecords
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements
internal import TensorIO

struct TaskCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Runs one case of a run that was submitted to a cluster.", shouldDisplay: false)

    @Argument var folder: String
    @Argument var index: Int
    @OptionGroup var cases: CaseOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let run = try JSONDecoder().decode(RunRecord.self, from: Data(try readFile(folder + "/run.json")))
        guard run.cases.indices.contains(index), let item = all.first(where: { $0.id == run.cases[index].id }) else {
            throw RunnerError.unknownCase(asked: "\(index)", nearest: nil)
        }
        let restarts = ProcessInfo.processInfo.environment["SLURM_RESTART_COUNT"].flatMap { Int($0) } ?? 0
        // The database, which SQLite cannot share between nodes, stays here; the ledger travels.
        let own = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: own) }
        let store = try RunStore(
            path: own + "/bench.sqlite", ledger: "\(folder)/results/\(index)-\(restarts)", mode: .writing, start: now())
        try store.begin(run)
        try cases.runner(store, width: 100).runTask(item.varied(by: run.settings ?? []), of: run, restarts: restarts)
        try writeFile([], to: "\(folder)/results/\(index).done")
        return EXIT_SUCCESS
    }
}
