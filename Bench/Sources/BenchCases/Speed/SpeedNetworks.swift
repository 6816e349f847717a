// Networks that only the speed suite has: layers of Learning in a row.

internal import Learning
internal import Tensors

/// W3: linear layers with an activation between them.
struct CoordinateNetwork: Layer {
    private let layers: [Linear]

    /// Five hidden layers of `width` between two coordinates and three values.
    init(width: Int, activation: Activation, using generator: inout Philox) {
        let sizes = [2] + Array(repeating: width, count: 5)
        layers =
            zip(sizes, sizes.dropFirst()).map { Linear($0, $1, activation: activation, using: &generator) }
            + [Linear(width, 3, using: &generator)]
    }

    /// `[point, 2]` to `[point, 3]`.
    func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }
}

/// A network that says which of two classes a picture shows.
protocol Classifier: Module {
    init(using generator: inout Philox)

    /// `[picture, 3, height, width]` to logits `[picture, 2]`.
    func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor
}

/// A 3 × 3 convolution with batch norm and ReLU.
private struct NormalisedConvolution: Module {
    let convolution: Convolution
    let norm: BatchNorm

    init(_ inputs: Int, _ outputs: Int, stride: Int, using generator: inout Philox) {
        convolution = Convolution(
            inputs, outputs, size: 3, sliding: Sliding(stride: stride, padding: .both(1)), usesBias: false,
            using: &generator)
        norm = BatchNorm(outputs)
    }

    func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        convolution(x, normalisedBy: norm, activation: .relu, isTraining: isTraining)
    }
}

/// W4: four convolutions, the mean over the picture, one decision.
struct PlainNetwork: Classifier {
    private let blocks: [NormalisedConvolution]
    private let decision: Linear

    init(using generator: inout Philox) {
        blocks = [(3, 64, 1), (64, 128, 2), (128, 128, 1), (128, 128, 2)].map {
            NormalisedConvolution($0.0, $0.1, stride: $0.2, using: &generator)
        }
        decision = Linear(128, 2, using: &generator)
    }

    func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        decision(blocks.reduce(x) { $1($0, isTraining: isTraining) }.mean(along: [2, 3]))
    }
}

/// W5: the same, but that everything after the first convolution is separable.
struct SeparableNetwork: Classifier {
    private let stem: NormalisedConvolution
    private let blocks: [DepthwiseSeparableConvolution]
    private let decision: Linear

    init(using generator: inout Philox) {
        stem = NormalisedConvolution(3, 64, stride: 1, using: &generator)
        blocks = [(64, 128, 2), (128, 128, 1), (128, 128, 2)].map {
            DepthwiseSeparableConvolution($0.0, $0.1, stride: $0.2, using: &generator)
        }
        decision = Linear(128, 2, using: &generator)
    }

    func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        let features = blocks.reduce(stem(x, isTraining: isTraining)) { $1($0, isTraining: isTraining) }
        return decision(features.mean(along: [2, 3]))
    }
}
