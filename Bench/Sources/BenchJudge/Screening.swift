// How one metric is tested, and how the few that stand out are tested again. Source: harness specification, section 5.9.

internal import BenchStatistics
internal import BenchRecords
internal import Measurements

/// What a second invocation said of a candidate.
public enum Confirmation: Sendable, Equatable {
    /// It has nothing to say: no run of it measured the metric on both sides.
    case absent
    /// New evidence, and its p after Holm over all candidates.
    case measured(Evidence, adjustedP: Double)
    /// Other seeds gave the same scores, so that nothing new was learnt: the first p, after Holm over all tested, decides.
    case repeated
}

/// Rows 5 to 10 for one metric; a candidate is `unconfirmed` until it is decided on.
func screened(
    _ a: Measurement, _ b: Measurement, of caseID: String, floor: Double, _ samples: [RunPair]
) -> (Verdict, Evidence?) {
    let metric = b.metric
    switch metric.metricClass {
    case .cost where !samples.isEmpty:
        let evidence = costEvidence(metric, logRatios(of: metric.name, in: caseID, samples))
        return (evidence.screened(floor: floor, Need.pairs), evidence)
    case _ where a.isIdentical(to: b):
        return (.identical, nil)
    case .exact:
        let isGood = metric.direction != .none && metric.direction.sign * (b.value - a.value) > 0
        return (isGood ? .better : .worse, nil)
    case .cost:
        return (.underpowered(.pairs(fewestPairs(reaching: confirmationLevel))), nil)
    case .quality:
        if a.scores == nil && b.scores == nil { return (.underpowered(.itemScores), nil) }
        switch pairedEvidence([(a, b)]) {
        case .failure(let mismatch): return (.notComparable(mismatch), nil)
        case .success(let evidence): return (evidence.screened(floor: floor, Need.groups), evidence)
        }
    }
}

extension Measurement {
    /// Equal bit for bit, in the items if there are any.
    func isIdentical(to other: Measurement) -> Bool {
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
    fileprivate func screened(floor: Double, _ need: (Int) -> Need) -> Verdict {
        guard let interval, let minimumDetectable else { return .underpowered(need(fewestGroups)) }
        if p <= screeningLevel && !interval.contains(0) && abs(effect) > floor { return .unconfirmed }
        if -floor < interval.lowerBound && interval.upperBound < floor { return .withinNoise }
        if groups < fewestGroups { return .underpowered(need(fewestGroups)) }
        guard floor > 0, minimumDetectable > floor else { return .underpowered(nil) }
        // The standard error falls with the square root of the number of groups; 10⁹ is as hopeless as any more.
        let factor = minimumDetectable / floor
        return .underpowered(need(Int(min(Double(groups) * factor * factor, 1e9).rounded(.up))))
    }

    /// Flipping G groups gives no p below 2/2^G, as flipping G pairs does.
    private var fewestGroups: Int { fewestPairs(reaching: screeningLevel) }
}

/// Holm, and Benjamini and Hochberg, over every metric that was tested.
func correct(_ comparisons: inout [Comparison]) {
    let tested = comparisons.indices.filter { comparisons[$0].evidence != nil }
    let p = tested.compactMap { comparisons[$0].evidence?.p }
    for (index, p) in zip(tested, holmAdjusted(p)) { comparisons[index].adjustedP = p }
    for (index, q) in zip(tested, benjaminiHochbergAdjusted(p)) { comparisons[index].falseDiscoveryRate = q }
}

/// Rows 7 and 8 where nothing was measured twice.
///
/// A quality value is the same whenever its seed is, so that a rerun would add nothing; a cost is not.
func decide(_ comparisons: inout [Comparison]) {
    for index in comparisons.indices where comparisons[index].verdict == .unconfirmed {
        if comparisons[index].metric?.metricClass == .quality { comparisons[index].decide() }
    }
}

/// Rows 7 and 8 with a second measurement; also row 1, where a repetition did not repeat.
func confirm(_ comparisons: inout [Comparison], by pairs: [RunPair], after new: RunRecord) {
    for index in comparisons.indices where comparisons[index].isCandidate {
        comparisons[index].confirm(by: pairs, after: new)
    }
    let candidates = comparisons.indices.filter { comparisons[$0].isCandidate }
    // What was not measured again stays in the family: leaving it out would make the others look better than they are.
    let adjusted = holmAdjusted(candidates.map { comparisons[$0].confirmation?.evidence?.p ?? 1 })
    for (index, p) in zip(candidates, adjusted) {
        switch comparisons[index].confirmation {
        case .measured(let second, _)?:
            comparisons[index].confirmation = .measured(second, adjustedP: p)
            let isSame = second.effect * (comparisons[index].evidence?.effect ?? 0) > 0
            if isSame && abs(second.effect) > comparisons[index].floor { comparisons[index].decide(by: p) }
        case .repeated?: comparisons[index].decide()
        case .absent?, nil: break
        }
    }
}

extension Confirmation {
    fileprivate var evidence: Evidence? {
        guard case .measured(let evidence, _) = self else { return nil }
        return evidence
    }
}

extension Comparison {
    /// Changed, if p after correction is small enough; the sign of the first measurement says which way.
    fileprivate mutating func decide(by p: Double? = nil) {
        guard let p = p ?? adjustedP, p <= confirmationLevel else { return }
        let isGood = metric?.direction != Direction.none && (change ?? 0) > 0
        verdict = isGood ? .better : .worse
    }

    fileprivate mutating func confirm(by pairs: [RunPair], after new: RunRecord) {
        guard let metric, let first = new.caseRecord(caseID)?.measurement(metric.name) else { return }
        confirmation = .absent
        if metric.metricClass == .cost {
            let ratios = logRatios(of: metric.name, in: caseID, pairs)
            if !ratios.isEmpty { confirmation = .measured(costEvidence(metric, ratios), adjustedP: 1) }
            return
        }
        var measured: [(Measurement, Measurement)] = []
        for pair in pairs {
            guard let second = pair.new.caseRecord(caseID)?.measurement(metric.name) else { continue }
            if pair.new.seed == new.seed {
                if second.isIdentical(to: first) { continue }
                verdict = .failed("a second run of the same program with the same seed gave other scores")
                return
            }
            guard mismatch(of: metric.name, in: caseID, pair) == nil,
                let before = pair.reference.caseRecord(caseID)?.measurement(metric.name)
            else { continue }
            measured.append((before, second))
        }
        if measured.isEmpty { return }
        if measured.allSatisfy({ $0.1.isIdentical(to: first) }) {
            confirmation = .repeated
        } else if case .success(let evidence) = pairedEvidence(measured) {
            confirmation = .measured(evidence, adjustedP: 1)
        }
    }
}
