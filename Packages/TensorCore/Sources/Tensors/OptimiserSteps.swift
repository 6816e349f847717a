// Optimiser updates in place: the only operations that overwrite a tensor, for owners that hold it alone.

internal import TensorKernels

/// The hyperparameters of one Adam step; `biasCorrection` is 1 − βᵗ for each moment.
package struct AdamStep: Sendable {
    package var rate, beta1, beta2, epsilon, weightDecay: Float
    package var isDecoupled: Bool
    package var biasCorrection: (first: Float, second: Float)
    package var gradientScale: Float

    package init(
        rate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float, isDecoupled: Bool,
        biasCorrection: (first: Float, second: Float), gradientScale: Float
    ) {
        (self.rate, self.beta1, self.beta2, self.epsilon) = (rate, beta1, beta2, epsilon)
        (self.weightDecay, self.isDecoupled) = (weightDecay, isDecoupled)
        (self.biasCorrection, self.gradientScale) = (biasCorrection, gradientScale)
    }
}

extension Tensor {
    /// One Adam or AdamW step on this parameter; twelve operations per element.
    package mutating func applyAdam(_ step: AdamStep, gradient: Tensor, first: inout Tensor, second: inout Tensor) {
        shapeCheck(
            shape == gradient.shape && shape == first.shape && shape == second.shape, "Adam", shape, gradient.shape)
        let gradient = gradient.contiguous
        makeUnique()
        first.makeUnique()
        second.makeUnique()
        unsafe tk_adam(
            pointer, gradient.pointer, first.pointer, second.pointer, count, step.rate, step.beta1, step.beta2,
            step.epsilon,
            step.weightDecay, step.isDecoupled, step.biasCorrection.first, step.biasCorrection.second,
            step.gradientScale)
        Counters.count(flops: 12 * count, bytes: 28 * count)
    }

    /// Σx² in double precision, in a fixed order.
    package var sumOfSquares: Double {
        let source = contiguous
        Counters.count(flops: 2 * count, bytes: 4 * count)
        return unsafe tk_sum_squares(source.pointer, count)
    }
}
