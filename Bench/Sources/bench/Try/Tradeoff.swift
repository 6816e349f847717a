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

            Runs of several seeds are averaged. Below, each method less the one it is compared
            with: the mean of paired sentence BLEU over the runs that have both, with the 95 %
            interval of the bootstrap over sentences; seeds of a sentence stay together.
            """)

    @Argument(help: "Runs, as 'bench help' says.") var runs: [String]
    @Option(help: "The database; also by the environment variable BENCH_DB. (default: .bench/bench.sqlite)")
    var db: String?
    @Option(help: "The setting: the part of a case's id between st.snt. and the method.") var setting = ""
    @Option(help: "The method that others are compared with.") var against = "ft"
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
        for line in curves.map(summary) + TransferMethod.allCases.flatMap({ differences($0, prefix, found) }) {
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

    /// A line a test set for a method that some run has together with the one it is compared with.
    private func differences(_ method: TransferMethod, _ prefix: String, _ runs: [RunRecord]) -> [String] {
        guard method.rawValue != against else { return [] }
        return TestSet.allCases.compactMap { set in
            let name = set.sentenceBLEU.name
            var (values, groups, count): ([Double], [Int], Int) = ([], [], 0)
            for run in runs {
                func scores(_ method: String) -> Scores? {
                    run.cases.first { $0.id == prefix + method }?.measurement(name)?.scores
                }
                guard let own = scores(method.rawValue), let other = scores(against), own.items == other.items else {
                    continue
                }
                values += zip(own.values, other.values).map { $0 - $1 }
                groups += own.items.indices
                count += 1
            }
            let sample = GroupedSample(values, groups: groups)
            var generator = SplitMix64(seed: statisticsSeed(signature: prefix + method.rawValue, items: [name]))
            guard let interval = sample.expandedInterval(using: &generator) else { return nil }
            return "\(method.rawValue) - \(against), \(set.rawValue): \(tenths(sample.mean)) "
                + "[\(tenths(interval.lowerBound)), \(tenths(interval.upperBound))], \(count) run(s)"
        }
    }
}

private struct NoCurve: Error, CustomStringConvertible {
    let prefix: String

    var description: String { "the runs have no curve of a case \(prefix)*; name runs of such cases." }
}

private func tenths(_ x: Double) -> Double { (x * 10).rounded() / 10 }
