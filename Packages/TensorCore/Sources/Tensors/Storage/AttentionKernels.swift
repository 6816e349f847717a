// The kernels of attention, in the manner of Kernels.swift.

internal import TensorKernels

/// Attention over heads: which keys a query sees and which weights are dropped.
struct AttentionRule: Sendable {
    /// A constant for differentiation.
    var mask: AttentionMask
    /// Over the weights in `[batch, head, query, key]`.
    var dropout: DropoutMask?
}

extension Kernels {
    /// `softmax(q·kᵀ/√dim + mask)·v` into `y`, a view of a fresh buffer whose channels are contiguous; every tensor is
    /// `[batch, head, token, dim]`.
    ///
    /// Counts 2·query·key·(dim + channel) and 5 per weight.
    static func attention(_ query: Tensor, _ key: Tensor, _ value: Tensor, _ rule: AttentionRule, into y: Tensor) {
        let (query, key, value) = (query.denseRows, key.denseRows, value.denseRows)
        let mask = maskRows(query, key, rule)
        var code = unsafe attentionCode(query, key, value, mask, rule)
        let strides = y.strides
        unsafe tk_attend(&code, y.pointer, strides)
        let weights = query.rowCount * key.shape[2]
        Counters.count(
            flops: 2 * weights * (query.shape[3] + value.shape[3]) + 5 * weights,
            bytes: 4 * (query.count + key.count + value.count + y.count))
    }

    /// The cotangents of query, key and value into views of fresh buffers, the weights computed anew.
    ///
    /// Counts 2·query·key·(3·dim + 2·channel) and 9 per weight.
    static func attentionGradient(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, _ rule: AttentionRule, cotangent g: Tensor,
        into cotangents: (query: Tensor, key: Tensor, value: Tensor)
    ) {
        let (query, key, value, g) = (query.denseRows, key.denseRows, value.denseRows, g.denseRows)
        let mask = maskRows(query, key, rule)
        var code = unsafe attentionCode(query, key, value, mask, rule)
        var out = unsafe tk_attention_cotangents()
        unsafe (out.query, out.query_strides) = (cotangents.query.pointer, cotangents.query.threeStrides)
        unsafe (out.key, out.key_strides) = (cotangents.key.pointer, cotangents.key.threeStrides)
        unsafe (out.value, out.value_strides) = (cotangents.value.pointer, cotangents.value.threeStrides)
        let strides = g.strides
        unsafe tk_attend_gradient(&code, g.pointer, strides, &out)
        let weights = query.rowCount * key.shape[2]
        Counters.count(
            flops: 2 * weights * (3 * query.shape[3] + 2 * value.shape[3]) + 9 * weights,
            bytes: 4 * (2 * (query.count + key.count + value.count) + g.count))
    }

    /// An additive mask as rows over the keys, one per batch element, head and query.
    private static func maskRows(_ query: Tensor, _ key: Tensor, _ rule: AttentionRule) -> Tensor? {
        guard case .additive(let mask) = rule.mask else { return nil }
        return mask.detached.expanded(to: Array(query.shape.dropLast()) + [key.shape[2]]).denseRows
    }

    private static func attentionCode(
        _ query: Tensor, _ key: Tensor, _ value: Tensor, _ mask: Tensor?, _ rule: AttentionRule
    ) -> tk_attention {
        let (batch, heads, queries, dim) = query.shape4
        var code = unsafe tk_attention()
        unsafe (code.batch, code.heads, code.queries, code.dim) = (batch, heads, queries, dim)
        unsafe (code.keys, code.channels) = (key.shape[2], value.shape[3])
        unsafe (code.query, code.query_strides) = (UnsafePointer(query.pointer), query.threeStrides)
        unsafe (code.key, code.key_strides) = (UnsafePointer(key.pointer), key.threeStrides)
        unsafe (code.value, code.value_strides) = (UnsafePointer(value.pointer), value.threeStrides)
        unsafe (code.mask, code.mask_strides) = (UnsafePointer(mask?.pointer), mask?.threeStrides ?? (0, 0, 0))
        unsafe code.scale = 1 / Float(dim).squareRoot()
        if case .causal = rule.mask { unsafe code.is_causal = true }
        if let dropout = rule.dropout {
            unsafe (code.dropout, code.dropout_scale) = (dropout.probability, dropout.scale)
            unsafe code.random = dropout.random
        }
        return unsafe code
    }
}

extension Tensor {
    /// The strides of the first three of four axes.
    fileprivate var threeStrides: (Int, Int, Int) { (strides[0], strides[1], strides[2]) }

    /// These values with a last axis of stride 1; itself if it is so already.
    fileprivate var denseRows: Tensor { rowLength <= 1 || strides[rank - 1] == 1 ? self : contiguous }
}
