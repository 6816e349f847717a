// The published MiniFASNet pair against the outputs of its original code: from stored crops, and from picture and box.
// The golden values are the Vision-PAD specification's 3.5 and the file golden_crops.safetensors.

public import Measurements
internal import TensorIO
internal import Tensors
internal import VisionPAD

/// A measured value beyond the bound within which a golden one counts as met.
struct GoldenMissed: Error, Equatable, CustomStringConvertible {
    let caseID: String
    let what: String
    let difference: Double
    let bound: Double

    /// Where, what was found, and what to do.
    var description: String {
        "\(caseID): \(what) differs by \(difference) from the golden value, more than \(bound); see what changed."
    }
}

/// How well the published networks do what they did in the original code, and what that costs.
public struct PublishedNetworks: BenchCase {
    /// Where a network's input comes from.
    public enum Input: String, CaseIterable, Sendable {
        /// Stored crops.
        case load
        /// A picture and a face's box.
        case e2e
    }

    private let input: Input

    /// The case with the given input.
    public init(_ input: Input) { self.input = input }

    /// `pad.minifas.<input>`.
    public var id: String { "pad.minifas.\(input.rawValue)" }

    /// What `bench list --long` says.
    public var summary: String {
        switch input {
        case .load: "Published MiniFASNet weights on stored crops: distance from the original code's logits."
        case .e2e: "Published MiniFASNet pair from picture and box: verdicts and scores of three samples."
        }
    }

    /// Seconds in all.
    public var tier: Tier { .smoke }
    /// Seconds on two cores.
    public var expectedSeconds: Double { 1 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// The networks and their crops.
    public var configuration: [String: String] { ["networks": "minifasnet v2 at 2.7, v1se at 4.0"] }
    /// Folders below `--data`.
    public var dataFolders: [String] { ["pad"] }

    /// Distances from the golden values, and milliseconds.
    public var metrics: [Metric] {
        switch input {
        case .load: [Self.logitError] + Latency.metrics
        case .e2e: [Self.rightVerdicts, Self.scoreError, Self.check]
        }
    }

    private static let logitError = Metric(
        "logit_error", .quality, direction: .lowerIsBetter, decimals: 6, finaliser: .mean, smallestEffect: 1e-4)
    private static let rightVerdicts = Metric(
        "right", .quality, direction: .higherIsBetter, decimals: 2, finaliser: .mean, smallestEffect: 0.01)
    private static let scoreError = Metric(
        "score_error", .quality, direction: .lowerIsBetter, decimals: 6, finaliser: .mean, smallestEffect: 1e-4)
    /// Two crops, two networks: too slow for a percentile in a smoke case.
    private static let check = Metric(
        "check", .cost, unit: "ms", direction: .lowerIsBetter, decimals: 2, smallestEffect: 0.05)

    /// Compares and times; a golden value that is not met fails the case.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        guard let data = context.dataFolder else { throw MissingDataFolder(caseID: id) }
        return try input == .load ? storedCrops(data + "/pad") : samples(data + "/pad")
    }

    private func storedCrops(_ folder: String) throws -> CaseOutcome {
        let stored = folder + "/golden_crops.safetensors"
        let golden = try SafeTensors(contentsOf: stored)
        var (items, errors): ([String], [Double]) = ([], [])
        var latency: [Measurement] = []
        var digests = ["golden": SHA256.hexDigest(of: try readFile(stored))]
        for (file, variant) in [
            ("minifasnet_v2_2.7_80x80", MiniFASNetVariant.v2), ("minifasnet_v1se_4.0_80x80", .v1SE),
        ] {
            let weights = "\(folder)/\(file).safetensors"
            let network = try MiniFASNet(variant, contentsOf: weights)
            digests[file] = SHA256.hexDigest(of: try readFile(weights))
            for sample in Self.samples {
                let crop = try golden.tensor("image_\(sample.name).\(file).crop_bgr_u8").permuted([2, 0, 1])
                let expected = try golden.tensor("image_\(sample.name).\(file).logits").scalars
                let input = crop.unsqueezed(at: 0)
                let logits = network(input).scalars
                items.append("\(sample.name).\(file)")
                errors.append(zip(logits, expected).map { Double(abs($0 - $1)) }.max() ?? .nan)
                if latency.isEmpty { latency = Latency.measurements { _ = network(input) } }
            }
        }
        try check(errors.max() ?? .nan, within: 1e-3, "a logit")
        return CaseOutcome(
            [
                Measurement(Self.logitError, scores: Scores(items: items, values: errors))
            ] + latency, dataDigests: digests)
    }

    private func samples(_ folder: String) throws -> CaseOutcome {
        let pair = try SilentFace(folder: folder)
        var (right, errors, times): ([Double], [Double], [Double]) = ([], [], [])
        var digests: [String: String] = [:]
        for sample in Self.samples {
            let file = "\(folder)/image_\(sample.name).png"
            digests["image_" + sample.name] = SHA256.hexDigest(of: try readFile(file))
            let photo = try Picture(contentsOf: file)
            let verdict = try pair.verdict(on: photo, box: sample.box)
            right.append(verdict.isLive == sample.isLive ? 1 : 0)
            errors.append(abs(verdict.score - (1 - 2 * sample.live)))
            times += try milliseconds(repeats: 10) { _ = try pair.verdict(on: photo, box: sample.box) }
        }
        try check(Double(right.count { $0 == 0 }), within: 0, "the number of verdicts")
        // The golden probabilities have four decimals, so that half of 1e-4 counts twice in a score.
        try check(errors.max() ?? .nan, within: 2e-4, "a score")
        let items = Self.samples.map(\.name)
        return CaseOutcome(
            [
                Measurement(Self.rightVerdicts, scores: Scores(items: items, values: right)),
                Measurement(Self.scoreError, scores: Scores(items: items, values: errors)),
                Measurement(Self.check, value: median(times)),
            ], dataDigests: digests)
    }

    /// The sample pictures: the box of the original detector, and the published mean p(live).
    private static let samples: [(name: String, box: FaceBox, live: Double, isLive: Bool)] = [
        ("F1", FaceBox(x: 178, y: 136, width: 223, height: 225), 0.0723, false),
        ("F2", FaceBox(x: 120, y: 252, width: 252, height: 256), 0.1813, false),
        ("T1", FaceBox(x: 106, y: 147, width: 207, height: 213), 0.9936, true),
    ]

    private func check(_ difference: Double, within bound: Double, _ what: String) throws {
        // Not `>`: NaN is missed too.
        if !(difference <= bound) {
            throw GoldenMissed(caseID: id, what: what, difference: difference, bound: bound)
        }
    }
}
