// Matrix products. Transposed operands are strides, never copies.

internal import TensorKernels

/// What a linear map applies to its result.
public enum Activation: Sendable { case identity, relu, gelu }

extension Tensor {
    /// The matrix product of the last two axes; leading axes broadcast. Costs 2·m·n·k operations per pair of matrices.
    ///
    /// - Parameter other: `[…, k, n]` for this `[…, m, k]`.
    /// - Returns: `[…, m, n]`; zeros where k = 0.
    public func matmul(_ other: Tensor) -> Tensor {
        shapeCheck(rank >= 2 && other.rank >= 2 && shape[rank - 1] == other.shape[other.rank - 2], "matmul", shape, other.shape)
        let batch = broadcastShape(shape.dropLast(2), other.shape.dropLast(2), "matmul")
        let (m, n) = (shape[rank - 2], other.shape[other.rank - 1])
        let a = detached.expanded(to: batch + shape.suffix(2)).withTwoBatchAxes
        let b = other.detached.expanded(to: batch + other.shape.suffix(2)).withTwoBatchAxes
        return Kernels.product(a, b).c.reshaped(to: batch + [m, n]).recorded(from: [self, other], saving: [self, other]) {
            g, context in
            [
                context.cotangent(0) { g.matmul(context[1].transposed(-1, -2)).summed(to: context.shape(0)) },
                context.cotangent(1) {
                    // A batch that shares one right operand is one tall product.
                    if context[1].rank == 2 && context[0].rank > 2 {
                        let (k, n) = context[1].shape2
                        return context[0].reshaped(to: [-1, k]).transposed(0, 1).matmul(g.reshaped(to: [-1, n]))
                    }
                    return context[0].transposed(-1, -2).matmul(g).summed(to: context.shape(1))
                },
            ]
        }
    }

    /// `activation(x · weightᵀ + bias)` in one pass.
    ///
    /// - Parameters:
    ///   - weight: `[out, in]`.
    ///   - bias: `[out]`, or none.
    ///   - activation: Applied to the sum.
    /// - Returns: `[…, out]` for this `[…, in]`.
    public func linear(_ weight: Tensor, bias: Tensor? = nil, activation: Activation = .identity) -> Tensor {
        let (out, inputs) = weight.shape2
        shapeCheck(rank >= 1 && shape[rank - 1] == inputs && bias.map { $0.shape == [out] } ?? true, "linear", shape, weight.shape,
            bias?.shape ?? [])
        let isRecorded = node != nil || weight.node != nil || bias?.node != nil
        let (c, preactivation) = Kernels.product(
            detached.contiguous.reshaped(to: [1, 1, -1, inputs]), weight.detached.transposed(0, 1).reshapedView([1, 1, inputs, out]),
            epilogue: Kernels.Epilogue(
                bias: bias?.detached, activation: activation.code, keepsPreactivation: isRecorded && activation == .gelu))
        let y = c.reshaped(to: shape.dropLast() + [out])
        let inputsOfGraph = [self, weight] + (bias.map { [$0] } ?? [])
        return y.recorded(
            from: inputsOfGraph, saving: inputsOfGraph + (preactivation.map { [$0] } ?? []), savesOutput: activation == .relu
        ) { g, context in
            let hasBias = bias != nil
            let s = activationCotangent(g, context, activation, preactivationIndex: hasBias ? 3 : 2)
                .reshaped(to: [-1, out])  // [row, out]
            return [
                context.cotangent(0) { s.matmul(context[1]).reshaped(to: context.shape(0)) },
                context.cotangent(1) { s.transposed(0, 1).matmul(context[0].reshaped(to: [-1, inputs])) },
            ] + (hasBias ? [context.cotangent(2) { s.sum(along: 0) }] : [])
        }
    }

    /// Leading axes as exactly two; they are copied together only where strides leave no other way.
    private var withTwoBatchAxes: Tensor {
        switch rank {
        case 2: reshapedView([1, 1] + shape)
        case 3: reshapedView([1] + shape)
        case 4: self
        default: reshaped(to: [1, -1] + shape.suffix(2))
        }
    }

    /// New leading axes of extent 1 without touching strides.
    private func reshapedView(_ target: [Int]) -> Tensor {
        Tensor(
            storage: storage, offset: offset, shape: target,
            strides: [Int](repeating: 0, count: target.count - rank) + strides)
    }
}

extension Activation {
    var code: tk_activation {
        switch self {
        case .identity: TK_IDENTITY
        case .relu: TK_RELU
        case .gelu: TK_GELU
        }
    }
}

/// The cotangent before the activation; a recorded one is recomputed from the inputs so that it is differentiable.
private func activationCotangent(
    _ g: Tensor, _ context: PullbackContext, _ activation: Activation, preactivationIndex: Int
) -> Tensor {
    switch activation {
    case .identity: return g
    case .relu:
        let output = context.output.detached
        return context.isRecording
            ? g * output.isGreater(than: 0) : Kernels.unaryGradient(TK_RELU_UNARY, output, cotangent: g)
    case .gelu:
        let preactivation = context[preactivationIndex].reshaped(to: g.shape)
        if !context.isRecording { return Kernels.unaryGradient(TK_GELU_UNARY, preactivation, cotangent: g) }
        return g * geluDerivative(context[0].linear(context[1], bias: preactivationIndex == 3 ? context[2] : nil))
    }
}
