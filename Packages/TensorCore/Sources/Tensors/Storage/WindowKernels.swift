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

    var code: tk_window {
        let (v, h) = (vertical, horizontal)
        return tk_window(
            input: (v.input, h.input), size: (v.size, h.size), stride: (v.stride, h.stride),
            dilation: (v.dilation, h.dilation), output: (v.output, h.output), before: (v.before, h.before))
    }
}

extension Kernels {
    /// The largest element under each window and, if wanted, its position in memory order of the input.
    ///
    /// One operation per tap; the result lies as the input does.
    static func maxPool(_ x: Tensor, _ window: Window, wantsIndices: Bool) -> (y: Tensor, indices: [Int32]) {
        let (x, (batch, channels, _, _)) = (x.dense, x.shape4)
        let shape = [batch, channels, window.vertical.output, window.horizontal.output]
        let isChannelsLast = x.isChannelsLast
        let y = isChannelsLast ? Tensor(channelsLast: shape) : Tensor(uninitialised: shape)
        var indices = [Int32](repeating: 0, count: wantsIndices ? y.count : 0)
        var code = window.code
        unsafe indices.withUnsafeMutableBufferPointer { indices in
            unsafe tk_max_pool(
                &code, x.pointer, isChannelsLast ? batch : batch * channels, isChannelsLast ? channels : 1, y.pointer,
                wantsIndices ? indices.baseAddress : nil)
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
