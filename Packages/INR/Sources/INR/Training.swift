// The training loop shared by the three methods: what is optimised, in which order, and how it resumes.

internal import Foundation
public import Learning
internal import TensorIO
public import Tensors

/// Images as the training loop reads them: every image and its mirror image, pixel by pixel.
struct TrainingImages {
    private let rows: Tensor  // [2 · image, height · width · 3]
    private let pixels: Tensor  // [2 · image · height · width, 3]
    private let (count, side): (Int, Int)

    /// Images `[image, side, side, 3]` in 0...1.
    init(_ images: Tensor) {
        (count, side) = (images.shape[0], images.shape[1])
        let all = Tensor.concatenated([images, images.flipped(along: 2)], along: 0)
        rows = all.reshaped(to: [2 * count, side * side * 3])
        pixels = all.reshaped(to: [2 * count * side * side, 3])
    }

    /// What one step sees: images, coordinates and the values there.
    func batch(_ configuration: TrainingConfiguration, using generator: inout Philox) -> Batch {
        let chosen = (0..<configuration.batchSize).map { _ in
            let image = generator.integer(below: count)
            return Int32(configuration.usesFlips && generator.integer(below: 2) == 1 ? image + count : image)
        }
        let points = configuration.pointCount.map { generator.sample($0, of: side * side) } ?? Array(0..<side * side)
        let places = chosen.flatMap { image in points.map { image * Int32(side * side) + Int32($0) } }
        return Batch(
            images: rows.gathered(at: Indices(chosen)).reshaped(to: [-1, side, side, 3]),
            coordinates: cellCentres(height: side, width: side).gathered(at: Indices(points.map(Int32.init))),
            targets: pixels.gathered(at: Indices(places, shape: [chosen.count, points.count])))
    }
}

/// One step's data.
struct Batch {
    let images: Tensor  // [batch, height, width, 3]
    let coordinates: Tensor  // [point, 2]
    let targets: Tensor  // [batch, point, 3]
}

/// A training in progress.
public struct INRTraining<Model: GeneralizableINR>: Sendable {
    /// What is trained.
    public let model: Model
    /// The loss of each step so far: the mean squared error of its batch.
    public private(set) var losses: [Float] = []
    /// Floating-point operations of the last step.
    public private(set) var flopsPerStep: UInt64 = 0
    private var optimiser: Adam
    private let images: TrainingImages
    private let configuration: INRConfiguration
    private let streams: Philox

    /// Starts from fresh parameters.
    ///
    /// - Parameters:
    ///   - configuration: Model and training.
    ///   - images: `[image, side, side, 3]`, sRGB in 0...1.
    ///   - seed: Decides parameters and batches; each step has its own stream, so a resumed run sees the same batches.
    public init(_ configuration: INRConfiguration, on images: Tensor, seed: UInt64) {
        self.configuration = configuration
        self.images = TrainingImages(images)
        streams = Philox(seed: seed, stream: "inr")
        var initial = streams.stream("parameters")
        model = Model(configuration, using: &initial)
        optimiser = Adam(learningRate: configuration.training.learningRate)
    }

    /// Whether all steps are done.
    public var isFinished: Bool { losses.count >= configuration.training.steps }

    /// One optimiser step.
    ///
    /// - Throws: `NonFiniteLoss`; nothing has changed then.
    public mutating func step() throws(NonFiniteLoss) {
        let index = losses.count + 1
        var generator = streams.stream("step/\(index)")
        let batch = images.batch(configuration.training, using: &generator)
        let before = Counters.now.flops
        let (loss, gradients) = valueAndGradient(of: model) { model in
            meanSquaredError(model.field(model.encode(batch.images))(batch.coordinates), target: batch.targets)
        }
        let value = try loss.finiteLoss(atStep: index)
        optimiser.update(
            model, gradients: gradients, factor: configuration.training.schedule(index),
            maximumNorm: configuration.training.maximumNorm)
        flopsPerStep = Counters.now.flops - before
        losses.append(value)
    }

    /// Writes parameters, moments and losses to one file, whole or not at all.
    public func save(to path: String) throws {
        try Checkpoint(
            of: model, optimiser: optimiser.state, step: losses.count, configuration: settings,
            tensors: ["losses": Tensor(losses, shape: [losses.count])]
        ).write(to: path)
    }

    /// Continues from the checkpoint at `path` if there is one; says whether there was.
    public mutating func resume(ifPresentAt path: String) throws -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return false }
        try resume(from: path)
        return true
    }

    /// Continues from a checkpoint of the same configuration and seed; the bits are those of a run without a stop.
    ///
    /// Nothing changes if it throws.
    public mutating func resume(from path: String) throws {
        let checkpoint = try Checkpoint(contentsOf: path, configuration: settings)
        guard let losses = checkpoint.tensors["losses"], losses.shape == [checkpoint.step] else {
            throw TensorIOError.mismatchedTensors(file: path, TensorMismatch(missing: ["losses"]))
        }
        optimiser.state = try checkpoint.restore(model)
        self.losses = losses.scalars
    }

    /// What a checkpoint must agree in to be continued: each step draws from a stream of the seed.
    private var settings: String { "\(canonicalJSON(configuration)) seed \(streams.seed)" }
}
