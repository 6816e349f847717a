// bench child: what the runner starts, one process a case. Not for people.

internal import ArgumentParser
internal import BenchRunner
internal import Foundation
internal import Measurements

struct ChildCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "child", abstract: "Runs one case for the process that started this one.", shouldDisplay: false)

    @Argument var id: String
    @Option var seed: UInt64
    @Option var threads: Int
    @Option var scratch: String
    @Option var parent: Int32
    @Option var data: String?
    @Option(name: .customLong("set"), transform: setting(in:)) var settings: [Setting] = []
    @Option var trace = 0

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        guard let item = all.first(where: { $0.id == id }) else {
            throw RunnerError.unknownCase(asked: id, nearest: nil)
        }
        return runCaseInChild(
            try item.varied(by: settings), seed: seed, threads: threads, dataFolder: data, scratchFolder: scratch,
            traceLevel: trace,
            parent: parent)
    }
}
