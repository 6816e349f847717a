// The transformer decoder: blocks that attend to the tokens before, then to another sequence.

public import Tensors

/// One block of a decoder: causal self-attention, attention to a source, then a feed-forward network.
public struct DecoderBlock: Module {
    /// Before or after self-attention.
    public let attentionNorm: LayerNorm
    /// To the token itself and those before it.
    public let attention: SelfAttention
    /// Before or after attention to the source.
    public let crossAttentionNorm: LayerNorm
    /// To the source.
    public let crossAttention: CrossAttention
    /// Before or after the feed-forward network.
    public let feedForwardNorm: LayerNorm
    /// Into the hidden size, with the activation.
    public let expand: Linear
    /// Back to the channels.
    public let contract: Linear
    private let style: TransformerStyle

    /// A block over `channels` with a hidden layer of `hiddenSize`.
    public init(
        _ channels: Int, headCount: Int, hiddenSize: Int, style: TransformerStyle = TransformerStyle(),
        using generator: inout Philox
    ) {
        attentionNorm = LayerNorm(channels)
        attention = SelfAttention(
            channels, headCount: headCount, isCausal: true, dropoutProbability: style.attentionDropoutProbability,
            using: &generator)
        crossAttentionNorm = LayerNorm(channels)
        crossAttention = CrossAttention(
            channels, headCount: headCount, dropoutProbability: style.attentionDropoutProbability, using: &generator)
        feedForwardNorm = LayerNorm(channels)
        expand = Linear(channels, hiddenSize, activation: style.activation, using: &generator)
        contract = Linear(hiddenSize, channels, using: &generator)
        self.style = style
    }

    /// `[row, token, channel]` to the same shape; `memory` is this block's of the source, `dropout` `nil` in inference.
    public func callAsFunction(_ x: Tensor, _ memory: AttentionMemory, dropout: inout Philox?) -> Tensor {
        run(x, memory, dropout: &dropout) { attention($0, mask: nil, dropout: &$1) }
    }

    /// Tokens that follow those in `past`, which then holds them too: `[row, token, channel]` to the same shape.
    public func callAsFunction(_ x: Tensor, _ memory: AttentionMemory, after past: inout TokenHistory) -> Tensor {
        var inference: Philox?
        return run(x, memory, dropout: &inference) { x, _ in attention(x, after: &past) }
    }

    private func run(
        _ x: Tensor, _ memory: AttentionMemory, dropout: inout Philox?,
        selfAttention: (Tensor, inout Philox?) -> Tensor
    ) -> Tensor {
        let mixed = style.residual(x, attentionNorm, dropout: &dropout, selfAttention)
        let informed = style.residual(mixed, crossAttentionNorm, dropout: &dropout) {
            crossAttention($0, memory, dropout: &$1)
        }
        return style.residual(informed, feedForwardNorm, dropout: &dropout) {
            contract(expand($0).dropout(style.activationDropoutProbability, using: &$1))
        }
    }
}

/// A stack of decoder blocks without a final norm.
public struct TransformerDecoder: Module {
    /// The blocks in order.
    public let blocks: [DecoderBlock]

    /// `layerCount` equal blocks.
    public init(
        _ channels: Int, layerCount: Int, headCount: Int, hiddenSize: Int,
        style: TransformerStyle = TransformerStyle(), using generator: inout Philox
    ) {
        blocks = (0..<layerCount).map { _ in
            DecoderBlock(channels, headCount: headCount, hiddenSize: hiddenSize, style: style, using: &generator)
        }
    }

    /// What each block attends to in a source `[batch, key, channel]`; `mask` is from `paddingMask`.
    public func memories(of states: Tensor, mask: Tensor?) -> [AttentionMemory] {
        blocks.map { $0.crossAttention.memory(of: states, mask: mask) }
    }

    /// `[row, token, channel]` to the same shape; `memories` has one per block, `dropout` is `nil` in inference.
    public func callAsFunction(_ x: Tensor, _ memories: [AttentionMemory], dropout: inout Philox?) -> Tensor {
        zip(blocks, memories).reduce(x) { x, layer in layer.0(x, layer.1, dropout: &dropout) }
    }

    /// Tokens that follow those in `pasts`, one per block, which then hold them too.
    public func callAsFunction(
        _ x: Tensor, _ memories: [AttentionMemory], after pasts: inout [TokenHistory]
    ) -> Tensor {
        blocks.indices.reduce(x) { x, index in blocks[index](x, memories[index], after: &pasts[index]) }
    }
}
