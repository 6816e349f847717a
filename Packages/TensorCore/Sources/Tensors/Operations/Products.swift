// Matrix products. Transposed operands are strides, never copies.

internal import TensorKernels

/// What a linear map applies to its result.
public enum Activation: String, Sendable, Codable {
    case identity, relu, gelu
    /// sin(30·x): Sitzmann et al. 2020, with ω₀ = 30.
    case sine
}

extension Tensor {
    /// The matrix product of the last two axes; leading axes broadcast.
    ///
    /// Costs 2·m·n·k operations per pair of matrices.
    ///
    /// - Parameter other: `[…, k, n]` for this `[…, m, k]`.
    /// - Returns: `[…, m, n]`; zeros where k = 0.
    public func matmul(_ other: Tensor) -> Tensor {
        shapeCheck(
            rank >= 2 && other.rank >= 2 && shape[rank - 1] == other.shape[other.rank - 2], "matmul", shape, other.shape
        )
        let batch = broadcastShape(shape.dropLast(2), other.shape.dropLast(2), "matmul")
        let (m, n) = (shape[rank - 2], other.shape[other.rank - 1])
        let a = detached.expanded(to: batch + shape.suffix(2)).withTwoBatchAxes
        let b = other.detached.expanded(to: batch + other.shape.suffix(2)).withTwoBatchAxes
        return Kernels.product(a, b).c.reshaped(to: batch + [m, n]).recorded(
            from: [self, other], saving: [self, other]
        ) {
            g, context in
            [
                context.cotangent(0) { g.matmul(context[1].transposed(-1, -2)).summed(to: context.shape(0)) },
                context.cotangent(1) {
                    // A batch that shares one right operand is one tall product.
                    if context[1].rank == 2 && context[0].rank > 2 {
                        return context[0].asRows.transposed(0, 1).matmul(g.asRows)
                    }
                    return context[0].transposed(-1, -2).matmul(g).summed(to: context.shape(1))
                },
            ]
        }
    }

    /// `activation(x · weightᵀ + bias)` in one pass.
    ///
    /// - Parameters:
    ///   - weight: `[out, in]`, or one per batch element: `[batch, out, in]`.
    ///   - bias: `[out]`, or none.
    ///   - activation: Applied to the sum.
    /// - Returns: `[…, out]` for this `[…, in]`; `[batch, row, out]` for one weight per batch element, where this is
    ///   `[batch, row, in]` or, shared by the batch, `[row, in]`.
    public func linear(_ weight: Tensor, bias: Tensor? = nil, activation: Activation = .identity) -> Tensor {
        let isBatched = weight.rank == 3
        shapeCheck(
            rank >= 1 && (weight.rank == 2 || isBatched && (rank == 2 || rank == 3 && shape[0] == weight.shape[0]))
                && shape[rank - 1] == weight.shape[weight.rank - 1]
                && bias.map { $0.shape == [weight.shape[weight.rank - 2]] } ?? true,
            "linear", shape, weight.shape, bias?.shape ?? [])
        let isRecorded = node != nil || weight.node != nil || bias?.node != nil
        if !isBatched && !isRecorded && rowCount < Kernels.fewRows {
            return Kernels.linear(self, weight, bias: bias, activation: activation.code)
        }
        let (out, inputs) = (weight.shape[weight.rank - 2], weight.shape[weight.rank - 1])
        let rows = isBatched ? [weight.shape[0], shape[rank - 2]] : Array(shape.dropLast())
        let x = isBatched ? detached.expanded(to: rows + [inputs]) : detached.asRows
        let (c, slope) = Kernels.product(
            x.withTwoBatchAxes, weight.detached.transposed(-1, -2).withTwoBatchAxes,
            epilogue: Kernels.Epilogue(
                bias: bias?.detached, activation: activation.code,
                keepsSlope: isRecorded && (activation == .gelu || activation == .sine)))
        let operands = [self, weight] + (bias.map { [$0] } ?? [])
        return c.reshaped(to: rows + [out]).recorded(
            from: operands, saving: operands + (slope.map { [$0] } ?? []), savesOutput: activation == .relu
        ) { g, context in
            let hasBias = operands.count == 3
            let x = isBatched ? context[0] : context[0].asRows
            func cotangents(_ s: Tensor, bias: Tensor?) -> [Tensor?] {
                let s = isBatched ? s : s.asRows  // [row, out] or [batch, row, out]
                return [
                    context.cotangent(0) { s.matmul(context[1]).summed(to: x.shape).reshaped(to: context.shape(0)) },
                    context.cotangent(1) { s.transposed(-1, -2).matmul(x) },
                ] + (hasBias ? [context.cotangent(2) { bias ?? s.summed(to: [out]) }] : [])
            }
            if context.isRecording {
                let bias = hasBias ? context[2] : nil
                // ReLU's output is positive where its sum is.
                let slope = activation.slope {
                    activation == .relu ? context.output.detached : context[0].linear(context[1], bias: bias)
                }
                return cotangents(g * slope, bias: nil)
            }
            let saved: Tensor? =
                switch activation {
                case .identity: nil
                case .relu: context.output
                case .gelu, .sine: context[operands.count]
                }
            let (s, bias) = Kernels.activationCotangent(activation.code, saved: saved, cotangent: g)
            return cotangents(s.reshaped(to: g.shape), bias: bias)
        }
    }

    /// Leading axes as exactly two; they are copied together only where strides leave no other way.
    private var withTwoBatchAxes: Tensor {
        switch rank {
        case 2: reshapedView([1, 1] + shape)
        case 3: reshapedView([1] + shape)
        case 4: self
        default: reshaped(to: [1, elementCount(shape.dropLast(2))] + shape.suffix(2))
        }
    }

    /// All axes but the last as one, which −1 could not say of empty rows.
    private var asRows: Tensor { reshaped(to: [rowCount, rowLength]) }

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
        case .sine: TK_SINE
        }
    }

    /// The derivative at the sum before the activation, as differentiable operations.
    fileprivate func slope(at sum: () -> Tensor) -> Tensor {
        switch self {
        case .identity: Tensor(1)
        case .relu: sum().isGreater(than: 0)
        case .gelu: geluDerivative(sum())
        case .sine: (sum() * 30).cos() * 30
        }
    }
}
