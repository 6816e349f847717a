// bench all

internal import ArgumentParser
internal import BenchRecords
internal import Measurements

struct AllCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "all", abstract: "Runs every case of a tier and the cheaper ones.",
        discussion: """
            bench all                               the nightly tier
            bench all --tier smoke                  a few minutes, for every commit
            bench all --data ~/data --resume never  with real data, from the start

            Ctrl-C once finishes the current case and saves; twice stops it. The same
            command goes on from there.
            """)

    @Option(help: "smoke, nightly, full or paper. (default: nightly)", transform: tier(named:)) var tier = Tier.nightly
    @OptionGroup var plan: PlanOptions
    @OptionGroup var options: RunOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        try options.execute(all.filter { $0.tier <= tier }, plan, kind: kind, tier: tier)
    }

    private var kind: RunKind {
        switch tier {
        case .smoke: .smoke
        case .nightly: .nightly
        case .full: .full
        case .paper: .paper
        }
    }
}
