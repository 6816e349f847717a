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
            bench verify inr.smoke --trace 2                   parameters on the way, too

            The first process runs the case as 'bench run' does; every second one also
            has its own hash seed and memory filled with nonsense. Where a result differs,
            one of these at a time is changed until the one that moves it is found. Exit
            code 5 if anything differs.

            Cases that train write down the loss of every step (--trace 1), and every
            fifty steps a digest of each parameter tensor (--trace 2): the first of these
            to differ is told before any result.
            """)

    @Argument(help: "One case's id.", completion: .caseIDs) var id: String
    @Option(help: "Processes to compare, 2...100; at least one for each number of threads.") var times = 2
    @Option(help: "Numbers of threads, each 1...64.", transform: numbers(in:)) var threads = [1, 2]
    @Option(help: "The seed that all random numbers derive from.") var seed = usualSeed
    @Option(help: "What is compared on the way: 0 nothing, 1 losses, 2 parameters, too.") var trace = 1
    @OptionGroup var cases: CaseOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (2...100).contains(times) else { throw ValidationError("--times \(times): give 2 to 100.") }
        guard (0...2).contains(trace) else { throw ValidationError("--trace \(trace): give 0, 1 or 2.") }
        if let count = threads.first(where: { !(1...64).contains($0) }) {
            throw ValidationError("--threads \(count): give 1 to 64.")
        }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let item = try selected([id], from: all, id: \.id)
        guard item.count == 1 else { throw ValidationError("'\(id)' names \(item.count) cases; give one.") }
        Interruption.listen()
        let runner = cases.runner(try store.openedForWriting(), width: output.width)
        let found = try runner.verify(
            item[0], times: times, threads: threads, seed: seed, traceLevel: trace, provenance: .current())
        return try output.show(.verify(found))
    }
}
