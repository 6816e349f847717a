// LA-GINR: each coordinate selects the latent tokens it needs and uses them in several frequency bands.
// Source: Lee et al., "Locality-Aware Generalizable Implicit Neural Representation", NeurIPS 2023, section 3.

internal import Learning
public import Tensors

/// Selective token aggregation and multi-band feature modulation.
public struct LocalityAwareINR: GeneralizableINR {
    let encoder: TokenEncoder
    let readOut: ReadOut
    let aggregation: SelectiveTokenAggregation
    let modulation: MultiBandModulation
    private let configuration: INRConfiguration

    /// A model with fresh parameters.
    public init(_ configuration: INRConfiguration, using generator: inout Philox) {
        self.configuration = configuration
        encoder = TokenEncoder(configuration, tokenCount: configuration.tokenCount, using: &generator)
        readOut = ReadOut(configuration.encoderWidth, configuration.latentWidth, using: &generator)
        aggregation = SelectiveTokenAggregation(configuration, using: &generator)
        modulation = MultiBandModulation(configuration, using: &generator)
    }

    /// Tokens times their width.
    public var latentCount: Int { configuration.tokenCount * configuration.latentWidth }

    /// Z, token by token.
    public func encode(_ images: Tensor) -> Tensor { readOut(encoder(images)).reshaped(to: [images.shape[0], -1]) }

    /// The decoder with keys and values of its tokens at hand.
    public func field(_ latents: Tensor) -> Field {
        let tokens = latents.reshaped(to: [-1, configuration.tokenCount, configuration.latentWidth])
        let aggregate = aggregation.prepared(for: tokens)
        return { coordinates in modulation(coordinates, aggregate(coordinates)) }
    }
}

/// Cross-attention from a coordinate to the latent tokens.
struct SelectiveTokenAggregation: Module {
    let frequency: Linear
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    private let configuration: INRConfiguration

    init(_ configuration: INRConfiguration, using generator: inout Philox) {
        self.configuration = configuration
        let width = configuration.hiddenWidth
        let inner = configuration.attentionHeadCount * configuration.attentionHeadWidth
        frequency = Linear(configuration.featureCount, width, activation: .relu, using: &generator)
        query = Linear(width, inner, usesBias: false, using: &generator)
        key = Linear(configuration.latentWidth, inner, usesBias: false, using: &generator)
        value = Linear(configuration.latentWidth, inner, usesBias: false, using: &generator)
        output = Linear(inner, width, using: &generator)
        // Default scores are nearly uniform, so every coordinate would read the same mixture for thousands of steps.
        query.weight = query.weight * configuration.attentionGain
        key.weight = key.weight * configuration.attentionGain
    }

    /// Coordinates `[point, 2]` to m(v), `[batch, point, width]`, for tokens `[batch, token, latentWidth]`.
    func prepared(for tokens: Tensor) -> (Tensor) -> Tensor {
        let (keys, values) = (split(key(tokens)), split(value(tokens)))  // [batch, head, token, dim]
        return { coordinates in
            let features = fourierFeatures(
                coordinates, bandwidth: configuration.queryBandwidth, frequencyCount: configuration.frequencyCount)
            let queries = split(query(frequency(features)).unsqueezed(at: 0))  // [1, head, point, dim]
            let mixed = attention(query: queries, key: keys, value: values)  // [batch, head, point, dim]
            let points = coordinates.shape[0]
            return output(mixed.transposed(1, 2).reshaped(to: [tokens.shape[0], points, -1]))
        }
    }

    /// `[batch, token, head · dim]` to `[batch, head, token, dim]`.
    private func split(_ x: Tensor) -> Tensor {
        let (batch, tokens, _) = x.shape3
        return x.reshaped(to: [batch, tokens, configuration.attentionHeadCount, configuration.attentionHeadWidth])
            .transposed(1, 2)
    }
}

/// Fourier features of several bandwidths, shifted by the aggregated token and composed band by band.
struct MultiBandModulation: Module {
    /// F_l: features of band l to the width.
    let features: [Linear]
    /// M_l: the shift of band l.
    let shifts: [Linear]
    /// H_l for l ≥ 2: composition with the band before.
    let compositions: [Linear]
    /// O_l: the values of band l.
    let outputs: [Linear]
    private let configuration: INRConfiguration

    init(_ configuration: INRConfiguration, using generator: inout Philox) {
        self.configuration = configuration
        let width = configuration.hiddenWidth
        features = configuration.bands.map { _ in
            Linear(configuration.featureCount, width, activation: .relu, using: &generator)
        }
        shifts = configuration.bands.map { _ in Linear(width, width, using: &generator) }
        compositions = configuration.bands.dropFirst().map { _ in
            Linear(width, width, activation: .relu, using: &generator)
        }
        outputs = configuration.bands.map { _ in Linear(width, 3, using: &generator) }
    }

    /// f_l = ReLU(F_l γ_l), g_l = ReLU(f_l + M_l m), h_1 = g_1, h_l = ReLU(H_l (g_l + h_{l−1})), y = Σ O_l h_l + 0.5.
    func callAsFunction(_ coordinates: Tensor, _ aggregated: Tensor) -> Tensor {
        var h = Tensor(0)
        var y = Tensor(0.5)
        for (level, bandwidth) in configuration.bands.enumerated() {
            let band = fourierFeatures(
                coordinates, bandwidth: bandwidth, frequencyCount: configuration.frequencyCount)  // [point, feature]
            let g = (features[level](band) + shifts[level](aggregated)).relu()  // [batch, point, width]
            h = level == 0 ? g : compositions[level - 1](g + h)
            y = y + outputs[level](h)  // [batch, point, 3]
        }
        return y
    }
}
