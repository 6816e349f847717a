// Kernels of decoding token by token: few rows times a weight at rest, few queries over keys that grew, the best
// continuations.

internal import TensorKernels

extension Kernels {
    /// The rows below which a product with a weight at rest reads the weight's panels: from here on it packs what it needs.
    static let fewRows = 48

    /// `activation(x · weightᵀ + bias)` for few rows `[…, k]` and a weight `[n, k]` at rest, two operations per
    /// multiply-add.
    static func linear(_ x: Tensor, _ weight: Tensor, bias: Tensor?, activation: tk_activation) -> Tensor {
        let (n, k) = (weight.shape[0], weight.shape[1])
        let panels = weight.derived(.panels) {
            let count = tk_panel_count(k, n)
            let panels = Tensor(storage: Storage(count: count, isAtRest: true), shape: [count], strides: [1])
            unsafe tk_pack_panels(weight.pointer, weight.strides[1], weight.strides[0], k, n, panels.pointer)
            return panels
        }
        let (x, bias) = (x.contiguous, bias?.contiguous)
        var shape = x.shape
        shape[shape.count - 1] = n
        let y = Tensor(uninitialised: shape)
        var call = unsafe tk_thin()
        unsafe (call.m, call.n, call.k) = (x.rowCount, n, k)
        unsafe (call.a, call.a_row, call.a_column) = (UnsafePointer(x.pointer), k, 1)
        unsafe (call.panels, call.bias) = (UnsafePointer(panels.pointer), UnsafePointer(bias?.pointer))
        unsafe (call.c, call.c_row, call.activation) = (y.pointer, n, activation)
        unsafe tk_thin_product(&call)
        Counters.count(flops: 2 * y.count * k, bytes: 4 * (x.count + weight.count + y.count))
        return y
    }

    /// Attention of few queries `[row, token, channel]` to keys and values that a call describes; per score 4·dim
    /// operations, 5 of softmax and 2 of a mask.
    static func attendFew(
        _ query: Tensor, to call: tk_few_queries, headCount: Int, keyCount: Int, heldCount: Int
    ) -> Tensor {
        let (rows, tokens, channels) = query.shape3
        let dim = channels / headCount
        let query = query.strides[2] == 1 ? query : query.contiguous
        let y = Tensor(uninitialised: query.shape)
        var call = unsafe call
        unsafe (call.rows, call.tokens, call.heads, call.dim, call.keys) = (rows, tokens, headCount, dim, keyCount)
        unsafe (call.query, call.query_row, call.query_token) = (
            UnsafePointer(query.pointer), query.strides[0], query.strides[1]
        )
        unsafe (call.scale, call.y) = (1 / Float(dim).squareRoot(), y.pointer)
        unsafe tk_attend_few(&call)
        let scores = rows * tokens * headCount * keyCount
        Counters.count(
            flops: unsafe scores * (4 * dim + (call.mask == nil ? 5 : 7)), bytes: 4 * (2 * query.count + 2 * heldCount))
        return y
    }
}

/// Attention of few queries to keys and values where they lie, to the bits of `attention`: for inference.
///
/// - Parameters:
///   - query: `[row, token, channel]`, the heads side by side.
///   - key: `[batch, head, key, dim]`; equal runs of neighbouring rows share a batch element.
///   - value: `[batch, head, key, dim]`.
///   - mask: Added to the scores, `[batch, 1, 1, key]`.
/// - Returns: `[row, token, channel]`, a constant for differentiation; zeros where no key may be attended to.
package func attention(ofFew query: Tensor, key: Tensor, value: Tensor, mask: Tensor?) -> Tensor {
    let (rows, _, channels) = query.shape3
    let (batch, heads, keys, dim) = key.shape4
    shapeCheck(
        key.shape == value.shape && heads * dim == channels && batch > 0 && rows % batch == 0
            && mask.map { $0.shape == [batch, 1, 1, keys] } ?? true, "attention", query.shape, key.shape, value.shape)
    let (key, value, mask) = (key.withDenseRows, value.withDenseRows, mask?.contiguous)
    var call = unsafe tk_few_queries()
    unsafe call.rows_per_source = rows / batch
    unsafe (call.key, call.key_source, call.key_head, call.key_step) = (
        UnsafePointer(key.pointer), key.strides[0], key.strides[1], key.strides[2]
    )
    unsafe (call.value, call.value_source, call.value_head, call.value_step) = (
        UnsafePointer(value.pointer), value.strides[0], value.strides[1], value.strides[2]
    )
    unsafe (call.mask, call.mask_source) = (UnsafePointer(mask?.pointer), keys)
    return unsafe Kernels.attendFew(query, to: call, headCount: heads, keyCount: keys, heldCount: key.count)
}

extension Tensor {
    /// The same values with the last axis contiguous.
    fileprivate var withDenseRows: Tensor { strides[rank - 1] == 1 ? self : contiguous }
}

/// A sum of a row's own number and one of its elements.
package struct RankedSum: Sendable {
    /// The sum, in double.
    package let sum: Double
    /// The element.
    package let value: Float
    /// Its row.
    package let row: Int
    /// Its column.
    package let column: Int32
}

extension Tensor {
    /// The largest sums `base[row] + x[row, column]` of this `[row, column]`, at most `count`, the largest first.
    ///
    /// - Parameters:
    ///   - bases: One per row.
    ///   - excluded: Columns of each row that do not count.
    ///   - count: The most sums that are wanted.
    ///   - first: What the first column is called.
    /// - Returns: Sums in double; equal ones go by the lower column, then the lower row. NaN and −∞ are left out.
    package func largestSums(
        with bases: [Double], excluding excluded: [[Int32]], count: Int, from first: Int = 0
    ) -> [RankedSum] {
        let (rows, columns) = shape2
        shapeCheck(bases.count == rows && excluded.count == rows && count >= 0, "largestSums", shape, [count])
        let x = strides[1] == 1 ? self : contiguous
        var ends: [Int] = []
        for columns in excluded { ends.append((ends.last ?? 0) + columns.count) }
        let columnsOut = excluded.flatMap { $0.map { $0 - Int32(first) } }
        let found = unsafe [tk_ranked](unsafeUninitializedCapacity: count) { buffer, initialised in
            guard let best = buffer.baseAddress else { return }
            initialised = unsafe tk_best_sums(
                x.pointer, x.strides[0], rows, columns, bases, columnsOut, ends, count, best)
        }
        Counters.count(flops: rows * columns, bytes: 4 * rows * columns)
        return found.map {
            RankedSum(sum: $0.score, value: $0.value, row: Int($0.row), column: $0.column + Int32(first))
        }
    }
}
