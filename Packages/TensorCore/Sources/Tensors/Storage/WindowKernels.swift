// Kernels of sliding windows, banded maps and recurrences, in the manner of Kernels.swift.

internal import TensorKernels

/// Where a window stands along one axis: position `o`, tap `k` reads input `o·stride + k·dilation − before`.
struct WindowAxis: Sendable, Equatable {
    var input: Int
    var size: Int
    var stride = 1
    var dilation = 1
    var before = 0
    var output: Int
}

/// A window over height and width.
struct Window: Sendable, Equatable {
    var vertical: WindowAxis
    var horizontal: WindowAxis

    /// The number of taps.
    var taps: Int { vertical.size * horizontal.size }
    /// The number of places the window takes.
    var positions: Int { vertical.output * horizontal.output }

    fileprivate var code: tk_window {
        let (v, h) = (vertical, horizontal)
        return tk_window(
            input: (v.input, h.input), size: (v.size, h.size), stride: (v.stride, h.stride),
            dilation: (v.dilation, h.dilation), output: (v.output, h.output), before: (v.before, h.before))
    }
}

extension Kernels {
    /// `[batch, channel, height, width]` as `[channel, tap, batch, position]`, no operations.
    static func unfold(_ x: Tensor, _ window: Window) -> Tensor {
        let (x, (batch, channels, _, _)) = (x.contiguous, x.shape4)
        let columns = Tensor(uninitialised: [channels, window.taps, batch, window.positions])
        var code = window.code
        unsafe tk_unfold(&code, x.pointer, batch, channels, columns.pointer)
        Counters.count(flops: 0, bytes: 4 * (x.count + columns.count))
        return columns
    }

    /// `[channel, tap, batch, position]` added up to `[batch, channel, height, width]`, one operation per column element.
    static func fold(_ columns: Tensor, _ window: Window) -> Tensor {
        let (columns, (channels, _, batch, _)) = (columns.contiguous, columns.shape4)
        let x = Tensor(uninitialised: [batch, channels, window.vertical.input, window.horizontal.input])
        var code = window.code
        unsafe tk_fold(&code, columns.pointer, batch, channels, x.pointer)
        Counters.count(flops: columns.count, bytes: 4 * (x.count + columns.count))
        return x
    }

    /// `weight` `[out, in/groups, height, width]` over `x` `[batch, in, height, width]`: 2·out·positions·in/groups·taps
    /// operations per image.
    static func convolution(_ x: Tensor, _ weight: Tensor, _ window: Window, groups: Int) -> Tensor {
        let (batch, out, depth) = (x.shape[0], weight.shape[0], weight.shape[1] * window.taps)
        let columns = unfold(x, window).reshaped(to: [groups, depth, batch, window.positions])
        return product(matrices(weight, batch: batch, groups: groups), columns.permuted([2, 0, 1, 3])).c
            .reshaped(to: [batch, out, window.vertical.output, window.horizontal.output])
    }

    /// The adjoint of `convolution` in its input: as many operations, and one more per column element.
    static func convolutionInput(_ g: Tensor, _ weight: Tensor, _ window: Window, groups: Int) -> Tensor {
        let (batch, out, depth) = (g.shape[0], weight.shape[0], weight.shape[1] * window.taps)
        let columns = Tensor(uninitialised: [groups * weight.shape[1], window.taps, batch, window.positions])
        product(
            matrices(weight, batch: batch, groups: groups).transposed(2, 3),
            g.detached.reshaped(to: [batch, groups, out / groups, window.positions]),
            into: columns.reshaped(to: [groups, depth, batch, window.positions]).permuted([2, 0, 1, 3]))
        return fold(columns, window)
    }

    /// The adjoint of `convolution` in its weight: as many operations.
    static func convolutionWeight(_ x: Tensor, _ g: Tensor, _ window: Window, groups: Int) -> Tensor {
        let (batch, channels, out) = (x.shape[0], x.shape[1] / groups, g.shape[1])
        let steps = batch * window.positions
        let columns = unfold(x, window).reshaped(to: [1, groups, channels * window.taps, steps])
        let cotangents = g.detached.reshaped(to: [batch, groups, out / groups, window.positions]).permuted([1, 2, 0, 3])
            .reshaped(to: [1, groups, out / groups, steps])
        return product(cotangents, columns.transposed(2, 3)).c
            .reshaped(to: [out, channels, window.vertical.size, window.horizontal.size])
    }

    /// A weight as `[batch, group, out/group, in/group·tap]`, the same for every image.
    private static func matrices(_ weight: Tensor, batch: Int, groups: Int) -> Tensor {
        let depth = weight.shape[1] * weight.shape[2] * weight.shape[3]
        return weight.detached.reshaped(to: [groups, weight.shape[0] / groups, depth])
            .expanded(to: [batch, groups, weight.shape[0] / groups, depth])
    }

    /// The largest element under each window and, if wanted, its position in the whole tensor; one operation per tap.
    static func maxPool(_ x: Tensor, _ window: Window, wantsIndices: Bool) -> (y: Tensor, indices: [Int32]) {
        let (x, (batch, channels, _, _)) = (x.contiguous, x.shape4)
        let y = Tensor(uninitialised: [batch, channels, window.vertical.output, window.horizontal.output])
        var indices = [Int32](repeating: 0, count: wantsIndices ? y.count : 0)
        var code = window.code
        unsafe indices.withUnsafeMutableBufferPointer { indices in
            unsafe tk_max_pool(
                &code, x.pointer, batch * channels, y.pointer, wantsIndices ? indices.baseAddress : nil)
        }
        Counters.count(flops: y.count * window.taps, bytes: 4 * (x.count + y.count + indices.count))
        return (y, indices)
    }

    /// A banded map over the middle of `[outer, inputs, inner]`, two operations per weight and column.
    static func apply(_ band: Band, _ x: Tensor, outer: Int, inner: Int) -> Tensor {
        let (x, y) = (x.contiguous, Tensor(uninitialised: [outer, band.outputs, inner]))
        unsafe band.starts.withUnsafeBufferPointer { starts in
            unsafe band.offsets.withUnsafeBufferPointer { offsets in
                unsafe band.weights.withUnsafeBufferPointer { weights in
                    var code = unsafe tk_band(
                        inputs: band.inputs, outputs: band.outputs, start: starts.baseAddress,
                        offset: offsets.baseAddress, weight: weights.baseAddress)
                    unsafe tk_apply_band(&code, x.pointer, outer, inner, y.pointer)
                }
            }
        }
        Counters.count(flops: 2 * outer * inner * band.weights.count, bytes: 4 * (x.count + y.count))
        return y
    }

    /// `y[i] = a[i]·y[i−1] + b[i]` over the middle of `[outer, n, inner]`, two operations per element, one without `a`.
    static func recurrence(_ a: Tensor?, _ b: Tensor, outer: Int, n: Int, inner: Int, isReversed: Bool) -> Tensor {
        let (a, b, y) = (a?.contiguous, b.contiguous, Tensor(uninitialised: b.shape))
        unsafe tk_recurrence(a?.pointer, b.pointer, outer, n, inner, isReversed, y.pointer)
        Counters.count(flops: (a == nil ? 1 : 2) * y.count, bytes: (a == nil ? 8 : 12) * y.count)
        return y
    }
}
