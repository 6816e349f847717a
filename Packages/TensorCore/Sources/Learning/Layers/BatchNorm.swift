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
    /// remembered.
    public func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        let running = RunningStatistics(mean: runningMean, variance: runningVariance)
        if !isTraining { return x.batchNormalised(by: running, weight: weight, bias: bias, epsilon: epsilon) }
        let (y, updated) = x.batchNormalised(
            updating: running, momentum: momentum, weight: weight, bias: bias, epsilon: epsilon)
        runningMean = updated.mean
        runningVariance = updated.variance
        return y
    }
}
