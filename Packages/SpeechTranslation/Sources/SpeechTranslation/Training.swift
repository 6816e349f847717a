// The two stages of modality transfer: a text translator learns from pairs, then accepts speech by one of the methods.
// Source: the specification's section 2.2.

public import Learning
public import Sequences
internal import Tensors

/// The text stage in progress: unlimited pairs of numbers.
public struct TextTraining: Sendable {
    /// What is trained.
    public let model: EncoderDecoder
    /// The loss of each step so far, in nats per token.
    public private(set) var losses: [Float] = []
    private var optimiser: Adam
    private let configuration: TransferConfiguration
    private let streams: Philox

    /// Starts from fresh parameters; the seed decides them, the pairs and the dropout.
    public init(_ configuration: TransferConfiguration, seed: UInt64) {
        self.configuration = configuration
        streams = Philox(seed: seed, stream: "speech-translation/text")
        var initial = streams.stream("parameters")
        model = EncoderDecoder(configuration.model.text, using: &initial)
        optimiser = configuration.textStage.optimiser
    }

    /// Whether all steps are done.
    public var isFinished: Bool { losses.count >= configuration.textStage.steps }

    /// One optimiser step.
    ///
    /// - Throws: `NonFiniteLoss`; nothing has changed then.
    public mutating func step() throws(NonFiniteLoss) {
        let index = losses.count + 1
        var generator = streams.stream("pairs/\(index)")
        let batch = PairBatch(
            (0..<configuration.textStage.batchSize).map { _ in configuration.textDomain.pair(using: &generator) })
        let objective = TransferObjective(
            smoothing: configuration.smoothing, consistencyWeight: configuration.textConsistencyWeight)
        let (loss, gradients) = valueAndGradient(of: model) { model in
            var dropout: Philox? = streams.stream("dropout/\(index)")
            return batch.textLoss(model, objective, dropout: &dropout).total
        }
        let value = try loss.finiteLoss(atStep: index)
        optimiser.update(model, gradients: gradients, factor: configuration.textStage.schedule(index))
        losses.append(value)
    }
}

/// The speech stage in progress.
public struct TransferTraining: Sendable {
    /// What is trained.
    public let model: SpeechTranslator
    /// The loss of each step so far, in nats per token of speech, text rehearsed included.
    public private(set) var losses: [Float] = []
    private let method: TransferMethod
    private let teacher: EncoderDecoder?
    private let numbers: [SpokenNumber]
    private let configuration: TransferConfiguration
    private let objective: TransferObjective
    private let streams: Philox
    // What only speech passes and what it shares with text have rates of their own.
    private var frontOptimiser: Adam
    private var textOptimiser: Adam

    /// Starts from a text translator, which stays as it is and is the teacher of methods with distillation.
    ///
    /// - Parameters:
    ///   - method: What is minimised, and from where.
    ///   - configuration: Model and training.
    ///   - text: The text stage's result; not looked at by `scratch`.
    ///   - numbers: At least as many utterances as a batch.
    ///   - seed: Decides fresh parameters, batches and dropout; batches and the front are those of any other method.
    public init(
        _ method: TransferMethod, _ configuration: TransferConfiguration, from text: EncoderDecoder?,
        on numbers: [SpokenNumber], seed: UInt64
    ) {
        shapeCheck(numbers.count >= configuration.speechStage.batchSize, "TransferTraining", [numbers.count])
        shapeCheck(!method.startsFromText || text != nil, "TransferTraining (the method starts from text)")
        self.method = method
        self.configuration = configuration
        self.numbers = numbers
        objective = method.objective(configuration)
        streams = Philox(seed: seed, stream: "speech-translation/speech")
        var initial = streams.stream("parameters")
        model = SpeechTranslator(configuration.model, using: &initial)
        frontOptimiser = configuration.speechStage.optimiser
        textOptimiser = configuration.speechStage.optimiser
        teacher = objective.usesTeacher ? text : nil
        if method.startsFromText, let text {
            model.load(text)
            textOptimiser.learningRate *= configuration.sharedRateFactor
        }
    }

    /// Whether all steps are done.
    public var isFinished: Bool { losses.count >= configuration.speechStage.steps }

    /// One optimiser step.
    ///
    /// - Throws: `NonFiniteLoss`; nothing has changed then.
    public mutating func step() throws(NonFiniteLoss) {
        let index = losses.count + 1
        let chosen = batch(index)
        let pairs = PairBatch(chosen.map(\.pair))
        let passCount = objective.passCount
        let speech = PaddedFeatures(chosen.map(\.features)).repeated(passCount)
        let inputs = pairs.inputs.repeated(passCount)
        var inference: Philox?
        let expected = teacher.map { pairs.textLogits($0, dropout: &inference) }
        var teacherDropout: Philox? = streams.stream("teacher/\(index)")
        let expectedPasses =
            objective.usesTeacherPasses
            ? teacher.map { pairs.textLogits($0, passes: 2, dropout: &teacherDropout) } : nil
        let external = method.rehearsesExternalText ? externalBatch(index) : nil
        let (loss, gradients) = valueAndGradient(of: model) { model in
            var dropout: Philox? = streams.stream("dropout/\(index)")
            let source = model.encode(speech, dropout: &dropout)
            var loss = transferLoss(
                model.text(inputs, given: source, dropout: &dropout), labels: pairs.labels, teacher: expected,
                teacherPasses: expectedPasses, objective
            ).total
            let plain = TransferObjective(smoothing: configuration.smoothing)
            for text in [method.rehearsesTranscripts ? pairs : nil, external].compactMap({ $0 }) {
                loss = loss + text.textLoss(model.text, plain, dropout: &dropout).total
            }
            if configuration.distilsTranscripts, let expected {
                let onText = TransferObjective(distillationWeight: 1, temperature: configuration.temperature)
                let text = pairs.textLoss(model.text, onText, teacher: expected, dropout: &dropout)
                loss = loss + text.distillation * configuration.distillationWeight
            }
            return loss
        }
        let value = try loss.finiteLoss(atStep: index)
        let factor = configuration.speechStage.schedule(index)
        // Names are in byte order: all of `front` stands before all of `text`.
        let frontCount = model.front.parameters.count
        frontOptimiser.update(model.front, gradients: Array(gradients.prefix(frontCount)), factor: factor)
        textOptimiser.update(model.text, gradients: Array(gradients.dropFirst(frontCount)), factor: factor)
        losses.append(value)
    }

    /// A step's utterances: a quarter of a random four batches, of similar lengths so that little is padding.
    private func batch(_ index: Int) -> [SpokenNumber] {
        let size = configuration.speechStage.batchSize
        let partCount = min(4, numbers.count / size)
        let (block, part) = ((index - 1) / partCount, (index - 1) % partCount)
        var generator = streams.stream("block/\(block)")
        let chosen = generator.sample(partCount * size, of: numbers.count).map { numbers[$0] }
        let order = generator.sample(partCount, of: partCount)
        let sorted = chosen.enumerated().sorted {
            ($0.element.features.shape[0], $0.offset) < ($1.element.features.shape[0], $1.offset)
        }
        return sorted[(order[part] * size)..<((order[part] + 1) * size)].map(\.element)
    }

    private func externalBatch(_ index: Int) -> PairBatch {
        var generator = streams.stream("external/\(index)")
        return PairBatch(
            (0..<configuration.speechStage.batchSize).map { _ in configuration.textDomain.pair(using: &generator) })
    }
}
