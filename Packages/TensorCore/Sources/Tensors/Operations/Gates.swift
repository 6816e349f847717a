// Activations with a gate, a slope or a branch. PReLU is one kernel, with its cotangents composed of operations when they
// are to be differentiated themselves; the others are composed of elementwise operations.

extension Tensor {
    /// a·σ(b), where a is the first half of an axis (the last by default) and b the second.
    public func glu(along axis: Int = -1) -> Tensor {
        let (a, b) = halves(along: axis, "glu")
        return a * b.sigmoid()
    }

    /// silu(a)·b, where a is the first half of the last axis and b the second.
    public func swiGLU() -> Tensor {
        let (a, b) = halves(along: -1, "swiGLU")
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
        return Kernels.prelu(self, slopes: slopes).recorded(from: [self, slopes], saving: [self, slopes]) {
            g, context in
            let (x, slopes) = (context[0], context[1])
            guard context.isRecording else {
                let (dx, dSlopes) = Kernels.preluGradient(x, cotangent: g, slopes: slopes)
                return [dx, dSlopes]
            }
            let isPositive = x.isGreater(than: 0)
            let spread = x.rank >= 2 ? slopes.reshaped(to: [-1] + [Int](repeating: 1, count: x.rank - 2)) : slopes
            return [
                g.selected(where: isPositive, else: g * spread),
                Tensor(0).selected(where: isPositive, else: g * x).summed(to: spread.shape).reshaped(to: slopes.shape),
            ]
        }
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

    private func halves(along axis: Int, _ name: StaticString) -> (Tensor, Tensor) {
        let axis = resolvedAxis(axis, rank: rank, name)
        let extent = shape[axis]
        shapeCheck(extent % 2 == 0, name, shape)
        return (sliced(along: axis, 0..<extent / 2), sliced(along: axis, extent / 2..<extent))
    }
}
