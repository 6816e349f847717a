// What a search needs of a model, and the encoder–decoder as such a model.

internal import Learning
public import Tensors

/// Something that continues many rows of tokens at once, one token at a time.
public protocol NextTokenModel {
    /// Adds a token to each row and says how likely each next token is.
    ///
    /// Rows about the same source are neighbours, and every source has the same number of them.
    ///
    /// - Parameters:
    ///   - tokens: What each new row adds.
    ///   - parents: The row of the last call that each new row continues; in the first call, its source. A source none of
    ///     whose rows is continued is done with.
    /// - Returns: Log-probabilities, `[row, vocabulary]`.
    mutating func logProbabilities(appending tokens: [Int32], to parents: [Int]) -> Tensor
}

/// An encoder–decoder that remembers the keys and values of the tokens so far, so that a step costs one token.
///
/// Inference only: what it returns is a constant for differentiation.
public struct CachedDecoder: NextTokenModel {
    private let model: EncoderDecoder
    private var memories: [AttentionMemory]  // per block, of the sources still in work
    private var pasts: [TokenHistory]  // per block, of the rows
    private var sourceCount: Int
    private var rowCount: Int
    private var tokenCount = 0
    private var positions: Tensor  // [token, channel], of the tokens from `firstPosition` on
    private var firstPosition = 0

    /// A decoder before its first token.
    public init(_ model: EncoderDecoder, given source: EncodedSource) {
        self.model = model
        memories = model.decoder.memories(of: source.states, mask: source.mask)
        let (sourceCount, _, channels) = source.states.shape3
        pasts = memories.map { _ in TokenHistory(rowCount: sourceCount, channels: channels) }
        positions = model.decoderPositions(from: 0)
        self.sourceCount = sourceCount
        rowCount = sourceCount
    }

    /// Log-probabilities `[row, vocabulary]` after one more token per row.
    public mutating func logProbabilities(appending tokens: [Int32], to parents: [Int]) -> Tensor {
        shapeCheck(tokens.count == parents.count, "CachedDecoder", [tokens.count], [parents.count])
        select(parents)
        if tokenCount == firstPosition + positions.shape[0] {
            (positions, firstPosition) = (model.decoderPositions(from: tokenCount), tokenCount)
        }
        let place = tokenCount - firstPosition
        let logits = model.logits(
            after: Indices(tokens, shape: [rowCount, 1]), at: positions.sliced(along: 0, place..<place + 1), memories,
            &pasts)
        tokenCount += 1
        return logits.reshaped(to: [rowCount, -1]).logSoftmax()
    }

    /// Reorders the rows, and drops the sources that none of them is about.
    private mutating func select(_ parents: [Int]) {
        let sources = parents.map { Int32($0 * sourceCount / rowCount) }
        var kept: [Int32] = []
        for source in sources where kept.last != source { kept.append(source) }
        let width = sources.count / max(kept.count, 1)
        shapeCheck(
            !sources.isEmpty && sources == kept.flatMap { [Int32](repeating: $0, count: width) },
            "CachedDecoder (every source needs the same number of neighbouring rows)", [sourceCount, rowCount], parents)
        if kept != Array(0..<Int32(sourceCount)) { memories = memories.map { $0.gathered(at: Indices(kept)) } }
        for block in pasts.indices { pasts[block].select(parents) }
        (sourceCount, rowCount) = (kept.count, parents.count)
    }
}
