// Activations with a gate, a slope or a branch, composed of elementwise operations.

extension Tensor {
    /// a·σ(b), where a is the first half of the last axis and b the second.
    public func glu() -> Tensor {
        let (a, b) = halves("glu")
        return a * b.sigmoid()
    }

    /// silu(a)·b, where a is the first half of the last axis and b the second.
    public func swiGLU() -> Tensor {
        let (a, b) = halves("swiGLU")
        return a.silu() * b
    }

    /// x where it is positive, `slopes`·x elsewhere; the derivative at 0 is the slope.
    ///
    /// - Parameter slopes: `[channel]` for this `[batch, channel, …]`, or one for all: `[1]`.
    /// - Returns: The shape of the input.
    public func prelu(slopes: Tensor) -> Tensor {
        shapeCheck(
            slopes.rank == 1 && (slopes.shape == [1] || rank >= 2 && slopes.shape == [shape[1]]), "prelu", shape,
            slopes.shape)
        let spread = rank >= 2 ? slopes.reshaped(to: [-1] + [Int](repeating: 1, count: rank - 2)) : slopes
        return selected(where: isGreater(than: 0), else: self * spread)
    }

    /// x where it is positive, `slope`·x elsewhere; the derivative at 0 is the slope.
    public func leakyRelu(slope: Float = 0.01) -> Tensor {
        selected(where: isGreater(than: 0), else: self * slope)
    }

    /// x where it is positive, `scale`·(eˣ − 1) elsewhere.
    public func elu(scale: Float = 1) -> Tensor {
        // Clamped first: an infinite exponential on the other branch would turn a cotangent of 0 into NaN.
        selected(where: isGreater(than: 0), else: clamped(to: -.infinity...0).expm1() * scale)
    }

    private func halves(_ name: StaticString) -> (Tensor, Tensor) {
        shapeCheck(rank >= 1 && rowLength % 2 == 0, name, shape)
        let half = rowLength / 2
        return (sliced(along: -1, 0..<half), sliced(along: -1, half..<rowLength))
    }
}
