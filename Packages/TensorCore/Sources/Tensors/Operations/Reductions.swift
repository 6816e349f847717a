// Sums, means, extrema and moments over axes.

internal import TensorKernels

extension Tensor {
    /// Axes counted from the front in ascending order; all of them for `nil`.
    private func resolved(_ axes: [Int]?, _ operation: StaticString) -> [Int] {
        (axes.map { $0.map { resolvedAxis($0, rank: rank, operation) } } ?? Array(0..<rank)).sorted()
    }

    /// The shape with `axes` reduced to 1 or removed.
    private func reducedShape(_ axes: [Int], keepsAxes: Bool) -> [Int] {
        shape.indices.compactMap { axes.contains($0) ? (keepsAxes ? 1 : nil) : shape[$0] }
    }

    /// Reduces over `axes`; neighbours in memory are one axis, others are brought to the end first.
    private func reduced(_ operation: tk_reduction, _ axes: [Int], keepsAxes: Bool) -> Tensor {
        let target = reducedShape(axes, keepsAxes: keepsAxes)
        if isChannelsLast {
            return toChannelsLast.reduced(operation, axes.map(channelsLastAxis).sorted(), keepsAxes: true)
                .fromChannelsLast.reshaped(to: target)
        }
        let n = axes.reduce(1) { $0 * shape[$1] }
        var source = detached
        var inner = 1
        if let first = axes.first, let last = axes.last, last - first == axes.count - 1 {
            inner = elementCount(Array(shape[(last + 1)...]))
        } else if !axes.isEmpty {
            source = source.permuted(shape.indices.filter { !axes.contains($0) } + axes)
        }
        return Kernels.reduce(operation, source, outer: elementCount(target) / Swift.max(inner, 1), n: n, inner: inner)
            .reshaped(to: target)
    }

    /// The sum over axes (all by default); 0 over nothing.
    public func sum(along axes: [Int]? = nil, keepsAxes: Bool = false) -> Tensor {
        let axes = resolved(axes, "sum")
        let kept = reducedShape(axes, keepsAxes: true)
        return reduced(TK_SUM, axes, keepsAxes: keepsAxes).recorded(from: [self]) { g, context in
            [g.reshaped(to: kept).expanded(to: context.shape(0))]
        }
    }

    /// The sum over one axis.
    public func sum(along axis: Int, keepsAxes: Bool = false) -> Tensor { sum(along: [axis], keepsAxes: keepsAxes) }

    /// Summed over the axes along which `target` would be broadcast to this shape: the adjoint of broadcasting.
    public func summed(to target: [Int]) -> Tensor {
        if target == shape { return self }
        let lead = rank - target.count
        let axes = shape.indices.filter { $0 < lead || (target[$0 - lead] == 1 && shape[$0] != 1) }
        return sum(along: Array(axes), keepsAxes: true).reshaped(to: target)
    }

    /// The mean over axes (all by default); NaN over nothing.
    public func mean(along axes: [Int]? = nil, keepsAxes: Bool = false) -> Tensor {
        let axes = resolved(axes, "mean")
        let kept = reducedShape(axes, keepsAxes: true)
        let n = axes.reduce(1) { $0 * shape[$1] }
        return reduced(TK_MEAN, axes, keepsAxes: keepsAxes).recorded(from: [self]) { g, context in
            [(g / Float(n)).reshaped(to: kept).expanded(to: context.shape(0))]
        }
    }

    /// The mean over one axis.
    public func mean(along axis: Int, keepsAxes: Bool = false) -> Tensor { mean(along: [axis], keepsAxes: keepsAxes) }

    /// The mean squared distance from the mean over one axis, divided by `n − correction` (1 by default).
    public func variance(along axis: Int, correction: Int = 1, keepsAxes: Bool = false) -> Tensor {
        let n = shape[resolvedAxis(axis, rank: rank, "variance")]
        return (self - mean(along: axis, keepsAxes: true)).squared().sum(along: axis, keepsAxes: keepsAxes)
            / Float(n - correction)
    }

    /// The largest element along an axis: NaN if there is one.
    ///
    /// The cotangent goes to the first among equals.
    public func max(along axis: Int, keepsAxes: Bool = false) -> Tensor {
        extremum(TK_MAX, along: axis, keepsAxes, "max")
    }

    /// The smallest element along an axis: NaN if there is one.
    ///
    /// The cotangent goes to the first among equals.
    public func min(along axis: Int, keepsAxes: Bool = false) -> Tensor {
        extremum(TK_MIN, along: axis, keepsAxes, "min")
    }

    private func extremum(_ operation: tk_reduction, along axis: Int, _ keepsAxes: Bool, _ name: StaticString) -> Tensor
    {
        let axis = resolvedAxis(axis, rank: rank, name)
        shapeCheck(shape[axis] > 0, name, shape)
        let value = reduced(operation, [axis], keepsAxes: keepsAxes)
        guard node != nil else { return value }
        let winners = (operation == TK_MAX ? self : -self).detached.argmax(along: axis)
        let mask = winners.oneHot(classes: shape[axis], along: axis)
        let kept = reducedShape([axis], keepsAxes: true)
        return value.recorded(from: [self], saving: [mask]) { g, context in [g.reshaped(to: kept) * context[0]] }
    }

    /// The largest of all elements: NaN if there is one; equal elements share the cotangent.
    public func max() -> Tensor { extremum(TK_MAX, "max") }

    /// The smallest of all elements: NaN if there is one; equal elements share the cotangent.
    public func min() -> Tensor { extremum(TK_MIN, "min") }

    private func extremum(_ operation: tk_reduction, _ name: StaticString) -> Tensor {
        shapeCheck(count > 0, name, shape)
        let value = reduced(operation, Array(0..<rank), keepsAxes: false)
        return value.recorded(from: [self], saving: [equals(value)]) { g, context in
            [g * (context[0] / context[0].sum())]
        }
    }

    /// The product along an axis; 1 over nothing.
    ///
    /// Gradients are exact where elements are 0.
    public func product(along axis: Int, keepsAxes: Bool = false) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, "product")
        let kept = reducedShape([axis], keepsAxes: true)
        let last = shape[axis] - 1
        let result =
            last < 0 ? .ones(kept) : cumulativeProduct(along: axis).sliced(along: axis, last..<last + 1)
        return keepsAxes ? result : result.reshaped(to: reducedShape([axis], keepsAxes: false))
    }

    /// The position of the smallest element along an axis: the first among equals, a NaN before any number.
    public func argmin(along axis: Int) -> Indices { (-detached).argmax(along: axis) }

    /// The position of the largest element along an axis: the first among equals, a NaN before any number.
    public func argmax(along axis: Int) -> Indices {
        let axis = resolvedAxis(axis, rank: rank, "argmax")
        shapeCheck(shape[axis] > 0, "argmax", shape)
        let inner = elementCount(Array(shape[(axis + 1)...]))
        let target = reducedShape([axis], keepsAxes: false)
        return Indices(
            Kernels.argmax(self, outer: elementCount(target) / Swift.max(inner, 1), n: shape[axis], inner: inner),
            shape: target)
    }

    /// log Σ exp(x) along an axis; infinite where the largest element is.
    public func logSumExp(along axis: Int, keepsAxes: Bool = false) -> Tensor {
        let top = detached.max(along: axis, keepsAxes: true)
        let shift = top.selected(where: top.abs().isLess(than: Tensor(.infinity)), else: Tensor(0))
        let result = (self - shift).exp().sum(along: axis, keepsAxes: true).log() + shift
        return keepsAxes ? result : result.sum(along: axis)
    }

    /// √Σx² along an axis; the derivative at the zero vector is not finite.
    public func norm(along axis: Int, keepsAxes: Bool = false) -> Tensor {
        squared().sum(along: axis, keepsAxes: keepsAxes).sqrt()
    }

    /// x / max(‖x‖, 10⁻¹²) along an axis.
    public func l2Normalised(along axis: Int) -> Tensor {
        self / norm(along: axis, keepsAxes: true).maximum(Tensor(1e-12))
    }
}
