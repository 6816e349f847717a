// The only place where tensors meet C pointers: one function per kernel, from tensors to a fresh tensor, with its count of
// operations and bytes. Formulas stand in TensorKernels.h.

internal import TensorKernels

enum Kernels {
    /// `operation(x)`, one operation per element.
    static func unary(_ operation: tk_unary_operation, _ x: Tensor, _ p: Float = 0, _ q: Float = 0) -> Tensor {
        let x = x.dense
        let y = Tensor(like: x)
        unsafe tk_unary(operation, x.pointer, y.pointer, y.count, p, q)
        Counters.count(flops: y.count, bytes: 8 * y.count)
        return y
    }

    /// `g · f′(x)`, two operations per element; `x` is the output for the functions the header names.
    static func unaryGradient(_ operation: tk_unary_operation, _ x: Tensor, cotangent g: Tensor) -> Tensor {
        let isChannelsLast = x.isChannelsLast || g.isChannelsLast
        let source = (isChannelsLast ? x.toChannelsLast : x).contiguous
        let cotangent = (isChannelsLast ? g.toChannelsLast : g).contiguous
        let dx = Tensor(uninitialised: source.shape)
        unsafe tk_unary_gradient(operation, source.pointer, cotangent.pointer, dx.pointer, dx.count)
        Counters.count(flops: 2 * dx.count, bytes: 12 * dx.count)
        return isChannelsLast ? dx.fromChannelsLast : dx
    }

    /// `operation(a, b)` after broadcasting, one operation per element of the result.
    static func binary(_ operation: tk_binary_operation, _ a: Tensor, _ b: Tensor, _ name: StaticString) -> Tensor {
        let shape = broadcastShape(a.shape, b.shape, name)
        let isChannelsLast = a.isChannelsLast && a.shape == shape || b.isChannelsLast && b.shape == shape
        func operand(_ x: Tensor) -> Tensor {
            let x = x.detached.expanded(to: shape)
            return isChannelsLast ? x.toChannelsLast : x
        }
        let (a, b) = (operand(a), operand(b))
        let y = Tensor(uninitialised: a.shape)
        unsafe tk_binary(
            operation, rankChecked(shape, name), y.shape, a.pointer, a.strides, b.pointer, b.strides, y.pointer)
        Counters.count(flops: y.count, bytes: 12 * y.count)
        return isChannelsLast ? y.fromChannelsLast : y
    }

    /// `mask ≠ 0 ? a : b` after broadcasting.
    static func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
        let shape = broadcastShape(broadcastShape(a.shape, b.shape, "where"), mask.shape, "where")
        let isChannelsLast = [mask, a, b].contains { $0.isChannelsLast && $0.shape == shape }
        func operand(_ x: Tensor) -> Tensor {
            let x = x.detached.expanded(to: shape)
            return isChannelsLast ? x.toChannelsLast : x
        }
        let (mask, a, b) = (operand(mask), operand(a), operand(b))
        let y = Tensor(uninitialised: a.shape)
        unsafe tk_select(
            rankChecked(shape, "where"), y.shape, mask.pointer, mask.strides, a.pointer, a.strides, b.pointer,
            b.strides, y.pointer)
        Counters.count(flops: 0, bytes: 16 * y.count)
        return isChannelsLast ? y.fromChannelsLast : y
    }

    /// The values of a view in row-major order.
    static func gatherStrided(_ x: Tensor) -> Tensor {
        let y = Tensor(uninitialised: x.shape)
        unsafe tk_gather_strided(rankChecked(x.shape, "contiguous"), x.shape, x.pointer, x.strides, y.pointer)
        Counters.count(flops: 0, bytes: 8 * y.count)
        return y
    }

    /// Tensors laid side by side into one of `shape`, each written at its offset along `axis`; the rest is zero.
    static func placed(_ parts: [(tensor: Tensor, start: Int, step: Int)], axis: Int, in shape: [Int]) -> Tensor {
        let isChannelsLast = parts.contains { $0.tensor.isChannelsLast }
        let shape = isChannelsLast ? [shape[0]] + shape[2...] + [shape[1]] : shape
        let covered = parts.reduce(0) { $0 + $1.tensor.shape[axis] }
        let axis = isChannelsLast ? parts[0].tensor.channelsLastAxis(axis) : axis
        let y = Tensor(uninitialised: shape)
        if covered < shape[axis] { unsafe tk_fill(y.pointer, y.count, 0) }
        for part in parts where part.tensor.count > 0 {
            let x = (isChannelsLast ? part.tensor.toChannelsLast : part.tensor).contiguous
            var strides = y.strides
            let start = unsafe y.pointer + part.start * strides[axis]
            strides[axis] *= part.step
            unsafe tk_scatter_strided(
                rankChecked(shape, "concatenated"), x.shape, x.pointer, start, strides)
        }
        Counters.count(flops: 0, bytes: 8 * y.count)
        return isChannelsLast ? y.fromChannelsLast : y
    }

    /// A reduction over the middle of `[outer, n, inner]`, one operation per element read.
    static func reduce(_ operation: tk_reduction, _ x: Tensor, outer: Int, n: Int, inner: Int) -> Tensor {
        let (x, y) = (x.contiguous, Tensor(uninitialised: [outer, inner]))
        unsafe tk_reduce(operation, x.pointer, outer, n, inner, y.pointer)
        Counters.count(flops: x.count, bytes: 4 * (x.count + y.count))
        return y
    }

    /// Positions of the maxima over the middle of `[outer, n, inner]`.
    static func argmax(_ x: Tensor, outer: Int, n: Int, inner: Int) -> [Int32] {
        let x = x.contiguous
        Counters.count(flops: x.count, bytes: 4 * x.count)
        var positions = [Int32](repeating: 0, count: outer * inner)
        unsafe tk_argmax(x.pointer, outer, n, inner, &positions)
        return positions
    }

    /// `softmax(scale · x)` over the last axis, five operations per element.
    static func softmax(_ x: Tensor, scale: Float, causalPeriod: Int) -> Tensor {
        let (x, y) = (x.contiguous, Tensor(uninitialised: x.shape))
        unsafe tk_softmax(x.pointer, y.pointer, x.rowCount, x.rowLength, scale, causalPeriod)
        Counters.count(flops: 5 * y.count, bytes: 8 * y.count)
        return y
    }

    /// The cotangent of `softmax(scale · x)` from its output, four operations per element.
    static func softmaxGradient(_ y: Tensor, cotangent g: Tensor, scale: Float) -> Tensor {
        let (y, g, dx) = (y.contiguous, g.contiguous, Tensor(uninitialised: y.shape))
        unsafe tk_softmax_gradient(y.pointer, g.pointer, dx.pointer, y.rowCount, y.rowLength, scale)
        Counters.count(flops: 4 * y.count, bytes: 12 * y.count)
        return dx
    }

    /// `log softmax(x)` over the last axis, five operations per element.
    static func logSoftmax(_ x: Tensor) -> Tensor {
        let (x, y) = (x.contiguous, Tensor(uninitialised: x.shape))
        unsafe tk_log_softmax(x.pointer, y.pointer, x.rowCount, x.rowLength)
        Counters.count(flops: 5 * y.count, bytes: 8 * y.count)
        return y
    }

    /// The cotangent of `log softmax(x)` from its output, four operations per element.
    static func logSoftmaxGradient(_ y: Tensor, cotangent g: Tensor) -> Tensor {
        let (y, g, dx) = (y.contiguous, g.contiguous, Tensor(uninitialised: y.shape))
        unsafe tk_log_softmax_gradient(y.pointer, g.pointer, dx.pointer, y.rowCount, y.rowLength)
        Counters.count(flops: 4 * y.count, bytes: 12 * y.count)
        return dx
    }

    /// Layer norm over the last axis and its row statistics `[rows, 2]`, eight operations per element.
    static func layerNorm(_ x: Tensor, weight: Tensor?, bias: Tensor?, epsilon: Float) -> (Tensor, statistics: Tensor) {
        let (x, y) = (x.contiguous, Tensor(uninitialised: x.shape))
        let statistics = Tensor(uninitialised: [x.rowCount, 2])
        let (weight, bias) = (weight?.contiguous, bias?.contiguous)
        unsafe tk_layer_norm(
            x.pointer, weight?.pointer, bias?.pointer, epsilon, y.pointer, statistics.pointer, x.rowCount, x.rowLength)
        Counters.count(flops: 8 * y.count, bytes: 8 * y.count)
        return (y, statistics)
    }

    /// Cotangents of layer norm's input, weight and bias, sixteen operations per element.
    static func layerNormGradient(
        _ x: Tensor, weight: Tensor?, statistics: Tensor, cotangent g: Tensor, wantsParameters: Bool
    ) -> (dx: Tensor, dWeight: Tensor?, dBias: Tensor?) {
        let (x, g, dx) = (x.contiguous, g.contiguous, Tensor(uninitialised: x.shape))
        let weight = weight?.contiguous
        let dWeight = wantsParameters ? Tensor(uninitialised: [x.rowLength]) : nil
        let dBias = wantsParameters ? Tensor(uninitialised: [x.rowLength]) : nil
        unsafe tk_layer_norm_gradient(
            x.pointer, weight?.pointer, statistics.pointer, g.pointer, dx.pointer, dWeight?.pointer, dBias?.pointer,
            x.rowCount, x.rowLength)
        Counters.count(flops: 16 * x.count, bytes: 12 * x.count)
        return (dx, dWeight, dBias)
    }

    /// Rows of `x` (first axis) at `indices`.
    static func gatherRows(_ x: Tensor, _ indices: [Int32], rowShape: [Int]) -> Tensor {
        let (x, y) = (x.contiguous, Tensor(uninitialised: [indices.count] + rowShape))
        unsafe tk_gather_rows(x.pointer, indices, y.pointer, indices.count, elementCount(rowShape))
        Counters.count(flops: 0, bytes: 8 * y.count)
        return y
    }

    /// Rows of `x` added into `rows` rows of zeros at `indices`, one operation per element of `x`.
    static func scatterAddRows(_ x: Tensor, _ indices: [Int32], rows: Int, rowShape: [Int]) -> Tensor {
        let (x, y) = (x.contiguous, Tensor(uninitialised: [rows] + rowShape))
        unsafe tk_fill(y.pointer, y.count, 0)
        unsafe tk_scatter_add_rows(x.pointer, indices, y.pointer, indices.count, elementCount(rowShape))
        Counters.count(flops: x.count, bytes: 8 * x.count)
        return y
    }

    /// Elements scaled or dropped by numbers of their own, one operation per element.
    static func dropout(_ x: Tensor, _ mask: DropoutMask) -> Tensor {
        let (x, y) = (x.contiguous, Tensor(uninitialised: x.shape))
        unsafe tk_dropout(mask.random, x.pointer, y.pointer, y.count, mask.probability, mask.scale)
        Counters.count(flops: y.count, bytes: 8 * y.count)
        return y
    }

    /// What happens to a product's sum before it is stored.
    struct Epilogue {
        var bias: Tensor?
        var activation = TK_IDENTITY
        var keepsSlope = false
    }

    /// `[b0, b1, m, k] · [b0, b1, k, n]` of any strides, two operations per multiply-add.
    static func product(_ a: Tensor, _ b: Tensor, epilogue: Epilogue = Epilogue()) -> (
        c: Tensor, slope: Tensor?
    ) {
        let c = Tensor(uninitialised: [a.shape[0], a.shape[1], a.shape[2], b.shape[3]])
        let slope = epilogue.keepsSlope ? Tensor(uninitialised: c.shape) : nil
        product(a, b, epilogue: epilogue, slope: slope, into: c)
        return (c, slope)
    }

    /// The product written into a view whose rows are contiguous, by the owner of a fresh buffer.
    static func product(
        _ a: Tensor, _ b: Tensor, epilogue: Epilogue = Epilogue(), slope: Tensor? = nil, into c: Tensor
    ) {
        let (m, k, n) = (a.shape[2], a.shape[3], b.shape[3])
        let bias = epilogue.bias?.contiguous
        var call = unsafe tk_product()
        unsafe (call.m, call.n, call.k, call.batch) = (m, n, k, (a.shape[0], a.shape[1]))
        unsafe (call.a, call.a_row, call.a_column) = (UnsafePointer(a.pointer), a.strides[2], a.strides[3])
        unsafe (call.b, call.b_row, call.b_column) = (UnsafePointer(b.pointer), b.strides[2], b.strides[3])
        unsafe (call.a_batch, call.b_batch) = ((a.strides[0], a.strides[1]), (b.strides[0], b.strides[1]))
        unsafe (call.c, call.c_row, call.c_batch) = (c.pointer, c.strides[2], (c.strides[0], c.strides[1]))
        unsafe call.activation = epilogue.activation
        unsafe call.bias = UnsafePointer(bias?.pointer)
        unsafe call.slope = slope?.pointer
        unsafe tk_matmul(&call)
        Counters.count(flops: 2 * c.count * k, bytes: 4 * (a.count + b.count + c.count))
    }

    /// The cotangent `[row, out]` before bias and activation, and the bias's `[out]`: two operations per element, one
    /// without an activation.
    static func activationCotangent(
        _ activation: tk_activation, saved: Tensor?, cotangent g: Tensor
    ) -> (before: Tensor, bias: Tensor) {
        let g = g.contiguous
        let dx = saved.map { _ in Tensor(uninitialised: g.shape) } ?? g
        let bias = Tensor(uninitialised: [g.rowLength])
        let saved = (saved ?? g).contiguous
        unsafe tk_activation_cotangent(
            activation, saved.pointer, g.pointer, dx.pointer, bias.pointer, g.rowCount, g.rowLength)
        let isPlain = activation == TK_IDENTITY
        Counters.count(flops: (isPlain ? 1 : 2) * g.count, bytes: (isPlain ? 4 : 12) * g.count)
        return (dx, bias)
    }

    /// Cross-entropy per row of logits, six operations per element.
    static func crossEntropies(_ logits: Tensor, _ labels: CrossEntropyLabels) -> Tensor {
        let (x, losses) = (logits.contiguous, Tensor(uninitialised: labels.indices.shape))
        unsafe tk_cross_entropy(
            x.pointer, labels.indices.scalars, labels.smoothing, labels.ignored, losses.pointer, losses.count,
            x.rowLength)
        Counters.count(flops: 6 * x.count, bytes: 4 * x.count)
        return losses
    }

    /// The cotangent of logits from those of their rows' losses, seven operations per element.
    static func crossEntropyGradient(_ logits: Tensor, _ labels: CrossEntropyLabels, cotangent g: Tensor) -> Tensor {
        let (x, g, dx) = (logits.contiguous, g.contiguous, Tensor(uninitialised: logits.shape))
        unsafe tk_cross_entropy_gradient(
            x.pointer, labels.indices.scalars, labels.smoothing, labels.ignored, g.pointer, dx.pointer, g.count,
            x.rowLength)
        Counters.count(flops: 7 * x.count, bytes: 8 * x.count)
        return dx
    }

    private static func rankChecked(_ shape: [Int], _ name: StaticString) -> Int32 {
        shapeCheck(shape.count <= 6, name, shape)
        return Int32(shape.count)
    }
}

extension Tensor {
    /// The first element of the view.
    var pointer: UnsafeMutablePointer<Float> { unsafe storage.pointer + offset }

    /// The product of all axes but the last.
    var rowCount: Int {
        var rows = 1
        for axis in 0..<Swift.max(rank - 1, 0) { rows *= shape[axis] }
        return rows
    }

    /// The extent of the last axis; 1 for a scalar.
    var rowLength: Int { shape.last ?? 1 }

    /// The same values in row-major order without gaps, not recorded; itself if they already lie so.
    package var contiguous: Tensor { isContiguous ? self : Kernels.gatherStrided(self) }

    /// The values in row-major order.
    public var scalars: [Float] {
        let source = contiguous
        return unsafe [Float](UnsafeBufferPointer(start: source.pointer, count: source.count))
    }

    /// A tensor of `scalars` in row-major order.
    public init(_ scalars: [Float], shape: [Int]) {
        shapeCheck(scalars.count == elementCount(shape), "Tensor.init", [scalars.count], shape)
        self.init(uninitialised: shape)
        unsafe scalars.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { unsafe pointer.update(from: base, count: source.count) }
        }
    }
}
