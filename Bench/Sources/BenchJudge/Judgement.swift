// The one function that turns two stored runs into verdicts; every output shows what it says.
//
// Calibrated floors and a second measurement do not exist here. A quality value is the same whenever its seed is, so a rerun
// would add nothing: its p is corrected by Holm over every quality metric that changed. A single cost value decides nothing.

internal import BenchStatistics
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
    /// The answer.
    public var verdict: Verdict

    /// `case.metric`, or the case alone.
    public var name: String { metric.map { "\(caseID).\($0.name)" } ?? caseID }

    /// The smallest change that counts, in the metric's unit: for now the metric's own smallest effect of interest.
    public var floor: Double { metric?.smallestEffect ?? 0 }

    /// The change, positive is better: relative for costs, else in the metric's unit; `nil` unless both values exist.
    public var change: Double? {
        guard let a, let b, let metric else { return nil }
        return evidence?.effect ?? metric.direction.sign * (metric.metricClass == .cost ? b / a - 1 : b - a)
    }

    /// Whether the run's word, counts and exit code depend on it.
    ///
    /// A cost of which nothing can be said is shown apart: else no run without a cost measurement could ever be `identical`.
    public var isCounted: Bool {
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
public func judge(_ new: RunRecord, against reference: RunRecord) -> Judgement {
    var comparisons: [Comparison] = []
    var unmeasured: [String] = []
    for id in Set(reference.cases.map(\.id)).union(new.cases.map(\.id)).sorted() {
        let (a, b) = (reference.caseRecord(id), new.caseRecord(id))
        if let b, b.state == .done, a == nil || a?.state == .done {
            comparisons += compared(a, b, in: (reference, new))
        } else if let verdict = verdictWithoutValues(a, b) {
            comparisons.append(Comparison(caseID: id, verdict: verdict))
        } else {
            unmeasured.append(id)
        }
    }
    confirm(&comparisons)
    return Judgement(comparisons: comparisons, unmeasured: unmeasured, run: new.shortID)
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
private func compared(_ a: CaseRecord?, _ b: CaseRecord, in runs: (a: RunRecord, b: RunRecord)) -> [Comparison] {
    let different = a.flatMap { mismatch(($0, b), in: runs) }
    let names = Set((a?.measurements ?? []).map(\.metric.name)).union(b.measurements.map(\.metric.name))
    return names.sorted().map { name in
        let (before, after) = (a?.measurement(name), b.measurement(name))
        var comparison = Comparison(
            caseID: b.id, metric: (after ?? before)?.metric, a: before?.value, b: after?.value, verdict: .new)
        if let after, let reason = absence(in: after) {
            comparison.verdict = .failed(reason)
        } else if let before, let after {
            let different = different ?? mismatch(before, after) ?? costMismatch(after.metric, in: runs)
            (comparison.verdict, comparison.evidence) =
                different.map { (.notComparable($0), nil) } ?? screened(before, after)
        } else if after == nil {
            comparison.verdict = .missing("not reported")
        }
        return comparison
    }
}

/// Why a measurement has no usable value, although its case is done.
private func absence(in measurement: Measurement) -> String? {
    if let scores = measurement.scores, let first = scores.values.firstIndex(where: \.isNaN) {
        let count = scores.values.filter(\.isNaN).count
        return "\(count) of \(scores.values.count) items without a score, first \(scores.items[first])"
    }
    return measurement.value.isNaN ? "the value is not a number" : nil
}

/// Row 4 for a case: the first field that must agree and does not.
///
/// Nothing here comes from the binary: a change of code is what a comparison is for.
private func mismatch(_ cases: (a: CaseRecord, b: CaseRecord), in runs: (a: RunRecord, b: RunRecord)) -> Mismatch? {
    let (a, b) = cases
    if !runs.a.build.isReproducible || !runs.b.build.isReproducible {
        return Mismatch("patch", runs.a.build.patchInWords, runs.b.build.patchInWords)
    }
    if a.tier != b.tier { return Mismatch("tier", a.tier.rawValue, b.tier.rawValue) }
    if runs.a.seed != runs.b.seed { return Mismatch("seed", "\(runs.a.seed)", "\(runs.b.seed)") }
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
private func costMismatch(_ metric: Metric, in runs: (a: RunRecord, b: RunRecord)) -> Mismatch? {
    guard metric.metricClass == .cost else { return nil }
    let (a, b) = (runs.a.machine, runs.b.machine)
    if a.machineClass != b.machineClass { return Mismatch("machine", a.machineClass, b.machineClass) }
    if a.blas != b.blas { return Mismatch("blas", a.blas, b.blas) }
    return runs.a.threads == runs.b.threads
        ? nil : Mismatch("threads", "\(runs.a.threads)", "\(runs.b.threads)")
}

/// Rows 5 to 10 for one metric; a candidate is `unconfirmed` until `confirm` has seen them all.
private func screened(_ a: Measurement, _ b: Measurement) -> (Verdict, Evidence?) {
    if a.isIdentical(to: b) { return (.identical, nil) }
    let metric = b.metric
    switch metric.metricClass {
    case .exact:
        let isGood = metric.direction != .none && metric.direction.sign * (b.value - a.value) > 0
        return (isGood ? .better : .worse, nil)
    case .cost:
        return (.underpowered(.pairs(fewestPairs(reaching: confirmationLevel))), nil)
    case .quality:
        if a.scores == nil && b.scores == nil { return (.underpowered(.itemScores), nil) }
        switch evidence(a, b) {
        case .failure(let mismatch): return (.notComparable(mismatch), nil)
        case .success(let evidence): return (evidence.screened(floor: metric.smallestEffect), evidence)
        }
    }
}

extension Measurement {
    /// Equal bit for bit, in the items if there are any.
    fileprivate func isIdentical(to other: Measurement) -> Bool {
        guard let scores, let others = other.scores else {
            return (scores == nil) == (other.scores == nil) && value.bitPattern == other.value.bitPattern
        }
        return scores.values.map(\.bitPattern) == others.values.map(\.bitPattern)
    }
}

private let screeningLevel = 0.05
/// The family-wise level: at 0.05 two to four nights in a hundred would flag a quality metric falsely (section 5.9).
private let confirmationLevel = 0.01

extension Evidence {
    fileprivate func screened(floor: Double) -> Verdict {
        guard let interval, let minimumDetectable else { return .underpowered(.groups(fewestGroups)) }
        if p <= screeningLevel && !interval.contains(0) && abs(effect) > floor { return .unconfirmed }
        if -floor < interval.lowerBound && interval.upperBound < floor { return .withinNoise }
        if groups < fewestGroups { return .underpowered(.groups(fewestGroups)) }
        guard floor > 0, minimumDetectable > floor else { return .underpowered(nil) }
        // The standard error falls with the square root of the number of groups; 10⁹ is as hopeless as any more.
        let factor = minimumDetectable / floor
        return .underpowered(.groups(Int(min(Double(groups) * factor * factor, 1e9).rounded(.up))))
    }

    /// Flipping G groups gives no p below 2/2^G, as flipping G pairs does.
    private var fewestGroups: Int { fewestPairs(reaching: screeningLevel) }
}

/// Rows 7 and 8: Holm over every metric that was tested, then the sign decides.
private func confirm(_ comparisons: inout [Comparison]) {
    let tested = comparisons.indices.filter { comparisons[$0].evidence != nil }
    let adjusted = holmAdjusted(tested.compactMap { comparisons[$0].evidence?.p })
    for (index, p) in zip(tested, adjusted) {
        comparisons[index].adjustedP = p
        guard comparisons[index].verdict == .unconfirmed, p <= confirmationLevel else { continue }
        let isGood = comparisons[index].metric?.direction != Direction.none && (comparisons[index].change ?? 0) > 0
        comparisons[index].verdict = isGood ? .better : .worse
    }
}
