// What a question to a database of many nights costs, beside a plain read of the rows that answer it.
//
// Source: harness specification, section 14.11.

internal import BenchRecords
internal import BenchStore
internal import Foundation
public import Measurements

/// A database of made-up nights, written as the runner writes, and the verbs that read it, each in a process of its own.
public struct StoreScale: BenchCase {
    /// Nights of 4 cases with 25 metrics each.
    public let runCount: Int

    /// The case for a number of nights, at least 2.
    public init(runCount: Int) { self.runCount = runCount }

    /// For example `bench.store.10000`.
    public var id: String { "bench.store.\(runCount)" }
    /// What `bench list --long` says.
    public var summary: String {
        "show, compare, history and report over \(runCount) nights of 100 metrics; their rows by plain SQLite."
    }
    /// Nightly where it is small.
    public var tier: Tier { runCount <= 1000 ? .nightly : .full }
    /// Seconds on two cores.
    public var expectedSeconds: Double { 5 + Double(runCount) / 20 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// The size of the database.
    public var configuration: [String: String] { ["runs": "\(runCount)", "cases": "4", "metrics": "25"] }
    /// None.
    public var dataFolders: [String] { [] }

    /// The seconds of each verb, their ratio to a plain read, and what writing and keeping costs.
    public var metrics: [Metric] {
        Question.allCases.flatMap { [$0.seconds, $0.ratio] } + [Self.write, Self.rebuild, Self.size]
    }

    private static let write = cost("write_a_run", "ms", 2)
    private static let rebuild = cost("rebuild", "s", 2)
    private static let size = Metric("database", .exact, unit: "B", direction: .lowerIsBetter, decimals: 0)

    /// What is asked, and the statement whose rows the answer rests on.
    private enum Question: String, CaseIterable {
        case show, compare, history, report

        var seconds: Metric { cost(rawValue, "s", 3) }
        var ratio: Metric { cost("\(rawValue)_to_sqlite", "", 1) }

        func arguments(in folder: String) -> [String] {
            switch self {
            case .show: ["show", "@last"]
            case .compare: ["compare", "@last~1", "@last"]
            case .history: ["history", "made.up.case-0.metric-0"]
            case .report: ["report", "--html", folder + "/page.html"]
            }
        }

        var statement: String {
            let metrics = "SELECT metric.*, value, lo, hi FROM result JOIN metric ON metric.pk = metric_pk"
            let lastRuns = "run_pk IN (SELECT pk FROM run ORDER BY started DESC LIMIT"
            return switch self {
            case .show: "\(metrics) WHERE \(lastRuns) 1)"
            case .compare: "\(metrics) WHERE \(lastRuns) 2)"
            case .history: "\(metrics) WHERE metric_pk = 1 AND \(lastRuns) 180)"
            case .report: "\(metrics) WHERE \(lastRuns) 60)"
            }
        }
    }

    /// Writes the nights, asks each question five times after once for nothing, and rebuilds the database from its ledger.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        let folder = context.scratchFolder + "/store"
        try? FileManager.default.removeItem(atPath: folder)
        let path = folder + "/bench.sqlite"
        let clock = ContinuousClock()
        let writing = try clock.measure {
            let store = try RunStore(path: path, mode: .writing)
            for index in 0..<runCount {
                try Self.write(night: index, seed: context.seed, to: store)
                context.report(0.8 * Double(index) / Double(runCount), "night \(index)/\(runCount)")
            }
        }
        var measurements: [Measurements.Measurement] = []
        for question in Question.allCases {
            context.report(0.8, question.rawValue)
            let arguments = question.arguments(in: folder) + ["--db", path]
            let asked = try Self.seconds { try Self.ask(arguments) }
            let read = try Self.seconds {
                _ = try RunStore(path: path, mode: .reading).query(question.statement)
            }
            measurements += [
                Measurements.Measurement(question.seconds, value: asked),
                Measurements.Measurement(question.ratio, value: asked / read),
            ]
        }
        let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        context.report(0.9, "rebuild")
        let rebuilding = try clock.measure { try Self.ask(["import", "--rebuild", "--db", path]) }
        return CaseOutcome(
            measurements + [
                Measurements.Measurement(Self.write, value: 1000 * (writing / .seconds(1)) / Double(runCount)),
                Measurements.Measurement(Self.rebuild, value: rebuilding / .seconds(1)),
                Measurements.Measurement(Self.size, value: Double(bytes)),
            ])
    }

    /// The median of five repetitions after one for nothing.
    private static func seconds(_ body: () throws -> Void) throws -> Double {
        try body()
        return median(try milliseconds(repeats: 5, body)) / 1000
    }

    /// This program again, as a person would call it.
    private static func ask(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        // `report` and `compare` say 1 where made-up noise is worse.
        guard [0, 1].contains(process.terminationStatus) else {
            throw Refused(arguments: arguments, exit: process.terminationStatus)
        }
    }

    private struct Refused: Error, CustomStringConvertible {
        let arguments: [String]
        let exit: Int32
        var description: String { "bench \(arguments.joined(separator: " ")): exit code \(exit)." }
    }

    private static func write(night index: Int, seed: UInt64, to store: RunStore) throws {
        let start = Int64(index) * 86_400_000_000
        let machine = MachineRecord(
            machineClass: "00000000", cpu: "made up", architecture: "x86_64", cores: 2, memoryGiB: 8, blas: "none",
            quota: nil)
        let digits = String(index / 100, radix: 16)
        let build = BuildRecord(
            commit: String(repeating: "0", count: 40 - digits.count) + digits, commitTime: start, parent: "",
            branch: "main", patchDigest: nil, patch: nil, toolchain: "none", configuration: "debug", dependencies: [:],
            libraries: [:], binaryDigest: digits)
        let uuid = "00000000-0000-7000-8000-" + String(format: "%012x", index)
        var cases: [CaseRecord] = []
        for place in 0..<4 {
            cases.append(
                CaseRecord(
                    id: "made.up.case-\(place)", version: 1, tier: .nightly, configuration: ["place": "\(place)"]))
        }
        try store.begin(
            RunRecord(
                uuid: uuid, kind: .nightly, build: build, machine: machine, tier: .nightly, seed: seed, threads: 2,
                planDigest: "", started: start, cases: cases))
        for (place, item) in cases.enumerated() {
            var item = item
            item.state = .done
            item.measurements = (0..<25).map { metric in
                let noise = Double((index * 7919 + place * 104_729 + metric * 1299) % 1009) / 1009
                return Measurements.Measurement(madeUp(metric), value: Double(metric) + noise)
            }
            try store.finish(item, in: uuid)
        }
        try store.end(uuid, status: .complete, at: start + 1_000_000)
    }

    private static func madeUp(_ index: Int) -> Metric {
        Metric("metric-\(index)", index < 12 ? .quality : .cost, direction: .lowerIsBetter, smallestEffect: 0.1)
    }
}

private func cost(_ name: String, _ unit: String, _ decimals: Int) -> Metric {
    Metric(name, .cost, unit: unit, direction: .lowerIsBetter, decimals: decimals, smallestEffect: 0.05)
}
