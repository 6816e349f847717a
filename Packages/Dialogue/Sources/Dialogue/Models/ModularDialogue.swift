// One encoder–decoder for every module: the decoder's first token says which.
//
// The context is encoded once per turn and shared by all modules; documents and memories are encoded alone and joined to it
// where the decoder attends. Source: line specification, sections 2.1 and 2.5.

public import Learning
public import Sequences
public import Tensors

/// The network of all modules.
public struct ModularDialogue: Module {
    /// Embedding, encoder, decoder and output.
    public let network: EncoderDecoder

    /// A model with fresh parameters.
    public init(_ configuration: EncoderDecoderConfiguration, using generator: inout Philox) {
        network = EncoderDecoder(configuration, using: &generator)
    }

    /// Encodes contexts, or documents, or memories, each by itself; `dropout` is `nil` in inference.
    public func encode(_ texts: [[Int32]], dropout: inout Philox?) -> EncodedSource {
        network.encode(PaddedTokens(texts, padding: Vocabulary.padding), dropout: &dropout)
    }

    /// The log-probability of each target with its end, `[row]`, in nats.
    ///
    /// - Parameters:
    ///   - targets: Tokens without start and end; one per row.
    ///   - module: What they are.
    ///   - source: With as many elements as rows, or fewer, each of which serves an equal run of neighbouring rows.
    ///   - dropout: The generator in training, `nil` in inference.
    /// - Returns: Sums over tokens.
    public func logLikelihoods(
        of targets: [[Int32]], as module: DialogueModule, given source: EncodedSource, dropout: inout Philox?
    ) -> Tensor {
        let inputs = PaddedTokens(targets.map { [module.startToken] + $0 }, padding: Vocabulary.padding)
        let labels = PaddedTokens(targets.map { $0 + [Vocabulary.end] }, padding: Vocabulary.padding)
        let (rows, longest) = (inputs.indices.shape[0], inputs.indices.shape[1])
        let logits = network(inputs.indices, given: source, dropout: &dropout)  // [row, token, vocabulary]
        let kept = labels.lengths.flatMap { length in (0..<longest).map { $0 < length ? Float(1) : 0 } }
        return (logits.logSoftmax().picked(at: labels.indices) * Tensor(kept, shape: [rows, longest])).sum(along: 1)
    }

    /// The log-probabilities of two answers, `[row, answer]`: a decision takes one of two tokens and nothing else.
    public func decision(
        _ module: DialogueModule, between answers: (String, String), given source: EncodedSource, dropout: inout Philox?
    ) -> Tensor {
        let rows = source.states.shape[0]
        let start = Indices([Int32](repeating: module.startToken, count: rows), shape: [rows, 1])
        let logits = network(start, given: source, dropout: &dropout).reshaped(to: [rows, -1])  // [row, vocabulary]
        let tokens = Indices([answers.0, answers.1].map(Vocabulary.token(ofMark:)))
        return logits.gathered(at: tokens, along: 1).logSoftmax()
    }

    /// Texts drawn from the model's distribution, `count` per source.
    public func sampled(
        _ module: DialogueModule, count: Int, given source: EncodedSource, maximumLength: Int,
        using generator: inout Philox
    ) -> [[Hypothesis]] {
        var decoder = CachedDecoder(network, given: source)
        let requests = requests(module, given: source, maximumLength: maximumLength)
        return Sampling(Self.rules)(&decoder, requests, count: count, using: &generator)
    }

    /// The likeliest texts of a beam, the best first; greedy by default.
    public func best(
        _ module: DialogueModule, given source: EncodedSource, maximumLength: Int, beamSize: Int = 1
    ) -> [[Hypothesis]] {
        var decoder = CachedDecoder(network, given: source)
        let requests = requests(module, given: source, maximumLength: maximumLength)
        return BeamSearch(Self.rules, beamSize: beamSize)(&decoder, requests)
    }

    /// Words only, at least one.
    private static let rules = GenerationRules(
        end: Vocabulary.end, forbidden: (0..<Int32(Vocabulary.marks.count)).filter { $0 != Vocabulary.end })

    private func requests(
        _ module: DialogueModule, given source: EncodedSource, maximumLength: Int
    ) -> [GenerationRequest] {
        let request = GenerationRequest(start: module.startToken, maximumLength: maximumLength)
        return [GenerationRequest](repeating: request, count: source.states.shape[0])
    }
}

extension EncodedSource {
    /// The elements at places, in their order, each as often as it is named.
    public func rows(at places: [Int]) -> EncodedSource {
        let indices = Indices(places.map(Int32.init))
        return EncodedSource(states: states.gathered(at: indices), mask: mask.map { $0.gathered(at: indices) })
    }
}
