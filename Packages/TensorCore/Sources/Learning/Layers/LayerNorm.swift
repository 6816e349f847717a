// Layer normalisation with a learned scale and offset.

public import Tensors

/// Layer normalisation over the last axis.
public struct LayerNorm: Layer {
    /// `[channel]`, ones at the start.
    @Parameter public var weight: Tensor
    /// `[channel]`, zeros at the start.
    @Parameter public var bias: Tensor
    private let epsilon: Float

    /// A norm over `channels`; `epsilon` is added to the variance.
    public init(_ channels: Int, epsilon: Float = 1e-5) {
        _weight = Parameter(wrappedValue: .ones([channels]))
        _bias = Parameter(wrappedValue: .zeros([channels]))
        self.epsilon = epsilon
    }

    /// `[…, channel]` to the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.layerNormalised(weight: weight, bias: bias, epsilon: epsilon)
    }
}
