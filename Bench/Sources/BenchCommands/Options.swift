// Options that several commands share, and what follows directly from them.

internal import ArgumentParser
internal import BenchJudge
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements

struct StoreOptions: ParsableArguments {
    @Option(help: "The database; also by the environment variable BENCH_DB. (default: .bench/bench.sqlite)")
    var db: String?

    var path: String { db ?? ProcessInfo.processInfo.environment["BENCH_DB"] ?? ".bench/bench.sqlite" }

    @Option(help: "The folder of the text files behind the database. (default: 'ledger' beside it)")
    var ledger: String?

    /// The database for reading.
    func opened() throws -> RunStore { try RunStore(path: path, ledger: ledger, mode: .reading) }

    /// The database for reading; `nil` where there is none yet.
    func openedIfThere() throws -> RunStore? {
        do {
            return try opened()
        } catch StoreError.absent {
            return nil
        }
    }

    /// The database for writing; what had to be amended is told.
    func openedForWriting() throws -> RunStore {
        let store = try RunStore(path: path, ledger: ledger, mode: .writing, start: now())
        tell(store.amendments)
        return store
    }

    func tell(_ sentences: [String]) {
        for sentence in sentences { FileHandle.standardError.write(Data("bench: \(sentence)\n".utf8)) }
    }
}

struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, md, csv, json, junit, github, latex
    }

    @Option(help: "How results are written: \(Format.allCases.map(\.rawValue).joined(separator: ", ")).")
    var format = Format.text

    @Option(help: "The most columns a line of text may have.")
    var width = 100

    func validate() throws {
        guard width >= 40 else { throw ValidationError("--width \(width): lines need at least 40 columns.") }
    }

    /// Prints the report and returns its exit code.
    func show(_ report: Report) throws -> Int32 {
        switch format {
        case .text: print(report.text(width: width), terminator: "")
        case .md: print(report.markdown(), terminator: "")
        case .csv: print(report.csv(), terminator: "")
        case .json: print(try report.json(), terminator: "")
        case .junit: print(report.junit(), terminator: "")
        case .github: print(report.github(), terminator: "")
        case .latex: print(report.latex(), terminator: "")
        }
        return report.verdict.exit.rawValue
    }
}

/// What a case may find and use up.
struct CaseOptions: ParsableArguments {
    @Option(help: "The folder with real data; cases that need what is not there are skipped.")
    var data: String?

    @Option(help: "Seconds a case may take. (default: 60, or four times what it should take if that is more)")
    var timeout: Double?

    @Option(help: "MiB of memory a case may hold. (default: three quarters of the machine's)")
    var mem: Double?

    func validate() throws {
        if let timeout, !(timeout > 0) { throw ValidationError("--timeout \(timeout): give more than 0 seconds.") }
        if let mem, !(mem > 0) { throw ValidationError("--mem \(mem): give more than 0 MiB.") }
    }

    /// A runner over the store.
    func runner(_ store: RunStore, width: Int) -> Runner {
        Runner(store: store, dataFolder: data, timeoutSeconds: timeout, memoryMiB: mem, width: width)
    }
}

/// The seed of a run that names none.
let usualSeed: UInt64 = 20_231_110

/// The threads of a run that names none: the cores this process may use.
func usualThreads() -> Int { min(visibleCores(), 64) }

/// What decides how cases run.
struct RunOptions: ParsableArguments {
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var cases: CaseOptions

    @Option(help: "Threads of the worker pool in each case, 1...64. (default: the cores this process may use)")
    var threads: Int?

    @Option(help: "The seed that all random numbers derive from.")
    var seed = usualSeed

    @Option(help: "Whether to go on with an interrupted run of the same cases and program: auto, never.")
    var resume = Resume.auto

    @Option(help: "The note whose prediction the run tests.")
    var note: String?

    enum Resume: String, ExpressibleByArgument, CaseIterable {
        case auto, never
    }

    func validate() throws {
        if let threads, !(1...64).contains(threads) { throw ValidationError("--threads \(threads): give 1 to 64.") }
    }
}

/// Where and how often cases are run.
struct PlanOptions: ParsableArguments {
    enum Place: Equatable {
        case local
        case slurm(partition: String?)
    }

    @Option(
        help: "local, slurm or slurm:PARTITION: a task a case, without costs. (default: local)",
        transform: place(named:))
    var on = Place.local

    @Option(help: "A folder that every node sees. (default: 'slurm' beside the database)")
    var shared: String?

    @Option(help: "Several seeds instead of --seed: the cases are run once for each.", transform: numbers(in:))
    var seeds: [UInt64] = []

    @Flag(help: "Says what would be run and how long it would take, and runs nothing.") var dryRun = false

    func validate() throws {
        // A seed counted twice would look like agreement between two.
        if let seed = seeds.first(where: { seed in seeds.count { $0 == seed } > 1 }) {
            throw ValidationError("--seeds: \(seed) stands there twice; give each seed once.")
        }
    }
}

private func place(named name: String) throws -> PlanOptions.Place {
    let words = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if words == ["local"] { return .local }
    guard words[0] == "slurm", words.count == 1 || !words[1].isEmpty else {
        throw ValidationError("--on \(name): give local, slurm or slurm:PARTITION.")
    }
    return .slurm(partition: words.count == 1 ? nil : words[1])
}

/// The setting that `path=value` names.
func setting(in text: String) throws -> Setting {
    guard let setting = Setting(parsing: text) else {
        throw ValidationError("'\(text)' is no setting; give path=value, as in training.steps=100.")
    }
    return setting
}

/// Microseconds since 1970 UTC.
func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1e6) }

/// Writes a report to a file and tells where.
func writeReport(_ text: String, to path: String) throws(StoreError) {
    do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
        throw .unusable(path: path, detail: "the report cannot be written")
    }
    FileHandle.standardError.write(Data("bench: wrote \(path)\n".utf8))
}

/// The tier with the given name.
func tier(named name: String) throws -> Tier {
    guard let tier = Tier(rawValue: name) else {
        let names = Tier.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("unknown tier '\(name)'; give one of \(names).")
    }
    return tier
}

/// The numbers of a list with commas.
func numbers<Number: FixedWidthInteger>(in text: String) throws -> [Number] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
        guard let number = Number(word) else {
            throw ValidationError("'\(word)' is no number that fits here; give them as 1,2,3.")
        }
        return number
    }
}
