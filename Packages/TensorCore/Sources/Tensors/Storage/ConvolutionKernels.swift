// Kernels of convolutions and batch norm, in the manner of Kernels.swift. Which kernel a convolution takes depends on its
// shape alone.

internal import TensorKernels

/// How a convolution is computed.
private enum ConvolutionForm {
    /// Over channels-last maps, gathering rows where they lie.
    case direct
    /// Over channels-last maps, a quarter of the products.
    case winograd
    /// Over channels-last maps, one window per channel.
    case depthwise
    /// Over row-major maps unfolded into columns: groups and large windows.
    case unfolded
}

/// What becomes of a convolution's sum before it is stored: activation(sum · scale + offset) per channel.
struct ChannelEpilogue {
    var scale: Tensor?
    var offset: Tensor?
    var activation = Activation.identity
}

/// A convolution's extents: `[out, in/groups, height, width]` over `[batch, in, height, width]`.
private struct Extents {
    var code: tk_convolution
    let groups: Int

    init(batch: Int, weight: Tensor, _ window: Window, groups: Int) {
        code = tk_convolution(
            window: window.code, batch: batch, inputs: weight.shape[1] * groups, outputs: weight.shape[0])
        self.groups = groups
    }

    var form: ConvolutionForm {
        var code = code
        if groups == 1 {
            if unsafe tk_winograd_applies(&code) { return .winograd }
            return unsafe tk_direct_applies(&code) ? .direct : .unfolded
        }
        return unsafe groups == code.inputs && tk_depthwise_applies(&code) ? .depthwise : .unfolded
    }

    /// The adjoint in the input of a convolution with stride 1, as a convolution with turned windows.
    var adjoint: Extents {
        var result = self
        let (v, h) = (code.window.size.0 - 1, code.window.size.1 - 1)
        result.code.window.input = code.window.output
        result.code.window.output = code.window.input
        result.code.window.before = (v - code.window.before.0, h - code.window.before.1)
        (result.code.inputs, result.code.outputs) = (code.outputs, code.inputs)
        return result
    }

    /// The shape of the input.
    var input: [Int] { [code.batch, code.inputs, code.window.input.0, code.window.input.1] }
    /// The shape of the output.
    var output: [Int] { [code.batch, code.outputs, code.window.output.0, code.window.output.1] }
    /// The number of taps.
    var taps: Int { code.window.size.0 * code.window.size.1 }
    /// 2·out·positions·in/groups·taps per image.
    var flops: Int { 2 * elementCount(output) * code.inputs / groups * taps }
}

extension Tensor {
    /// The first element of this `[batch, channel, height, width]` as `[batch, height, width, channel]` without gaps.
    fileprivate var channelsLastContiguous: Tensor { toChannelsLast.contiguous }
}

extension Kernels {
    /// `weight` `[out, in/groups, height, width]` over `x` `[batch, in, height, width]`, channels-last.
    ///
    /// 2·out·positions·in/groups·taps operations per image, and one per element for each of scale, offset and activation.
    /// A weight at rest keeps its packed or transformed form.
    static func convolution(
        _ x: Tensor, _ weight: Tensor, _ window: Window, groups: Int, epilogue: ChannelEpilogue = ChannelEpilogue(),
        isAtRest: Bool = false
    ) -> Tensor {
        var extents = Extents(batch: x.shape[0], weight: weight, window, groups: groups)
        let form = extents.form
        guard form != .unfolded else {
            return unfoldedConvolution(x, weight, window, groups: groups).finished(epilogue)
        }
        let (x, weight, y) = (x.channelsLastContiguous, weight.contiguous, Tensor(channelsLast: extents.output))
        let (scale, offset) = (epilogue.scale?.contiguous, epilogue.offset?.contiguous)
        let code = unsafe tk_epilogue(
            scale: UnsafePointer(scale?.pointer), offset: UnsafePointer(offset?.pointer),
            activation: epilogue.activation.code)
        if form == .depthwise {
            unsafe tk_depthwise(&extents.code, x.pointer, weight.pointer, code, y.pointer)
        } else {
            let isWinograd = form == .winograd
            let make = { [extents] in
                isWinograd
                    ? transformed(weight, extents, flipped: false) : panels(weight, extents, transposed: false)
            }
            let prepared = isAtRest ? weight.derived(isWinograd ? .winograd : .panels, make) : make()
            if isWinograd {
                unsafe tk_winograd(&extents.code, x.pointer, prepared.pointer, code, y.pointer)
            } else {
                unsafe tk_direct(&extents.code, x.pointer, prepared.pointer, code, y.pointer)
            }
        }
        Counters.count(
            flops: extents.flops + epilogue.operations * y.count, bytes: 4 * (x.count + weight.count + y.count))
        return y
    }

    /// The adjoint of `convolution` in its input: as many operations, and one more per tap, input channel and position.
    static func convolutionInput(_ g: Tensor, _ weight: Tensor, _ window: Window, groups: Int) -> Tensor {
        var extents = Extents(batch: g.shape[0], weight: weight, window, groups: groups)
        var adjoint = extents.adjoint
        let form = extents.form
        if form == .unfolded { return unfoldedConvolutionInput(g, weight, window, groups: groups) }
        let (g, weight, x) = (g.channelsLastContiguous, weight.contiguous, Tensor(channelsLast: extents.input))
        if form == .depthwise {
            unsafe tk_depthwise_input(&extents.code, g.pointer, weight.pointer, x.pointer)
        } else if unsafe tk_winograd_applies(&adjoint.code) {
            let prepared = transformed(weight, adjoint, flipped: true)
            unsafe tk_winograd(&adjoint.code, g.pointer, prepared.pointer, tk_epilogue(), x.pointer)
        } else {
            let prepared = panels(weight, extents, transposed: true)
            unsafe tk_direct_input(&extents.code, g.pointer, prepared.pointer, x.pointer)
        }
        let added = extents.code.inputs * extents.taps * extents.code.batch * window.positions
        Counters.count(flops: extents.flops + added, bytes: 4 * (g.count + weight.count + x.count))
        return x
    }

    /// The adjoint of `convolution` in its weight: as many operations.
    static func convolutionWeight(_ x: Tensor, _ g: Tensor, _ window: Window, groups: Int) -> Tensor {
        let weight = Tensor(
            uninitialised: [g.shape[1], x.shape[1] / groups, window.vertical.size, window.horizontal.size])
        var extents = Extents(batch: x.shape[0], weight: weight, window, groups: groups)
        let form = extents.form
        if form == .unfolded { return unfoldedConvolutionWeight(x, g, window, groups: groups) }
        let (x, g) = (x.channelsLastContiguous, g.channelsLastContiguous)
        if form == .depthwise {
            unsafe tk_depthwise_weight(&extents.code, x.pointer, g.pointer, weight.pointer)
        } else if form == .winograd {
            let workspace = unsafe Tensor(uninitialised: [tk_winograd_workspace_count(&extents.code)])
            unsafe tk_winograd_adjoint(&extents.code, x.pointer, g.pointer, workspace.pointer, weight.pointer)
        } else {
            let partial = unsafe Tensor(uninitialised: [tk_direct_partial_count(&extents.code)])
            unsafe tk_direct_weight(&extents.code, x.pointer, g.pointer, partial.pointer, weight.pointer)
        }
        Counters.count(flops: extents.flops, bytes: 4 * (x.count + g.count + weight.count))
        return weight
    }

    private static func panels(_ weight: Tensor, _ extents: Extents, transposed: Bool) -> Tensor {
        var code = extents.code
        let panels = unsafe Tensor(uninitialised: [tk_direct_panel_count(&code, transposed)])
        unsafe tk_direct_pack(&code, weight.pointer, transposed, panels.pointer)
        return panels
    }

    private static func transformed(_ weight: Tensor, _ extents: Extents, flipped: Bool) -> Tensor {
        var code = extents.code
        let transformed = unsafe Tensor(uninitialised: [tk_winograd_weight_count(&code)])
        unsafe tk_winograd_pack(&code, weight.pointer, flipped, transformed.pointer)
        return transformed
    }
}

// Unfolded

extension Kernels {
    /// `[batch, channel, height, width]` as `[channel, tap, batch, position]`, no operations.
    private static func unfold(_ x: Tensor, _ window: Window) -> Tensor {
        let (x, (batch, channels, _, _)) = (x.contiguous, x.shape4)
        let columns = Tensor(uninitialised: [channels, window.taps, batch, window.positions])
        var code = window.code
        unsafe tk_unfold(&code, x.pointer, batch, channels, columns.pointer)
        Counters.count(flops: 0, bytes: 4 * (x.count + columns.count))
        return columns
    }

    /// `[channel, tap, batch, position]` added up to `[batch, channel, height, width]`, one operation per column element.
    private static func fold(_ columns: Tensor, _ window: Window) -> Tensor {
        let (columns, (channels, _, batch, _)) = (columns.contiguous, columns.shape4)
        let x = Tensor(uninitialised: [batch, channels, window.vertical.input, window.horizontal.input])
        var code = window.code
        unsafe tk_fold(&code, columns.pointer, batch, channels, x.pointer)
        Counters.count(flops: columns.count, bytes: 4 * (x.count + columns.count))
        return x
    }

    private static func unfoldedConvolution(_ x: Tensor, _ weight: Tensor, _ window: Window, groups: Int) -> Tensor {
        let (batch, out, depth) = (x.shape[0], weight.shape[0], weight.shape[1] * window.taps)
        let columns = unfold(x, window).reshaped(to: [groups, depth, batch, window.positions])
        return product(matrices(weight, batch: batch, groups: groups), columns.permuted([2, 0, 1, 3])).c
            .reshaped(to: [batch, out, window.vertical.output, window.horizontal.output])
    }

    private static func unfoldedConvolutionInput(
        _ g: Tensor, _ weight: Tensor, _ window: Window, groups: Int
    ) -> Tensor {
        let (batch, out, depth) = (g.shape[0], weight.shape[0], weight.shape[1] * window.taps)
        let columns = Tensor(uninitialised: [groups * weight.shape[1], window.taps, batch, window.positions])
        product(
            matrices(weight, batch: batch, groups: groups).transposed(2, 3),
            g.detached.reshaped(to: [batch, groups, out / groups, window.positions]),
            into: columns.reshaped(to: [groups, depth, batch, window.positions]).permuted([2, 0, 1, 3]))
        return fold(columns, window)
    }

    private static func unfoldedConvolutionWeight(_ x: Tensor, _ g: Tensor, _ window: Window, groups: Int) -> Tensor {
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
}

extension Tensor {
    /// The epilogue by elementwise kernels.
    fileprivate func finished(_ epilogue: ChannelEpilogue) -> Tensor {
        var y = self
        func perChannel(_ x: Tensor) -> Tensor { x.detached.reshaped(to: [shape[1], 1, 1]) }
        if let scale = epilogue.scale { y = Kernels.binary(TK_MULTIPLY, y, perChannel(scale), "convolved") }
        if let offset = epilogue.offset { y = Kernels.binary(TK_ADD, y, perChannel(offset), "convolved") }
        return y.activated(epilogue.activation)
    }
}

extension ChannelEpilogue {
    /// Operations per element.
    fileprivate var operations: Int {
        (scale == nil ? 0 : 1) + (offset == nil ? 0 : 1) + (activation == .identity ? 0 : 1)
    }
}

// Batch norm and PReLU

extension Kernels {
    /// Batch norm of `[batch, channel, …]` by its own statistics `[2, channel]` (mean, biased variance), channels-last;
    /// eight operations per element.
    static func batchNorm(
        _ x: Tensor, weight: Tensor?, bias: Tensor?, epsilon: Float, activation: Activation
    ) -> (y: Tensor, statistics: Tensor) {
        let (rows, channels) = (x.count / x.shape[1], x.shape[1])
        let (x, weight, bias) = (x.channelsLastRows, weight?.contiguous, bias?.contiguous)
        let (y, statistics) = (Tensor(uninitialised: x.shape), Tensor(uninitialised: [2, channels]))
        unsafe tk_batch_norm(
            x.pointer, rows, channels, weight?.pointer, bias?.pointer, epsilon, activation.code, y.pointer,
            statistics.pointer)
        Counters.count(flops: 8 * y.count, bytes: 12 * y.count)
        return (y.fromChannelsLastRows, statistics)
    }

    /// Cotangents of batch norm's input, weight and bias, sixteen operations per element.
    static func batchNormGradient(
        _ x: Tensor, cotangent g: Tensor, weight: Tensor?, bias: Tensor?, statistics: Tensor, epsilon: Float,
        activation: Activation
    ) -> (dx: Tensor, dWeight: Tensor, dBias: Tensor) {
        let (rows, channels) = (x.count / x.shape[1], x.shape[1])
        let (x, g, weight, bias) = (x.channelsLastRows, g.channelsLastRows, weight?.contiguous, bias?.contiguous)
        let dx = Tensor(uninitialised: x.shape)
        let (dWeight, dBias) = (Tensor(uninitialised: [channels]), Tensor(uninitialised: [channels]))
        unsafe tk_batch_norm_gradient(
            x.pointer, g.pointer, rows, channels, weight?.pointer, bias?.pointer, statistics.pointer, epsilon,
            activation.code, dx.pointer, dWeight.pointer, dBias.pointer)
        Counters.count(flops: 16 * dx.count, bytes: 20 * dx.count)
        return (dx.fromChannelsLastRows, dWeight, dBias)
    }

    /// `activation((x − mean) · scale + bias)` per channel of `[batch, channel, …]`, channels-last; three operations per
    /// element and one for an activation.
    static func channelAffine(_ x: Tensor, mean: Tensor, scale: Tensor, bias: Tensor, activation: Activation) -> Tensor
    {
        let (rows, channels) = (x.count / Swift.max(x.shape[1], 1), x.shape[1])
        let (x, mean, scale, bias) = (x.channelsLastRows, mean.contiguous, scale.contiguous, bias.contiguous)
        let y = Tensor(uninitialised: x.shape)
        unsafe tk_channel_affine(
            x.pointer, rows, channels, mean.pointer, scale.pointer, bias.pointer, activation.code, y.pointer)
        Counters.count(flops: (activation == .identity ? 3 : 4) * y.count, bytes: 8 * y.count)
        return y.fromChannelsLastRows
    }

    /// `weight/√(variance + ε)` and `bias − mean` times it, five operations per channel: of so few that a kernel for each
    /// would cost more than they do.
    static func foldedNorm(
        _ statistics: RunningStatistics, weight: Tensor, bias: Tensor, epsilon: Float
    ) -> (scale: Tensor, offset: Tensor) {
        let (mean, variance) = (statistics.mean.contiguous, statistics.variance.contiguous)
        let (weight, bias) = (weight.contiguous, bias.contiguous)
        let (scale, offset) = (Tensor(uninitialised: mean.shape), Tensor(uninitialised: mean.shape))
        let (w, b, m, v) = unsafe (weight.pointer, bias.pointer, mean.pointer, variance.pointer)
        let (factor, shift) = unsafe (scale.pointer, offset.pointer)
        for channel in 0..<mean.count {
            unsafe factor[channel] = w[channel] * (1 / (v[channel] + epsilon).squareRoot())
            unsafe shift[channel] = b[channel] - m[channel] * factor[channel]
        }
        Counters.count(flops: 5 * mean.count, bytes: 24 * mean.count)
        return (scale, offset)
    }

    /// x where it is positive, its channel's slope times x elsewhere, channels-last; two operations per element.
    static func prelu(_ x: Tensor, slopes: Tensor) -> Tensor {
        let (x, slopes) = (x.channelsLastRows, slopes.contiguous)
        let y = Tensor(uninitialised: x.shape)
        unsafe tk_prelu(x.pointer, x.count / Swift.max(slopes.count, 1), slopes.count, slopes.pointer, y.pointer)
        Counters.count(flops: 2 * y.count, bytes: 8 * y.count)
        return y.fromChannelsLastRows
    }

    /// Cotangents of PReLU's input and slopes, four operations per element.
    static func preluGradient(_ x: Tensor, cotangent g: Tensor, slopes: Tensor) -> (dx: Tensor, dSlopes: Tensor) {
        let (x, g, slopes) = (x.channelsLastRows, g.channelsLastRows, slopes.contiguous)
        let (dx, dSlopes) = (Tensor(uninitialised: x.shape), Tensor(uninitialised: slopes.shape))
        unsafe tk_prelu_gradient(
            x.pointer, g.pointer, x.count / Swift.max(slopes.count, 1), slopes.count, slopes.pointer, dx.pointer,
            dSlopes.pointer)
        Counters.count(flops: 4 * dx.count, bytes: 12 * dx.count)
        return (dx.fromChannelsLastRows, dSlopes)
    }
}

extension Tensor {
    /// `[batch, channel, …]` as `[batch, …, channel]` without gaps.
    fileprivate var channelsLastRows: Tensor { rank <= 2 ? detached.contiguous : toChannelsLast.contiguous }

    /// The inverse view.
    fileprivate var fromChannelsLastRows: Tensor { rank <= 2 ? self : fromChannelsLast }
}
