// What networks that were trained on real captures only say of generated faces, and of real portraits.
// The setting is the Vision-PAD specification's 10.3, whose trial run is the published value.

public import Measurements
internal import TensorIO
internal import Tensors
internal import VisionPAD

/// The published MiniFASNet pair as a judge of whether generated attacks are seen as attacks, and live faces as live.
public struct ExternalJudge: BenchCase {
    /// Whose faces.
    public enum Faces: String, CaseIterable, Sendable {
        /// The generator's test sets E0 and E4.
        case generated
        /// Official portraits of 108 people.
        case portraits
    }

    private let faces: Faces

    /// The case on the given faces.
    public init(_ faces: Faces) { self.faces = faces }

    /// `pad.judge.<faces>`.
    public var id: String { "pad.judge.\(faces.rawValue)" }

    /// What `bench list --long` says.
    public var summary: String {
        switch faces {
        case .generated: "The published pair on generated faces, E0 and E4: AUC of each species, live faces accepted."
        case .portraits: "The published pair on 108 real portraits, all bona fide: how many it accepts."
        }
    }

    /// Nightly.
    public var tier: Tier { .nightly }
    /// Seconds on two cores.
    public var expectedSeconds: Double { faces == .generated ? 25 : 3 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 2 }
    /// What is judged.
    public var configuration: [String: String] {
        switch faces {
        case .generated: ["faces": "seed \(GeneratedShift.world)", "preset": canonicalJSON(PADConfiguration.reduced)]
        case .portraits: ["faces": "test"]
        }
    }
    /// Folders below `--data`.
    public var dataFolders: [String] { faces == .generated ? ["pad"] : ["pad", "faces"] }

    /// How well each species is told from live faces, and the share of live faces taken for live.
    public var metrics: [Metric] {
        switch faces {
        case .generated:
            Self.conditions.flatMap { condition in
                Species.allCases.map { Self.auc($0, condition) } + [
                    Self.accepted("_" + condition.rawValue.lowercased())
                ]
            }
        case .portraits: [Self.accepted("")]
        }
    }

    private static let conditions: [TestCondition] = [.same, .allNew]
    private static func auc(_ species: Species, _ condition: TestCondition) -> Metric {
        let name = "auc_\(species.rawValue)_\(condition.rawValue.lowercased())"
        return Metric(
            name, .quality, direction: .higherIsBetter, decimals: 3, finaliser: .rocArea, smallestEffect: 0.02)
    }
    private static func accepted(_ suffix: String) -> Metric {
        Metric(
            "live_accepted" + suffix, .quality, direction: .higherIsBetter, decimals: 3, finaliser: .mean,
            smallestEffect: 0.02)
    }

    /// Scores photographs whole: they hold what the networks' wider crop of a box would.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        guard let data = context.dataFolder else { throw MissingDataFolder(caseID: id) }
        let judge = try SilentFace(folder: data + "/pad")
        switch faces {
        case .generated:
            let world = GeneratedFaces(seed: GeneratedShift.world)
            let sets = ProtocolSets(PADConfiguration.reduced.sizes, seed: GeneratedShift.world)
            return CaseOutcome(
                Self.conditions.enumerated().flatMap { index, condition in
                    context.report(0.5 * Double(index), condition.rawValue)
                    return measurements(of: world.frames(sets.test(condition)), condition, by: judge)
                })
        case .portraits:
            let sheets = try TileSheet(
                contentsOf: (0..<2).map { "\(data)/faces/test_\($0).png" }, tileWidth: 80, tileHeight: 80, columns: 10,
                count: 108)
            let portraits = (0..<sheets.count).map { Picture(width: 80, height: 80, pixels: sheets[$0]) }
            let isLive = judge.verdicts(onCrops: portraits).map(\.isLive)
            return CaseOutcome(
                [Measurement(Self.accepted(""), scores: Self.scores(isLive, portraits.indices.map { $0 }))],
                dataDigests: ["faces/test": sheets.digest])
        }
    }

    private func measurements(
        of frames: [FaceFrame], _ condition: TestCondition, by judge: SilentFace
    ) -> [Measurement] {
        let verdicts = judge.verdicts(onCrops: frames.map(\.photograph))
        let judged = zip(frames, verdicts).map { (frame: $0, verdict: $1) }
        let live = judged.filter(\.frame.isBonaFide)
        return Species.allCases.map { species in
            let shown = live + judged.filter { $0.frame.presentation.species == species }
            let set = PresentationSet(shown.map { $0.frame.scored($0.verdict.score) })
            return Measurement(Self.auc(species, condition), value: set.curve.auc, scores: set.labelledScores)
        } + [
            Measurement(
                Self.accepted("_" + condition.rawValue.lowercased()),
                scores: Self.scores(live.map(\.verdict.isLive), live.map(\.frame.presentation.subject)))
        ]
    }

    private static func scores(_ isLive: [Bool], _ people: [Int]) -> Scores {
        Scores(items: isLive.indices.map(String.init), groups: people, values: isLive.map { $0 ? 1 : 0 })
    }
}
