// The one function that turns stored runs into verdicts; every output shows what it says. How values are tested stands in
// Screening.swift.

internal import Glibc
public import BenchRecords
public import Measurements

/// One metric, or one whole case, of the new run against the reference.
public struct Comparison: Sendable, Equatable {
    /// The case's dotted name.
    public var caseID: String
    /// The metric; `nil` when the answer is about the case as a whole.
    public var metric: Metric?
    /// The reference's value.
    public var a: Double?
    /// The new value.
    public var b: Double?
    /// Statistics over items, where there was something to test.
    public var evidence: Evidence?
    /// The evidence's p after Holm over all metrics of the judgement that have evidence.
    public var adjustedP: Double?
    /// The evidence's p after Benjamini and Hochberg: advice, which decides nothing.
    public var falseDiscoveryRate: Double?
    /// What a second measurement said of a candidate; `nil` where none was asked for.
    public var confirmation: Confirmation?
    /// The measured floor, if the metric has one.
    public var calibratedFloor: CalibratedFloor?
    /// Why the change does not count, in words: it was accepted, or the case may change.
    public var pardon: String?
    /// The answer.
    public var verdict: Verdict

    /// `case.metric`, or the case alone.
    public var name: String { metric.map { "\(caseID).\($0.name)" } ?? caseID }

    /// The smallest change that counts, in the metric's unit, a ratio for costs: of the metric's own and the measured one
    /// the larger.
    public var floor: Double { max(metric?.smallestEffect ?? 0, calibratedFloor?.value ?? 0) }

    /// The change, positive is better: relative for costs, else in the metric's unit; `nil` unless both values exist.
    public var change: Double? {
        guard let a, let b, let metric else { return nil }
        let sign = metric.direction.sign
        if metric.metricClass == .cost { return evidence.map { sign * expm1(sign * $0.effect) } ?? sign * (b / a - 1) }
        return evidence?.effect ?? sign * (b - a)
    }

    /// Whether screening found a change that a second measurement may confirm, or has confirmed.
    public var isCandidate: Bool {
        guard evidence != nil else { return false }
        switch verdict {
        case .worse, .better, .unconfirmed: return true
        default: return false
        }
    }

    /// Whether the run's word, counts and exit code depend on it.
    ///
    /// A cost of which nothing can be said is shown apart: else no run without a cost measurement could ever be `identical`.
    public var isCounted: Bool {
        if pardon != nil { return false }
        guard metric?.metricClass == .cost else { return true }
        switch verdict {
        case .underpowered, .notComparable: return false
        default: return true
        }
    }
}

/// Everything that was found when a run was held against a reference.
public struct Judgement: Sendable, Equatable {
    /// By case, then by metric name.
    public var comparisons: [Comparison]
    /// Cases of which neither run has a result, nor failed to get one in the new run.
    public var unmeasured: [String]
    /// The new run's eight digits.
    public var run: String

    /// The worst news among what is counted; `missing` when nothing was compared at all.
    public var word: String {
        let counted = comparisons.filter(\.isCounted)
        return (counted.isEmpty ? comparisons : counted).map(\.verdict).min { $0.rank < $1.rank }?.word ?? "missing"
    }

    /// How many counted comparisons have one of the given words.
    public func count(_ words: String...) -> Int {
        comparisons.filter { $0.isCounted && words.contains($0.verdict.word) }.count
    }

    /// Lets changes for the worse pass: of cases that may change, and those that somebody accepted with these two values.
    public mutating func pardon(cases: Set<String>, changes: [AcceptedChange]) {
        for index in comparisons.indices where [.worse, .unconfirmed].contains(comparisons[index].verdict) {
            let item = comparisons[index]
            let accepted = changes.last { $0.metric == item.name && $0.from == item.a && $0.to == item.b }
            comparisons[index].pardon =
                accepted.map { "accepted: \($0.why)" } ?? (cases.contains(item.caseID) ? "allowed" : nil)
        }
    }

    /// 1 if anything is worse, else 2 if anything failed, is missing or nothing was compared, else 3 if `strict` and undecided.
    public func exitCode(strict: Bool) -> ExitCode {
        if count("worse") > 0 { return .worse }
        if comparisons.isEmpty || count("failed", "missing") > 0 { return .incomplete }
        return strict && count("underpowered", "unconfirmed", "not-comparable") > 0 ? .undecided : .done
    }

    /// The last line of `compare`; `same` holds identical and within-noise, `nocmp` also what is new, `failed` also what is missing.
    public func verdictLine(strict: Bool) -> VerdictLine {
        VerdictLine(
            word,
            counts: [
                "worse": count("worse"), "better": count("better"), "same": count("identical", "within-noise"),
                "weak": count("underpowered"), "unconf": count("unconfirmed"), "nocmp": count("not-comparable", "new"),
                "failed": count("failed", "missing"),
            ],
            run: run, exit: exitCode(strict: strict))
    }
}

/// Holds `new` against `reference`, metric by metric.
///
/// Source: harness specification, section 5.12; the first row of its table that fits decides.
///
/// `samples` are interleaved runs of both sides in fresh processes; costs are judged by them alone. Without a measured floor
/// a metric's own smallest effect holds.
///
/// `confirmation` are runs of a second invocation, which every candidate needs then: interleaved ones for costs, ones with
/// other seeds for quality; one with the seed of `new` must repeat it. Where it is `nil` nothing is measured twice: Holm over
/// all metrics tested decides on quality, and no cost is ever worse.
public func judge(
    _ new: RunRecord, against reference: RunRecord, samples: [RunPair] = [], floors: [NoiseFloor] = [],
    confirmation: [RunPair]? = nil
) -> Judgement {
    let pair = RunPair(reference: reference, new: new)
    var comparisons: [Comparison] = []
    var unmeasured: [String] = []
    for id in Set(reference.cases.map(\.id)).union(new.cases.map(\.id)).sorted() {
        let (a, b) = (reference.caseRecord(id), new.caseRecord(id))
        if let b, b.state == .done, a == nil || a?.state == .done {
            comparisons += compared(a, b, in: pair, samples, floors)
        } else if let verdict = verdictWithoutValues(a, b) {
            comparisons.append(Comparison(caseID: id, verdict: verdict))
        } else {
            unmeasured.append(id)
        }
    }
    correct(&comparisons)
    if let confirmation { confirm(&comparisons, by: confirmation, after: new) } else { decide(&comparisons) }
    return Judgement(comparisons: comparisons, unmeasured: unmeasured, run: new.shortID)
}

/// Holds each metric of `new` against the run that is named for it, by `case.metric`: for example the one in which it was best.
///
/// Nothing is measured twice, and the best of many nights owes something to luck: advice.
public func judge(_ new: RunRecord, againstEach references: [String: RunRecord], floors: [NoiseFloor] = []) -> Judgement
{
    var comparisons = new.cases.flatMap { item in
        item.measurements.flatMap { measurement -> [Comparison] in
            guard let reference = references["\(item.id).\(measurement.metric.name)"] else { return [] }
            var (a, b) = (reference.caseRecord(item.id), item)
            a?.measurements.removeAll { $0.metric.name != measurement.metric.name }
            b.measurements = [measurement]
            return compared(a, b, in: RunPair(reference: reference, new: new), [], floors)
        }
    }
    correct(&comparisons)
    decide(&comparisons)
    return Judgement(comparisons: comparisons, unmeasured: [], run: new.shortID)
}

/// Rows 1, 3 and 4 for a case that lacks a result on one side; `nil` when neither side has one.
private func verdictWithoutValues(_ a: CaseRecord?, _ b: CaseRecord?) -> Verdict? {
    if let b, b.state.isFailure { return .failed(b.stateInWords) }
    let states = (a?.stateInWords ?? "not planned", b?.stateInWords ?? "not planned")
    if b?.state == .done { return .notComparable(Mismatch("state", states.0, states.1)) }
    return a?.state == .done || a?.state.isFailure == true ? .missing(states.1) : nil
}

extension CaseRecord {
    /// Why there is no result: the message and how the process ended, or empty.
    public var reason: String {
        let end = signal.map { "signal \($0)" } ?? exitCode.flatMap { $0 == 0 ? nil : "exit code \($0)" }
        return [message, end ?? ""].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    fileprivate var stateInWords: String { reason.isEmpty ? state.rawValue : "\(state.rawValue): \(reason)" }
}

/// Every metric of a case that is done in the new run, and in the reference if planned there.
private func compared(
    _ a: CaseRecord?, _ b: CaseRecord, in pair: RunPair, _ samples: [RunPair], _ floors: [NoiseFloor]
) -> [Comparison] {
    let different = a.flatMap { mismatch($0, b, in: pair) }
    let names = Set((a?.measurements ?? []).map(\.metric.name)).union(b.measurements.map(\.metric.name))
    return names.sorted().map { name in
        let (before, after) = (a?.measurement(name), b.measurement(name))
        var comparison = Comparison(
            caseID: b.id, metric: (after ?? before)?.metric, a: before?.value, b: after?.value, verdict: .new)
        if let after, let reason = absence(in: after) {
            comparison.verdict = .failed(reason)
        } else if let before, let after {
            comparison.calibratedFloor = floors.calibrated(after.metric, of: b.id, in: pair.new)
            if let different = different ?? mismatch(before, after) ?? costMismatch(after.metric, in: pair) {
                comparison.verdict = .notComparable(different)
            } else {
                (comparison.verdict, comparison.evidence) = screened(
                    before, after, of: b.id, floor: comparison.floor, samples)
            }
        } else if after == nil {
            comparison.verdict = .missing("not reported")
        }
        return comparison
    }
}

/// The first way in which a metric is not one quantity in the two runs; also where one of them lacks it.
func mismatch(of name: String, in caseID: String, _ pair: RunPair) -> Mismatch? {
    let (a, b) = (pair.reference.caseRecord(caseID), pair.new.caseRecord(caseID))
    guard let a, let b, let before = a.measurement(name), let after = b.measurement(name) else {
        let words = [a, b].map { $0?.measurement(name) == nil ? "absent" : "present" }
        return Mismatch(name, words[0], words[1])
    }
    return mismatch(a, b, in: pair) ?? mismatch(before, after) ?? costMismatch(after.metric, in: pair)
}

/// Why a measurement has no usable value, although its case is done.
private func absence(in measurement: Measurement) -> String? {
    if let scores = measurement.scores {
        let missing = scores.items.indices.filter { scores.row($0).contains(where: \.isNaN) }
        if let first = missing.first {
            return "\(missing.count) of \(scores.items.count) items without a score, first \(scores.items[first])"
        }
    }
    return measurement.value.isNaN ? "the value is not a number" : nil
}

/// Row 4 for a case: the first field that must agree and does not.
///
/// Nothing here comes from the binary: a change of code is what a comparison is for.
private func mismatch(_ a: CaseRecord, _ b: CaseRecord, in pair: RunPair) -> Mismatch? {
    let (before, after) = (pair.reference, pair.new)
    if !before.build.isReproducible || !after.build.isReproducible {
        return Mismatch("patch", before.build.patchInWords, after.build.patchInWords)
    }
    if a.tier != b.tier { return Mismatch("tier", a.tier.rawValue, b.tier.rawValue) }
    if before.seed != after.seed { return Mismatch("seed", "\(before.seed)", "\(after.seed)") }
    if a.version != b.version { return Mismatch("version", "\(a.version)", "\(b.version)") }
    return mismatch("configuration", a.configuration, b.configuration) ?? mismatch("data", a.dataDigests, b.dataDigests)
}

extension BuildRecord {
    fileprivate var isReproducible: Bool { !isDirty || patch != nil }

    fileprivate var patchInWords: String {
        isDirty ? (patch == nil ? "uncommitted changes, not stored" : "uncommitted changes, stored") : "clean"
    }
}

/// Row 4 for costs, which depend on where and how the program ran.
private func costMismatch(_ metric: Metric, in pair: RunPair) -> Mismatch? {
    guard metric.metricClass == .cost else { return nil }
    let (a, b) = (pair.reference, pair.new)
    if a.machine.machineClass != b.machine.machineClass {
        return Mismatch("machine", a.machine.machineClass, b.machine.machineClass)
    }
    if a.machine.blas != b.machine.blas { return Mismatch("blas", a.machine.blas, b.machine.blas) }
    return a.threads == b.threads ? nil : Mismatch("threads", "\(a.threads)", "\(b.threads)")
}
