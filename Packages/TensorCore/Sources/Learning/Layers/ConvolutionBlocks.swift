// Small networks of convolutions that larger ones are made of.

public import Tensors

/// Channels weighed by what the whole picture shows: u·σ(norm(W₂·relu(norm(W₁·mean u)))).
///
/// Hu et al. 2018, with batch norms and without biases as the published MiniFASNet has it.
public struct SqueezeExcitation: Module {
    /// W₁, to channels/`reduction`.
    public let fc1: Convolution
    /// After W₁.
    public let bn1: BatchNorm
    /// W₂, back to the channels.
    public let fc2: Convolution
    /// After W₂.
    public let bn2: BatchNorm

    /// A block over `channels`, which `reduction` divides.
    public init(_ channels: Int, reduction: Int = 4, using generator: inout Philox) {
        shapeCheck(channels % reduction == 0, "SqueezeExcitation", [channels], [reduction])
        let inner = channels / reduction
        fc1 = Convolution(channels, inner, size: 1, usesBias: false, using: &generator)
        bn1 = BatchNorm(inner)
        fc2 = Convolution(inner, channels, size: 1, usesBias: false, using: &generator)
        bn2 = BatchNorm(channels)
    }

    /// `[batch, channel, height, width]` to the same shape.
    public func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        let means = x.mean(along: [2, 3], keepsAxes: true)  // [batch, channel, 1, 1]
        let inner = fc1(means, normalisedBy: bn1, activation: .relu, isTraining: isTraining)
        return x * fc2(inner, normalisedBy: bn2, isTraining: isTraining).sigmoid()
    }
}

/// A convolution per channel and one across channels, each with batch norm and ReLU.
///
/// Howard et al. 2017.
public struct DepthwiseSeparableConvolution: Module {
    /// `[in, 1, size, size]`.
    public let depthwise: Convolution
    /// After the convolution per channel.
    public let depthwiseNorm: BatchNorm
    /// `[out, in, 1, 1]`.
    public let pointwise: Convolution
    /// After the convolution across channels.
    public let pointwiseNorm: BatchNorm

    /// A block from `inputs` to `outputs` channels; `stride` divides height and width, rounded up.
    public init(_ inputs: Int, _ outputs: Int, size: Int = 3, stride: Int = 1, using generator: inout Philox) {
        depthwise = Convolution(
            inputs, inputs, size: size, sliding: Sliding(stride: stride, padding: .both(size / 2)), groups: inputs,
            usesBias: false, using: &generator)
        depthwiseNorm = BatchNorm(inputs)
        pointwise = Convolution(inputs, outputs, size: 1, usesBias: false, using: &generator)
        pointwiseNorm = BatchNorm(outputs)
    }

    /// `[batch, in, height, width]` to `[batch, out, height/stride, width/stride]`.
    public func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        let perChannel = depthwise(x, normalisedBy: depthwiseNorm, activation: .relu, isTraining: isTraining)
        return pointwise(perChannel, normalisedBy: pointwiseNorm, activation: .relu, isTraining: isTraining)
    }
}
