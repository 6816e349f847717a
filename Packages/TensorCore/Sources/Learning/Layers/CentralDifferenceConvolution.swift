// The convolution that also sees how its neighbours differ from the centre.

public import Tensors

/// Central difference convolution: Σ w(p)·x(p₀ + p) − θ·x(p₀)·Σ w(p) over a square window of odd size.
///
/// Yu et al. 2020, equation 3. Computed as one convolution whose centre tap is w − θΣw.
public struct CentralDifferenceConvolution: Layer {
    /// `[out, in, size, size]`.
    @Parameter public var weight: Tensor
    private let theta: Float
    private let sliding: Sliding

    /// Uniform in ±1/√(in·size²), without bias.
    ///
    /// - Parameters:
    ///   - inputs: The number of channels.
    ///   - outputs: The number of channels they become.
    ///   - size: The window's height and width, odd.
    ///   - theta: θ in `0...1`: 0 is an ordinary convolution, 1 sees differences alone.
    ///   - sliding: How the window moves; by default the output has the input's height and width.
    ///   - generator: The source of the initial values.
    public init(
        _ inputs: Int, _ outputs: Int, size: Int = 3, theta: Float = 0.7, sliding: Sliding? = nil,
        using generator: inout Philox
    ) {
        shapeCheck(size % 2 == 1, "CentralDifferenceConvolution (the size must be odd)", [size])
        let bound = 1 / Float(inputs * size * size).squareRoot()
        _weight = Parameter(
            wrappedValue: .uniform([outputs, inputs, size, size], in: -bound..<bound, using: &generator))
        self.theta = theta
        self.sliding = sliding ?? Sliding(padding: .both(size / 2))
    }

    /// `[batch, in, height, width]` to `[batch, out, height, width]` of the window's positions.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        let side = weight.shape[3] / 2
        let centre = (weight.sum(along: [2, 3], keepsAxes: true) * theta)
            .padded(along: 2, before: side, after: side).padded(along: 3, before: side, after: side)
        return x.convolved(with: weight - centre, sliding: sliding)
    }
}
