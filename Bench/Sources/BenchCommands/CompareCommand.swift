// bench compare

internal import ArgumentParser
internal import BenchJudge
internal import BenchReport
internal import BenchStore
internal import Measurements

struct CompareCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Says what changed from one run to another.",
        discussion: """
            bench compare main HEAD             two commits, by their latest complete runs
            bench compare @last~1 @last 'inr'   the last two runs, one suite
            bench compare main HEAD --strict    exit code 3 if something cannot be decided
            """)

    @Argument(help: "The run to compare against.") var a: String
    @Argument(help: "The new run.") var b: String
    @Argument(help: "Globs over case ids, suites, or exclusions with '!'.") var cases: [String] = []
    @Flag(help: "Ends with exit code 3 if something cannot be decided.") var strict = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let store = try store.opened()
        let (reference, new) = (try storedRun(a, cases, in: store), try storedRun(b, cases, in: store))
        let judgement = judge(new, against: reference, floors: try store.floors())
        return try output.show(.compare(judgement, a: reference, b: new, strict: strict))
    }
}
