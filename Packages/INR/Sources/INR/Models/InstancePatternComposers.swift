// IPC: one low-rank weight matrix per instance composes patterns that all instances share.
// Source: Kim et al., "Generalizable Implicit Neural Representations via Instance Pattern Composers", CVPR 2023, section 3.

internal import Learning
public import Tensors

/// Only the second layer is modulated: its weight is V·U with V from the transformer and U shared.
public struct InstancePatternComposers: GeneralizableINR {
    let encoder: TokenEncoder
    let readOut: ReadOut
    /// U, `[token, out]`.
    @Parameter var patterns: Tensor
    /// The bias of the modulated layer, `[out]`.
    @Parameter var patternBias: Tensor
    /// All layers but the modulated one.
    let layers: [HyponetLayer]
    private let configuration: INRConfiguration

    /// The modulated layer.
    private static let modulated = 1

    /// A model with fresh parameters.
    public init(_ configuration: INRConfiguration, using generator: inout Philox) {
        self.configuration = configuration
        let sizes = configuration.hyponetSizes
        let (inputs, outputs) = sizes[Self.modulated]
        let rank = configuration.tokenCount
        encoder = TokenEncoder(configuration, tokenCount: rank, using: &generator)
        readOut = ReadOut(configuration.encoderWidth, inputs, using: &generator)
        _patterns = Parameter(
            wrappedValue: .normal(
                [rank, outputs], standardDeviation: 1 / Float(rank * inputs).squareRoot(), using: &generator))
        _patternBias = Parameter(wrappedValue: .zeros([outputs]))
        layers = sizes.indices.filter { $0 != Self.modulated }.map {
            HyponetLayer(sizes[$0].inputs, sizes[$0].outputs, using: &generator)
        }
    }

    /// Rank times the modulated layer's fan-in.
    public var latentCount: Int { configuration.tokenCount * configuration.hyponetSizes[Self.modulated].inputs }

    /// V, token by token.
    public func encode(_ images: Tensor) -> Tensor { readOut(encoder(images)).reshaped(to: [images.shape[0], -1]) }

    /// The network whose second layer is V·U; the columns of every layer are normalised.
    public func field(_ latents: Tensor) -> Field {
        let (inputs, _) = configuration.hyponetSizes[Self.modulated]
        let composed = patterns.transposed(0, 1)  // [out, token]
            .matmul(latents.reshaped(to: [-1, configuration.tokenCount, inputs]))  // [batch, out, in]
        var weights = layers.map(\.weight)
        var biases = layers.map(\.bias)
        weights.insert(composed, at: Self.modulated)
        biases.insert(patternBias, at: Self.modulated)
        return hyponet(configuration, weights: weights.map { $0.l2Normalised(along: -1) }, biases: biases)
    }
}
