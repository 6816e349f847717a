// bench show

internal import ArgumentParser
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements

struct ShowCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one run.",
        discussion: """
            bench show                    the latest run
            bench show @last~1 'inr.*'    some cases of the one before
            bench show @last --long       with a row a metric: interval, what could be detected, published
            bench show HEAD --provenance  with everything stored about where its numbers come from
            """)

    @Argument(help: "The run.") var run = "@last"
    @Argument(help: "Globs over case ids, suites, or exclusions with '!'.", completion: .caseIDs)
    var cases: [String] = []
    @Flag(help: "Adds a row a metric, with its interval, what it could detect, and what a paper says.") var long = false
    @Flag(help: "Adds program, machine, settings and data.") var provenance = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let found = try storedRun(run, cases, in: try store.opened())
        return try output.show(.show(found, withDetails: long, withProvenance: provenance))
    }
}

/// The run that a person means, with the cases that the patterns name.
func storedRun(_ asked: String, _ patterns: [String], in store: RunStore) throws -> RunRecord {
    let git = Git(folder: FileManager.default.currentDirectoryPath)
    var run = try store.run(matching: asked, commit: git.commit)
    run.cases = try selected(patterns, from: run.cases, id: \.id)
    return run
}
