// What the end of a child means for its case: one state and one sentence. The first rule that fits decides.

internal import BenchRecords
internal import Glibc
internal import Measurements

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
    /// that the runner measures.
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
        return reported.first(where: RunnerCost.allCases.map(\.rawValue).contains).map {
            "reports '\($0)', which the runner measures"
        }
    }

    /// What the process cost, for a case that is done.
    func costs(threads: Int) -> [Measurement] {
        RunnerCost.allCases.map { cost in
            let metric = Metric(
                cost.rawValue, .cost, unit: cost == .peakMemory ? "MiB" : "s", direction: .lowerIsBetter,
                decimals: cost == .peakMemory ? 1 : 2, options: ["threads": "\(threads)"])
            return Measurement(metric, value: value(of: cost))
        }
    }

    private func value(of cost: RunnerCost) -> Double {
        switch cost {
        case .wall: wallSeconds
        case .cpu: cpuSeconds
        case .peakMemory: peakMiB ?? .nan
        }
    }
}

/// What the runner measures of every case.
enum RunnerCost: String, CaseIterable {
    case wall, cpu
    case peakMemory = "peak_rss"
}

private let signalNames: [Int32: String] = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS",
    SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV", SIGPIPE: "SIGPIPE", SIGTERM: "SIGTERM",
    SIGXFSZ: "SIGXFSZ",
]
