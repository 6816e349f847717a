// Scaled dot-product attention.

/// Which keys a query may attend to.
public enum AttentionMask: Sendable {
    /// Every key.
    case none
    /// Keys up to the query's own position, aligned at the bottom right: query i of T sees keys `0...(i + S − T)`.
    case causal
    /// Added to the scores before softmax, broadcast to `[batch, head, query, key]`: 0 to allow, −∞ to forbid.
    case additive(Tensor)
}

/// Scaled dot-product attention: `softmax(q·kᵀ/√dim + mask)·v`.
///
/// - Parameters:
///   - query: `[batch, head, query, dim]`.
///   - key: `[batch, head, key, dim]`.
///   - value: `[batch, head, key, channel]`.
///   - mask: Which keys may be attended to; a query that may attend to none gets zeros.
/// - Returns: `[batch, head, query, channel]`.
public func attention(query: Tensor, key: Tensor, value: Tensor, mask: AttentionMask = .none) -> Tensor {
    shapeCheck(
        key.rank == 4 && value.rank == 4 && key.shape[2] == value.shape[2], "attention", query.shape, key.shape,
        value.shape)
    return attentionWeights(query: query, key: key, mask: mask).matmul(value)  // [batch, head, query, channel]
}

/// How much each query attends to each key: `softmax(q·kᵀ/√dim + mask)`.
///
/// - Parameters:
///   - query: `[batch, head, query, dim]`.
///   - key: `[batch, head, key, dim]`.
///   - mask: Which keys may be attended to; a query that may attend to none gets zeros.
/// - Returns: `[batch, head, query, key]`.
public func attentionWeights(query: Tensor, key: Tensor, mask: AttentionMask = .none) -> Tensor {
    let (_, _, queries, dim) = query.shape4
    shapeCheck(key.rank == 4 && key.shape[3] == dim, "attentionWeights", query.shape, key.shape)
    let scores = query.matmul(key.transposed(2, 3))  // [batch, head, query, key]
    let scale = 1 / Float(dim).squareRoot()
    return switch mask {
    case .none: scores.rowSoftmax(scale: scale, causalPeriod: 0)
    case .causal: scores.rowSoftmax(scale: scale, causalPeriod: queries)
    case .additive(let bias): (scores * scale + bias).rowSoftmax(scale: 1, causalPeriod: 0)
    }
}

/// Self-attention on queries, keys and values that lie side by side, as one linear map produces them.
///
/// Equal to `attention` on the three slices; heads are read and written in place, nothing is transposed or copied.
///
/// - Parameters:
///   - packed: `[batch, token, 3, head, dim]`: queries, keys, values.
///   - isCausal: Whether a token sees only itself and the tokens before it.
/// - Returns: `[batch, token, head, dim]`.
public func selfAttention(packed: Tensor, isCausal: Bool = false) -> Tensor {
    shapeCheck(packed.rank == 5 && packed.shape[2] == 3, "selfAttention", packed.shape)
    let (batch, tokens, heads, dim) = (packed.shape[0], packed.shape[1], packed.shape[3], packed.shape[4])
    let scale = 1 / Float(dim).squareRoot()
    let source = packed.detached.contiguous
    let (query, key, value) = (source.headed(0), source.headed(1), source.headed(2))  // [batch, head, token, dim]
    let scores = Kernels.product(query, key.transposed(2, 3)).c  // [batch, head, token, token]
    let weights = Kernels.softmax(scores, scale: scale, causalPeriod: isCausal ? tokens : 0)
    let mixed = Tensor(uninitialised: [batch, tokens, heads, dim])
    Kernels.product(weights, value, into: mixed.transposed(1, 2))
    return mixed.recorded(from: [packed], saving: [packed, weights]) { g, context in
        if context.isRecording { return [recordedCotangent(g, packed: context[0], isCausal: isCausal)] }
        let source = context[0].contiguous
        let weights = context[1]
        let (query, key, value) = (source.headed(0), source.headed(1), source.headed(2))
        let result = Tensor(uninitialised: source.shape)
        let g = g.transposed(1, 2)  // [batch, head, token, dim]
        let dScores = Kernels.softmaxGradient(
            weights, cotangent: Kernels.product(g, value.transposed(2, 3)).c, scale: scale)
        Kernels.product(dScores, key, into: result.headed(0))
        Kernels.product(dScores.transposed(2, 3), query, into: result.headed(1))
        Kernels.product(weights.transposed(2, 3), g, into: result.headed(2))
        return [result]
    }
}

/// The pullback of the same attention written with separate operations, which can be differentiated again.
private func recordedCotangent(_ g: Tensor, packed: Tensor, isCausal: Bool) -> Tensor {
    let (query, key, value) = (packed.headed(0), packed.headed(1), packed.headed(2))
    let scale = 1 / Float(query.shape[3]).squareRoot()
    let weights = query.matmul(key.transposed(2, 3))
        .rowSoftmax(scale: scale, causalPeriod: isCausal ? query.shape[2] : 0)  // [batch, head, token, token]
    let g = g.transposed(1, 2)  // [batch, head, token, dim]
    let dWeights = g.matmul(value.transposed(2, 3))
    let dScores = weights * (dWeights - (dWeights * weights).sum(along: -1, keepsAxes: true)) * scale
    let parts = [dScores.matmul(key), dScores.transposed(2, 3).matmul(query), weights.transposed(2, 3).matmul(g)]
    return Tensor.stacked(parts.map { $0.transposed(1, 2) }, along: 2)  // [batch, token, 3, head, dim]
}

extension Tensor {
    /// Part `index` of `[batch, token, 3, head, dim]` as `[batch, head, token, dim]`.
    fileprivate func headed(_ index: Int) -> Tensor {
        let (batch, tokens, heads, dim) = (shape[0], shape[1], shape[3], shape[4])
        if node != nil { return selected(index, along: 2).transposed(1, 2) }
        return Tensor(
            storage: storage, offset: offset + index * strides[2], shape: [batch, heads, tokens, dim],
            strides: [strides[0], strides[3], strides[1], strides[4]])
    }
}
