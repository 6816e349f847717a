// Batch, group and root-mean-square normalisation, composed of operations that can be differentiated to any order.

/// What batch normalisation remembers of the batches it saw.
public struct RunningStatistics: Sendable {
    /// `[channel]`.
    public var mean: Tensor
    /// `[channel]`, of the unbiased variances.
    public var variance: Tensor

    /// Statistics of `[channel]` each.
    public init(mean: Tensor, variance: Tensor) {
        self.mean = mean
        self.variance = variance
    }
}

extension Tensor {
    /// `(x − mean)/√(variance + ε) · weight + bias` per channel of `[batch, channel, …]`, by the batch's own statistics.
    ///
    /// The biased variance normalises, the unbiased one is remembered: running ← (1 − momentum)·running + momentum·batch.
    ///
    /// - Parameters:
    ///   - running: The statistics before this batch; never differentiated.
    ///   - momentum: The new batch's share, in `0...1`.
    ///   - weight: `[channel]`, or none.
    ///   - bias: `[channel]`, or none.
    ///   - epsilon: Added to the variance.
    /// - Returns: The normalised tensor, and the statistics after this batch.
    /// - Precondition: at least two values per channel (`shapeCheck`).
    public func batchNormalised(
        updating running: RunningStatistics, momentum: Float = 0.1, weight: Tensor? = nil, bias: Tensor? = nil,
        epsilon: Float = 1e-5
    ) -> (normalised: Tensor, running: RunningStatistics) {
        shapeCheck(
            rank >= 2 && count / Swift.max(shape[1], 1) > 1 && running.mean.shape == [shape[1]]
                && running.variance.shape == [shape[1]],
            "batchNormalised (at least two values per channel)", shape, running.mean.shape, running.variance.shape)
        let (axes, channels, n) = ([0] + Array(2..<rank), [shape[1]], Float(count / shape[1]))
        let mean = mean(along: axes, keepsAxes: true)
        let centred = self - mean
        let variance = centred.squared().mean(along: axes, keepsAxes: true)
        let result = (centred * (variance + epsilon).rsqrt()).affine(weight, bias, "batchNormalised")
        func moved(_ old: Tensor, _ new: Tensor) -> Tensor {
            old.detached * (1 - momentum) + new.detached.reshaped(to: channels) * momentum
        }
        return (
            result,
            RunningStatistics(
                mean: moved(running.mean, mean), variance: moved(running.variance, variance * (n / (n - 1))))
        )
    }

    /// The same by remembered statistics.
    public func batchNormalised(
        by running: RunningStatistics, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5
    ) -> Tensor {
        shapeCheck(
            rank >= 2 && running.mean.shape == [shape[1]] && running.variance.shape == [shape[1]], "batchNormalised",
            shape, running.mean.shape, running.variance.shape)
        let scale = (running.variance + epsilon).rsqrt()
        return ((self - channelwise(running.mean)) * channelwise(scale)).affine(weight, bias, "batchNormalised")
    }

    /// `(x − mean)/√(variance + ε) · weight + bias` over each image's groups of channels in `[batch, channel, …]`.
    ///
    /// - Parameters:
    ///   - groups: Divides the channels.
    ///   - weight: `[channel]`, or none.
    ///   - bias: `[channel]`, or none.
    ///   - epsilon: Added to the biased variance.
    /// - Returns: The shape of the input.
    public func groupNormalised(
        groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5
    ) -> Tensor {
        shapeCheck(rank >= 2 && groups >= 1 && shape[1] % groups == 0, "groupNormalised", shape, [groups])
        let size = elementCount(Array(shape.dropFirst())) / groups
        return reshaped(to: [shape[0], groups, size]).layerNormalised(epsilon: epsilon).reshaped(to: shape)
            .affine(weight, bias, "groupNormalised")
    }

    /// `x/√(mean x² + ε) · weight` over the last axis.
    public func rmsNormalised(weight: Tensor? = nil, epsilon: Float = 1e-6) -> Tensor {
        shapeCheck(
            rank >= 1 && (weight.map { $0.shape == [rowLength] } ?? true), "rmsNormalised", shape, weight?.shape ?? [])
        let result = self * (squared().mean(along: -1, keepsAxes: true) + epsilon).rsqrt()
        return weight.map { result * $0 } ?? result
    }

    /// `x · weight + bias` per channel.
    private func affine(_ weight: Tensor?, _ bias: Tensor?, _ name: StaticString) -> Tensor {
        shapeCheck(
            (weight.map { $0.shape == [shape[1]] } ?? true) && (bias.map { $0.shape == [shape[1]] } ?? true), name,
            shape, weight?.shape ?? [], bias?.shape ?? [])
        let scaled = weight.map { self * channelwise($0) } ?? self
        return bias.map { scaled + channelwise($0) } ?? scaled
    }

    /// `[channel]` as it broadcasts to `[batch, channel, …]`.
    private func channelwise(_ x: Tensor) -> Tensor { x.reshaped(to: x.shape + [Int](repeating: 1, count: rank - 2)) }
}
