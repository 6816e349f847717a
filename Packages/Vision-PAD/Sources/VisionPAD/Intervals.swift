// How sure the rates of Evaluation.swift are: intervals of one rate, and of any function of rates by resampling people.
//
// Source: line specification, sections 2.3, 2.4 and 4.6.

internal import Glibc
public import Tensors

/// A 95 % interval.
public struct Interval: Sendable, Equatable {
    /// Its lower end.
    public var lower: Double
    /// Its upper end.
    public var upper: Double

    /// An interval from its ends.
    public init(_ lower: Double, _ upper: Double) {
        self.lower = lower
        self.upper = upper
    }

    /// Whether a value lies in it; no value lies in an interval of NaN.
    public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}

/// Wilson's 95 % interval of a rate with `errors` in `count` independent trials.
public func wilsonInterval(errors: Int, of count: Int) -> Interval {
    let (z, n) = (1.959964, Double(count))
    let p = Double(errors) / n
    let centre = p + z * z / (2 * n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return Interval(max(0, (centre - half) / scale), min(1, (centre + half) / scale))
}

/// The upper 95 % bound of a rate without an error in `count` independent trials: 1 − 0.05^(1/n), about 3/n.
public func zeroErrorBound(of count: Int) -> Double { 1 - pow(0.05, 1 / Double(count)) }

/// The standard error of a pooled rate whose trials come from people: √(m/(m−1)·Σ(eᵢ − p·nᵢ)²)/Σn.
///
/// - Parameters:
///   - errors: Errors of each of m people.
///   - counts: Trials of each.
/// - Returns: NaN for a single person.
public func clusteredStandardError(errors: [Int], of counts: [Int]) -> Double {
    let (people, total) = (Double(errors.count), Double(counts.reduce(0, +)))
    let rate = Double(errors.reduce(0, +)) / total
    let squares = zip(errors, counts).reduce(0) { $0 + pow(Double($1.0) - rate * Double($1.1), 2) }
    return (people / (people - 1) * squares).squareRoot() / total
}

/// A value with its 95 % interval.
public struct Estimate: Sendable, Equatable {
    /// The value on the data as they are.
    public var value: Double
    /// The percentiles 2.5 and 97.5 of the draws; NaN if no draw has a value.
    public var interval: Interval
    /// The draws that have a value; the others lack all bona fide presentations or all attacks.
    public var drawCount: Int
}

/// Values of functions of error rates with their 95 % intervals: the cluster bootstrap over people.
///
/// Each draw takes people with replacement from the people of all sets, with everything of theirs in every set, so that
/// differences and ratios between sets, or between systems on one set, are paired. A species with fewer than five
/// instruments in some set has its instruments drawn too; a presentation then counts person times instrument.
/// Thresholds chosen inside `statistics` are searched anew in each draw.
///
/// - Parameters:
///   - sets: The sets.
///   - draws: How often.
///   - generator: The source of the draws.
///   - statistics: The functions, of one curve per set; NaN is no value.
/// - Returns: One estimate per function.
public func clusterBootstrap(
    _ sets: [PresentationSet], draws: Int = 2000, using generator: inout Philox,
    _ statistics: ([ErrorCurve]) -> [Double]
) -> [Estimate] {
    let values = statistics(sets.map(\.curve))
    let clusters = Clusters(sets)
    var replicates = [[Double]](repeating: [], count: values.count)
    for _ in 0..<draws {
        let drawn = statistics(clusters.drawn(using: &generator))
        for (index, value) in drawn.enumerated() where !value.isNaN { replicates[index].append(value) }
    }
    return zip(values, replicates).map { value, drawn in
        let sorted = drawn.sorted()
        return Estimate(
            value: value, interval: Interval(quantile(sorted, 0.025), quantile(sorted, 0.975)), drawCount: sorted.count)
    }
}

/// People and, where they are few, instruments of several sets.
private struct Clusters {
    private let sets: [PresentationSet]
    private let subjectCount: Int
    /// For each set the person of each presentation.
    private let subjects: [[Int]]
    /// Where in a draw's multiplicities each resampled species' instruments stand.
    private let instrumentRanges: [Range<Int>]
    /// For each set the place of each presentation's instrument, where instruments are drawn.
    private let instruments: [[Int?]]

    init(_ sets: [PresentationSet]) {
        self.sets = sets
        let people = Set(sets.flatMap { $0.presentations.map(\.subject) }).sorted()
        let placeOfSubject = Dictionary(uniqueKeysWithValues: zip(people, people.indices))
        subjectCount = people.count
        subjects = sets.map { $0.presentations.map { placeOfSubject[$0.subject] ?? 0 } }

        var (ranges, places): ([Range<Int>], [String: [Int: Int]]) = ([], [:])
        var next = 0
        for species in Set(sets.flatMap(\.species)).sorted() {
            let found = sets.map { set in Set(set.presentations.filter { $0.species == species }.map(\.instrument)) }
            guard found.contains(where: { !$0.isEmpty && $0.count < 5 }) else { continue }
            let all = found.reduce(into: Set()) { $0.formUnion($1) }.sorted()
            places[species] = Dictionary(uniqueKeysWithValues: zip(all, next...))
            ranges.append(next..<(next + all.count))
            next += all.count
        }
        instrumentRanges = ranges
        instruments = sets.map { $0.presentations.map { one in one.species.flatMap { places[$0]?[one.instrument] } } }
    }

    func drawn(using generator: inout Philox) -> [ErrorCurve] {
        var subjectCounts = [Int](repeating: 0, count: subjectCount)
        for _ in 0..<subjectCount { subjectCounts[generator.integer(below: subjectCount)] += 1 }
        var instrumentCounts = [Int](repeating: 0, count: instrumentRanges.last?.upperBound ?? 0)
        for range in instrumentRanges {
            for _ in range { instrumentCounts[range.lowerBound + generator.integer(below: range.count)] += 1 }
        }
        return sets.indices.map { index in
            sets[index].curve(
                weights: zip(subjects[index], instruments[index]).map { subject, instrument in
                    subjectCounts[subject] * (instrument.map { instrumentCounts[$0] } ?? 1)
                })
        }
    }
}

/// The type-7 quantile of ascending values, which may end in +∞; NaN when there are none.
private func quantile(_ ascending: [Double], _ p: Double) -> Double {
    guard !ascending.isEmpty else { return .nan }
    let position = Double(ascending.count - 1) * p
    let (low, high) = (ascending[Int(position)], ascending[Int(position.rounded(.up))])
    return low == high ? low : low + (position - position.rounded(.down)) * (high - low)
}

/// What a shift of conditions does to a system, beside the condition it was made for (E0).
///
/// A shift moves both error rates, in either direction, so that no single rate tells: fewer attacks may pass because
/// live people are rejected.
public struct ShiftReport: Sendable, Equatable {
    /// BPCER here less BPCER in E0, at the shipped threshold.
    public let bpcerDrift: Estimate
    /// The worst species' APCER here less that in E0, at the shipped threshold.
    public let apcerDrift: Estimate
    /// H, half the sum of both rates here, at the shipped threshold.
    public let halfTotal: Estimate
    /// H here over H in E0.
    public let halfTotalRatio: Estimate
    /// The equal error rate here: what tuning the threshold here could reach.
    public let eer: Estimate
    /// The worst species' APCER here, the threshold set here for the given BPCER.
    public let apcerAtBPCER: Estimate
    /// BF, the break-through factor: `apcerAtBPCER` over the same in E0.
    public let breakThroughFactor: Estimate

    /// Whether the same attack broke through under other conditions: a lower bound of BF or of H's ratio exceeds 1.
    public var isBrokenThrough: Bool {
        breakThroughFactor.interval.lower > 1 || halfTotalRatio.interval.lower > 1
    }
}

extension PresentationSet {
    /// This condition's three numbers, paired by person to those of E0; ratios of 0 to 0 are 1.
    ///
    /// - Parameters:
    ///   - same: The same system on E0.
    ///   - threshold: As shipped, chosen on other people; it is not drawn again.
    ///   - bpcer: The BPCER at which attacks are compared, the threshold set on each condition itself.
    ///   - draws: Of the bootstrap.
    ///   - generator: The source of the draws.
    /// - Returns: The three numbers with their intervals.
    public func shift(
        from same: PresentationSet, shipped threshold: Threshold, bpcer: Double = 0.05, draws: Int = 2000,
        using generator: inout Philox
    ) -> ShiftReport {
        let estimates = clusterBootstrap([self, same], draws: draws, using: &generator) { curves in
            let shipped = curves.map { $0.rates(at: .at(threshold)) }
            let retuned = curves.map { $0.rates(at: .bpcerAtMost(bpcer)).apcer }
            return [
                shipped[0].bpcer - shipped[1].bpcer, shipped[0].apcer - shipped[1].apcer, shipped[0].acer,
                ratio(shipped[0].acer, shipped[1].acer), curves[0].eer, retuned[0], ratio(retuned[0], retuned[1]),
            ]
        }
        return ShiftReport(
            bpcerDrift: estimates[0], apcerDrift: estimates[1], halfTotal: estimates[2], halfTotalRatio: estimates[3],
            eer: estimates[4], apcerAtBPCER: estimates[5], breakThroughFactor: estimates[6])
    }
}

/// a/b, where nothing in both places is no change.
private func ratio(_ a: Double, _ b: Double) -> Double { a == 0 && b == 0 ? 1 : a / b }
