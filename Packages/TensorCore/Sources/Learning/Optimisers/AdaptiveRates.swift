// Optimisers that divide the rate by the size of past gradients.

public import Tensors

/// Division by a running mean of squares.
///
/// Tieleman and Hinton 2012: v ← αv + (1−α)g², p ← p − rate·g/(√v + ε).
public struct RMSprop: Optimiser {
    /// The learning rate before the schedule's factor.
    public var learningRate: Float
    /// α, in `0..<1`.
    public var smoothing: Float
    /// ε.
    public var epsilon: Float
    /// Steps made, and every parameter's mean of squares.
    public var state = OptimiserState()

    /// An optimiser without history.
    public init(learningRate: Float, smoothing: Float = 0.99, epsilon: Float = 1e-8) {
        self.learningRate = learningRate
        self.smoothing = smoothing
        self.epsilon = epsilon
    }

    /// The mean of squares v.
    public var memories: [String] { ["squares"] }

    /// One step on one parameter.
    public func step(_ value: inout Tensor, gradient: Tensor, scale: Float, rate: Float, memory: inout [Tensor]) {
        let g = gradient * scale
        memory[0] = memory[0] * smoothing + g.squared() * (1 - smoothing)
        value = value - g / (memory[0].sqrt() + epsilon) * rate
    }
}

/// Division by the sum of squares.
///
/// Duchi et al. 2011: s ← s + g², p ← p − rate·g/(√s + 10⁻¹⁰).
public struct Adagrad: Optimiser {
    /// The learning rate before the schedule's factor.
    public var learningRate: Float
    /// Steps made, and every parameter's sum of squares.
    public var state = OptimiserState()

    /// An optimiser without history.
    public init(learningRate: Float) { self.learningRate = learningRate }

    /// The sum of squares s.
    public var memories: [String] { ["squares"] }

    /// One step on one parameter.
    public func step(_ value: inout Tensor, gradient: Tensor, scale: Float, rate: Float, memory: inout [Tensor]) {
        let g = gradient * scale
        memory[0] = memory[0] + g.squared()
        value = value - g / (memory[0].sqrt() + 1e-10) * rate
    }
}
