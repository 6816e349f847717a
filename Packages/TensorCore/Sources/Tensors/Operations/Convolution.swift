// Convolutions (cross-correlations) over one or two axes, and their transposes.
// Forward, input pullback and weight pullback are each linear in both operands, and the pullbacks of any of the three are
// the other two: gradients of every order come from these three functions.

/// Zeros around one axis.
public enum Padding: Sendable, Equatable {
    /// The given numbers of zeros before and after.
    case zeros(before: Int, after: Int)
    /// As many zeros as make the output ⌈input/stride⌉, the extra one at the end.
    case same
    /// dilation·(size − 1) zeros before: no position sees what comes after it.
    case causal

    /// As many zeros on both sides.
    public static func both(_ count: Int) -> Padding { .zeros(before: count, after: count) }
}

/// How a window moves along one axis.
public struct Sliding: Sendable, Equatable {
    /// The step between positions, at least 1.
    public var stride: Int
    /// The step between taps, at least 1.
    public var dilation: Int
    /// Zeros around the input.
    public var padding: Padding

    /// Steps of one over the bare input unless said otherwise.
    public init(stride: Int = 1, dilation: Int = 1, padding: Padding = .both(0)) {
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
    }

    /// Zeros before and after an input.
    private func zeros(input: Int, size: Int) -> (before: Int, after: Int) {
        switch padding {
        case .zeros(let before, let after): return (before, after)
        case .causal: return (dilation * (size - 1), 0)
        case .same:
            let total = max(((input + stride - 1) / stride - 1) * stride + dilation * (size - 1) + 1 - input, 0)
            return (total / 2, total - total / 2)
        }
    }

    /// The window of `size` taps over `input` elements, and the zeros after them.
    func axis(input: Int, size: Int, _ name: StaticString) -> (axis: WindowAxis, after: Int) {
        let (before, after) = zeros(input: input, size: size)
        let room = input + before + after - dilation * (size - 1) - 1
        shapeCheck(
            size >= 1 && stride >= 1 && dilation >= 1 && before >= 0 && after >= 0 && room >= 0, name, [input, size],
            [stride, dilation, before, after])
        return (
            WindowAxis(
                input: input, size: size, stride: stride, dilation: dilation, before: before, output: room / stride + 1),
            after
        )
    }

    /// The window whose `output` positions a transposed convolution starts from.
    fileprivate func transposedAxis(output: Int, size: Int, outputPadding: Int) -> WindowAxis {
        shapeCheck(
            padding != .same && size >= 1 && stride >= 1 && dilation >= 1
                && (0..<max(stride, dilation)).contains(outputPadding),
            "convolvedTransposed", [output, size], [stride, dilation, outputPadding])
        let (before, after) = zeros(input: 0, size: size)
        let input = (output - 1) * stride - before - after + dilation * (size - 1) + outputPadding + 1
        shapeCheck(before >= 0 && after >= 0 && input >= 1, "convolvedTransposed", [output, size], [before, after])
        return WindowAxis(
            input: input, size: size, stride: stride, dilation: dilation, before: before, output: output)
    }
}

extension Tensor {
    /// The convolution with `weight`: every position's taps times their weights, summed over the group's channels.
    ///
    /// Costs 2·out·positions·in/groups·taps operations per image, and one per element for each of scale, bias and
    /// activation. The result lies channels-last in memory.
    ///
    /// - Parameters:
    ///   - weight: `[out, in/groups, height, width]` for this `[batch, in, height, width]`, or `[out, in/groups, width]`
    ///     for `[batch, in, width]`.
    ///   - scale: `[out]`, multiplied to the sums, or none: what a batch norm at rest leaves of itself.
    ///   - bias: `[out]`, or none; present if there is a scale.
    ///   - activation: Applied last.
    ///   - sliding: How the window moves; along the height only if `acrossWidth` is given.
    ///   - acrossWidth: How the window moves along the width.
    ///   - groups: Divides in and out; in itself for a depthwise convolution.
    /// - Returns: `[batch, out, height, width]` or `[batch, out, width]`.
    public func convolved(
        with weight: Tensor, scale: Tensor? = nil, bias: Tensor? = nil, activation: Activation = .identity,
        sliding: Sliding = Sliding(), acrossWidth: Sliding? = nil, groups: Int = 1
    ) -> Tensor {
        shapeCheck(
            (3...4).contains(rank) && weight.rank == rank && groups >= 1 && weight.shape[1] * groups == shape[1]
                && weight.shape[0] % groups == 0 && (bias.map { $0.shape == [weight.shape[0]] } ?? (scale == nil))
                && (scale.map { $0.shape == [weight.shape[0]] } ?? true),
            "convolved", shape, weight.shape, scale?.shape ?? [], bias?.shape ?? [], [groups])
        if rank == 3 {
            let y = unsqueezed(at: 2).convolved(
                with: weight.unsqueezed(at: 2), scale: scale, bias: bias, activation: activation, acrossWidth: sliding,
                groups: groups)
            return y.reshaped(to: [y.shape[0], y.shape[1], y.shape[3]])
        }
        let window = Window(
            vertical: sliding.axis(input: shape[2], size: weight.shape[2], "convolved").axis,
            horizontal: (acrossWidth ?? sliding).axis(input: shape[3], size: weight.shape[3], "convolved").axis)
        // In a graph, scale and activation are operations of their own.
        if ([self, weight, scale, bias].contains { $0?.node != nil }) {
            if scale == nil { return convolution(self, weight, bias, window, groups).activated(activation) }
            let sums = convolution(self, weight, nil, window, groups)
            return (scale.map { sums * $0.reshaped(to: [sums.shape[1], 1, 1]) } ?? sums)
                .adding(channelwise: bias).activated(activation)
        }
        return Kernels.convolution(
            self, weight, window, groups: groups,
            epilogue: ChannelEpilogue(scale: scale, offset: bias, activation: activation), isAtRest: true)
    }

    /// The transposed convolution: exactly what carries a cotangent of `convolved(with:)` back to its input.
    ///
    /// An extent becomes (extent − 1)·stride − before − after + dilation·(size − 1) + outputPadding + 1. Costs
    /// 2·in·positions·out/groups·taps operations per image and one per product of tap and position.
    ///
    /// - Parameters:
    ///   - weight: `[in, out/groups, height, width]` for this `[batch, in, height, width]`, or `[in, out/groups, width]`
    ///     for `[batch, in, width]`.
    ///   - bias: `[out]`, or none.
    ///   - sliding: How the convolution's window moves; its padding is cut off the result and is not `.same`.
    ///   - acrossWidth: The same along the width if it differs.
    ///   - outputPadding: Rows and columns added at the end, in `0..<max(stride, dilation)`.
    ///   - groups: Divides in and out.
    /// - Returns: `[batch, out, height, width]` or `[batch, out, width]`.
    public func convolvedTransposed(
        with weight: Tensor, bias: Tensor? = nil, sliding: Sliding = Sliding(), acrossWidth: Sliding? = nil,
        outputPadding: (height: Int, width: Int) = (0, 0), groups: Int = 1
    ) -> Tensor {
        shapeCheck(
            (3...4).contains(rank) && weight.rank == rank && groups >= 1 && weight.shape[0] == shape[1]
                && shape[1] % groups == 0 && (bias.map { $0.shape == [weight.shape[1] * groups] } ?? true),
            "convolvedTransposed", shape, weight.shape, bias?.shape ?? [], [groups])
        if rank == 3 {
            let y = unsqueezed(at: 2).convolvedTransposed(
                with: weight.unsqueezed(at: 2), bias: bias, acrossWidth: sliding,
                outputPadding: (0, outputPadding.width), groups: groups)
            return y.reshaped(to: [y.shape[0], y.shape[1], y.shape[3]])
        }
        let window = Window(
            vertical: sliding.transposedAxis(
                output: shape[2], size: weight.shape[2], outputPadding: outputPadding.height),
            horizontal: (acrossWidth ?? sliding).transposedAxis(
                output: shape[3], size: weight.shape[3], outputPadding: outputPadding.width))
        return convolutionInput(self, weight, window, groups).adding(channelwise: bias)
    }

    private func adding(channelwise bias: Tensor?) -> Tensor {
        bias.map { self + $0.reshaped(to: [shape[1], 1, 1]) } ?? self
    }

    /// The activation as an operation of its own.
    func activated(_ activation: Activation) -> Tensor {
        switch activation {
        case .identity: self
        case .relu: relu()
        case .gelu: gelu()
        case .sine: (self * 30).sin()
        }
    }
}

private func convolution(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ window: Window, _ groups: Int) -> Tensor {
    Kernels.convolution(x, weight, window, groups: groups, epilogue: ChannelEpilogue(offset: bias?.detached))
        .recorded(from: [x, weight] + (bias.map { [$0] } ?? []), saving: [x, weight]) { g, context in
            [
                context.cotangent(0) { convolutionInput(g, context[1], window, groups) },
                context.cotangent(1) { convolutionWeight(context[0], g, window, groups) },
            ] + (bias == nil ? [] : [context.cotangent(2) { g.sum(along: [0, 2, 3]) }])
        }
}

private func convolutionInput(_ y: Tensor, _ weight: Tensor, _ window: Window, _ groups: Int) -> Tensor {
    Kernels.convolutionInput(y, weight, window, groups: groups).recorded(from: [y, weight], saving: [y, weight]) {
        g, context in
        [
            context.cotangent(0) { convolution(g, context[1], nil, window, groups) },
            context.cotangent(1) { convolutionWeight(g, context[0], window, groups) },
        ]
    }
}

private func convolutionWeight(_ x: Tensor, _ y: Tensor, _ window: Window, _ groups: Int) -> Tensor {
    Kernels.convolutionWeight(x, y, window, groups: groups).recorded(from: [x, y], saving: [x, y]) { g, context in
        [
            context.cotangent(0) { convolutionInput(context[1], g, window, groups) },
            context.cotangent(1) { convolution(context[0], g, nil, window, groups) },
        ]
    }
}
