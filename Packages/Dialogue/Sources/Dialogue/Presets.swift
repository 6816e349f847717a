// Settings of the latent query; the reduced one is the specification's probe.

public import Sequences
internal import Learning
internal import Tensors

/// Who makes the query, at training and at test.
public enum DialogueMethod: String, CaseIterable, Sendable, Codable {
    /// No document.
    case noSearch
    /// The last turn.
    case lastTurn
    /// All turns, every word once.
    case fullContext
    /// A generator that learned the header of a random document about somebody named: the label-free start.
    case header = "w0"
    /// A generator that learned annotated queries.
    case supervised = "sup"
    /// A generator that learned the headers of what the context with its reply finds.
    case hindsightDistillation = "distil"
    /// A generator that starts from either of these and goes on as a latent variable.
    case latent = "lat"
    /// The annotated query, also at test.
    case oracle

    /// Whether a query generator is trained.
    public var generatesQueries: Bool { [.header, .supervised, .hindsightDistillation, .latent].contains(self) }
    /// Whether annotations of the training dialogues are needed.
    public var usesAnnotations: Bool { self == .supervised || self == .oracle }
}

/// The hyperparameters of model and training.
public struct DialogueConfiguration: Sendable, Equatable, Codable {
    /// Where the latent query starts from.
    public enum WarmQuery: String, Sendable, Codable {
        /// Headers of random documents about somebody named.
        case header
        /// Headers of what the context with its reply finds.
        case hindsight
    }

    /// The model; its vocabulary is the world's.
    public var model: EncoderDecoderConfiguration
    /// Optimiser steps.
    public var steps: Int
    /// Dialogues per step.
    public var batchSize = 32
    /// AdamW's rate after its warm-up.
    public var learningRate: Float = 1.5e-3
    /// AdamW's decay.
    public var weightDecay: Float = 0.01
    /// Steps until the rate is reached.
    public var rateWarmup = 100
    /// The largest norm of a gradient.
    public var maximumNorm: Float = 1
    /// The start of `latent`.
    public var warmQuery = WarmQuery.hindsight
    /// Steps of the start at least.
    public var warmSteps: Int
    /// The share of sampled queries that must find a document about somebody named before the start is left.
    public var gate = 0.8
    /// How samples stand for all queries.
    public var estimator = QueryEstimator.snis
    /// K.
    public var candidateCount = 4
    /// The most tokens of a query.
    public var queryLength = 4
    /// T_w at the first latent step; it falls linearly to 1 at the last.
    public var temperature: Float = 2
    /// The share of documents replaced by a random one until queries are latent.
    public var documentDropProbability: Float = 0.15
    /// The share of training dialogues that are annotated, the first ones; only `supervised` looks at it.
    public var labelShare = 1.0
    /// The last turns that a reply is made from, beside its document; `nil` for all.
    ///
    /// From one turn, which names nobody, no fact can be learned by heart, so that ℓ has to tell documents apart.
    public var replyTurns: Int?
    /// Nats that a search costs; `nil` where every turn is searched for.
    public var searchCost: Float?

    /// Stops what cannot learn.
    func validate() throws(DialogueConfigurationError) {
        if candidateCount < 2 && estimator != .em {
            throw .tooFewCandidates(estimator: estimator.rawValue, count: candidateCount)
        }
        if !(temperature > 0) { throw .temperature(temperature) }
        if !(labelShare > 0 && labelShare <= 1) { throw .labelShare(labelShare) }
        if searchCost != nil && estimator != .snis { throw .estimatorWithoutDecision(estimator.rawValue) }
    }

    /// The factor on the rate at a step from 1: a linear rise, flat until 60 %, linear to 5 % at the end.
    func rateFactor(_ step: Int) -> Float {
        let share = Float(step) / Float(steps)
        let fall = share <= 0.6 ? 1 : 1 - 0.95 * (share - 0.6) / 0.4
        return min(Float(step) / Float(max(rateWarmup, 1)), fall)
    }
}

/// A setting under which nothing would be learned.
public enum DialogueConfigurationError: Error, Equatable, CustomStringConvertible {
    case tooFewCandidates(estimator: String, count: Int)
    case temperature(Float)
    case labelShare(Double)
    case estimatorWithoutDecision(String)
    case tooLong(tokens: Int, positions: Int)

    /// Where, what was found, and what to do.
    public var description: String {
        switch self {
        case .tooFewCandidates(let estimator, let count):
            "candidateCount: \(count) under \(estimator) gives queries no gradient; take 2 or more."
        case .temperature(let value): "temperature: \(value) does not weigh queries; take one above 0."
        case .labelShare(let value): "labelShare: \(value) is no share of labels; take one in 0...1, above 0."
        case .estimatorWithoutDecision(let name): "searchCost: \(name) has no null document; take snis."
        case .tooLong(let tokens, let positions):
            "model.learnedPositionCount: \(positions) are too few for texts of \(tokens) tokens; take two more than these."
        }
    }
}

extension DialogueConfiguration {
    /// The specification's probe: the synthetic world within a minute of one core.
    public static let probe = DialogueConfiguration(
        model: EncoderDecoderConfiguration(
            vocabularySize: Vocabulary.marks.count, channels: 48, hiddenSize: 128, headCount: 4, encoderLayerCount: 2,
            decoderLayerCount: 1, learnedPositionCount: 64),
        steps: 1000, warmSteps: 500)
}
