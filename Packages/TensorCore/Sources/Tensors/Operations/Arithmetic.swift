// Addition, subtraction, multiplication, division, extrema and comparisons with broadcasting.
// Cotangents of a broadcast operand are summed over the axes it was spread along.

internal import TensorKernels

extension Tensor {
    /// The sum, broadcast.
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        Kernels.binary(TK_ADD, a, b, "+").recorded(from: [a, b]) { g, context in
            [
                context.cotangent(0) { g.summed(to: context.shape(0)) },
                context.cotangent(1) { g.summed(to: context.shape(1)) },
            ]
        }
    }

    /// The difference, broadcast.
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        Kernels.binary(TK_SUBTRACT, a, b, "-").recorded(from: [a, b]) { g, context in
            [
                context.cotangent(0) { g.summed(to: context.shape(0)) },
                context.cotangent(1) { -g.summed(to: context.shape(1)) },
            ]
        }
    }

    /// The elementwise product, broadcast.
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        Kernels.binary(TK_MULTIPLY, a, b, "*").recorded(from: [a, b], saving: [a, b]) { g, context in
            [
                context.cotangent(0) { (g * context[1]).summed(to: context.shape(0)) },
                context.cotangent(1) { (g * context[0]).summed(to: context.shape(1)) },
            ]
        }
    }

    /// The quotient, broadcast; IEEE at zero divisors.
    public static func / (a: Tensor, b: Tensor) -> Tensor {
        Kernels.binary(TK_DIVIDE, a, b, "/").recorded(from: [a, b], saving: [a, b]) { g, context in
            [
                context.cotangent(0) { (g / context[1]).summed(to: context.shape(0)) },
                context.cotangent(1) { -(g * context[0] / context[1].squared()).summed(to: context.shape(1)) },
            ]
        }
    }

    /// `scale · x + offset`, one fused multiply-add per element.
    public func scaled(by scale: Float, adding offset: Float = 0) -> Tensor {
        Kernels.unary(TK_SCALE_ADD, self, scale, offset).recorded(from: [self]) { g, _ in [g.scaled(by: scale)] }
    }

    /// The negative.
    public static prefix func - (x: Tensor) -> Tensor { x.scaled(by: -1, adding: -0.0) }

    /// Every element plus a number.
    public static func + (x: Tensor, c: Float) -> Tensor { x.scaled(by: 1, adding: c) }

    /// Every element minus a number.
    public static func - (x: Tensor, c: Float) -> Tensor { x.scaled(by: 1, adding: -c) }

    /// Every element times a number.
    public static func * (x: Tensor, c: Float) -> Tensor { x.scaled(by: c, adding: -0.0) }

    /// Every element divided by a number, rounded once.
    public static func / (x: Tensor, c: Float) -> Tensor { x / Tensor(c) }

    /// The larger of two elements, broadcast; NaN if either is.
    ///
    /// Equal elements share the cotangent equally.
    public func maximum(_ other: Tensor) -> Tensor {
        Kernels.binary(TK_MAXIMUM, self, other, "maximum").recorded(from: [self, other], saving: [self, other]) {
            g, context in
            shared(g, by: Kernels.binary(TK_TIE_SHARE, context[0], context[1], "maximum"), context)
        }
    }

    /// The smaller of two elements, broadcast; NaN if either is.
    ///
    /// Equal elements share the cotangent equally.
    public func minimum(_ other: Tensor) -> Tensor {
        Kernels.binary(TK_MINIMUM, self, other, "minimum").recorded(from: [self, other], saving: [self, other]) {
            g, context in
            shared(g, by: -Kernels.binary(TK_TIE_SHARE, context[0], context[1], "minimum") + 1, context)
        }
    }

    /// 1 where the elements are equal, else 0; never differentiated.
    public func equals(_ other: Tensor) -> Tensor { Kernels.binary(TK_EQUAL, self, other, "equals") }

    /// 1 where this element is less, else 0; never differentiated.
    public func isLess(than other: Tensor) -> Tensor { Kernels.binary(TK_LESS, self, other, "isLess") }

    /// 1 where the element is greater than `threshold`, else 0; never differentiated.
    public func isGreater(than threshold: Float) -> Tensor { Kernels.unary(TK_GREATER, self, threshold) }

    /// Elements of `self` where `mask` is not zero, of `other` elsewhere, broadcast.
    ///
    /// Cotangents are selected, never multiplied by the mask: an infinity on the other side stays there.
    public func selected(where mask: Tensor, else other: Tensor) -> Tensor {
        let mask = mask.detached
        return Kernels.select(mask, self, other).recorded(from: [self, other], saving: [mask]) { g, context in
            let zero = Tensor(0)
            return [
                context.cotangent(0) { g.selected(where: context[0], else: zero).summed(to: context.shape(0)) },
                context.cotangent(1) { zero.selected(where: context[0], else: g).summed(to: context.shape(1)) },
            ]
        }
    }
}

/// Cotangents of maximum and minimum: `share` of the first operand, the rest to the second.
private func shared(_ g: Tensor, by share: Tensor, _ context: PullbackContext) -> [Tensor?] {
    [
        context.cotangent(0) { (g * share).summed(to: context.shape(0)) },
        context.cotangent(1) { (g * (-share + 1)).summed(to: context.shape(1)) },
    ]
}
