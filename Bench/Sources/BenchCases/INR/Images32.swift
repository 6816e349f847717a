// LA-GINR, table 1 at reduced size: one row per method on one set of 32 × 32 pictures, beside the floors.
// The setting is the INR specification's 10.6; the preset is INRConfiguration.nightly32.

public import INR
internal import Learning
public import Measurements
internal import TensorIO
internal import Tensors

/// A case that was run without the folder its pictures lie in.
struct MissingDataFolder: Error, Equatable, CustomStringConvertible {
    let caseID: String

    /// What is missing and what to do.
    var description: String { "\(caseID): was given no data folder; give one with --data." }
}

/// A row of the table.
public struct Images32: VariableCase {
    /// What reconstructs the pictures.
    public enum Method: String, CaseIterable, Sendable {
        case locality = "la-ginr"
        case composers = "ipc"
        case transformer = "transinr"
        case meanColour = "mean-colour"
        case bicubic
        case patchPCA = "patch-pca"

        /// Whether it is trained by gradient descent.
        var isTrained: Bool { [.locality, .composers, .transformer].contains(self) }
    }

    /// Where the pictures come from.
    public enum Pictures: String, CaseIterable, Sendable {
        /// 2,400 and 300 procedural pictures.
        case generated
        /// The same pictures, few of them and few steps: whether everything runs.
        case smoke
        /// Tiles of real photographs, 2,400 to train and 300 to test; Kodak's crops as a second test set.
        case natural64
    }

    private let pictures: Pictures
    private let method: Method
    /// The preset of the trained methods.
    public var settings: INRConfiguration

    /// The row of `method` on `pictures`.
    public init(_ pictures: Pictures, _ method: Method) {
        self.pictures = pictures
        self.method = method
        settings = pictures == .smoke ? .smoke32 : .nightly32
    }

    /// `inr.img32.<pictures>.<method>`.
    public var id: String { "inr.img32.\(pictures.rawValue).\(method.rawValue)" }

    /// What `bench list --long` says.
    public var summary: String {
        let what =
            switch method {
            case .locality: "LA-GINR"
            case .composers: "Instance pattern composers"
            case .transformer: "TransINR"
            case .meanColour: "Floor: each picture's mean colour (3 values)"
            case .bicubic: "Floor: 16 x 16 cells, bicubic (768 values)"
            case .patchPCA: "Floor: PCA of 8 x 8 patches (2048 values)"
            }
        let data =
            switch pictures {
            case .generated: "procedural pictures"
            case .smoke: "a few procedural pictures, 12 steps"
            case .natural64: "natural64 at 32 px, and Kodak"
            }
        return "\(what); \(data)."
    }

    /// Smoke for the short rows, else nightly.
    public var tier: Tier { pictures == .smoke ? .smoke : .nightly }

    /// Seconds on two cores.
    public var expectedSeconds: Double {
        switch (method.isTrained, pictures) {
        case (true, .smoke): 3
        case (true, _): 110
        case (false, .smoke): 1
        case (false, _): 6
        }
    }

    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }

    /// Every setting of model and training, and the pictures.
    public var configuration: [String: String] {
        var all = ["pictures": "\(pictures.rawValue): \(trainCount) to train, \(testCount) to test"]
        if method.isTrained { all["preset"] = canonicalJSON(settings) }
        return all
    }

    /// Folders below `--data`.
    public var dataFolders: [String] { pictures == .natural64 ? ["natural64", "kodak"] : [] }

    /// Quality on the test sets, exact counts, and costs of training and decoding.
    public var metrics: [Metric] {
        let kodak = pictures == .natural64 ? ImageQuality.allCases.map { $0.metric(suffix: "_kodak") } : []
        let counts =
            method.isTrained ? [Self.parameters, Self.latents, Self.stepFlops, Self.peakBytes] : [Self.latents]
        return quality + kodak + counts
            + (method.isTrained ? [Self.trainSeconds] : []) + [Self.decodeMilliseconds] + latencies
    }

    /// Of one picture alone, where there is time to measure it.
    private var latencies: [Metric] { method.isTrained && pictures != .smoke ? Latency.metrics : [] }

    /// The PSNR of the first test set carries what the papers say.
    private var quality: [Metric] {
        var metrics = ImageQuality.allCases.map { $0.metric() }
        metrics[0].published = published
        return metrics
    }

    private var published: Published? {
        let (value, source): (Double, String)
        switch method {
        case .locality: (value, source) = (50.74, "LA-GINR (NeurIPS 2023), CelebA")
        case .composers: (value, source) = (35.93, "Instance Pattern Composers (CVPR 2023), CelebA")
        case .transformer: (value, source) = (33.33, "TransINR as run again for LA-GINR, CelebA")
        case .meanColour, .bicubic, .patchPCA: return nil
        }
        return Published(
            value, source: source, isVerified: false,
            difference: "178 × 178 pixels, 300 epochs; here 32 × 32 and \(settings.training.steps) steps")
    }

    private static let parameters = Metric("params", .exact, decimals: 0)
    private static let latents = Metric("latents", .exact, decimals: 0)
    private static let stepFlops = Metric("step_flop", .exact, unit: "FLOP", direction: .lowerIsBetter, decimals: 0)
    private static let peakBytes = Metric("peak_live", .exact, unit: "B", direction: .lowerIsBetter, decimals: 0)
    private static let trainSeconds = Metric(
        "train", .cost, unit: "s", direction: .lowerIsBetter, decimals: 1, smallestEffect: 0.05)
    private static let decodeMilliseconds = Metric(
        "decode", .cost, unit: "ms", direction: .lowerIsBetter, decimals: 2, smallestEffect: 0.05)

    private var trainCount: Int { pictures == .smoke ? 64 : 2400 }
    private var testCount: Int { pictures == .smoke ? 16 : 300 }

    /// Trains if the method is trained, decodes every test picture, scores each.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        context.report(0, "pictures")
        let (train, tests) = try sets(context)
        var measurements: [Measurement] = []
        let reconstruct: (Tensor) -> Tensor
        var counts: [Measurement] = []
        switch method {
        case .locality: (reconstruct, counts) = try trained(LocalityAwareINR.self, on: train, context)
        case .composers: (reconstruct, counts) = try trained(InstancePatternComposers.self, on: train, context)
        case .transformer: (reconstruct, counts) = try trained(TransINR.self, on: train, context)
        case .meanColour: (reconstruct, counts) = ({ meanColour(of: $0) }, [Measurement(Self.latents, value: 3)])
        case .bicubic: (reconstruct, counts) = ({ INR.bicubic($0, grid: 16) }, [Measurement(Self.latents, value: 768)])
        case .patchPCA:
            let code = PatchPCA(patchSize: 8, componentCount: 128, fittedTo: train.images)
            reconstruct = { code.reconstructed($0) }
            counts = [Measurement(Self.latents, value: Double(code.valueCount(side: 32)))]
        }
        context.report(0.95, "decoding")
        let clock = ContinuousClock()
        var decodeSeconds = 0.0
        var artefacts: [Artefact] = []
        for (suffix, set) in tests {
            var decoded = Tensor(0)
            let duration = clock.measure { decoded = reconstruct(set.images) }
            if suffix.isEmpty { decodeSeconds = duration / .seconds(1) }
            var quality = set.quality(of: decoded, suffix: suffix)
            if suffix.isEmpty { quality[0].metric.published = published }
            measurements += quality
            if let scores = quality.first?.scores {
                let strip = Self.strip(of: set.images, decoded, by: scores.values)
                artefacts.append(
                    Artefact(name: "pictures\(suffix).png", mediaType: "image/png", bytes: try strip.pngData()))
            }
        }
        measurements += counts
        measurements.append(
            Measurement(Self.decodeMilliseconds, value: 1000 * decodeSeconds / Double(tests[0].set.names.count)))
        if !latencies.isEmpty {
            let picture = tests[0].set.images.sliced(along: 0, 0..<1)
            measurements += Latency.measurements { _ = reconstruct(picture) }
        }
        var digests = ["train": train.digest]
        for (suffix, set) in tests { digests["test" + suffix] = set.digest }
        return CaseOutcome(measurements, dataDigests: digests, artefacts: artefacts)
    }

    /// The worst, the median and the best picture, a row each: as given, as decoded, and five times the error.
    private static func strip(of images: Tensor, _ decoded: Tensor, by scores: [Double]) -> Picture {
        let order = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
        let rows = [order[0], order[order.count / 2], order[order.count - 1]].map { index in
            let (given, made) = (images.selected(index, along: 0), decoded.selected(index, along: 0))
            return Tensor.concatenated([given, made, (given - made).abs() * 5], along: 1)
        }
        return Picture(Tensor.concatenated(rows, along: 0).clamped(to: 0...1))
    }

    private func sets(_ context: CaseContext) throws -> (train: ImageSet, tests: [(suffix: String, set: ImageSet)]) {
        guard pictures == .natural64 else {
            // The pictures are part of the benchmark, so they do not move with the run's seed.
            let train = GeneratedImages(seed: 2023, split: "train").images(count: trainCount, side: 32)
            return (train, [("", GeneratedImages(seed: 2023, split: "test").images(count: testCount, side: 32))])
        }
        guard let folder = context.dataFolder else { throw MissingDataFolder(caseID: id) }
        let natural = try Natural64(folder: folder + "/natural64")
        let kodak = try ImageFolder(folder + "/kodak").crops(side: 32, shrink: 4)
        let test = natural.images(.test, size: .half)
        return (natural.images(.fit, .dev, size: .half), [("", test), ("_kodak", kodak)])
    }

    /// Trains to the end, from the checkpoint of an interrupted run if there is one.
    private func trained<Model: GeneralizableINR>(
        _ type: Model.Type, on train: ImageSet, _ context: CaseContext
    ) throws -> (reconstruct: (Tensor) -> Tensor, counts: [Measurement]) {
        let checkpoint = context.scratchFolder + "/training.safetensors"
        let stopwatch = context.scratchFolder + "/seconds.txt"
        let live = Counters.now.liveBytes
        var training = INRTraining<Model>(settings, on: train.images, seed: context.seed)
        var seconds = 0.0
        if try training.resume(ifPresentAt: checkpoint) {
            seconds = Double(String(decoding: try readFile(stopwatch), as: UTF8.self)) ?? .nan
        }
        let (clock, total) = (ContinuousClock(), settings.training.steps)
        var lastSave = clock.now
        Counters.resetPeak()
        while !training.isFinished {
            seconds += try clock.measure { try training.step() } / .seconds(1)
            context.trace.step(training.losses.count, loss: training.losses.last, training.model)
            context.report(
                0.95 * Double(training.losses.count) / Double(total), "step \(training.losses.count)/\(total)")
            if clock.now - lastSave > .seconds(30) && !training.isFinished {
                try writeFile(Array(String(seconds).utf8), to: stopwatch)
                try training.save(to: checkpoint)
                lastSave = clock.now
            }
        }
        let (model, done) = (training.model, training)
        return (
            { model.reconstructed($0) },
            [
                Measurement(Self.parameters, value: Double(model.parameterCount)),
                Measurement(Self.latents, value: Double(model.latentCount)),
                Measurement(Self.stepFlops, value: Double(done.flopsPerStep)),
                Measurement(Self.peakBytes, value: Double(Counters.now.peakLiveBytes - live)),
                Measurement(Self.trainSeconds, value: seconds),
            ]
        )
    }
}
