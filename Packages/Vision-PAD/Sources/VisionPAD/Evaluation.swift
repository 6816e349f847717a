// The error rates of presentation-attack detection as ISO/IEC 30107-3 and NIST FATE PAD define them, over all
// thresholds of a set of presentations. How sure they are is in Intervals.swift.
//
// A presentation is taken for an attack iff its score is at least the threshold. Source: line specification, section 2.

internal import Glibc
public import Measurements
internal import Tensors

/// Where a threshold was chosen.
///
/// Rates at thresholds of other origins are never compared.
public enum ThresholdOrigin: String, Sendable, CaseIterable, Codable {
    /// On the set reported, as FATE does.
    case own = "self"
    /// On people who are not in the set reported, as OULU does.
    case dev
    /// Before any data were seen: 0, or the shipped calibration.
    case fixed
}

/// A score from which on a presentation is taken for an attack.
public struct Threshold: Sendable, Equatable {
    /// In -1...1, or +∞: nothing is an attack.
    public var value: Double
    /// Where it was chosen.
    public var origin: ThresholdOrigin

    /// A threshold with its origin.
    public init(_ value: Double, origin: ThresholdOrigin) {
        self.value = value
        self.origin = origin
    }
}

/// The rule by which a threshold is found on a set.
public enum OperatingPoint: Sendable, Equatable {
    /// A given threshold.
    case at(Threshold)
    /// The smallest threshold with a BPCER of at most this ("convenience" in FATE at 0.01).
    case bpcerAtMost(Double)
    /// The largest threshold with an APCER of at most this ("security" in FATE at 0.01), for the worst species or one.
    case apcerAtMost(Double, species: String? = nil)
    /// Where the pooled APCER and the BPCER are closest (D-EER), the lowest such threshold; the EER is `hter` there.
    case equalErrorRate
    /// The same with the worst species' APCER; the rate is `acer` there.
    case worstSpeciesEqualErrorRate
}

/// The error rates at one threshold; NaN where there was nothing to count.
public struct ErrorRates: Sendable, Equatable {
    /// The threshold.
    public let threshold: Threshold
    /// The share of bona fide presentations taken for attacks.
    public let bpcer: Double
    /// The share of each species' attacks taken for bona fide.
    public let apcerOfSpecies: [String: Double]
    /// The same over all attacks: shown only beside `apcer`.
    public let pooledAPCER: Double

    /// The APCER of the worst species: the headline.
    public var apcer: Double { apcerOfSpecies.values.max() ?? .nan }
    /// Half the sum of APCER and BPCER, deprecated by ISO in 2017.
    public var acer: Double { (apcer + bpcer) / 2 }
    /// Half the sum of pooled APCER and BPCER, the older papers' rate.
    public var hter: Double { (pooledAPCER + bpcer) / 2 }

    fileprivate static let undefined = ErrorRates(
        threshold: Threshold(.nan, origin: .own), bpcer: .nan, apcerOfSpecies: [:], pooledAPCER: .nan)
}

/// How presentations enter the rates when the system gave no decision.
public enum NonResponseRule: String, Sendable, CaseIterable, Codable {
    /// They score +1: a fault of the system rejects.
    case failClosed = "closed"
    /// Each is an error: bona fide score +1, attacks are accepted at every threshold.
    case pessimistic
}

/// What an error rate depends on beside the scores.
public struct RateConfiguration: Sendable, Codable {
    /// How presentations without a decision count.
    public var nonResponse: NonResponseRule
    /// Where the threshold was chosen.
    public var threshold: ThresholdOrigin
}

/// Scored presentations, sorted for every question about thresholds.
public struct PresentationSet: Sendable {
    /// The presentations in the order given.
    public let presentations: [ScoredPresentation]
    /// The attacks' species, sorted.
    public let species: [String]
    /// How presentations without a decision count.
    public let nonResponseRule: NonResponseRule
    private let scores: [Double]
    /// For each presentation the position of its score in `scores`, or -1: accepted at every threshold.
    private let ranks: [Int]
    /// For each presentation 0 if it is bona fide, else its species' position plus 1.
    private let classes: [Int]

    /// A set of presentations whose scores are finite, or NaN where the system gave no decision.
    public init(_ presentations: [ScoredPresentation], nonResponse rule: NonResponseRule = .failClosed) {
        shapeCheck(
            presentations.allSatisfy { !$0.score.isInfinite }, "PresentationSet (a score is infinite)",
            [presentations.count])
        let species = Set(presentations.compactMap(\.species)).sorted()
        let counted = presentations.map { one in
            guard one.score.isNaN else { return one.score }
            return one.species != nil && rule == .pessimistic ? -.infinity : 1
        }
        let scores = Set(counted.filter { $0 > -.infinity }).sorted()
        let rankOfScore = Dictionary(uniqueKeysWithValues: zip(scores, scores.indices))
        let classOfSpecies = Dictionary(uniqueKeysWithValues: zip(species, 1...max(species.count, 1)))
        (self.presentations, self.species, self.scores, nonResponseRule) = (presentations, species, scores, rule)
        ranks = counted.map { rankOfScore[$0] ?? -1 }
        classes = presentations.map { $0.species.flatMap { classOfSpecies[$0] } ?? 0 }
    }

    /// The number of bona fide presentations.
    public var bonaFideCount: Int { classes.count { $0 == 0 } }

    /// The number of attacks of one species.
    public func attackCount(of species: String) -> Int { presentations.count { $0.species == species } }

    /// The share of attacks without a decision.
    public var apnrr: Double { nonResponseRate { $0.species != nil } }
    /// The share of bona fide presentations without a decision.
    public var bpnrr: Double { nonResponseRate { $0.species == nil } }

    /// The rates at every threshold.
    public var curve: ErrorCurve { curve(weights: Array(repeating: 1, count: presentations.count)) }

    /// The rates at one operating point.
    public func rates(at point: OperatingPoint) -> ErrorRates { curve.rates(at: point) }

    /// The same with each presentation counted as often as `weights` says.
    func curve(weights: [Int]) -> ErrorCurve {
        // Row by class: how many lie below each candidate; column 0 has those that are accepted at every threshold.
        let columns = scores.count + 1
        var below = [Int](repeating: 0, count: (species.count + 1) * columns)
        for index in ranks.indices { below[classes[index] * columns + ranks[index] + 1] += weights[index] }
        for row in 0...species.count {
            for column in 1..<columns { below[row * columns + column] += below[row * columns + column - 1] }
        }
        return ErrorCurve(thresholds: scores + [.infinity], species: species, below: below)
    }

    private func nonResponseRate(_ isCounted: (ScoredPresentation) -> Bool) -> Double {
        let counted = presentations.filter(isCounted)
        return Double(counted.count { $0.score.isNaN }) / Double(counted.count)
    }
}

/// The error rates of a set at every candidate threshold: each distinct score, and +∞.
public struct ErrorCurve: Sendable {
    /// The candidates, ascending; between two of them no rate changes.
    public let thresholds: [Double]
    private let species: [String]
    private let below: [Int]
    private let totals: [Int]
    private let attackTotal: Int

    /// `below` has a row per class, bona fide first, and a column per threshold.
    fileprivate init(thresholds: [Double], species: [String], below: [Int]) {
        (self.thresholds, self.species, self.below) = (thresholds, species, below)
        let columns = thresholds.count
        totals = (0...species.count).map { below[($0 + 1) * columns - 1] }
        attackTotal = totals.dropFirst().reduce(0, +)
    }

    /// The rates at one operating point; all NaN where the rate that decides it has nothing to count.
    ///
    /// An APCER that no threshold reaches gives the lowest threshold, where everything is taken for an attack.
    public func rates(at point: OperatingPoint) -> ErrorRates {
        let index: Int?
        switch point {
        case .at(let threshold):
            return rates(at: thresholds.firstIndex { $0 >= threshold.value } ?? thresholds.count - 1, threshold)
        case .bpcerAtMost(let bound): index = thresholds.indices.first { bpcer($0) <= bound }
        case .apcerAtMost(let bound, let species?):
            shapeCheck(self.species.contains(species), "rates (no such species)", [self.species.count])
            let row = 1 + (self.species.firstIndex(of: species) ?? 0)
            index = totals[row] == 0 ? nil : thresholds.indices.last { apcer($0, row) <= bound } ?? 0
        case .apcerAtMost(let bound, nil):
            index = attackTotal == 0 ? nil : thresholds.indices.last { worstAPCER($0) <= bound } ?? 0
        case .equalErrorRate: index = crossing(pooledAPCER)
        case .worstSpeciesEqualErrorRate: index = crossing(worstAPCER)
        }
        return index.map { rates(at: $0) } ?? .undefined
    }

    /// The equal error rate of all attacks pooled.
    public var eer: Double { rates(at: .equalErrorRate).hter }

    /// The equal error rate of the worst species.
    public var worstSpeciesEER: Double { rates(at: .worstSpeciesEqualErrorRate).acer }

    /// The probability that an attack scores higher than a bona fide presentation, plus half that of a tie.
    public var auc: Double {
        if totals[0] == 0 || attackTotal == 0 { return .nan }
        return (0..<(thresholds.count - 1)).reduce(0) { sum, index in
            sum + (bpcer(index) - bpcer(index + 1)) * (1 - (pooledAPCER(index) + pooledAPCER(index + 1)) / 2)
        }
    }

    /// `0.2·BPCER10 + 0.3·BPCER20 + 0.5·BPCER100`, the rank of the IJCB identity-card contests of 2024 and 2025.
    public var averageRank: Double {
        [(0.2, 0.1), (0.3, 0.05), (0.5, 0.01)].reduce(0) { $0 + $1.0 * rates(at: .apcerAtMost($1.1)).bpcer }
    }

    /// The rates along the curve for a DET plot, thinned to at most `limit` where both are 5 % or more.
    ///
    /// Plot `normalDeviate` of the worst species' APCER across and of the BPCER upwards, as steps and without a hull.
    public func detPoints(limit: Int = 512) -> [ErrorRates] {
        let near = thresholds.indices.filter { worstAPCER($0) < 0.05 || bpcer($0) < 0.05 }
        let far = thresholds.indices.filter { worstAPCER($0) >= 0.05 && bpcer($0) >= 0.05 }
        func thinned(_ indices: [Int], to count: Int) -> [Int] {
            if indices.count <= count { return indices }
            return count == 0
                ? [] : stride(from: 0, to: indices.count, by: (indices.count - 1) / count + 1).map { indices[$0] }
        }
        let kept = thinned(near, to: limit)
        return (kept + thinned(far, to: limit - kept.count)).sorted().map { rates(at: $0) }
    }

    private func bpcer(_ index: Int) -> Double { Double(totals[0] - below[index]) / Double(totals[0]) }

    private func apcer(_ index: Int, _ row: Int) -> Double {
        Double(below[row * thresholds.count + index]) / Double(totals[row])
    }

    private func pooledAPCER(_ index: Int) -> Double {
        let accepted = (1..<totals.count).reduce(0) { $0 + below[$1 * thresholds.count + index] }
        return Double(accepted) / Double(attackTotal)
    }

    private func worstAPCER(_ index: Int) -> Double {
        var worst = -1.0
        for row in 1..<totals.count where totals[row] > 0 { worst = max(worst, apcer(index, row)) }
        return worst < 0 ? .nan : worst
    }

    /// The lowest candidate where an APCER is closest to the BPCER.
    private func crossing(_ apcer: (Int) -> Double) -> Int? {
        var (best, smallest): (Int?, Double) = (nil, .infinity)
        for index in thresholds.indices {
            let gap = abs(apcer(index) - bpcer(index))
            // Equal gaps of other fractions differ in the last bits: 0.3 - 0.1 and 0.1 - 0.3.
            if gap < smallest - 1e-12 { (best, smallest) = (index, gap) }
        }
        return best
    }

    private func rates(at index: Int, _ threshold: Threshold? = nil) -> ErrorRates {
        let rows = (1..<totals.count).filter { totals[$0] > 0 }
        return ErrorRates(
            threshold: threshold ?? Threshold(thresholds[index], origin: .own), bpcer: bpcer(index),
            apcerOfSpecies: Dictionary(uniqueKeysWithValues: rows.map { (species[$0 - 1], apcer(index, $0)) }),
            pooledAPCER: pooledAPCER(index))
    }
}

/// Φ⁻¹ of a rate, brought into 0.0005...0.5 first: the axis of DET plots.
public func normalDeviate(_ rate: Double) -> Double {
    let p = min(max(rate, 0.0005), 0.5)
    var x = 0.0
    // Newton from the right on Φ, which is convex below 0: every step stays on the same side.
    for _ in 0..<20 {
        let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
        x -= (erfc(-x / 2.0.squareRoot()) / 2 - p) / density
    }
    return x
}

extension PresentationSet {
    /// Why a rate asked for cannot be resolved here, in a sentence; `nil` if it can.
    ///
    /// No error in n presentations shows a rate of at most 3/n, so an operating point of rate r needs n ≥ 3/r.
    public func unresolved(_ point: OperatingPoint) -> String? {
        let (name, bound, counts): (String, Double, [(String, Int)])
        switch point {
        case .bpcerAtMost(let rate): (name, bound, counts) = ("BPCER", rate, [("bona fide", bonaFideCount)])
        case .apcerAtMost(let rate, let one):
            let chosen = one.map { [$0] } ?? species
            (name, bound, counts) = ("APCER", rate, chosen.map { ($0, attackCount(of: $0)) })
        case .at, .equalErrorRate, .worstSpeciesEqualErrorRate: return nil
        }
        guard let least = counts.min(by: { $0.1 < $1.1 }), Double(least.1) * bound < 3 else { return nil }
        let needed = (3 / bound).isFinite ? Int((3 / bound).rounded(.up)) : nil
        return
            "\(name) ≤ \((bound * 10_000).rounded() / 100) % is not resolvable with \(least.1) \(least.0) presentations"
            + (needed.map { "; it takes \($0)." } ?? " or any other number of them.")
    }

    /// The metrics of `measurements`, known before there are scores.
    ///
    /// - Parameters:
    ///   - species: The attacks' species, sorted.
    ///   - origin: Of the threshold; part of each metric's identity, as is the rule.
    ///   - rule: How presentations without a decision count.
    ///   - suffix: Names one of several sets of a case, for example `_e4`.
    /// - Returns: `bpcer`, `apcer_<species>`, `apcer_max`, `eer`, `apnrr`, `bpnrr`.
    public static func metrics(
        species: [String], threshold origin: ThresholdOrigin, nonResponse rule: NonResponseRule = .failClosed,
        suffix: String = ""
    ) -> [Metric] {
        func metric(_ name: String, _ finaliser: Finaliser, _ origin: ThresholdOrigin) -> Metric {
            Metric(
                name + suffix, .quality, direction: .lowerIsBetter, decimals: 4, finaliser: finaliser,
                smallestEffect: 0.01,
                configuration: RateConfiguration(nonResponse: rule, threshold: origin))
        }
        return (["bpcer"] + species.map { "apcer_" + $0 }).map { metric($0, .mean, origin) } + [
            metric("apcer_max", .largestRate, origin), metric("eer", .equalErrorRate, .own),
            metric("apnrr", .mean, origin), metric("bpnrr", .mean, origin),
        ]
    }

    /// The rates at a threshold: errors of each bona fide presentation and of each attack by species, the APCER of the
    /// worst species, the equal error rate and, always with them, the non-response rates.
    public func measurements(at threshold: Threshold, suffix: String = "") -> [Measurement] {
        let metrics = Self.metrics(
            species: species, threshold: threshold.origin, nonResponse: nonResponseRule, suffix: suffix)
        let isWrong = errors(at: threshold)
        let (bonaFide, attacks) = (
            classes.indices.filter { classes[$0] == 0 }, classes.indices.filter { classes[$0] > 0 }
        )
        let ofClasses = (0...species.count).map { one in
            let chosen = classes.indices.filter { classes[$0] == one }
            return rows(of: chosen, width: 1) { [isWrong[$0]] }
        }
        let ofAll = [
            rows(of: attacks, width: 2) { [Double(classes[$0] - 1), isWrong[$0]] }, labelledScores,
            rows(of: attacks, width: 1) { [presentations[$0].score.isNaN ? 1 : 0] },
            rows(of: bonaFide, width: 1) { [presentations[$0].score.isNaN ? 1 : 0] },
        ]
        let curve = curve
        let values = [curve.rates(at: .at(threshold)).apcer, curve.eer, apnrr, bpnrr]
        return zip(metrics, ofClasses).map { Measurement($0, scores: $1) }
            + zip(metrics.suffix(4), zip(values, ofAll)).map { Measurement($0, value: $1.0, scores: $1.1) }
    }

    /// Whether each presentation is an attack, and its score as it is counted: rows of everything that ranks alone decide.
    public var labelledScores: Scores {
        rows(of: Array(classes.indices), width: 2) { [classes[$0] > 0 ? 1 : 0, countedScore($0)] }
    }

    /// The class of each presentation, 0 for bona fide and else its species, with its score as it is counted.
    public var classifiedScores: Scores {
        rows(of: Array(classes.indices), width: 2) { [Double(classes[$0]), countedScore($0)] }
    }

    /// The class of each presentation with whether it is wrong at a threshold.
    public func classifiedErrors(at threshold: Threshold) -> Scores {
        let isWrong = errors(at: threshold)
        return rows(of: Array(classes.indices), width: 2) { [Double(classes[$0]), isWrong[$0]] }
    }

    private func errors(at threshold: Threshold) -> [Double] {
        classes.indices.map { index in
            let isAttack = ranks[index] >= 0 && scores[ranks[index]] >= threshold.value
            return isAttack == (classes[index] == 0) ? 1 : 0
        }
    }

    private func countedScore(_ index: Int) -> Double {
        ranks[index] < 0 ? -.greatestFiniteMagnitude : scores[ranks[index]]
    }

    private func rows(of chosen: [Int], width: Int, _ row: (Int) -> [Double]) -> Scores {
        Scores(
            items: chosen.map(String.init), groups: chosen.map { presentations[$0].subject }, width: width,
            values: chosen.flatMap(row))
    }
}
