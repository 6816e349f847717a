// Pairs of texts as a batch that a model reads, and what a text translator makes of it.

internal import Sequences
internal import Tensors

/// Pairs as a model reads them.
struct PairBatch {
    let sources: PaddedTokens
    /// The start token, then the target without its end: `[row, token]`.
    let inputs: Indices
    /// The target with its end: `[row, token]`.
    let labels: Indices

    init(_ pairs: [NumberPair]) {
        sources = PaddedTokens(pairs.map(\.source), padding: NumberVocabulary.padding)
        inputs =
            PaddedTokens(
                pairs.map { [NumberVocabulary.start] + $0.target.dropLast() }, padding: NumberVocabulary.padding
            ).indices
        labels = PaddedTokens(pairs.map(\.target), padding: ignoredLabel).indices
    }

    /// What an objective says of text to text, per real token.
    func textLoss(
        _ model: EncoderDecoder, _ objective: TransferObjective, teacher: Tensor? = nil, dropout: inout Philox?
    ) -> TransferLoss {
        let logits = textLogits(model, passes: objective.passCount, dropout: &dropout)
        return transferLoss(logits, labels: labels, teacher: teacher, objective)
    }

    /// A text translator's logits in `count` passes one after the other.
    func textLogits(_ model: EncoderDecoder, passes count: Int = 1, dropout: inout Philox?) -> Tensor {
        let passes = (0..<count).map { _ in
            model(inputs, given: model.encode(sources, dropout: &dropout), dropout: &dropout)
        }
        return .concatenated(passes, along: 0)
    }
}

extension Indices {
    /// The whole `count` times along the first axis.
    func repeated(_ count: Int) -> Indices {
        Indices(
            Array(repeatElement(scalars, count: count).joined()), shape: [count * shape[0]] + shape.dropFirst())
    }
}
