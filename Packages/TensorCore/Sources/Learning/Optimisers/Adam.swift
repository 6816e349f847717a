// Adam and AdamW.

public import Tensors
internal import Glibc

/// Adam, or AdamW when weight decay is decoupled (Loshchilov and Hutter 2019).
///
/// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², p ← p − rate·m̂/(√v̂ + ε); decoupled decay multiplies p by 1 − rate·decay first,
/// coupled decay adds decay·p to g.
public struct Adam: Optimiser {
    /// The learning rate before the schedule's factor.
    public var learningRate: Float
    /// Decay rates of the two moments.
    public var betas: (first: Float, second: Float)
    /// Added to the root of the second moment, after bias correction.
    public var epsilon: Float
    /// The weight decay.
    public var weightDecay: Float
    /// Whether the decay acts on the parameter (AdamW) or on the gradient (Adam with L2).
    public var isDecayDecoupled: Bool
    /// Steps made, and both moments of every parameter.
    public var state = OptimiserState()

    /// An optimiser without history.
    public init(
        learningRate: Float, betas: (first: Float, second: Float) = (0.9, 0.999), epsilon: Float = 1e-8,
        weightDecay: Float = 0, isDecayDecoupled: Bool = true
    ) {
        self.learningRate = learningRate
        self.betas = betas
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.isDecayDecoupled = isDecayDecoupled
    }

    /// The moments m and v.
    public var memories: [String] { ["first", "second"] }

    /// One step on one parameter.
    public func step(_ value: inout Tensor, gradient: Tensor, scale: Float, rate: Float, memory: inout [Tensor]) {
        // Out of the array, so that both are held alone.
        var (first, second) = (memory[0], memory[1])
        memory = []
        value.applyAdam(
            AdamStep(
                rate: rate, beta1: betas.first, beta2: betas.second, epsilon: epsilon, weightDecay: weightDecay,
                isDecoupled: isDecayDecoupled,
                biasCorrection: (biasCorrection(betas.first), biasCorrection(betas.second)), gradientScale: scale),
            gradient: gradient, first: &first, second: &second)
        memory = [first, second]
    }

    /// 1 − βᵗ in double precision, rounded once.
    private func biasCorrection(_ beta: Float) -> Float { Float(1 - pow(Double(beta), Double(stepCount))) }
}
