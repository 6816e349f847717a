// The convolution over height and width with learned weights.

public import Tensors

/// A convolution over height and width, depthwise where `groups` is the number of inputs.
public struct Convolution: Layer {
    /// `[out, in/groups, height, width]`.
    @Parameter public var weight: Tensor
    /// `[out]`, or nothing.
    public let bias: Parameter?
    let sliding: Sliding
    let groups: Int

    /// Uniform in ±1/√(in/groups·size²) for weight and bias, PyTorch's default.
    ///
    /// - Parameters:
    ///   - inputs: The number of channels.
    ///   - outputs: The number of channels they become.
    ///   - size: The window's height and width.
    ///   - sliding: How the window moves along both.
    ///   - groups: Divides both numbers of channels.
    ///   - usesBias: Whether there is a bias.
    ///   - generator: The source of the initial values.
    public init(
        _ inputs: Int, _ outputs: Int, size: Int, sliding: Sliding = Sliding(), groups: Int = 1, usesBias: Bool = true,
        using generator: inout Philox
    ) {
        shapeCheck(
            groups >= 1 && inputs % groups == 0 && outputs % groups == 0, "Convolution", [inputs, outputs], [groups])
        let bound = 1 / Float(inputs / groups * size * size).squareRoot()
        _weight = Parameter(
            wrappedValue: .uniform([outputs, inputs / groups, size, size], in: -bound..<bound, using: &generator))
        bias = usesBias ? Parameter(wrappedValue: .uniform([outputs], in: -bound..<bound, using: &generator)) : nil
        self.sliding = sliding
        self.groups = groups
    }

    /// `[batch, in, height, width]` to `[batch, out, height, width]` of the window's positions.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.convolved(with: weight, bias: bias?.wrappedValue, sliding: sliding, groups: groups)
    }
}
