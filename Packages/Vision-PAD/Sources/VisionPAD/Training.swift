// The training loop of the reduced networks: what is optimised, in which order. Resuming is not here: a training takes about a
// minute.

public import Learning
internal import Tensors

/// Frames as the training loop reads them: every frame and its mirror image.
private struct TrainingFrames: Sendable {
    let count: Int
    private let pictures: Tensor  // [2 · frame, 3 · side · side], 0...1
    private let depths: Tensor  // [2 · frame, cell]
    private let labels: Tensor  // [frame, 1]
    private let spectra: Tensor  // [frame, cell]

    init(_ frames: [FaceFrame]) {
        let cells = GeneratedFaces.mapSide
        count = frames.count
        let stored = normalisedPictures(frames)  // [frame, 3, side, side]
        pictures = Tensor.concatenated([stored, stored.flipped(along: 3)], along: 0)
            .scaled(by: 128.0 / 255, adding: 0.5).reshaped(to: [2 * frames.count, -1])
        let maps = Tensor(frames.flatMap(\.depth), shape: [frames.count, cells, cells])
        depths = Tensor.concatenated([maps, maps.flipped(along: 2)], along: 0).reshaped(to: [2 * frames.count, -1])
        labels = Tensor(frames.map { $0.isBonaFide ? 1 : 0 }, shape: [frames.count, 1])
        // The spectrum of the stored picture, whether or not a step mirrors it: as published.
        spectra = fourierTarget(grey(stored).scaled(by: 128, adding: 127.5), side: cells)
            .reshaped(to: [frames.count, -1])
    }

    /// The frames `chosen`, each mirrored with probability ½, each channel's contrast and brightness jittered.
    func batch(_ chosen: [Int], _ configuration: PADConfiguration, using generator: inout Philox) -> FaceBatch {
        let (n, side, cells) = (chosen.count, GeneratedFaces.frameSide, GeneratedFaces.mapSide)
        let plain = Indices(chosen.map(Int32.init))
        let views = Indices(chosen.map { Int32($0 + (generator.integer(below: 2) == 1 ? count : 0)) })
        let (gain, offset) = (configuration.gainJitter, configuration.offsetJitter)
        let gains = Tensor.uniform([n, 3, 1, 1], in: 1 - gain..<1 + gain, using: &generator)
        let offsets = Tensor.uniform([n, 3, 1, 1], in: -offset..<offset, using: &generator)
        let colours = pictures.gathered(at: views).reshaped(to: [n, 3, side, side]) * gains + offsets
        return FaceBatch(
            pictures: colours.clamped(to: 0...1).scaled(by: 255.0 / 128, adding: -127.5 / 128),
            labels: labels.gathered(at: plain).reshaped(to: [n]),
            depths: depths.gathered(at: views).reshaped(to: [n, 1, cells, cells]),
            spectra: spectra.gathered(at: plain).reshaped(to: [n, 1, cells, cells]))
    }
}

/// A training in progress.
public struct PADTraining<Model: PresentationAttackDetector>: Sendable {
    /// What is trained.
    public let model: Model
    /// The loss of each step so far.
    public private(set) var losses: [Float] = []
    /// Steps in all.
    public let stepCount: Int
    private let stepsPerEpoch: Int
    private var optimiser: Adam
    private let schedule: Schedule
    private let frames: TrainingFrames
    private let configuration: PADConfiguration
    private let streams: Philox

    /// Starts from fresh parameters.
    ///
    /// - Parameters:
    ///   - configuration: How it is trained.
    ///   - frames: At least one batch. What does not fill a batch is left out of an epoch, other frames in each.
    ///   - seed: Decides parameters, order and augmentation.
    public init(_ configuration: PADConfiguration, on frames: [FaceFrame], seed: UInt64) {
        shapeCheck(frames.count >= configuration.batchSize, "PADTraining", [frames.count], [configuration.batchSize])
        self.configuration = configuration
        self.frames = TrainingFrames(frames)
        streams = Philox(seed: seed, stream: "pad")
        var initial = streams.stream("parameters")
        model = Model(using: &initial)
        stepsPerEpoch = frames.count / configuration.batchSize
        stepCount = stepsPerEpoch * configuration.epochs
        schedule = .cosine(warmup: 0, total: stepCount, floor: 0)
        optimiser = Adam(
            learningRate: configuration.learningRate, weightDecay: configuration.weightDecay, isDecayDecoupled: false)
    }

    /// Whether all steps are done.
    public var isFinished: Bool { losses.count >= stepCount }

    /// One optimiser step.
    ///
    /// - Throws: `NonFiniteLoss`; nothing has changed then.
    public mutating func step() throws(NonFiniteLoss) {
        let (epoch, place) = losses.count.quotientAndRemainder(dividingBy: stepsPerEpoch)
        var shuffling = streams.stream("epoch/\(epoch)")
        let order = shuffling.sample(frames.count, of: frames.count)
        var augmentation = streams.stream("step/\(losses.count)")
        let chosen = Array(order[place * configuration.batchSize..<(place + 1) * configuration.batchSize])
        let batch = frames.batch(chosen, configuration, using: &augmentation)
        let (loss, gradients) = valueAndGradient(of: model) { $0.loss(batch) }
        let value = try loss.finiteLoss(atStep: losses.count + 1)
        optimiser.update(model, gradients: gradients, factor: schedule(losses.count + 1))
        losses.append(value)
    }

    /// All steps that are left; `progress` is told the number of steps done after each.
    ///
    /// - Throws: `NonFiniteLoss` of the first step that has one.
    public mutating func run(progress: (Int) -> Void = { _ in }) throws(NonFiniteLoss) {
        while !isFinished {
            try step()
            progress(losses.count)
        }
    }
}
