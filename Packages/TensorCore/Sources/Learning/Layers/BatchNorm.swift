// Batch normalisation with a learned scale and offset, and remembered statistics.

public import Tensors

/// Batch normalisation per channel.
public struct BatchNorm: Module {
    /// `[channel]`, ones at the start.
    @Parameter public var weight: Tensor
    /// `[channel]`, zeros at the start.
    @Parameter public var bias: Tensor
    /// `[channel]`, zeros at the start.
    @Buffer public var runningMean: Tensor
    /// `[channel]`, ones at the start.
    @Buffer public var runningVariance: Tensor
    private let momentum: Float
    private let epsilon: Float

    /// A norm over `channels`; `momentum` is the share of a new batch, `epsilon` is added to the variance.
    public init(_ channels: Int, momentum: Float = 0.1, epsilon: Float = 1e-5) {
        _weight = Parameter(wrappedValue: .ones([channels]))
        _bias = Parameter(wrappedValue: .zeros([channels]))
        _runningMean = Buffer(wrappedValue: .zeros([channels]))
        _runningVariance = Buffer(wrappedValue: .ones([channels]))
        self.momentum = momentum
        self.epsilon = epsilon
    }

    /// `[batch, channel, …]` to the same shape: by the batch's statistics, which are then remembered, or by those
    /// remembered; the activation costs no pass of its own.
    public func callAsFunction(_ x: Tensor, isTraining: Bool, activation: Activation = .identity) -> Tensor {
        let running = RunningStatistics(mean: runningMean, variance: runningVariance)
        if !isTraining {
            return x.batchNormalised(by: running, weight: weight, bias: bias, epsilon: epsilon, activation: activation)
        }
        let (y, updated) = x.batchNormalised(
            updating: running, momentum: momentum, weight: weight, bias: bias, epsilon: epsilon, activation: activation)
        runningMean = updated.mean
        runningVariance = updated.variance
        return y
    }

    /// What the norm by remembered statistics does to each channel: x · scale + offset, both `[channel]`.
    var atRest: (scale: Tensor, offset: Tensor) {
        RunningStatistics(mean: runningMean, variance: runningVariance)
            .folded(weight: weight, bias: bias, epsilon: epsilon)
    }
}

extension Convolution {
    /// `activation(norm(convolution))`: at rest in the convolution's own pass, in training with norm and activation in
    /// one.
    ///
    /// - Parameters:
    ///   - x: `[batch, in, height, width]`.
    ///   - norm: Over the convolution's outputs.
    ///   - activation: Applied to the norm's result.
    ///   - isTraining: Whether the norm goes by this batch's statistics, and remembers them.
    /// - Returns: `[batch, out, height, width]`.
    public func callAsFunction(
        _ x: Tensor, normalisedBy norm: BatchNorm, activation: Activation = .identity, isTraining: Bool
    ) -> Tensor {
        if isTraining { return norm(self(x), isTraining: true, activation: activation) }
        let (scale, offset) = norm.atRest
        let shift = bias.map { offset + $0.wrappedValue * scale } ?? offset
        return x.convolved(
            with: weight, scale: scale, bias: shift, activation: activation, sliding: sliding, groups: groups)
    }
}
