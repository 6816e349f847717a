// bench flips

internal import ArgumentParser
internal import BenchJudge
internal import BenchRecords
internal import BenchReport
internal import Measurements

struct FlipsCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "flips", abstract: "Shows which items of a case moved from one run to another.",
        discussion: """
            bench flips main HEAD pad.mini                  right to wrong, wrong to right
            bench flips @baseline @last inr.smoke -m psnr   where the score moved most
            bench flips main HEAD pad.mini --limit 100 --format csv
            """)

    @Argument(help: "The run to compare against.") var a: String
    @Argument(help: "The new run.") var b: String
    @Argument(help: "The case's id.") var caseID: String
    @Option(name: .shortAndLong, help: "The metric. (default: the first that has items)") var metric: String?
    @Option(help: "The most items, and groups.") var limit = 20
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit \(limit): give at least 1.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let store = try store.opened()
        let (reference, new) = (try storedRun(a, [], in: store), try storedRun(b, [caseID], in: store))
        let caseID = new.cases.count == 1 ? new.cases[0].id : caseID
        let found = flips(new, against: reference, caseID: caseID, metric: metric)
        return try output.show(.flips(found, of: caseID, a: reference, b: new, limit: limit))
    }
}
