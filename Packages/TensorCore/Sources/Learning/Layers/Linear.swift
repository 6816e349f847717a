// The affine map.

public import Tensors

/// `activation(x · weightᵀ + bias)`.
public struct Linear: Layer {
    /// `[out, in]`.
    @Parameter public var weight: Tensor
    /// `[out]`, or nothing.
    public let bias: Parameter?
    private let activation: Activation

    /// Uniform in ±1/√in for weight and bias, PyTorch's default.
    ///
    /// - Parameters:
    ///   - inputs: The extent of the last axis.
    ///   - outputs: The extent it becomes.
    ///   - usesBias: Whether there is a bias.
    ///   - activation: Applied in the same pass.
    ///   - generator: The source of the initial values.
    public init(
        _ inputs: Int, _ outputs: Int, usesBias: Bool = true, activation: Activation = .identity,
        using generator: inout Philox
    ) {
        let bound = 1 / Float(inputs).squareRoot()
        _weight = Parameter(wrappedValue: .uniform([outputs, inputs], in: -bound..<bound, using: &generator))
        bias = usesBias ? Parameter(wrappedValue: .uniform([outputs], in: -bound..<bound, using: &generator)) : nil
        self.activation = activation
    }

    /// `[…, in]` to `[…, out]`.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.linear(weight, bias: bias?.wrappedValue, activation: activation)
    }
}
