// The encoder–decoder transformer (Vaswani et al. 2017) that maps a sequence of tokens, or of features, to tokens.

public import Learning
public import Tensors

/// The shape of an encoder–decoder; the fields are what papers call its hyperparameters.
public struct EncoderDecoderConfiguration: Sendable, Equatable, Codable {
    /// The tokens of source and target together.
    public var vocabularySize: Int
    /// d, the width of a token.
    public var channels: Int
    /// The width of the feed-forward networks.
    public var hiddenSize: Int
    /// The heads of every attention, a divisor of `channels`.
    public var headCount: Int
    /// The blocks of the encoder.
    public var encoderLayerCount: Int
    /// The blocks of the decoder.
    public var decoderLayerCount: Int
    /// Norms, activation and dropout of all blocks; the residual's dropout also acts on what enters the first block.
    public var style: TransformerStyle
    /// The position of a sequence's first token, in fairseq the padding index plus one; features bring their own.
    public var firstPosition: Int
    /// The rows of two tables of learned positions, one per side; `nil` for sines and cosines.
    public var learnedPositionCount: Int?
    /// Whether a layer norm stands between the embedding and the first block, one per side.
    public var normalisesEmbedding: Bool
    /// Whether the output projection is the embedding; otherwise it is a map of its own, without bias.
    public var tiesOutput: Bool

    /// A pre-norm model with ReLU, sinusoidal positions and a tied output by default.
    public init(
        vocabularySize: Int, channels: Int, hiddenSize: Int, headCount: Int, encoderLayerCount: Int,
        decoderLayerCount: Int, style: TransformerStyle = TransformerStyle(activation: .relu),
        firstPosition: Int = 2, learnedPositionCount: Int? = nil, normalisesEmbedding: Bool = false,
        tiesOutput: Bool = true
    ) {
        self.vocabularySize = vocabularySize
        self.channels = channels
        self.hiddenSize = hiddenSize
        self.headCount = headCount
        self.encoderLayerCount = encoderLayerCount
        self.decoderLayerCount = decoderLayerCount
        self.style = style
        self.firstPosition = firstPosition
        self.learnedPositionCount = learnedPositionCount
        self.normalisesEmbedding = normalisesEmbedding
        self.tiesOutput = tiesOutput
    }
}

/// A source as the decoder sees it.
public struct EncodedSource: Sendable {
    /// `[batch, key, channel]`.
    public let states: Tensor
    /// From `paddingMask`: `[batch, 1, 1, key]`, or `nil` if there is no padding.
    public let mask: Tensor?

    /// A source from its parts.
    public init(states: Tensor, mask: Tensor?) {
        self.states = states
        self.mask = mask
    }

    /// Sources one behind the other for one attention over all: fusion in the decoder (Izacard and Grave 2021).
    public static func joined(_ sources: [EncodedSource]) -> EncodedSource {
        let isPadded = sources.contains { $0.mask != nil }
        let masks = sources.map { $0.mask ?? .zeros([$0.states.shape[0], 1, 1, $0.states.shape[1]]) }
        return EncodedSource(
            states: .concatenated(sources.map(\.states), along: 1),
            mask: isPadded ? .concatenated(masks, along: -1) : nil)
    }
}

/// Embedding, encoder, decoder, output projection.
///
/// One token table serves source, target and, if tied, the output. Padding at the end of a source or a target changes no
/// real token's numbers.
public struct EncoderDecoder: Module {
    /// What the model was built from.
    public let configuration: EncoderDecoderConfiguration
    /// `[token, channel]`, read times √channels.
    public let embedding: Embedding
    /// `[position, channel]` where positions are learned.
    public let encoderPositions: Parameter?
    /// `[position, channel]` where positions are learned.
    public let decoderPositions: Parameter?
    /// Before the encoder.
    public let encoderEmbeddingNorm: LayerNorm?
    /// Before the decoder.
    public let decoderEmbeddingNorm: LayerNorm?
    /// The blocks over the source.
    public let encoder: TransformerEncoder
    /// After pre-norm blocks.
    public let encoderNorm: LayerNorm?
    /// The blocks over the target.
    public let decoder: TransformerDecoder
    /// After pre-norm blocks.
    public let decoderNorm: LayerNorm?
    /// `[token, channel]` where the output is not tied.
    public let output: Linear?

    /// A model with fresh parameters; tables are normal with deviation 1/√channels.
    public init(_ configuration: EncoderDecoderConfiguration, using generator: inout Philox) {
        let (channels, style) = (configuration.channels, configuration.style)
        let deviation = 1 / Float(channels).squareRoot()
        self.configuration = configuration
        embedding = Embedding(
            configuration.vocabularySize, channels, standardDeviation: deviation, using: &generator)
        let tables = configuration.learnedPositionCount.map { count in
            (0..<2).map { _ in
                Parameter(wrappedValue: .normal([count, channels], standardDeviation: deviation, using: &generator))
            }
        }
        (encoderPositions, decoderPositions) = (tables?[0], tables?[1])
        encoderEmbeddingNorm = configuration.normalisesEmbedding ? LayerNorm(channels) : nil
        decoderEmbeddingNorm = configuration.normalisesEmbedding ? LayerNorm(channels) : nil
        encoder = TransformerEncoder(
            channels, layerCount: configuration.encoderLayerCount, headCount: configuration.headCount,
            hiddenSize: configuration.hiddenSize, style: style, using: &generator)
        encoderNorm = style.norm == .before ? LayerNorm(channels) : nil
        decoder = TransformerDecoder(
            channels, layerCount: configuration.decoderLayerCount, headCount: configuration.headCount,
            hiddenSize: configuration.hiddenSize, style: style, using: &generator)
        decoderNorm = style.norm == .before ? LayerNorm(channels) : nil
        output =
            configuration.tiesOutput
            ? nil : Linear(channels, configuration.vocabularySize, usesBias: false, using: &generator)
    }

    /// Encodes tokens; `dropout` is `nil` in inference.
    public func encode(_ tokens: PaddedTokens, dropout: inout Philox?) -> EncodedSource {
        let embedded = embed(tokens.indices, positions(0..<tokens.indices.shape[1], encoderPositions))
        return encode(embedded, lengths: tokens.lengths, dropout: &dropout)
    }

    /// Encodes what a front end made of another input, for instance speech.
    ///
    /// - Parameters:
    ///   - embedded: `[batch, key, channel]`, scaled and with positions as the front end wants them; the embedding's norm
    ///     and dropout are applied here.
    ///   - lengths: The number of real vectors of each batch element.
    ///   - dropout: The generator in training, `nil` in inference.
    /// - Returns: States of the same shape, with the mask of their padding.
    public func encode(_ embedded: Tensor, lengths: [Int], dropout: inout Philox?) -> EncodedSource {
        let (batch, keys, _) = embedded.shape3
        shapeCheck(lengths.count == batch, "EncoderDecoder.encode", embedded.shape, [lengths.count])
        let mask = paddingMask(lengths: lengths, keyCount: keys)
        let states = encoder(entered(embedded, encoderEmbeddingNorm, dropout: &dropout), mask: mask, dropout: &dropout)
        return EncodedSource(states: encoderNorm.map { $0(states) } ?? states, mask: mask)
    }

    /// The scores of each target token given those up to and including `inputs` at its place: teacher forcing.
    ///
    /// - Parameters:
    ///   - inputs: `[row, token]`: the start token, then the target without its end. Padding stands at the end.
    ///   - source: With as many elements as rows, or with fewer, each of which serves an equal run of neighbouring rows.
    ///   - dropout: The generator in training, `nil` in inference.
    /// - Returns: Logits, `[row, token, vocabulary]`.
    public func callAsFunction(_ inputs: Indices, given source: EncodedSource, dropout: inout Philox?) -> Tensor {
        let embedded = embed(inputs, positions(0..<inputs.shape[1], decoderPositions))
        let x = entered(embedded, decoderEmbeddingNorm, dropout: &dropout)
        return logits(decoder(x, decoder.memories(of: source.states, mask: source.mask), dropout: &dropout))
    }

    /// The scores of what follows `tokens`, `[row, 1]`, at a position, `[1, channel]`, after those in `pasts`.
    func logits(
        after tokens: Indices, at position: Tensor, _ memories: [AttentionMemory], _ pasts: inout [TokenHistory]
    ) -> Tensor {
        var inference: Philox?
        let embedded = embed(tokens, position)
        return logits(decoder(entered(embedded, decoderEmbeddingNorm, dropout: &inference), memories, after: &pasts))
    }

    /// The positions of up to 32 target tokens from place `start` on, `[token, channel]`: all there are if fewer.
    func decoderPositions(from start: Int) -> Tensor {
        let count = configuration.learnedPositionCount.map { $0 - configuration.firstPosition - start } ?? 32
        return positions(start..<start + min(max(count, 1), 32), decoderPositions)
    }

    /// `[token, channel]`: rows of a table, or waves.
    private func positions(_ tokens: Range<Int>, _ table: Parameter?) -> Tensor {
        let first = configuration.firstPosition
        let places = first + tokens.lowerBound..<first + tokens.upperBound
        return table.map { $0.wrappedValue.sliced(along: 0, places) }
            ?? sinusoidalPositions(places, channels: configuration.channels)
    }

    /// `[batch, token]` to `[batch, token, channel]`.
    private func embed(_ tokens: Indices, _ positions: Tensor) -> Tensor {
        embedding(tokens) * Float(configuration.channels).squareRoot() + positions
    }

    private func entered(_ embedded: Tensor, _ norm: LayerNorm?, dropout: inout Philox?) -> Tensor {
        (norm.map { $0(embedded) } ?? embedded)
            .dropout(configuration.style.residualDropoutProbability, using: &dropout)
    }

    private func logits(_ states: Tensor) -> Tensor {
        let states = decoderNorm.map { $0(states) } ?? states
        return output.map { $0(states) } ?? states.linear(embedding.weight)
    }
}
