// The transformer encoder: self-attention and a feed-forward network, each with a residual and a layer norm.

public import Tensors

/// What all blocks of a transformer share: where norms stand, the activation, and what is dropped in training.
public struct TransformerStyle: Sendable, Equatable, Codable {
    /// Where a layer norm stands.
    public enum NormPlacement: String, Sendable, Codable {
        /// `x + f(norm(x))`: pre-norm.
        case before
        /// `norm(x + f(x))`: post-norm, as in Vaswani et al. 2017.
        case after
    }

    /// Where each part's norm stands.
    public var norm: NormPlacement
    /// The feed-forward network's activation.
    public var activation: Activation
    /// For what each part adds to its input.
    public var residualDropoutProbability: Float
    /// For the weights of attention.
    public var attentionDropoutProbability: Float
    /// For the feed-forward network's hidden values.
    public var activationDropoutProbability: Float

    /// A style; pre-norm with exact GELU and no dropout by default.
    public init(
        norm: NormPlacement = .before, activation: Activation = .gelu, residualDropoutProbability: Float = 0,
        attentionDropoutProbability: Float = 0, activationDropoutProbability: Float = 0
    ) {
        self.norm = norm
        self.activation = activation
        self.residualDropoutProbability = residualDropoutProbability
        self.attentionDropoutProbability = attentionDropoutProbability
        self.activationDropoutProbability = activationDropoutProbability
    }

    /// `x + dropout(part(x))` with the norm in its place.
    func residual(
        _ x: Tensor, _ norm: LayerNorm, dropout: inout Philox?, _ part: (Tensor, inout Philox?) -> Tensor
    ) -> Tensor {
        switch self.norm {
        case .before: x + part(norm(x), &dropout).dropout(residualDropoutProbability, using: &dropout)
        case .after: norm(x + part(x, &dropout).dropout(residualDropoutProbability, using: &dropout))
        }
    }
}

/// One block of an encoder: attention among the tokens, then a feed-forward network.
public struct TransformerBlock: Layer {
    /// Before or after attention.
    public let attentionNorm: LayerNorm
    /// Token mixing.
    public let attention: SelfAttention
    /// Before or after the feed-forward network.
    public let feedForwardNorm: LayerNorm
    /// Into the hidden size, with the activation.
    public let expand: Linear
    /// Back to the channels.
    public let contract: Linear
    private let style: TransformerStyle

    /// A block over `channels` with a hidden layer of `hiddenSize`.
    public init(
        _ channels: Int, headCount: Int, hiddenSize: Int, isCausal: Bool = false,
        style: TransformerStyle = TransformerStyle(), using generator: inout Philox
    ) {
        attentionNorm = LayerNorm(channels)
        attention = SelfAttention(
            channels, headCount: headCount, isCausal: isCausal, dropoutProbability: style.attentionDropoutProbability,
            using: &generator)
        feedForwardNorm = LayerNorm(channels)
        expand = Linear(channels, hiddenSize, activation: style.activation, using: &generator)
        contract = Linear(hiddenSize, channels, using: &generator)
        self.style = style
    }

    /// `[batch, token, channel]` to the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        var inference: Philox?
        return self(x, mask: nil, dropout: &inference)
    }

    /// `[batch, token, channel]` to the same shape; `mask` is from `paddingMask`, `dropout` is `nil` in inference.
    public func callAsFunction(_ x: Tensor, mask: Tensor?, dropout: inout Philox?) -> Tensor {
        let mixed = style.residual(x, attentionNorm, dropout: &dropout) { attention($0, mask: mask, dropout: &$1) }
        return style.residual(mixed, feedForwardNorm, dropout: &dropout) {
            contract(expand($0).dropout(style.activationDropoutProbability, using: &$1))
        }
    }
}

/// A stack of encoder blocks without a final norm.
public struct TransformerEncoder: Layer {
    /// The blocks in order.
    public let blocks: [TransformerBlock]

    /// `layerCount` equal blocks.
    public init(
        _ channels: Int, layerCount: Int, headCount: Int, hiddenSize: Int, isCausal: Bool = false,
        style: TransformerStyle = TransformerStyle(), using generator: inout Philox
    ) {
        blocks = (0..<layerCount).map { _ in
            TransformerBlock(
                channels, headCount: headCount, hiddenSize: hiddenSize, isCausal: isCausal, style: style,
                using: &generator)
        }
    }

    /// `[batch, token, channel]` to the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor { blocks.reduce(x) { $1($0) } }

    /// `[batch, token, channel]` to the same shape; `mask` is from `paddingMask`, `dropout` is `nil` in inference.
    public func callAsFunction(_ x: Tensor, mask: Tensor?, dropout: inout Philox?) -> Tensor {
        blocks.reduce(x) { $1($0, mask: mask, dropout: &dropout) }
    }
}
