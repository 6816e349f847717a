// The rectifier with a learned slope.

public import Tensors

/// x where it is positive, a learned slope times x elsewhere.
public struct PReLU: Layer {
    /// `[channel]`, or `[1]`: one slope for all.
    @Parameter public var weight: Tensor

    /// Slopes of ¼ for `channels`.
    public init(_ channels: Int = 1) { _weight = Parameter(wrappedValue: .filled(0.25, shape: [channels])) }

    /// `[batch, channel, …]` to the same shape.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.prelu(slopes: weight) }
}
