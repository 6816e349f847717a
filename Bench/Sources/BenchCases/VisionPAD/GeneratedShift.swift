// Protocols E0 to E4 on generated faces: what another day, place and camera do to a detector, one row per detector.
// The setting is the Vision-PAD specification's 4.6 and 10; the preset is PADConfiguration.reduced.

internal import Learning
public import Measurements
internal import TensorIO
internal import Tensors
public import VisionPAD

/// A row of the table.
public struct GeneratedShift: BenchCase {
    /// What tells live faces from attacks.
    public enum Detector: String, CaseIterable, Sendable {
        /// Floor: colour patterns and logistic regression.
        case lbp
        /// Every cell of a map is live or not.
        case pix
        /// Depth from central differences.
        case cdc
        /// A small MiniFASNet with a Fourier branch.
        case minifas
    }

    private let recipe: TrainingRecipe
    private let detector: Detector

    /// The row of `detector` trained by `recipe`.
    public init(_ recipe: TrainingRecipe, _ detector: Detector) {
        self.recipe = recipe
        self.detector = detector
    }

    /// `pad.shift.<recipe>.<detector>`.
    public var id: String {
        "pad.shift.\(recipe == .twoPlaces ? "two-places" : "four-places").\(detector.rawValue)"
    }

    /// What `bench list --long` says.
    public var summary: String {
        let what =
            switch detector {
            case .lbp: "Floor: colour LBP"
            case .pix: "Pixel-binary network"
            case .cdc: "Central-difference network with depth"
            case .minifas: "MiniFAS-12 with Fourier branch"
            }
        let data = recipe == .twoPlaces ? "trained in two places" : "trained in four places, as many frames"
        return "\(what), \(data); E0 to E4 on generated faces."
    }

    /// Nightly.
    public var tier: Tier { .nightly }
    /// Seconds on two cores.
    public var expectedSeconds: Double { detector == .lbp ? 35 : 65 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }

    /// The preset and the bound that the threshold was chosen by.
    public var configuration: [String: String] {
        [
            "detector": detector.rawValue, "recipe": recipe.rawValue, "preset": canonicalJSON(PADConfiguration.reduced),
            "threshold": "BPCER 5 % on dev",
        ]
    }

    /// None: all faces are generated.
    public var dataFolders: [String] { [] }

    /// Error rates of all five conditions at the threshold of dev, and what E4 costs beside E0.
    public var metrics: [Metric] {
        TestCondition.allCases.flatMap {
            PresentationSet.metrics(
                species: Species.allCases.map(\.rawValue).sorted(), threshold: .dev, suffix: Self.suffix($0))
        } + [Self.halfTotal, Self.halfTotalRatio, Self.halfTotalRatioLower, Self.sameAPCER, Self.shiftedAPCER]
            + [Self.seconds]
    }

    private static func suffix(_ condition: TestCondition) -> String { "_" + condition.rawValue.lowercased() }
    private static func rate(_ name: String) -> Metric {
        Metric(name, .quality, direction: .lowerIsBetter, decimals: 4, smallestEffect: 0.01)
    }
    private static let halfTotal = rate("half_total_e4")
    private static let halfTotalRatio = rate("half_total_ratio_e4")
    private static let halfTotalRatioLower = rate("half_total_ratio_lower_e4")
    private static let sameAPCER = rate("apcer_bpcer5_e0")
    private static let shiftedAPCER = rate("apcer_bpcer5_e4")
    private static let seconds = Metric(
        "train", .cost, unit: "s", direction: .lowerIsBetter, decimals: 1, smallestEffect: 0.05)

    /// Generates all sets, trains, sets the threshold on dev, scores the test sets.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        context.report(0, "faces")
        // Faces and protocols are part of the benchmark, so they do not move with the run's seed.
        let (faces, sets) = (GeneratedFaces(seed: 2023), ProtocolSets(PADConfiguration.reduced.sizes, seed: 2023))
        let train = faces.frames(sets.training(recipe))
        context.report(0.2, "training")
        let clock = ContinuousClock()
        var score: ([FaceFrame]) -> [ScoredPresentation] = { _ in [] }
        let duration = try clock.measure {
            switch detector {
            case .lbp:
                let floor = ColourLBP(fittedTo: train.map(\.picture), isAttack: train.map { !$0.isBonaFide })
                score = { $0.map { $0.scored(floor.score(of: $0.picture)) } }
            case .pix: score = try trained(PixelBinary12.self, on: train, context)
            case .cdc: score = try trained(CentralDifference12.self, on: train, context)
            case .minifas: score = try trained(MiniFAS12.self, on: train, context)
            }
        }
        let shipped = PresentationSet(score(faces.frames(sets.development))).rates(at: .bpcerAtMost(0.05)).threshold
        let threshold = Threshold(shipped.value, origin: .dev)
        var tests: [TestCondition: PresentationSet] = [:]
        var measurements: [Measurement] = []
        for (index, condition) in TestCondition.allCases.enumerated() {
            context.report(0.7 + 0.06 * Double(index), condition.rawValue)
            let set = PresentationSet(score(faces.frames(sets.test(condition))))
            tests[condition] = set
            measurements += set.measurements(at: threshold, suffix: Self.suffix(condition))
        }
        guard let same = tests[.same], let shifted = tests[.allNew] else { return CaseOutcome(measurements) }
        var generator = Philox(seed: context.seed, stream: "bootstrap")
        let shift = shifted.shift(from: same, shipped: threshold, using: &generator)
        measurements += [
            Measurement(Self.halfTotal, value: shift.halfTotal.value),
            Measurement(Self.halfTotalRatio, value: shift.halfTotalRatio.value),
            Measurement(Self.halfTotalRatioLower, value: shift.halfTotalRatio.interval.lower),
            Measurement(Self.sameAPCER, value: same.rates(at: .bpcerAtMost(0.05)).apcer),
            Measurement(Self.shiftedAPCER, value: shift.apcerAtBPCER.value),
            Measurement(Self.seconds, value: duration / .seconds(1)),
        ]
        return CaseOutcome(measurements)
    }

    private func trained<Model: PresentationAttackDetector>(
        _: Model.Type, on frames: [FaceFrame], _ context: CaseContext
    ) throws -> ([FaceFrame]) -> [ScoredPresentation] {
        var training = PADTraining<Model>(.reduced, on: frames, seed: context.seed)
        let count = training.stepCount
        try training.run { step in context.report(0.2 + 0.5 * Double(step) / Double(count), "step \(step)/\(count)") }
        let model = training.model
        return { model.scored($0) }
    }
}
