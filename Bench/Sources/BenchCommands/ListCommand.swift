// bench list

internal import ArgumentParser
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Measurements

struct ListCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows which cases there are.",
        discussion: """
            bench list                 all cases: tier, expected seconds, metrics
            bench list 'inr.*' --long  with what each case and metric means
            bench list --tier smoke    what 'bench all --tier smoke' would run
            """)

    @Argument(help: "Globs over case ids, suites, or exclusions with '!'.", completion: .caseIDs)
    var cases: [String] = []
    @Option(help: "Only what this tier runs: smoke, nightly, full, paper.", transform: tier(named:))
    var tier: Tier?
    @Flag(help: "Adds what each case and metric means.") var long = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let chosen = try selected(cases, from: all, id: \.id).filter { item in tier.map { item.tier <= $0 } ?? true }
        let store = try store.openedIfThere()
        let seconds = try chosen.map { ($0.id, try Plan.Entry($0, store: store).expectedSeconds) }
        return try output.show(
            .list(chosen, measuredSeconds: Dictionary(seconds) { first, _ in first }, isLong: long))
    }
}
