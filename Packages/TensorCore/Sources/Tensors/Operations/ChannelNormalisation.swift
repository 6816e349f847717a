// Batch, group and root-mean-square normalisation. Batch norm is one kernel, with its cotangents composed of operations
// when they are to be differentiated themselves; the others are composed throughout.

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

    /// What normalisation by these statistics does to each channel.
    ///
    /// - Parameters:
    ///   - weight: `[channel]`.
    ///   - bias: `[channel]`.
    ///   - epsilon: Added to the variance.
    /// - Returns: `scale` and `offset` of x · scale + offset, both `[channel]`.
    public func folded(weight: Tensor, bias: Tensor, epsilon: Float) -> (scale: Tensor, offset: Tensor) {
        if [mean, variance, weight, bias].allSatisfy({ $0.node == nil && $0.shape == mean.shape }) {
            return Kernels.foldedNorm(self, weight: weight, bias: bias, epsilon: epsilon)
        }
        let scale = weight * (variance + epsilon).rsqrt()
        return (scale, bias - mean * scale)
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
    ///   - activation: Applied to the result.
    /// - Returns: The normalised tensor, channels-last in memory, and the statistics after this batch.
    /// - Precondition: at least two values per channel (`shapeCheck`).
    public func batchNormalised(
        updating running: RunningStatistics, momentum: Float = 0.1, weight: Tensor? = nil, bias: Tensor? = nil,
        epsilon: Float = 1e-5, activation: Activation = .identity
    ) -> (normalised: Tensor, running: RunningStatistics) {
        shapeCheck(
            rank >= 2 && count / Swift.max(shape[1], 1) > 1 && running.mean.shape == [shape[1]]
                && running.variance.shape == [shape[1]] && fits(weight) && fits(bias),
            "batchNormalised (at least two values per channel)", shape, running.mean.shape, running.variance.shape,
            weight?.shape ?? [], bias?.shape ?? [])
        let (result, statistics) = normalisedByOwnStatistics(weight, bias, epsilon, activation)
        let n = Float(count / shape[1])
        func moved(_ old: Tensor, _ row: Int) -> Tensor {
            old.detached * (1 - momentum) + statistics.selected(row, along: 0) * momentum
        }
        let variance =
            running.variance.detached * (1 - momentum)
            + statistics.selected(1, along: 0) * (n / (n - 1)) * momentum
        return (result, RunningStatistics(mean: moved(running.mean, 0), variance: variance))
    }

    private func normalisedByOwnStatistics(
        _ weight: Tensor?, _ bias: Tensor?, _ epsilon: Float, _ activation: Activation
    ) -> (Tensor, statistics: Tensor) {
        let fused = activation == .relu ? activation : .identity
        let (y, statistics) = Kernels.batchNorm(
            self, weight: weight, bias: bias, epsilon: epsilon, activation: fused)
        let parameters = [weight, bias].compactMap(\.self)
        let (hasWeight, hasBias) = (weight != nil, bias != nil)
        let result = y.recorded(from: [self] + parameters, saving: [self, statistics] + parameters) { g, context in
            let (weight, bias) = (hasWeight ? context[2] : nil, hasBias ? context[hasWeight ? 3 : 2] : nil)
            if context.isRecording {
                return batchNormCotangents(g, context, weight, bias, epsilon: epsilon, activation: fused)
            }
            let (dx, dWeight, dBias) = Kernels.batchNormGradient(
                context[0], cotangent: g, weight: weight, bias: bias, statistics: context[1], epsilon: epsilon,
                activation: fused)
            return [dx] + (hasWeight ? [dWeight] : []) + (hasBias ? [dBias] : [])
        }
        return (fused == activation ? result : result.activated(activation), statistics)
    }

    /// The same by remembered statistics.
    public func batchNormalised(
        by running: RunningStatistics, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5,
        activation: Activation = .identity
    ) -> Tensor {
        shapeCheck(
            rank >= 2 && running.mean.shape == [shape[1]] && running.variance.shape == [shape[1]] && fits(weight)
                && fits(bias), "batchNormalised",
            shape, running.mean.shape, running.variance.shape, weight?.shape ?? [], bias?.shape ?? [])
        let rstd = (running.variance + epsilon).rsqrt()
        if ([self, running.mean, running.variance, weight, bias].contains { $0?.node != nil }) {
            return ((self - channelwise(running.mean)) * channelwise(rstd)).affine(weight, bias, "batchNormalised")
                .activated(activation)
        }
        return Kernels.channelAffine(
            self, mean: running.mean, scale: weight.map { rstd * $0 } ?? rstd, bias: bias ?? .zeros([shape[1]]),
            activation: activation)
    }

    /// Whether `[channel]`, if it is there, fits.
    private func fits(_ x: Tensor?) -> Bool { x.map { $0.shape == [shape[1]] } ?? true }

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
    fileprivate func affine(_ weight: Tensor?, _ bias: Tensor?, _ name: StaticString) -> Tensor {
        shapeCheck(
            (weight.map { $0.shape == [shape[1]] } ?? true) && (bias.map { $0.shape == [shape[1]] } ?? true), name,
            shape, weight?.shape ?? [], bias?.shape ?? [])
        let scaled = weight.map { self * channelwise($0) } ?? self
        return bias.map { scaled + channelwise($0) } ?? scaled
    }

    /// `[channel]` as it broadcasts to `[batch, channel, …]`.
    fileprivate func channelwise(_ x: Tensor) -> Tensor {
        x.reshaped(to: x.shape + [Int](repeating: 1, count: rank - 2))
    }
}

/// The cotangents as differentiable operations, as layer norm's over all axes but the channel.
private func batchNormCotangents(
    _ g: Tensor, _ context: PullbackContext, _ weight: Tensor?, _ bias: Tensor?, epsilon: Float, activation: Activation
) -> [Tensor?] {
    let x = context[0]
    let axes = [0] + Array(2..<x.rank)
    let centred = x - x.mean(along: axes, keepsAxes: true)
    let rstd = (centred.squared().mean(along: axes, keepsAxes: true) + epsilon).rsqrt()
    let normalised = centred * rstd
    var g = g
    if activation == .relu { g = g * normalised.affine(weight, bias, "batchNormalised").isGreater(than: 0) }
    let h = weight.map { g * g.channelwise($0) } ?? g
    let dx = context.cotangent(0) {
        (h - h.mean(along: axes, keepsAxes: true)
            - normalised * (h * normalised).mean(along: axes, keepsAxes: true)) * rstd
    }
    let products = weight.map { _ in context.cotangent(1) { (g * normalised).sum(along: axes) } }
    let sums = bias.map { _ in context.cotangent(weight == nil ? 1 : 2) { g.sum(along: axes) } }
    return [dx] + (products.map { [$0] } ?? []) + (sums.map { [$0] } ?? [])
}
