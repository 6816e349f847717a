// Paired statistics: on the items of a quality metric, on interleaved samples of a cost; and the interval of one side alone.

internal import BenchStatistics
internal import Glibc
public import BenchRecords
public import Measurements

/// What items or samples say about a difference; effects are oriented, positive is better.
public struct Evidence: Sendable, Equatable {
    /// The mean of the items' differences in the metric's unit; of a cost the Hodges–Lehmann estimate of ln(B/A).
    public var effect: Double
    /// Its 95 % interval: the expanded percentile bootstrap over groups, of a cost the Walsh averages' ranks; `nil` below
    /// two groups or six pairs.
    public var interval: ClosedRange<Double>?
    /// Two-sided p of no difference: by randomisation over groups, of a cost the signed rank test.
    public var p: Double
    /// The true effect that would be found four times in five; `nil` below two groups.
    public var minimumDetectable: Double?
    /// Items on each side, or pairs of samples.
    public var items: Int
    /// Independent groups among them, or pairs.
    public var groups: Int
}

extension Direction {
    /// −1 where smaller is better, else 1: the factor that makes positive differences good ones.
    public var sign: Double { self == .lowerIsBetter ? -1 : 1 }
}

extension Measurement {
    /// The 95 % interval of the value over its items, as stored or, for runs of before it was, as estimated now.
    public var interval: ClosedRange<Double>? {
        (uncertainty ?? estimatedUncertainty()).flatMap { $0.lower <= $0.upper ? $0.lower...$0.upper : nil }
    }
}

/// How the metric `name` differs between two cases of one run, method against method: `a` less `b`, positive where a is better.
///
/// The cases' configurations differ by intention; their data, the metric's signature and the items must agree.
public func pairedDifference(of a: CaseRecord, minus b: CaseRecord, metric name: String) -> Result<Evidence, Mismatch> {
    guard let first = a.measurement(name), let second = b.measurement(name) else {
        return .failure(Mismatch(name, a.presence(of: name), b.presence(of: name)))
    }
    if let mismatch = mismatch("data", a.dataDigests, b.dataDigests) ?? mismatch(first, second) {
        return .failure(mismatch)
    }
    // Evidence is about the new side, which here is the minuend.
    return pairedEvidence([(second, first)])
}

extension CaseRecord {
    fileprivate func presence(of name: String) -> String { measurement(name) == nil ? "absent" : "present" }
}

/// The paired statistics of the second sides against the first ones, which agree in everything but their scores.
///
/// Several pairs are one invocation with several seeds: an item's group is the same group in all of them.
func pairedEvidence(_ pairs: [(a: Measurement, b: Measurement)]) -> Result<Evidence, Mismatch> {
    var sides: [(before: Scores, after: Scores)] = []
    for (a, b) in pairs {
        guard let before = a.scores, let after = b.scores else {
            return .failure(Mismatch("scores", a.scores == nil ? "none" : "kept", b.scores == nil ? "none" : "kept"))
        }
        let found = zip(before.values, after.values)
        if let (index, values) = found.enumerated().first(where: { !$1.0.isFinite || !$1.1.isFinite }) {
            let item = after.items[index / after.width]
            return .failure(Mismatch("score of \(item)", "\(values.0)", "\(values.1)"))
        }
        sides.append((before, after))
    }
    guard let last = pairs.last?.b, let scores = last.scores else {
        return .failure(Mismatch("scores", "none", "none"))
    }
    var generator = last.generator(for: scores)
    return .success(
        last.metric.isMean
            ? evidence(ofMeans: sides, last.metric, &generator) : evidence(ofFinalised: sides, last.metric, &generator))
}

private func evidence(
    ofMeans sides: [(before: Scores, after: Scores)], _ metric: Metric, _ generator: inout SplitMix64
) -> Evidence {
    let sign = metric.direction.sign
    let sample = GroupedSample(
        sides.flatMap { zip($0.before.values, $0.after.values).map { sign * ($1 - $0) } },
        groups: sides.flatMap(\.after.groups))
    return Evidence(
        effect: sample.mean,
        interval: sample.expandedInterval(using: &generator),
        p: sample.randomisationP(using: &generator),
        minimumDetectable: sample.groupCount < 2
            ? nil : minimumDetectableEffect(standardError: sample.standardError, groups: sample.groupCount),
        items: sample.itemCount,
        groups: sample.groupCount)
}

private func evidence(
    ofFinalised sides: [(before: Scores, after: Scores)], _ metric: Metric, _ generator: inout SplitMix64
) -> Evidence {
    // The side that is better when larger stands last.
    let isTurned = metric.direction == .lowerIsBetter
    let sample = FinalisedSample(
        metric.finaliser,
        pairs: sides.map { sides in
            let values = (sides.before.values, sides.after.values)
            return isTurned ? (values.1, values.0, sides.after.groups) : (values.0, values.1, sides.after.groups)
        })
    let resampled = sample.resampled(using: &generator)
    return Evidence(
        effect: sample.value,
        interval: resampled?.interval,
        p: sample.randomisationP(using: &generator),
        minimumDetectable: resampled.map {
            minimumDetectableEffect(standardError: $0.standardError, groups: sample.groupCount)
        },
        items: sample.itemCount,
        groups: sample.groupCount)
}

/// The statistics of a cost's log-ratios.
func costEvidence(_ metric: Metric, _ logRatios: [Double]) -> Evidence {
    let oriented = logRatios.map { metric.direction.sign * $0 }
    let (estimate, interval) = hodgesLehmann(oriented)
    let sample = GroupedSample(oriented, groups: Array(oriented.indices))
    return Evidence(
        effect: estimate, interval: interval, p: signedRankTest(oriented).p,
        minimumDetectable: oriented.count < 2
            ? nil : minimumDetectableEffect(standardError: sample.standardError, groups: oriented.count),
        items: oriented.count, groups: oriented.count)
}

/// ln(new/reference) of a cost in each pair of runs that has both as positive numbers.
func logRatios(of name: String, in caseID: String, _ pairs: [RunPair]) -> [Double] {
    pairs.compactMap { pair in
        let values = [pair.reference, pair.new].compactMap { $0.caseRecord(caseID)?.measurement(name)?.value }
        return values.count == 2 && values.allSatisfy { $0 > 0 && $0.isFinite } ? log(values[1] / values[0]) : nil
    }
}

/// The first way in which two measurements are not of one quantity on the same items.
func mismatch(_ a: Measurement, _ b: Measurement) -> Mismatch? {
    if a.metric.signature != b.metric.signature {
        return Mismatch("signature", a.metric.signature.description, b.metric.signature.description)
    }
    guard let before = a.scores, let after = b.scores else { return nil }
    if before.items.count != after.items.count {
        return Mismatch("items", "\(before.items.count)", "\(after.items.count)")
    }
    for index in before.items.indices where before.items[index] != after.items[index] {
        return Mismatch("item \(index)", before.items[index], after.items[index])
    }
    for index in before.groups.indices where before.groups[index] != after.groups[index] {
        return Mismatch("group of item \(before.items[index])", "\(before.groups[index])", "\(after.groups[index])")
    }
    return nil
}

/// The first key, in order, whose values differ.
func mismatch(_ field: String, _ a: [String: String], _ b: [String: String]) -> Mismatch? {
    let key = Set(a.keys).union(b.keys).sorted().first { a[$0] != b[$0] }
    return key.map { Mismatch("\(field).\($0)", a[$0] ?? "absent", b[$0] ?? "absent") }
}
