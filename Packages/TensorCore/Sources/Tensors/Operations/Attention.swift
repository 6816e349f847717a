// Scaled dot-product attention.

/// Which keys a query may attend to.
public enum AttentionMask: Sendable {
    /// Every key.
    case none
    /// Keys up to the query's own position, aligned at the bottom right: query i of T sees keys `0...(i + S − T)`.
    case causal
    /// Added to the scores before softmax, broadcast to `[batch, head, query, key]`: 0 to allow, −∞ to forbid.
    case additive(Tensor)

    /// Whether it is being differentiated itself, which the fused kernels do not do.
    fileprivate var isRecorded: Bool {
        if case .additive(let mask) = self { mask.node != nil } else { false }
    }
}

/// Scaled dot-product attention: `softmax(q·kᵀ/√dim + mask)·v`.
///
/// Scores are computed tile by tile, forwards and backwards, and never stored.
///
/// - Parameters:
///   - query: `[batch, head, query, dim]`.
///   - key: `[batch, head, key, dim]`; batch and head broadcast.
///   - value: `[batch, head, key, channel]`.
///   - mask: Which keys may be attended to; a query that may attend to none gets zeros.
///   - dropoutProbability: The share of weights that are dropped where there is a generator.
///   - generator: `nil` in inference.
/// - Returns: `[batch, head, query, channel]`.
public func attention(
    query: Tensor, key: Tensor, value: Tensor, mask: AttentionMask = .none, dropoutProbability: Float = 0,
    using generator: inout Philox?
) -> Tensor {
    let (_, _, queries, dim) = query.shape4
    shapeCheck(
        key.rank == 4 && value.rank == 4 && key.shape[3] == dim && key.shape[2] == value.shape[2], "attention",
        query.shape, key.shape, value.shape)
    let lead = [key, value].reduce(Array(query.shape.prefix(2))) {
        broadcastShape($0, Array($1.shape.prefix(2)), "attention")
    }
    let rule = AttentionRule(
        mask: mask,
        dropout: generator?.dropoutMask(dropoutProbability, count: elementCount(lead) * queries * key.shape[2]))
    if mask.isRecorded { return composed(query, key, value, rule) }
    let inputs = [query, key, value]
    func spread(_ x: Tensor) -> Tensor { x.detached.expanded(to: lead + x.shape.suffix(2)) }
    let y = Tensor(uninitialised: [lead[0], queries, lead[1], value.shape[3]]).transposed(1, 2)
    Kernels.attention(spread(query), spread(key), spread(value), rule, into: y)
    return y.recorded(from: inputs, saving: inputs) { g, context in
        if context.isRecording {
            return composedCotangents(g, [context[0], context[1], context[2]], rule).enumerated().map { index, d in
                context.cotangent(index) { d.summed(to: context.shape(index)) }
            }
        }
        let spreads = (0..<3).map { context[$0].expanded(to: lead + context.shape($0).suffix(2)) }
        // Tokens before heads, as the maps that made these inputs have them.
        let d = spreads.map { x in
            Tensor(uninitialised: [lead[0], x.shape[2], lead[1], x.shape[3]]).transposed(1, 2)
        }
        Kernels.attentionGradient(
            spreads[0], spreads[1], spreads[2], rule, cotangent: g, into: (query: d[0], key: d[1], value: d[2]))
        return (0..<3).map { index in context.cotangent(index) { d[index].summed(to: context.shape(index)) } }
    }
}

/// Scaled dot-product attention without dropout.
public func attention(query: Tensor, key: Tensor, value: Tensor, mask: AttentionMask = .none) -> Tensor {
    var inference: Philox?
    return attention(query: query, key: key, value: value, mask: mask, using: &inference)
}

/// Self-attention on queries, keys and values that lie side by side, as one linear map produces them.
///
/// Equal to `attention` on the three slices; heads are read and written in place, nothing is transposed or copied.
///
/// - Parameters:
///   - packed: `[batch, token, 3, head, dim]`: queries, keys, values.
///   - mask: Which tokens may be attended to.
///   - dropoutProbability: The share of weights that are dropped where there is a generator.
///   - generator: `nil` in inference.
/// - Returns: `[batch, token, head, dim]`.
public func selfAttention(
    packed: Tensor, mask: AttentionMask = .none, dropoutProbability: Float = 0, using generator: inout Philox?
) -> Tensor {
    shapeCheck(packed.rank == 5 && packed.shape[2] == 3, "selfAttention", packed.shape)
    let (batch, tokens, heads, dim) = (packed.shape[0], packed.shape[1], packed.shape[3], packed.shape[4])
    let rule = AttentionRule(
        mask: mask, dropout: generator?.dropoutMask(dropoutProbability, count: batch * heads * tokens * tokens))
    if mask.isRecorded { return composed(packed.part(0), packed.part(1), packed.part(2), rule).transposed(1, 2) }
    let mixed = Tensor(uninitialised: [batch, tokens, heads, dim])
    let source = packed.detached
    Kernels.attention(source.part(0), source.part(1), source.part(2), rule, into: mixed.transposed(1, 2))
    return mixed.recorded(from: [packed], saving: [packed]) { g, context in
        let packed = context[0]
        let g = g.transposed(1, 2)  // [batch, head, token, dim]
        if context.isRecording {
            let d = composedCotangents(g, (0..<3).map(packed.part), rule)
            return [Tensor.stacked(d.map { $0.transposed(1, 2) }, along: 2)]
        }
        let result = Tensor(uninitialised: packed.shape)
        Kernels.attentionGradient(
            packed.part(0), packed.part(1), packed.part(2), rule, cotangent: g,
            into: (query: result.part(0), key: result.part(1), value: result.part(2)))
        return [result]
    }
}

/// Self-attention without dropout.
public func selfAttention(packed: Tensor, mask: AttentionMask = .none) -> Tensor {
    var inference: Philox?
    return selfAttention(packed: packed, mask: mask, using: &inference)
}

/// Attention as separate operations, which can be differentiated to any order.
private func composed(_ query: Tensor, _ key: Tensor, _ value: Tensor, _ rule: AttentionRule) -> Tensor {
    composedWeights(query, key, rule).dropped(by: rule.dropout).matmul(value)
}

private func composedWeights(_ query: Tensor, _ key: Tensor, _ rule: AttentionRule) -> Tensor {
    let scores = query.matmul(key.transposed(2, 3))  // [batch, head, query, key]
    let scale = 1 / Float(query.shape[3]).squareRoot()
    return switch rule.mask {
    case .none: scores.rowSoftmax(scale: scale, causalPeriod: 0)
    case .causal: scores.rowSoftmax(scale: scale, causalPeriod: query.shape[2])
    case .additive(let bias): (scores * scale + bias).rowSoftmax(scale: 1, causalPeriod: 0)
    }
}

/// The cotangents of query, key and value, spread over batch and head, as differentiable operations.
private func composedCotangents(_ g: Tensor, _ inputs: [Tensor], _ rule: AttentionRule) -> [Tensor] {
    let (query, key, value) = (inputs[0], inputs[1], inputs[2])
    let weights = composedWeights(query, key, rule)
    let dWeights = g.matmul(value.transposed(2, 3)).dropped(by: rule.dropout)
    let scale = 1 / Float(query.shape[3]).squareRoot()
    let dScores = weights * (dWeights - (dWeights * weights).sum(along: -1, keepsAxes: true)) * scale
    return [
        dScores.matmul(key), dScores.transposed(2, 3).matmul(query),
        weights.dropped(by: rule.dropout).transposed(2, 3).matmul(g),
    ]
}

extension Tensor {
    /// Part `index` of `[batch, token, part, head, dim]` as `[batch, head, token, dim]`.
    fileprivate func part(_ index: Int) -> Tensor { selected(index, along: 2).transposed(1, 2) }
}
