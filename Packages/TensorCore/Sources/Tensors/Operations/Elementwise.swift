// Functions of one element: exponentials, roots, trigonometry and activations.
// Each names its kernel once and its derivative once: as a formula of differentiable operations, used when a gradient is
// itself differentiated, and as the kernel's fused first-order form where there is one.

internal import TensorKernels

/// What a derivative formula is written in.
private enum Saves { case input, output }

extension Tensor {
    /// Applies a kernel; `derivative` is f′ as a formula of the saved tensor.
    private func mapped(
        _ operation: tk_unary_operation, _ p: Float = 0, _ q: Float = 0, saves: Saves = .input, fused: Bool = true,
        derivative: @escaping @Sendable (Tensor) -> Tensor
    ) -> Tensor {
        let code = operation.rawValue
        return Kernels.unary(operation, self, p, q).recorded(
            from: [self], saving: saves == .input ? [self] : [], savesOutput: saves == .output
        ) { g, context in
            let saved = saves == .input ? context[0] : context.output
            if fused && !context.isRecording {
                return [Kernels.unaryGradient(tk_unary_operation(rawValue: code), saved, cotangent: g)]
            }
            return [g * derivative(saved)]
        }
    }

    /// A piecewise constant function: its derivative is zero wherever it exists.
    private func stepped(_ operation: tk_unary_operation) -> Tensor {
        Kernels.unary(operation, self).recorded(from: [self]) { g, _ in [.zeros(g.shape)] }
    }

    /// eˣ; 0 below −103.97, infinite above 88.7228.
    public func exp() -> Tensor { mapped(TK_EXP, saves: .output) { $0 } }

    /// eˣ − 1, exact near 0.
    public func expm1() -> Tensor { mapped(TK_EXPM1, fused: false) { $0.exp() } }

    /// The natural logarithm: −∞ at 0, NaN below.
    public func log() -> Tensor { mapped(TK_LOG, fused: false) { Tensor(1) / $0 } }

    /// log(1 + x), exact near 0.
    public func log1p() -> Tensor { mapped(TK_LOG1P, fused: false) { Tensor(1) / ($0 + 1) } }

    /// The square root: NaN below 0; the derivative at 0 is infinite.
    public func sqrt() -> Tensor { mapped(TK_SQRT, saves: .output) { Tensor(0.5) / $0 } }

    /// 1/√x.
    public func rsqrt() -> Tensor { mapped(TK_RSQRT, saves: .output, fused: false) { $0 * $0.squared() * -0.5 } }

    /// 1/x.
    public func reciprocal() -> Tensor { mapped(TK_RECIPROCAL, saves: .output, fused: false) { -$0.squared() } }

    /// x².
    public func squared() -> Tensor { mapped(TK_SQUARE, fused: false) { $0 * 2 } }

    /// x to a constant power that is an integer or a half; the derivative is 0 for power 0.
    public func raised(to power: Float) -> Tensor {
        shapeCheck((power * 2).rounded() == power * 2, "raised (the power must be an integer or a half)", shape)
        return mapped(TK_POWER, power, fused: false) {
            power == 0 ? .zeros($0.shape) : $0.raised(to: power - 1) * power
        }
    }

    /// The absolute value; derivative 0 at 0.
    public func abs() -> Tensor { mapped(TK_ABS) { $0.sign() } }

    /// −1, 0 or 1.
    public func sign() -> Tensor { stepped(TK_SIGN) }

    /// The largest integer not above.
    public func floor() -> Tensor { stepped(TK_FLOOR) }

    /// The nearest integer, halves to even.
    public func rounded() -> Tensor { stepped(TK_ROUND) }

    /// The sine, x in radians.
    public func sin() -> Tensor { mapped(TK_SIN) { $0.cos() } }

    /// The cosine, x in radians.
    public func cos() -> Tensor { mapped(TK_COS) { -$0.sin() } }

    /// The hyperbolic tangent.
    public func tanh() -> Tensor { mapped(TK_TANH, saves: .output) { -$0.squared() + 1 } }

    /// 1/(1 + e⁻ˣ).
    public func sigmoid() -> Tensor { mapped(TK_SIGMOID, saves: .output) { $0 * (-$0 + 1) } }

    /// log(1 + eˣ); x itself above 20.
    public func softplus() -> Tensor {
        mapped(TK_SOFTPLUS) { Tensor.ones($0.shape).selected(where: $0.isGreater(than: 20), else: $0.sigmoid()) }
    }

    /// The error function 2/√π ∫₀ˣ e^(−t²) dt.
    public func erf() -> Tensor { mapped(TK_ERF) { (-$0.squared()).exp() * (2 / Float.pi.squareRoot()) } }

    /// max(x, 0); NaN stays NaN, derivative 0 at 0.
    public func relu() -> Tensor { mapped(TK_RELU_UNARY) { $0.isGreater(than: 0) } }

    /// x·Φ(x) with the exact normal distribution function Φ.
    public func gelu() -> Tensor { mapped(TK_GELU_UNARY, derivative: geluDerivative) }

    /// GELU's tanh approximation ½x(1 + tanh(√(2/π)(x + 0.044715x³))).
    public func geluTanh() -> Tensor {
        mapped(TK_GELU_TANH) { x in
            let c = (2 / Float.pi).squareRoot()
            let t = ((x + x * x.squared() * 0.044715) * c).tanh()
            let slope = (x.squared() * (3 * 0.044715) + 1) * c
            return (t + 1) * 0.5 + x * 0.5 * (-t.squared() + 1) * slope
        }
    }

    /// x·σ(x).
    public func silu() -> Tensor {
        mapped(TK_SILU) { x in
            let s = x.sigmoid()
            return s * (x * (-s + 1) + 1)
        }
    }

    /// min(max(x, low), high); NaN stays NaN.
    ///
    /// The derivative is 1 on `low...high`, bounds included, 0 outside.
    public func clamped(to bounds: ClosedRange<Float>) -> Tensor {
        mapped(TK_CLAMP, bounds.lowerBound, bounds.upperBound, fused: false) { x in
            Tensor(bounds.lowerBound).isLessOrEqual(x) * x.isLessOrEqual(Tensor(bounds.upperBound))
        }
    }

    private func isLessOrEqual(_ other: Tensor) -> Tensor { Kernels.binary(TK_LESS_EQUAL, self, other, "clamped") }
}

/// Φ(x) + x·φ(x).
let geluDerivative: @Sendable (Tensor) -> Tensor = { x in
    let density = (x.squared() * -0.5).exp() * (1 / (2 * Float.pi).squareRoot())
    let distribution = ((x * Float(0.5).squareRoot()).erf() + 1) * 0.5
    return distribution + x * density
}
