// Adam and AdamW, gradient clipping.

public import Tensors
internal import Glibc

/// Adam, or AdamW when weight decay is decoupled (Loshchilov and Hutter 2019).
///
/// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², p ← p − rate·m̂/(√v̂ + ε); decoupled decay multiplies p by 1 − rate·decay first,
/// coupled decay adds decay·p to g.
public struct Adam: Sendable {
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
    /// Updates made so far.
    public private(set) var stepCount = 0
    /// Steps left out because the gradient's norm was not finite.
    public private(set) var skippedCount = 0
    private var moments: [String: (first: Tensor, second: Tensor)] = [:]

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

    /// Updates a model's parameters in place.
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
        shapeCheck(parameters.count == gradients.count, "Adam.update", [parameters.count], [gradients.count])
        var norm = Double.nan
        var scale: Float = 1
        if let maximumNorm {
            norm = globalNorm(gradients)
            guard norm.isFinite else {
                skippedCount += 1
                return norm
            }
            scale = Float(min(1, Double(maximumNorm) / (norm + 1e-6)))
        }
        stepCount += 1
        let step = AdamStep(
            rate: learningRate * factor, beta1: betas.first, beta2: betas.second, epsilon: epsilon,
            weightDecay: weightDecay,
            isDecoupled: isDecayDecoupled,
            biasCorrection: (biasCorrection(betas.first), biasCorrection(betas.second)), gradientScale: scale)
        for ((name, box), gradient) in zip(parameters, gradients) {
            var (first, second) = moments.removeValue(forKey: name) ?? (.zeros(gradient.shape), .zeros(gradient.shape))
            box.update { value in
                value.applyAdam(step, gradient: gradient, first: &first, second: &second)
            }
            moments[name] = (first, second)
        }
        return norm
    }

    /// 1 − βᵗ in double precision, rounded once.
    private func biasCorrection(_ beta: Float) -> Float { Float(1 - pow(Double(beta), Double(stepCount))) }

    /// Everything needed to continue: moments by name and the step count.
    public var state: OptimiserState {
        get {
            OptimiserState(
                stepCount: stepCount, skippedCount: skippedCount,
                tensors: Dictionary(
                    uniqueKeysWithValues: moments.flatMap {
                        [("first.\($0.key)", $0.value.first), ("second.\($0.key)", $0.value.second)]
                    }))
        }
        set {
            stepCount = newValue.stepCount
            skippedCount = newValue.skippedCount
            moments = [:]
            for (key, first) in newValue.tensors where key.hasPrefix("first.") {
                let name = String(key.dropFirst("first.".count))
                if let second = newValue.tensors["second.\(name)"] { moments[name] = (first, second) }
            }
        }
    }
}

/// An optimiser's memory, for checkpoints.
public struct OptimiserState: Sendable {
    /// Updates made.
    public var stepCount: Int
    /// Steps skipped for a gradient that was not finite.
    public var skippedCount: Int
    /// Moments: `first.<parameter>` and `second.<parameter>`.
    public var tensors: [String: Tensor]

    /// A state from its parts.
    public init(stepCount: Int, skippedCount: Int, tensors: [String: Tensor]) {
        self.stepCount = stepCount
        self.skippedCount = skippedCount
        self.tensors = tensors
    }
}

/// √Σ‖g‖² over all gradients, summed in double precision in their order.
public func globalNorm(_ gradients: [Tensor]) -> Double {
    gradients.reduce(0) { $0 + $1.sumOfSquares }.squareRoot()
}
