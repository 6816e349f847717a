// What the end of a child means for its case: one state and one sentence. The first rule that fits decides.

internal import BenchRecords
internal import BenchStatistics
internal import Glibc
public import Measurements

extension ChildObservation {
    /// The state and, unless the case is done, why; exit code and signal are told beside the sentence, not in it.
    func conclusion(for item: any BenchCase, limits: ChildLimits) -> (state: CaseState, message: String) {
        switch stop {
        case .interruption: return (.interrupted, "the run was interrupted while the case ran")
        case .timeout: return (.timeout, "took longer than its limit of \(Int(limits.seconds.rounded(.up))) s")
        case .memory(let used):
            return (.oom, "held \(Int(used)) MiB, more than its limit of \(Int(limits.memoryMiB)) MiB")
        case nil: break
        }
        if let signal { return (.crashed, signalNames[Int32(signal)] ?? "signal \(signal)") }
        if let failure { return (.failed, failure) }
        if let garbage { return (.failed, "line \(garbage.line) of its results is none: '\(garbage.text)'") }
        guard exitCode == 0, hasEnded, let outcome else { return (.failed, "exited before its results were complete") }
        if let problem = problem(of: outcome, item) { return (.failed, problem) }
        return (.done, "")
    }

    /// What is wrong with well-formed results, if anything is: a case reports what it declares, each once, and no cost
    /// that the runner measures; its values are what their rows make, since Bench judges by the rows.
    private func problem(of outcome: CaseOutcome, _ item: any BenchCase) -> String? {
        let declared = item.metrics.map(\.name)
        let reported = outcome.measurements.map(\.metric.name)
        if let name = reported.first(where: { !declared.contains($0) }) {
            return "reports '\(name)', which it does not declare"
        }
        if let name = declared.first(where: { !reported.contains($0) }) {
            return "declares '\(name)' and does not report it"
        }
        if Set(reported).count < reported.count { return "reports a metric twice" }
        if let name = reported.first(where: RunnerCost.allCases.map(\.rawValue).contains) {
            return "reports '\(name)', which the runner measures"
        }
        return outcome.measurements.lazy.compactMap(\.faultOfRows).first
    }

    /// What the process cost, for a case that is done.
    func costs(threads: Int) -> [Measurement] {
        RunnerCost.allCases.map { Measurement($0.metric(threads: threads), value: value(of: $0)) }
    }

    private func value(of cost: RunnerCost) -> Double {
        switch cost {
        case .wall: wallSeconds
        case .cpu: cpuSeconds
        case .peakMemory: peakMiB ?? .nan
        }
    }
}

extension Measurement {
    fileprivate var faultOfRows: String? {
        guard let scores, metric.finaliser != .given else { return nil }
        guard scores.width == metric.finaliser.width else {
            return "gives '\(metric.name)' rows of \(scores.width) numbers, where '\(metric.finaliser)' takes "
                + "\(metric.finaliser.width)"
        }
        // The judge names items without a score.
        guard scores.values.allSatisfy(\.isFinite), scores.items.count == scores.groups.count else { return nil }
        let made = FinalisedSample(metric.finaliser, values: scores.values, groups: scores.groups).value
        let isEqual = abs(made - value) <= 1e-9 * max(1, abs(value)) || made.isNaN && value.isNaN
        return isEqual ? nil : "says '\(metric.name)' is \(value), where its rows make \(made)"
    }
}

/// What the runner measures of every case.
enum RunnerCost: String, CaseIterable {
    case wall, cpu
    case peakMemory = "peak_rss"

    func metric(threads: Int) -> Metric {
        Metric(
            rawValue, .cost, unit: self == .peakMemory ? "MiB" : "s", direction: .lowerIsBetter,
            decimals: self == .peakMemory ? 1 : 2, configuration: ["threads": "\(threads)"])
    }
}

/// The costs that the runner measures of every case.
public func runnerCosts(threads: Int) -> [Metric] { RunnerCost.allCases.map { $0.metric(threads: threads) } }

private let signalNames: [Int32: String] = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS",
    SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGPIPE: "SIGPIPE", SIGTERM: "SIGTERM",
    SIGXFSZ: "SIGXFSZ",
]
