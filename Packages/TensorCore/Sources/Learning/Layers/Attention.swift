// Multi-head attention with learned maps: of tokens to each other, and of tokens to those of another sequence.

public import Tensors

/// What queries attend to: keys and values per head, and which keys are padding.
public struct AttentionMemory: Sendable {
    /// `[batch, head, key, dim]`.
    public let keys: Tensor
    /// `[batch, head, key, dim]`.
    public let values: Tensor
    /// Added to the scores, `[batch, 1, 1, key]`; `nil` if every key may be attended to.
    public let mask: Tensor?

    var isConstant: Bool { keys.isConstant && values.isConstant && mask?.isConstant ?? true }

    /// The rows at `indices` of the first axis, in that order.
    public func gathered(at indices: Indices) -> AttentionMemory {
        AttentionMemory(
            keys: keys.gathered(at: indices), values: values.gathered(at: indices), mask: mask?.gathered(at: indices))
    }
}

/// What keeps queries from attending to padding at the end of keys: 0 for each real key, −∞ for the rest.
///
/// - Parameters:
///   - lengths: The number of real keys of each batch element, each in `0...keyCount`.
///   - keyCount: The extent of the key axis.
/// - Returns: `[batch, 1, 1, key]`, or `nil` if there is no padding.
public func paddingMask(lengths: [Int], keyCount: Int) -> Tensor? {
    shapeCheck(lengths.allSatisfy { 0...keyCount ~= $0 }, "paddingMask", lengths, [keyCount])
    if lengths.allSatisfy({ $0 == keyCount }) { return nil }
    return Tensor(
        lengths.flatMap { length in (0..<keyCount).map { $0 < length ? 0 : -Float.infinity } },
        shape: [lengths.count, 1, 1, keyCount])
}

/// Multi-head self-attention with one linear map for queries, keys and values.
public struct SelfAttention: Layer {
    /// Queries, keys and values side by side: `[3 · channel, channel]`.
    public let packed: Linear
    /// The output projection.
    public let output: Linear
    private let headCount: Int
    private let isCausal: Bool
    private let dropoutProbability: Float

    /// Attention over tokens of `channels`, which `headCount` divides; `dropoutProbability` is for the weights.
    public init(
        _ channels: Int, headCount: Int, isCausal: Bool = false, dropoutProbability: Float = 0,
        using generator: inout Philox
    ) {
        shapeCheck(channels % headCount == 0, "SelfAttention (heads must divide channels)", [channels], [headCount])
        packed = Linear(channels, 3 * channels, using: &generator)
        output = Linear(channels, channels, using: &generator)
        self.headCount = headCount
        self.isCausal = isCausal
        self.dropoutProbability = dropoutProbability
    }

    /// `[batch, token, channel]` to the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        var inference: Philox?
        return self(x, mask: nil, dropout: &inference)
    }

    /// Attention among tokens.
    ///
    /// - Parameters:
    ///   - x: `[batch, token, channel]`.
    ///   - mask: From `paddingMask`. A causal layer needs none: its real tokens never see padding at the end.
    ///   - dropout: The generator in training, `nil` in inference.
    /// - Returns: The same shape.
    public func callAsFunction(_ x: Tensor, mask: Tensor?, dropout: inout Philox?) -> Tensor {
        shapeCheck(mask == nil || !isCausal, "SelfAttention (a causal layer takes no mask)", x.shape)
        let mask: AttentionMask = isCausal ? .causal : mask.map { .additive($0) } ?? .none
        let mixed = selfAttention(
            packed: heads(of: x), mask: mask, dropoutProbability: dropoutProbability, using: &dropout)
        return output(mixed.reshaped(to: x.shape))
    }

    /// Tokens that follow those in `past`, which then holds them too: `[batch, token, channel]` to the same shape.
    ///
    /// Causal, whatever the layer is otherwise; inference only: the result is a constant for differentiation.
    public func callAsFunction(_ x: Tensor, after past: inout TokenHistory) -> Tensor {
        let packed = packed(x)  // [batch, token, 3 · channel]
        let channels = x.shape[2]
        past.append(packed.sliced(along: 2, channels..<3 * channels))
        return output(past.attention(query: packed.sliced(along: 2, 0..<channels), headCount: headCount))
    }

    private func heads(of x: Tensor) -> Tensor {
        let (batch, tokens, channels) = x.shape3
        return packed(x).reshaped(to: [batch, tokens, 3, headCount, channels / headCount])
    }
}

/// Multi-head attention of one sequence's tokens to another's.
public struct CrossAttention: Module {
    /// Queries, from the attending tokens.
    public let query: Linear
    /// Keys and values side by side, from the tokens attended to: `[2 · channel, channel]`.
    public let packed: Linear
    /// The output projection.
    public let output: Linear
    private let headCount: Int
    private let dropoutProbability: Float

    /// Attention between tokens of `channels`, which `headCount` divides; `dropoutProbability` is for the weights.
    public init(_ channels: Int, headCount: Int, dropoutProbability: Float = 0, using generator: inout Philox) {
        shapeCheck(channels % headCount == 0, "CrossAttention (heads must divide channels)", [channels], [headCount])
        query = Linear(channels, channels, using: &generator)
        packed = Linear(channels, 2 * channels, using: &generator)
        output = Linear(channels, channels, using: &generator)
        self.headCount = headCount
        self.dropoutProbability = dropoutProbability
    }

    /// The keys and values of tokens `[batch, key, channel]`, for any number of calls; `mask` is from `paddingMask`.
    public func memory(of states: Tensor, mask: Tensor?) -> AttentionMemory {
        let (batch, keys, channels) = states.shape3
        let heads = packed(states).reshaped(to: [batch, keys, 2, headCount, channels / headCount])
        return AttentionMemory(keys: heads.part(0), values: heads.part(1), mask: mask)
    }

    /// Attention of tokens to a memory.
    ///
    /// - Parameters:
    ///   - x: `[row, token, channel]`. Where rows outnumber the memory's batch, equal runs of neighbours share an element:
    ///     all hypotheses about one source read its keys without a copy.
    ///   - memory: What they attend to.
    ///   - dropout: The generator in training, `nil` in inference.
    /// - Returns: The shape of `x`.
    public func callAsFunction(_ x: Tensor, _ memory: AttentionMemory, dropout: inout Philox?) -> Tensor {
        let (rows, tokens, channels) = x.shape3
        let batch = memory.keys.shape[0]
        shapeCheck(batch > 0 && rows % batch == 0, "CrossAttention", x.shape, memory.keys.shape)
        if tokens <= 4 && dropout == nil && memory.isConstant {
            let query = query(x)  // [row, token, channel]
            if query.isConstant {
                return output(attention(ofFew: query, key: memory.keys, value: memory.values, mask: memory.mask))
            }
        }
        let queries = query(x).reshaped(to: [batch, rows / batch * tokens, headCount, channels / headCount])
            .transposed(1, 2)  // [batch, head, query, dim]
        let mixed = attention(
            query: queries, key: memory.keys, value: memory.values, mask: memory.mask.map { .additive($0) } ?? .none,
            dropoutProbability: dropoutProbability, using: &dropout)
        return output(mixed.tokens.reshaped(to: x.shape))
    }
}

extension Tensor {
    /// Part `index` of `[batch, token, part, head, dim]` as `[batch, head, token, dim]`.
    fileprivate func part(_ index: Int) -> Tensor { selected(index, along: 2).transposed(1, 2) }

    /// `[batch, head, token, dim]` as `[batch, token, channel]`.
    fileprivate var tokens: Tensor {
        let (batch, heads, tokens, dim) = shape4
        return transposed(1, 2).reshaped(to: [batch, tokens, heads * dim])
    }
}
