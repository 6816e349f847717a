// The training loop shared by the three methods: what is optimised, in which order, and how it resumes.

internal import Foundation
internal import Learning
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
    public mutating func step() {
        let index = losses.count + 1
        var generator = streams.stream("step/\(index)")
        let batch = images.batch(configuration.training, using: &generator)
        let before = Counters.now.flops
        let (loss, gradients) = valueAndGradient(of: model) { model in
            meanSquaredError(model.field(model.encode(batch.images))(batch.coordinates), target: batch.targets)
        }
        optimiser.update(
            model, gradients: gradients, factor: configuration.training.schedule(index),
            maximumNorm: configuration.training.maximumNorm)
        flopsPerStep = Counters.now.flops - before
        losses.append(loss.item)
    }

    /// Writes parameters, moments and losses to one file, whole or not at all.
    public func save(to path: String) throws {
        var tensors = ["losses": Tensor(losses, shape: [losses.count])]
        for (name, moment) in optimiser.state.tensors { tensors["optimiser.\(name)"] = moment }
        for (name, box) in model.parameters { tensors["model.\(name)"] = box.value }
        try SafeTensors(
            tensors,
            metadata: [
                "configuration": configuration.canonicalDescription, "step": String(losses.count),
                "skipped": String(optimiser.skippedCount), "seed": String(streams.seed),
            ]
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
        let file = try SafeTensors(contentsOf: path)
        guard file.metadata["configuration"] == configuration.canonicalDescription,
            file.metadata["seed"] == String(streams.seed), let step = file.metadata["step"].flatMap(Int.init),
            let skipped = file.metadata["skipped"].flatMap(Int.init), (0...max(step, 0)).contains(skipped)
        else { throw TrainingError.otherConfiguration(path: path) }
        let tensors = try file.tensors()
        func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
            guard let value = tensors[name], value.shape == shape else {
                throw TrainingError.missing(name: name, path: path)
            }
            return value
        }
        let losses = try tensor("losses", [step])
        let parameters = model.parameters
        let values = try parameters.map { try tensor("model.\($0.name)", $0.box.value.shape) }
        var moments: [String: Tensor] = [:]
        for (name, box) in parameters where step > skipped {
            for key in ["first.\(name)", "second.\(name)"] {
                moments[key] = try tensor("optimiser.\(key)", box.value.shape)
            }
        }
        for ((_, box), value) in zip(parameters, values) { box.value = value }
        optimiser.state = OptimiserState(stepCount: step - skipped, skippedCount: skipped, tensors: moments)
        self.losses = losses.scalars
    }
}

/// A checkpoint that cannot be continued.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
    case otherConfiguration(path: String)
    case missing(name: String, path: String)

    /// What was found and what to do.
    public var description: String {
        switch self {
        case .otherConfiguration(let path):
            "\(path): was written by a training with other settings or another seed; remove it to start afresh."
        case .missing(let name, let path):
            "\(path): has no tensor '\(name)' of the training's shape; remove the file to start afresh."
        }
    }
}
