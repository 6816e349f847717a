// The trained modules with the world they were taught on, in memory and as a checkpoint.

internal import Learning
public import TensorIO
internal import Tensors

/// Modules that can chat.
public struct ChatModel: Sendable {
    /// The network.
    public let model: ModularDialogue
    /// Its words.
    public let vocabulary: Vocabulary
    /// The world's documents, what is searched where no other index is given.
    public let documents: DocumentStore
    private let placement: ControlPlacement

    /// What a training has come to.
    public init(_ training: ModuleTraining, _ configuration: ModuleTrainingConfiguration, world: SyntheticWorld) {
        (model, vocabulary, placement) = (training.model, training.vocabulary, configuration.placement)
        documents = Self.store(world)
    }

    /// Reads a checkpoint that was written under the same configuration and seed.
    public init(
        contentsOf path: String, _ configuration: ModuleTrainingConfiguration, seed: UInt64
    ) throws(TensorIOError) {
        let world = configuration.generatedWorld(seed: seed).world
        vocabulary = ModuleTasks.vocabulary(of: world)
        var generator = Philox(seed: seed, stream: "dialogue/chat")
        model = ModularDialogue(configuration.network(vocabularySize: vocabulary.count), using: &generator)
        _ = try Checkpoint(contentsOf: path, configuration: Self.text(configuration, seed)).restore(model)
        (placement, documents) = (configuration.placement, Self.store(world))
    }

    /// Writes the checkpoint.
    public func write(
        to path: String, _ configuration: ModuleTrainingConfiguration, seed: UInt64
    ) throws(TensorIOError) {
        try Checkpoint(
            of: model, optimiser: OptimiserState(), step: configuration.steps,
            configuration: Self.text(configuration, seed)
        ).write(to: path)
    }

    /// A conversation over a store, by default the world's.
    public func conversation(
        over store: DocumentStore? = nil, turns: [String] = [], memories: MemoryStore = MemoryStore()
    ) -> Conversation {
        Conversation(
            model, vocabulary, placement: placement, store: store ?? documents, turns: turns, memories: memories)
    }

    /// How many of a store's words the network does not know.
    public func unknownWordCount(in store: DocumentStore) -> Int {
        let known = Set(vocabulary.words)
        return store.index.words.count { !known.contains($0.word) }
    }

    private static func text(_ configuration: ModuleTrainingConfiguration, _ seed: UInt64) -> String {
        "\(canonicalJSON(configuration)) seed \(seed)"
    }

    private static func store(_ world: SyntheticWorld) -> DocumentStore {
        DocumentStore(world.documents.map { ($0.header, $0.text) })
    }
}
