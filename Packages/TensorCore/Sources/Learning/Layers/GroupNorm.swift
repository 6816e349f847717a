// Group normalisation with a learned scale and offset.

public import Tensors

/// Normalisation of each image's groups of channels.
public struct GroupNorm: Layer {
    /// `[channel]`, ones at the start.
    @Parameter public var weight: Tensor
    /// `[channel]`, zeros at the start.
    @Parameter public var bias: Tensor
    private let groups: Int
    private let epsilon: Float

    /// A norm over `groups` equal parts of `channels`; `epsilon` is added to the variance.
    public init(groups: Int, _ channels: Int, epsilon: Float = 1e-5) {
        shapeCheck(groups >= 1 && channels % groups == 0, "GroupNorm", [channels], [groups])
        _weight = Parameter(wrappedValue: .ones([channels]))
        _bias = Parameter(wrappedValue: .zeros([channels]))
        self.groups = groups
        self.epsilon = epsilon
    }

    /// `[batch, channel, …]` to the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.groupNormalised(groups: groups, weight: weight, bias: bias, epsilon: epsilon)
    }
}
