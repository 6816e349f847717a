// bench try speech-translation tradeoff: stored runs as the trade-off figure, and methods against each other.

internal import ArgumentParser
internal import BenchCommands
internal import BenchRecords
internal import BenchRunner
internal import BenchStatistics
internal import BenchStore
internal import Foundation
internal import Measurements
internal import SpeechTranslation
internal import TensorIO

struct DrawTradeoff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tradeoff", abstract: "Draws what text retains while speech is learned, one line a method.",
        discussion: """
            bench try speech-translation tradeoff @last --out tradeoff.svg
            bench try speech-translation tradeoff 2e20 91ab 77c1 --against kd
            bench try speech-translation tradeoff 2e20 --setting scarce --against st.snt.ft

            Runs of several seeds are averaged. Below, each method less the one it is compared
            with: the mean of paired sentence BLEU over the seeds that have both, with the 95 %
            interval of the bootstrap over sentences; seeds of a sentence stay together.
            """)

    @Argument(help: "Runs, as 'bench help' says.") var runs: [String]
    @Option(help: "The database; also by the environment variable BENCH_DB. (default: .bench/bench.sqlite)")
    var db: String?
    @Option(help: "The setting: the part of a case's id between st.snt. and the method.") var setting = ""
    @Option(help: "What methods are compared with: one of them, or a whole case id with the same test sets.")
    var against = "ft"
    @Option(help: "The figure's file.") var out = "tradeoff.svg"

    func validate() throws {
        if runs.isEmpty { throw ValidationError("give at least one run.") }
    }

    func run() throws {
        let path = db ?? ProcessInfo.processInfo.environment["BENCH_DB"] ?? ".bench/bench.sqlite"
        let store = try RunStore(path: path, mode: .reading)
        let git = Git(folder: FileManager.default.currentDirectoryPath)
        let found = try runs.map { try store.run(matching: $0, commit: git.commit) }
        let prefix = "st.snt." + (setting.isEmpty ? "" : setting + ".")
        var curves: [TradeoffCurve] = []
        for method in TransferMethod.allCases {
            let tables = try found.compactMap { run in
                try store.artefact("curve.tsv", of: prefix + method.rawValue, in: run.uuid)
            }
            let parsed = tables.compactMap { LearningCurve(parsing: String(decoding: $0, as: UTF8.self)) }
            if let mean = LearningCurve(meanOf: parsed) {
                curves.append(TradeoffCurve("\(method.rawValue) (\(parsed.count))", mean))
            }
        }
        if curves.isEmpty { throw TrialRefused(because: NoCurve(prefix: prefix)) }
        let title = "Learning and forgetting, \(prefix)*; runs of a method in brackets"
        do {
            try writeFile(Array(tradeoffFigure(curves, title: title).utf8), to: out)
        } catch {
            throw TrialRefused(because: error)
        }
        let seeds = Dictionary(grouping: found, by: \.seed).sorted { $0.key < $1.key }.map { $0.value.flatMap(\.cases) }
        for line in curves.map(summary) + TransferMethod.allCases.flatMap({ differences($0, prefix, seeds) }) {
            print(line)
        }
        print("VERDICT drawn | methods=\(curves.count) | run=00000000 | exit=0")
    }

    private func summary(_ method: TradeoffCurve) -> String {
        let last = method.curve.rows.last
        let ends = TestSet.allCases.map { "\($0.rawValue) \(tenths(last?.bleu[$0] ?? .nan))" }
        let kept = TestSet.text.map { "R90 \($0.rawValue) \(tenths(100 * method.curve.retention($0))) %" }
        return "\(method.name): " + (ends + kept).joined(separator: ", ")
    }

    /// A line a test set for a method that some seed has together with the one it is compared with.
    private func differences(_ method: TransferMethod, _ prefix: String, _ seeds: [[CaseRecord]]) -> [String] {
        let (own, other) = (prefix + method.rawValue, against.hasPrefix("st.") ? against : prefix + against)
        guard own != other else { return [] }
        return TestSet.allCases.compactMap { set in
            let name = set.sentenceBLEU.name
            var (values, groups, count): ([Double], [Int], Int) = ([], [], 0)
            for cases in seeds {
                func scores(_ id: String) -> Scores? {
                    cases.first { $0.id == id }?.measurement(name)?.scores
                }
                guard let minuend = scores(own), let subtrahend = scores(other), minuend.items == subtrahend.items
                else { continue }
                values += zip(minuend.values, subtrahend.values).map { $0 - $1 }
                groups += minuend.items.indices
                count += 1
            }
            let sample = GroupedSample(values, groups: groups)
            var generator = SplitMix64(seed: statisticsSeed(signature: own + other, items: [name]))
            guard let interval = sample.expandedInterval(using: &generator) else { return nil }
            return "\(method.rawValue) - \(against), \(set.rawValue): \(tenths(sample.mean)) "
                + "[\(tenths(interval.lowerBound)), \(tenths(interval.upperBound))], \(count) seed(s)"
        }
    }
}

private struct NoCurve: Error, CustomStringConvertible {
    let prefix: String

    var description: String { "the runs have no curve of a case \(prefix)*; name runs of such cases." }
}

private func tenths(_ x: Double) -> Double { (x * 10).rounded() / 10 }
