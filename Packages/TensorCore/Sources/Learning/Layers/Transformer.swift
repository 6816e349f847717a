// The pre-norm transformer encoder: self-attention and a feed-forward network, each behind a layer norm and a residual.

public import Tensors

/// Multi-head self-attention with one linear map for queries, keys and values.
public struct SelfAttention: Layer {
    /// Queries, keys and values side by side: `[3 · channel, channel]`.
    public let packed: Linear
    /// The output projection.
    public let output: Linear
    private let headCount: Int
    private let isCausal: Bool

    /// Attention over tokens of `channels`, which `headCount` divides.
    public init(_ channels: Int, headCount: Int, isCausal: Bool = false, using generator: inout Philox) {
        shapeCheck(channels % headCount == 0, "SelfAttention (heads must divide channels)", [channels], [headCount])
        packed = Linear(channels, 3 * channels, using: &generator)
        output = Linear(channels, channels, using: &generator)
        self.headCount = headCount
        self.isCausal = isCausal
    }

    /// `[batch, token, channel]` to the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let (batch, tokens, channels) = x.shape3
        let heads = packed(x).reshaped(to: [batch, tokens, 3, headCount, channels / headCount])
        let mixed = selfAttention(packed: heads, isCausal: isCausal)  // [batch, token, head, dim]
        return output(mixed.reshaped(to: x.shape))
    }
}

/// One pre-norm block: `x + attention(norm(x))`, then `x + mlp(norm(x))` with GELU.
public struct TransformerBlock: Layer {
    /// Before attention.
    public let attentionNorm: LayerNorm
    /// Token mixing.
    public let attention: SelfAttention
    /// Before the feed-forward network.
    public let feedForwardNorm: LayerNorm
    /// Into the hidden size, with exact GELU.
    public let expand: Linear
    /// Back to the channels.
    public let contract: Linear

    /// A block over `channels` with a hidden layer of `hiddenSize`.
    public init(
        _ channels: Int, headCount: Int, hiddenSize: Int, isCausal: Bool = false, using generator: inout Philox
    ) {
        attentionNorm = LayerNorm(channels)
        attention = SelfAttention(channels, headCount: headCount, isCausal: isCausal, using: &generator)
        feedForwardNorm = LayerNorm(channels)
        expand = Linear(channels, hiddenSize, activation: .gelu, using: &generator)
        contract = Linear(hiddenSize, channels, using: &generator)
    }

    /// `[batch, token, channel]` to the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let mixed = x + attention(attentionNorm(x))
        return mixed + contract(expand(feedForwardNorm(mixed)))
    }
}

/// A stack of pre-norm blocks without a final norm.
public struct TransformerEncoder: Layer {
    /// The blocks in order.
    public let blocks: [TransformerBlock]

    /// `layerCount` equal blocks.
    public init(
        _ channels: Int, layerCount: Int, headCount: Int, hiddenSize: Int, isCausal: Bool = false,
        using generator: inout Philox
    ) {
        blocks = (0..<layerCount).map { _ in
            TransformerBlock(
                channels, headCount: headCount, hiddenSize: hiddenSize, isCausal: isCausal, using: &generator)
        }
    }

    /// `[batch, token, channel]` to the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor { blocks.reduce(x) { $1($0) } }
}
