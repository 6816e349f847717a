// Protocols E0 to E4 on generated faces: what another day, place and camera do to a detector, one row per detector.
// The setting is the Vision-PAD specification's 4.6 and 10; the preset is PADConfiguration.reduced.

internal import Learning
public import Measurements
internal import TensorIO
internal import Tensors
public import VisionPAD

/// A row of the table.
public struct GeneratedShift: VariableCase {
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

    /// The seed of faces and protocols: part of the benchmark, so they do not move with a run's seed.
    ///
    /// The generator was made while looking at another world's error rates.
    static let world: UInt64 = 2026

    private let recipe: TrainingRecipe
    private let detector: Detector
    /// The preset.
    public var settings = PADConfiguration.reduced

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
        let data =
            recipe == .twoPlaces
            ? "trained in two places" : "trained in four places, as many frames, beside the same trained in two"
        return "\(what), \(data); E0 to E4 on generated faces."
    }

    /// Nightly.
    public var tier: Tier { .nightly }
    /// Seconds on two cores.
    public var expectedSeconds: Double { detector == .lbp ? 35 : recipe == .twoPlaces ? 65 : 110 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 3 }

    /// The preset and the bound that the threshold was chosen by.
    public var configuration: [String: String] {
        [
            "detector": detector.rawValue, "recipe": recipe.rawValue, "preset": canonicalJSON(settings),
            "threshold": "BPCER 5 % on dev", "world": "\(Self.world)",
        ]
    }

    /// None: all faces are generated.
    public var dataFolders: [String] { [] }

    /// Error rates of all five conditions at the threshold of dev, and what E4 costs beside E0.
    public var metrics: [Metric] {
        TestCondition.allCases.flatMap {
            PresentationSet.metrics(
                species: Species.allCases.map(\.rawValue).sorted(), threshold: .dev, suffix: Self.suffix($0))
        } + [Self.halfTotal, Self.halfTotalRatio, Self.sameAPCER, Self.shiftedAPCER]
            + (recipe == .twoPlaces ? [] : Self.compared.map { Self.change($0) }) + [Self.seconds]
    }

    private static func suffix(_ condition: TestCondition) -> String { "_" + condition.rawValue.lowercased() }
    private static func rate(_ name: String, _ finaliser: Finaliser) -> Metric {
        Metric(name, .quality, direction: .lowerIsBetter, decimals: 4, finaliser: finaliser, smallestEffect: 0.01)
    }
    private static let halfTotal = rate("half_total_e4", .halfTotal)
    private static let halfTotalRatio = rate("half_total_ratio_e4", .halfTotalRatio)
    private static let sameAPCER = rate("apcer_bpcer5_e0", .largestRateAtFivePercent)
    private static let shiftedAPCER = rate("apcer_bpcer5_e4", .largestRateAtFivePercent)
    /// Where the recipes are compared: what the other places cost at home, and what they bring in places like them and beyond.
    private static let compared: [TestCondition] = [.same, .newPlace, .allNew]
    /// The equal error rate less that of the recipe `twoPlaces`.
    private static func change(_ condition: TestCondition) -> Metric {
        rate("eer_change" + suffix(condition), .equalErrorRateChange)
    }
    private static let seconds = Metric(
        "train", .cost, unit: "s", direction: .lowerIsBetter, decimals: 1, smallestEffect: 0.05)

    /// Generates all sets, trains, sets the threshold on dev, scores the test sets.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        context.report(0, "faces")
        let faces = GeneratedFaces(seed: Self.world)
        let sets = ProtocolSets(settings.sizes, seed: Self.world)
        let development = faces.frames(sets.development)
        let tests = TestCondition.allCases.map { (condition: $0, frames: faces.frames(sets.test($0))) }
        let clock = ContinuousClock()
        var score: ([FaceFrame]) -> [ScoredPresentation] = { _ in [] }
        let train = faces.frames(sets.training(recipe))
        let duration = try clock.measure { score = try detector(trainedOn: train, context) }
        let shipped = PresentationSet(score(development)).rates(at: .bpcerAtMost(0.05)).threshold
        let threshold = Threshold(shipped.value, origin: .dev)
        let results = tests.map { ($0.condition, PresentationSet(score($0.frames))) }
        let result = Dictionary(uniqueKeysWithValues: results)
        var measurements = results.flatMap { $1.measurements(at: threshold, suffix: Self.suffix($0)) }
        guard let same = result[.same], let shifted = result[.allNew] else { return CaseOutcome(measurements) }
        let (before, after) = (same.rates(at: .at(threshold)).acer, shifted.rates(at: .at(threshold)).acer)
        measurements += [
            Measurement(Self.halfTotal, value: after, scores: shifted.classifiedErrors(at: threshold)),
            Measurement(
                Self.halfTotalRatio, value: before == 0 && after == 0 ? 1 : after / before,
                scores: Self.sideBySide(same.classifiedErrors(at: threshold), shifted.classifiedErrors(at: threshold))),
            Measurement(Self.sameAPCER, value: Self.apcer(same), scores: same.classifiedScores),
            Measurement(Self.shiftedAPCER, value: Self.apcer(shifted), scores: shifted.classifiedScores),
            Measurement(Self.seconds, value: duration / .seconds(1)),
        ]
        if recipe == .fourPlaces {
            let other = try detector(trainedOn: faces.frames(sets.training(.twoPlaces)), context)
            for (condition, frames) in tests where Self.compared.contains(condition) {
                guard let mine = result[condition] else { continue }
                measurements.append(Self.change(condition, of: mine, since: PresentationSet(other(frames))))
            }
        }
        return CaseOutcome(measurements, artefacts: [("det-e0.tsv", same), ("det-e4.tsv", shifted)].map(Self.tradeOff))
    }

    /// The worst species' APCER, the threshold set on the set itself for a BPCER of 5 %.
    private static func apcer(_ set: PresentationSet) -> Double { set.rates(at: .bpcerAtMost(0.05)).apcer }

    /// Items of both sets; each row has its own set's two numbers and a class of −1, which is not counted, for the other.
    private static func sideBySide(_ a: Scores, _ b: Scores) -> Scores {
        Scores(
            items: a.items.map { "e0/" + $0 } + b.items.map { "e4/" + $0 }, groups: a.groups + b.groups, width: 4,
            values: a.items.indices.flatMap { a.row($0) + [-1, 0] } + b.items.indices.flatMap { [-1, 0] + b.row($0) })
    }

    private static func change(
        _ condition: TestCondition, of mine: PresentationSet, since other: PresentationSet
    ) -> Measurement {
        let (before, after) = (other.labelledScores, mine.labelledScores)
        return Measurement(
            change(condition), value: mine.curve.eer - other.curve.eer,
            scores: Scores(
                items: after.items, groups: after.groups, width: 3,
                values: after.items.indices.flatMap { before.row($0) + after.row($0).suffix(1) }))
    }

    private static func tradeOff(_ name: String, _ set: PresentationSet) -> Artefact {
        let rows = set.curve.detPoints().map { "\($0.apcer)\t\($0.bpcer)\n" }
        return Artefact(
            name: name, mediaType: "text/tab-separated-values",
            bytes: Array(("APCER of the worst species\tBPCER\n" + rows.joined()).utf8))
    }

    /// How the detector, trained, scores frames.
    private func detector(
        trainedOn frames: [FaceFrame], _ context: CaseContext
    ) throws -> ([FaceFrame]) -> [ScoredPresentation] {
        switch detector {
        case .lbp:
            let floor = ColourLBP(fittedTo: frames.map(\.picture), isAttack: frames.map { !$0.isBonaFide })
            return { $0.map { $0.scored(floor.score(of: $0.picture)) } }
        case .pix: return try trained(PixelBinary12.self, on: frames, context)
        case .cdc: return try trained(CentralDifference12.self, on: frames, context)
        case .minifas: return try trained(MiniFAS12.self, on: frames, context)
        }
    }

    private func trained<Model: PresentationAttackDetector>(
        _: Model.Type, on frames: [FaceFrame], _ context: CaseContext
    ) throws -> ([FaceFrame]) -> [ScoredPresentation] {
        var training = PADTraining<Model>(settings, on: frames, seed: context.seed)
        let count = training.stepCount
        while !training.isFinished {
            try training.step()
            let step = training.losses.count
            context.trace.step(step, loss: training.losses.last, training.model)
            context.report(0.2 + 0.5 * Double(step) / Double(count), "step \(step)/\(count)")
        }
        let model = training.model
        return { model.scored($0) }
    }
}
