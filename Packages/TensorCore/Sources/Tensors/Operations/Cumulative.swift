// Cumulative sums and products along an axis, both as the linear recurrence y[i] = a[i]·y[i − 1] + b[i].

extension Tensor {
    /// y[i] = a[i]·y[i − 1] + b[i] along an axis, y[0] = b[0], with this tensor as b.
    ///
    /// Two operations per element.
    ///
    /// - Parameters:
    ///   - factors: a, of this shape; its first element is not read.
    ///   - axis: The axis.
    ///   - isReversed: Whether it runs from the last element down.
    /// - Returns: y, of this shape.
    public func linearRecurrence(factors: Tensor, along axis: Int, isReversed: Bool = false) -> Tensor {
        shapeCheck(factors.shape == shape, "linearRecurrence", factors.shape, shape)
        let axis = resolvedAxis(axis, rank: rank, "linearRecurrence")
        return recurrence(factors, along: axis, isReversed).recorded(
            from: [self, factors], saving: [factors], savesOutput: true
        ) { g, context in
            // The cotangent runs the other way: t[i] = g[i] + a[i + 1]·t[i + 1].
            let factors = context[0].shifted(along: axis, down: !isReversed)
            let t = g.linearRecurrence(factors: factors, along: axis, isReversed: !isReversed)
            return [
                context.cotangent(0) { t },
                context.cotangent(1) { t * context.output.shifted(along: axis, down: isReversed) },
            ]
        }
    }

    /// The sum of all elements up to each, along an axis.
    ///
    /// One operation per element.
    ///
    /// - Parameters:
    ///   - axis: The axis.
    ///   - isReversed: Whether it runs from the last element down.
    ///   - isExclusive: Whether an element's own value is left out: the first sum is 0.
    /// - Returns: The sums, of this shape.
    public func cumulativeSum(along axis: Int, isReversed: Bool = false, isExclusive: Bool = false) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, "cumulativeSum")
        if isExclusive {
            return shifted(along: axis, down: isReversed).cumulativeSum(along: axis, isReversed: isReversed)
        }
        return recurrence(nil, along: axis, isReversed).recorded(from: [self]) { g, _ in
            [g.cumulativeSum(along: axis, isReversed: !isReversed)]
        }
    }

    /// The product of all elements up to each, along an axis.
    ///
    /// Gradients are exact where elements are 0. Two operations per element.
    ///
    /// - Parameters:
    ///   - axis: The axis.
    ///   - isExclusive: Whether an element's own value is left out: the first product is 1.
    /// - Returns: The products, of this shape.
    public func cumulativeProduct(along axis: Int, isExclusive: Bool = false) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, "cumulativeProduct")
        if shape[axis] == 0 { return self }
        var border = shape
        border[axis] = 1
        let first = isExclusive ? Tensor.ones(border) : sliced(along: axis, 0..<1)
        let start = first.padded(along: axis, before: 0, after: shape[axis] - 1)
        return start.linearRecurrence(factors: isExclusive ? shifted(along: axis, down: false) : self, along: axis)
    }

    private func recurrence(_ factors: Tensor?, along axis: Int, _ isReversed: Bool) -> Tensor {
        Kernels.recurrence(
            factors, self, outer: elementCount(Array(shape[..<axis])), n: shape[axis],
            inner: elementCount(Array(shape[(axis + 1)...])), isReversed: isReversed)
    }

    /// Every element one place further along an axis, or one place back if `down`; 0 moves in.
    private func shifted(along axis: Int, down: Bool) -> Tensor {
        if shape[axis] == 0 { return self }
        return down
            ? sliced(along: axis, 1..<shape[axis]).padded(along: axis, before: 0, after: 1)
            : sliced(along: axis, 0..<(shape[axis] - 1)).padded(along: axis, before: 1, after: 0)
    }
}
