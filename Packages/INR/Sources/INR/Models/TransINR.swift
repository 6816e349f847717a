// TransINR: every layer of the coordinate network gets its own weights from the transformer.
// Source: Chen and Wang, "Transformers as Meta-Learners for Implicit Neural Representations", ECCV 2022, section 3.

internal import Learning
public import Tensors

/// Generated weights: each layer's columns are the shared base times a generated group of columns, normalised.
public struct TransINR: GeneralizableINR {
    let encoder: TokenEncoder
    let readOuts: [ReadOut]
    let layers: [HyponetLayer]
    private let configuration: INRConfiguration

    /// A model with fresh parameters.
    public init(_ configuration: INRConfiguration, using generator: inout Philox) {
        self.configuration = configuration
        let sizes = configuration.hyponetSizes
        let tokenCount = sizes.reduce(0) { $0 + Self.groupCount($1.outputs, configuration) }
        encoder = TokenEncoder(configuration, tokenCount: tokenCount, using: &generator)
        readOuts = sizes.map { ReadOut(configuration.encoderWidth, $0.inputs, using: &generator) }
        layers = sizes.map { HyponetLayer($0.inputs, $0.outputs, using: &generator) }
    }

    private static func groupCount(_ outputs: Int, _ configuration: INRConfiguration) -> Int {
        min(configuration.groupCount, outputs)
    }

    private var groupCounts: [Int] { configuration.hyponetSizes.map { Self.groupCount($0.outputs, configuration) } }

    /// Groups times fan-in, over all layers.
    public var latentCount: Int { zip(groupCounts, configuration.hyponetSizes).reduce(0) { $0 + $1.0 * $1.1.inputs } }

    /// The generated column groups of all layers, side by side.
    public func encode(_ images: Tensor) -> Tensor {
        let tokens = encoder(images).split(along: 1, groupCounts)  // each [batch, group, channel]
        let groups = zip(readOuts, tokens).map { $0($1).reshaped(to: [images.shape[0], -1]) }
        return .concatenated(groups, along: 1)  // [batch, latent]
    }

    /// The network whose column c is the base column times group c mod g, divided by its norm.
    public func field(_ latents: Tensor) -> Field {
        let sizes = configuration.hyponetSizes
        let parts = latents.split(along: 1, zip(groupCounts, sizes).map { $0 * $1.inputs })
        let weights = layers.indices.map { index in
            let (inputs, outputs) = sizes[index]
            let groups = groupCounts[index]
            let modulation = parts[index].reshaped(to: [-1, 1, groups, inputs])
            let base = layers[index].weight.reshaped(to: [outputs / groups, groups, inputs])
            return (base * modulation)  // [batch, outputs/groups, group, in]
                .reshaped(to: [-1, outputs, inputs]).l2Normalised(along: -1)  // [batch, out, in]
        }
        return hyponet(configuration, weights: weights, biases: layers.map(\.bias))
    }
}

/// A ReLU network over Fourier features with weights `[out, in]` or `[batch, out, in]`; 0.5 is added to its output.
func hyponet(_ configuration: INRConfiguration, weights: [Tensor], biases: [Tensor]) -> Field {
    { coordinates in
        let (bandwidth, frequencyCount) = (configuration.bandwidth, configuration.frequencyCount)
        var h = fourierFeatures(coordinates, bandwidth: bandwidth, frequencyCount: frequencyCount)  // [point, in]
        for (index, (weight, bias)) in zip(weights, biases).enumerated() {
            let isLast = index == weights.count - 1
            h = h.linear(weight, bias: bias, activation: isLast ? .identity : .relu)  // [batch, point, out]
        }
        return h + 0.5
    }
}
