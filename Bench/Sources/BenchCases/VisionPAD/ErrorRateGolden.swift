// The hand-worked error rates of the Vision-PAD specification's 2.7, and what the bootstrap over people costs.

public import Measurements
internal import Tensors
internal import VisionPAD

/// Whether the metrics of the line still are what was worked by hand.
public struct ErrorRateGolden: BenchCase {
    /// The case.
    public init() {}

    /// `pad.metric.golden`.
    public var id: String { "pad.metric.golden" }
    /// What `bench list --long` says.
    public var summary: String { "Hand-worked error rates to 1e-9; 2,000 bootstrap draws of 210 presentations." }
    /// Milliseconds in all.
    public var tier: Tier { .smoke }
    /// Seconds on two cores.
    public var expectedSeconds: Double { 0.5 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// The bootstrap's size.
    public var configuration: [String: String] { ["bootstrap": "2000 draws of 15 people, 90 + 4 x 30 presentations"] }
    /// None.
    public var dataFolders: [String] { [] }
    /// Distances from the golden values, an interval, and milliseconds.
    public var metrics: [Metric] { [Self.error, Self.lower, Self.upper, Self.bootstrap] }

    private static let error = Metric(
        "rate_error", .quality, direction: .lowerIsBetter, decimals: 12, finaliser: .mean, smallestEffect: 1e-9)
    private static let lower = Metric("apcer_lower", .exact, decimals: 4)
    private static let upper = Metric("apcer_upper", .exact, decimals: 4)
    private static let bootstrap = Metric(
        "bootstrap", .cost, unit: "ms", direction: .lowerIsBetter, decimals: 1, smallestEffect: 0.05)

    /// Compares with the golden values, then times the intervals of two rates whose thresholds are searched in each draw.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        let set = Self.handWorked
        let curve = set.curve
        let errors: [(name: String, difference: Double)] = [
            ("ACER at 0", curve.rates(at: .at(Threshold(0, origin: .fixed))).acer - 0.225),
            ("APCER at BPCER 10 %", curve.rates(at: .bpcerAtMost(0.1)).apcer - 0.5),
            ("APCER at BPCER 5 %", curve.rates(at: .bpcerAtMost(0.05)).apcer - 0.6),
            ("BPCER at APCER 25 %", curve.rates(at: .apcerAtMost(0.25)).bpcer - 0.2),
            ("BPCER at APCER 5 %", curve.rates(at: .apcerAtMost(0.05)).bpcer - 0.4),
            ("EER", curve.eer - (2.0 / 9 + 0.2) / 2), ("EER of the worst species", curve.worstSpeciesEER - 0.275),
            ("AUC", curve.auc - 0.9),
        ]
        for (name, difference) in errors where !(abs(difference) <= 1e-9) {
            throw GoldenMissed(caseID: id, what: name, difference: difference, bound: 1e-9)
        }
        let scored = Self.drawn(seed: context.seed)
        var estimates: [Estimate] = []
        let times = milliseconds(repeats: 5) {
            var generator = Philox(seed: context.seed, stream: "bootstrap")
            estimates = clusterBootstrap([scored], using: &generator) {
                [$0[0].rates(at: .bpcerAtMost(0.05)).apcer, $0[0].eer]
            }
        }
        return CaseOutcome([
            Measurement(
                Self.error, scores: Scores(items: errors.map(\.name), values: errors.map { abs($0.difference) })),
            Measurement(Self.lower, value: estimates[0].interval.lower),
            Measurement(Self.upper, value: estimates[0].interval.upper),
            Measurement(Self.bootstrap, value: median(times)),
        ])
    }

    /// The specification's G1.
    private static let handWorked: PresentationSet = {
        let scores: [(String?, [Double])] = [
            (nil, [-0.9, -0.8, -0.7, -0.6, -0.5, -0.4, -0.3, -0.2, 0.1, 0.4]), ("print", [0.9, 0.8, 0.3, 0.2, -0.1]),
            ("replay", [0.7, 0.5, 0.1, -0.3]),
        ]
        return PresentationSet(
            scores.flatMap { species, scores in
                scores.enumerated().map {
                    ScoredPresentation(
                        score: $0.element, species: species, subject: $0.offset, instrument: $0.offset)
                }
            })
    }()

    /// Fifteen people, six bona fide presentations and two of each of four species each.
    private static func drawn(seed: UInt64) -> PresentationSet {
        var generator = Philox(seed: seed, stream: "presentations")
        let species: [String?] = [nil, nil, nil, nil, nil, nil] + ["a", "b", "c", "d"].flatMap { [$0, $0] }
        let scores = Tensor.normal([15, species.count], standardDeviation: 0.2, using: &generator).scalars
        return PresentationSet(
            scores.enumerated().map { index, noise in
                let kind = species[index % species.count]
                return ScoredPresentation(
                    score: Double(noise) + (kind == nil ? -0.2 : 0.2), species: kind, subject: index / species.count,
                    instrument: index % 7)
            })
    }
}
