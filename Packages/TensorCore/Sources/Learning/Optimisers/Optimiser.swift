// What all optimisers share: walking the parameters, clipping, skipping bad gradients, and a memory that can be saved.

public import Tensors

/// Something that improves a model's parameters from their gradients, one step at a time.
public protocol Optimiser: Sendable {
    /// The learning rate before the schedule's factor.
    var learningRate: Float { get set }
    /// Everything needed to continue.
    var state: OptimiserState { get set }
    /// The names of the tensors kept for each parameter; each is zeros before the first step.
    var memories: [String] { get }
    /// One step on one parameter, in place.
    ///
    /// - Parameters:
    ///   - value: The parameter.
    ///   - gradient: Of the parameter's shape.
    ///   - scale: What to multiply the gradient by first.
    ///   - rate: The learning rate of this step, which is number `state.stepCount` from 1.
    ///   - memory: One tensor per name in `memories`.
    func step(_ value: inout Tensor, gradient: Tensor, scale: Float, rate: Float, memory: inout [Tensor])
}

extension Optimiser {
    /// Updates made so far.
    public var stepCount: Int { state.stepCount }

    /// Steps left out because the gradient's norm was not finite.
    public var skippedCount: Int { state.skippedCount }

    /// Updates a model's parameters in place, in the order of their names.
    ///
    /// - Parameters:
    ///   - model: The model whose parameters change.
    ///   - gradients: One per entry of `model.parameters`, in that order.
    ///   - factor: The schedule's factor on the learning rate.
    ///   - maximumNorm: If given, gradients are scaled so that their global norm does not exceed it.
    /// - Returns: The global norm before clipping; a norm that is not finite skips the step. NaN without `maximumNorm`.
    @discardableResult
    public mutating func update(
        _ model: some Module, gradients: [Tensor], factor: Float = 1, maximumNorm: Float? = nil
    ) -> Double {
        let parameters = model.parameters
        shapeCheck(parameters.count == gradients.count, "Optimiser.update", [parameters.count], [gradients.count])
        var norm = Double.nan
        var scale: Float = 1
        if let maximumNorm {
            norm = globalNorm(gradients)
            guard norm.isFinite else {
                state.skippedCount += 1
                return norm
            }
            scale = Float(min(1, Double(maximumNorm) / (norm + 1e-6)))
        }
        state.stepCount += 1
        for ((name, box), gradient) in zip(parameters, gradients) {
            let keys = memories.map { "\($0).\(name)" }
            // Taken out, so that nobody shares them while they are overwritten.
            var memory = keys.map { state.tensors.removeValue(forKey: $0) ?? .zeros(gradient.shape) }
            box.update { step(&$0, gradient: gradient, scale: scale, rate: learningRate * factor, memory: &memory) }
            for (key, tensor) in zip(keys, memory) { state.tensors[key] = tensor }
        }
        return norm
    }
}

/// An optimiser's memory, for checkpoints.
public struct OptimiserState: Sendable {
    /// Updates made.
    public var stepCount: Int
    /// Steps skipped for a gradient that was not finite.
    public var skippedCount: Int
    /// What is kept for each parameter: `<memory>.<parameter>`.
    public var tensors: [String: Tensor]

    /// A state from its parts; without any by default.
    public init(stepCount: Int = 0, skippedCount: Int = 0, tensors: [String: Tensor] = [:]) {
        self.stepCount = stepCount
        self.skippedCount = skippedCount
        self.tensors = tensors
    }
}

/// √Σ‖g‖² over all gradients, summed in double precision in their order.
public func globalNorm(_ gradients: [Tensor]) -> Double {
    gradients.reduce(0) { $0 + $1.sumOfSquares }.squareRoot()
}
