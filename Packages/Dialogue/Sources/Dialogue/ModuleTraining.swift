// All modules of one network, taught from a synthetic world and from sentences about the user: the reduced form of
// BlenderBot 3's multitask training. Source: line specification, 2.4 and 2.5.

public import Learning
internal import Sequences
internal import Tensors

/// Where the token stands that names the module.
public enum ControlPlacement: String, Sendable, Codable, CaseIterable {
    /// It starts the decoder, so that a context is encoded once for all modules. Ours.
    case decoderStart
    /// At the end of the input, as published; the decoder always starts with the reply's token.
    case inputTail
}

/// One thing a module is taught, as tokens.
struct ModuleExample {
    let module: DialogueModule
    let turns: [Int32]
    /// Read apart from the turns.
    let documents: [[Int32]]
    let target: [Int32]
}

extension ModularDialogue {
    /// What a module's decoder looks at: the turns, then each document apart.
    func source(
        for module: DialogueModule, turns: [[Int32]], documents: [[[Int32]]], _ placement: ControlPlacement,
        dropout: inout Philox?
    ) -> EncodedSource {
        let isTail = placement == .inputTail && module != .response
        let inputs = isTail ? turns.map { $0.dropLast() + [module.startToken, Vocabulary.end] } : turns
        var parts = [encode(inputs, dropout: &dropout)]
        for place in 0..<(documents.map(\.count).max() ?? 0) {
            // A row with fewer documents has empty ones.
            let row = documents.map { place < $0.count ? $0[place] : [Vocabulary.end] }
            parts.append(encode(row, dropout: &dropout))
        }
        return .joined(parts)
    }
}

extension DialogueModule {
    /// Whose token starts the decoder.
    func start(_ placement: ControlPlacement) -> DialogueModule { placement == .inputTail ? .response : self }
}

/// The modules' training in progress.
public struct ModuleTraining: Sendable {
    /// What is trained.
    public let model: ModularDialogue
    /// The words it knows.
    public let vocabulary: Vocabulary
    /// The loss of each step so far: nats per token, summed over modules.
    public private(set) var losses: [Float] = []
    private let tasks: ModuleTasks
    private let configuration: ModuleTrainingConfiguration
    private let streams: Philox
    private var optimiser: Adam

    /// Starts from fresh parameters on a world with its annotations: all modules are taught with labels.
    public init(
        _ configuration: ModuleTrainingConfiguration, on world: SyntheticWorld, _ gold: WorldGold, seed: UInt64
    ) {
        self.configuration = configuration
        tasks = ModuleTasks(world, gold)
        vocabulary = tasks.vocabulary
        streams = Philox(seed: seed, stream: "dialogue/modules")
        var initial = streams.stream("parameters")
        model = ModularDialogue(configuration.network(vocabularySize: vocabulary.count), using: &initial)
        optimiser = Adam(learningRate: configuration.learningRate, weightDecay: 0.01)
    }

    /// Whether all steps are done.
    public var isFinished: Bool { losses.count >= configuration.steps }

    /// One optimiser step.
    ///
    /// - Throws: `NonFiniteLoss`; nothing has changed then.
    public mutating func step() throws(NonFiniteLoss) {
        let index = losses.count + 1
        var generator = streams.stream("scenes/\(index)")
        let examples = (0..<configuration.batchSize).flatMap { _ in tasks.scene(using: &generator) }
        let (loss, gradients) = valueAndGradient(of: model) { model in
            DialogueModule.allCases.compactMap { module in
                let own = examples.filter { $0.module == module }
                return own.isEmpty ? nil : Self.loss(of: model, own, as: module, configuration.placement)
            }.reduce(Tensor(0)) { $0 + $1 }
        }
        let value = try loss.finiteLoss(atStep: index)
        let rest = Float(configuration.steps - index + 1) / (0.4 * Float(configuration.steps))
        optimiser.update(model, gradients: gradients, factor: min(Float(index) / 50, 1, max(rest, 0.05)))
        losses.append(value)
    }

    /// Nats per token of targets, the ends included.
    private static func loss(
        of model: ModularDialogue, _ examples: [ModuleExample], as module: DialogueModule, _ placement: ControlPlacement
    ) -> Tensor {
        var inference: Philox?
        let source = model.source(
            for: module, turns: examples.map(\.turns), documents: examples.map(\.documents), placement,
            dropout: &inference)
        let targets = examples.map(\.target)
        let tokenCount = targets.reduce(0) { $0 + $1.count + 1 }
        return model.logLikelihoods(of: targets, as: module.start(placement), given: source, dropout: &inference).sum()
            * (-1 / Float(tokenCount))
    }
}
