// bench verify

internal import ArgumentParser
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Measurements

struct VerifyCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Replays a case in new processes and compares it bit by bit.",
        discussion: """
            bench verify inr.smoke                             other threads, hash seed and memory
            bench verify inr.smoke --times 4 --threads 1,2,4   four processes, three thread counts

            The first process runs the case as 'bench run' does; every second one also
            has its own hash seed and memory filled with nonsense. Where a result differs,
            one of these at a time is changed until the one that moves it is found. Exit
            code 5 if anything differs.
            """)

    @Argument(help: "One case's id.", completion: .caseIDs) var id: String
    @Option(help: "Processes to compare, 2...100; at least one for each number of threads.") var times = 2
    @Option(help: "Numbers of threads, each 1...64.", transform: numbers(in:)) var threads = [1, 2]
    @Option(help: "The seed that all random numbers derive from.") var seed = usualSeed
    @OptionGroup var cases: CaseOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (2...100).contains(times) else { throw ValidationError("--times \(times): give 2 to 100.") }
        if let count = threads.first(where: { !(1...64).contains($0) }) {
            throw ValidationError("--threads \(count): give 1 to 64.")
        }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let item = try selected([id], from: all, id: \.id)
        guard item.count == 1 else { throw ValidationError("'\(id)' names \(item.count) cases; give one.") }
        Interruption.listen()
        let runner = cases.runner(try store.openedForWriting(), width: output.width)
        let found = try runner.verify(item[0], times: times, threads: threads, seed: seed, provenance: .current())
        return try output.show(.verify(found))
    }
}
