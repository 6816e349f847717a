// Token sequences of unequal lengths as one batch.

public import Tensors

/// Sequences side by side, filled up at their ends.
public struct PaddedTokens: Sendable, Equatable {
    /// `[batch, token]`.
    public let indices: Indices
    /// The number of real tokens of each sequence.
    public let lengths: [Int]

    /// A batch as long as its longest sequence.
    ///
    /// - Parameters:
    ///   - sequences: At least one.
    ///   - padding: What fills the shorter ones: a token of the vocabulary for inputs, −100 for the labels of `crossEntropy`.
    public init(_ sequences: [[Int32]], padding: Int32) {
        lengths = sequences.map(\.count)
        let longest = lengths.max() ?? 0
        indices = Indices(
            sequences.flatMap { $0 + [Int32](repeating: padding, count: longest - $0.count) },
            shape: [sequences.count, longest])
    }
}
