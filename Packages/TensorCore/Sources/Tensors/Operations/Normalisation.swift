// Layer normalisation over the last axis.

extension Tensor {
    /// `(x − mean)/√(variance + ε) · weight + bias` over the last axis, with the biased variance, two-pass.
    ///
    /// - Parameters:
    ///   - weight: `[channel]`, or none.
    ///   - bias: `[channel]`, or none.
    ///   - epsilon: Added to the variance.
    /// - Returns: This shape; zero variance gives `bias`.
    public func layerNormalised(weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5) -> Tensor {
        let channels = [rowLength]
        shapeCheck(
            rank >= 1 && (weight.map { $0.shape == channels } ?? true) && (bias.map { $0.shape == channels } ?? true),
            "layerNormalised", shape, weight?.shape ?? [], bias?.shape ?? [])
        let (y, statistics) = Kernels.layerNorm(self, weight: weight, bias: bias, epsilon: epsilon)
        if isConstant && weight?.isConstant ?? true && bias?.isConstant ?? true { return y }
        let parameters = [weight, bias].compactMap(\.self)
        let (hasWeight, hasBias) = (weight != nil, bias != nil)
        return y.recorded(from: [self] + parameters, saving: [self, statistics] + (weight.map { [$0] } ?? [])) {
            g, context in
            let weight = hasWeight ? context[2] : nil
            if context.isRecording {
                return layerNormCotangents(g, context, weight: weight, hasBias: hasBias, epsilon: epsilon)
            }
            let (dx, dWeight, dBias) = Kernels.layerNormGradient(
                context[0], weight: weight, statistics: context[1], cotangent: g, wantsParameters: hasWeight || hasBias)
            return [dx] + (hasWeight ? [dWeight] : []) + (hasBias ? [dBias] : [])
        }
    }
}

/// The cotangents as differentiable operations: with x̂ the normalised input and h = g·weight,
/// dx = rstd·(h − mean h − x̂·mean(h·x̂)).
private func layerNormCotangents(
    _ g: Tensor, _ context: PullbackContext, weight: Tensor?, hasBias: Bool, epsilon: Float
) -> [Tensor?] {
    let x = context[0]
    let centred = x - x.mean(along: -1, keepsAxes: true)
    let rstd = (centred.squared().mean(along: -1, keepsAxes: true) + epsilon).rsqrt()
    let normalised = centred * rstd
    let h = weight.map { g * $0 } ?? g
    let dx = context.cotangent(0) {
        (h - h.mean(along: -1, keepsAxes: true) - normalised * (h * normalised).mean(along: -1, keepsAxes: true)) * rstd
    }
    let channels = [x.rowLength]
    return [dx]
        + (weight != nil ? [context.cotangent(1) { (g * normalised).summed(to: channels) }] : [])
        + (hasBias ? [context.cotangent(weight == nil ? 1 : 2) { g.summed(to: channels) }] : [])
}
