// Gradient descent with momentum.

public import Tensors

/// Stochastic gradient descent with momentum, Nesterov's if asked for.
///
/// Sutskever et al. 2013: g ← g + decay·p, v ← μv + g, p ← p − rate·v, or p − rate·(g + μv) with Nesterov's.
public struct SGD: Optimiser {
    /// The learning rate before the schedule's factor.
    public var learningRate: Float
    /// μ, in `0..<1`.
    public var momentum: Float
    /// Whether the step looks ahead along the momentum.
    public var isNesterov: Bool
    /// The weight decay.
    public var weightDecay: Float
    /// Steps made, and every parameter's velocity if there is momentum.
    public var state = OptimiserState()

    /// An optimiser without history.
    public init(learningRate: Float, momentum: Float = 0, isNesterov: Bool = false, weightDecay: Float = 0) {
        self.learningRate = learningRate
        self.momentum = momentum
        self.isNesterov = isNesterov
        self.weightDecay = weightDecay
    }

    /// The velocity v.
    public var memories: [String] { momentum == 0 ? [] : ["velocity"] }

    /// One step on one parameter.
    public func step(_ value: inout Tensor, gradient: Tensor, scale: Float, rate: Float, memory: inout [Tensor]) {
        let g = gradient * scale + value * weightDecay
        if momentum == 0 {
            value = value - g * rate
            return
        }
        memory[0] = memory[0] * momentum + g
        value = value - (isNesterov ? g + memory[0] * momentum : memory[0]) * rate
    }
}
