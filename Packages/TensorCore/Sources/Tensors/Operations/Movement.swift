// Views and rearrangements. Reshape, transpose, expand and slice share storage where strides allow.

internal import TensorKernels

/// How a tensor goes on beyond its ends.
public enum Continuation: Sendable {
    /// The element at the end again and again.
    case replicated
    /// Mirrored at the element at the end, which is not repeated: fewer than all elements.
    case reflected
    /// From the other end: at most all elements.
    case circular
}

extension Tensor {
    private func view(_ shape: [Int], _ strides: [Int], offset: Int? = nil) -> Tensor {
        Tensor(storage: storage, offset: offset ?? self.offset, shape: shape, strides: strides)
    }

    /// The same elements in row-major order under another shape; one extent may be −1 and is then worked out.
    public func reshaped(to newShape: [Int]) -> Tensor {
        var target = newShape
        if let free = target.firstIndex(of: -1) {
            let known = target.enumerated().reduce(1) { $1.offset == free ? $0 : $0 * $1.element }
            shapeCheck(known > 0 && count % known == 0, "reshaped", shape, newShape)
            target[free] = count / Swift.max(known, 1)
        }
        shapeCheck(elementCount(target) == count && target.allSatisfy { $0 >= 0 }, "reshaped", shape, newShape)
        let result = strides(of: target).map { view(target, $0) } ?? contiguous.view(target, rowMajorStrides(target))
        return result.recorded(from: [self]) { g, context in
            [g.reshaped(to: context.shape(0))]
        }
    }

    /// Two axes exchanged.
    public func transposed(_ a: Int, _ b: Int) -> Tensor {
        var order = Array(0..<rank)
        order.swapAt(resolvedAxis(a, rank: rank, "transposed"), resolvedAxis(b, rank: rank, "transposed"))
        return permuted(order)
    }

    /// Axis `i` of the result is axis `order[i]` of this tensor.
    public func permuted(_ order: [Int]) -> Tensor {
        shapeCheck(order.sorted() == Array(0..<rank), "permuted (an order of all axes)", shape, order)
        return view(order.map { shape[$0] }, order.map { strides[$0] }).recorded(from: [self]) { g, _ in
            [g.permuted(order.indices.map { axis in order.firstIndex(of: axis) ?? axis })]
        }
    }

    /// Repeated along axes of extent 1 and along new leading axes, without copying.
    public func expanded(to target: [Int]) -> Tensor {
        if target == shape { return self }
        shapeCheck(broadcastShape(shape, target, "expanded") == target, "expanded", shape, target)
        let lead = target.count - rank
        let spread = target.indices.map { $0 < lead || shape[$0 - lead] != target[$0] ? 0 : strides[$0 - lead] }
        return view(target, spread).recorded(from: [self]) { g, context in [g.summed(to: context.shape(0))] }
    }

    /// A new axis of extent 1 at `axis`.
    public func unsqueezed(at axis: Int) -> Tensor {
        var target = shape
        target.insert(1, at: resolvedAxis(axis, rank: rank + 1, "unsqueezed"))
        return reshaped(to: target)
    }

    /// Elements `range` of one axis, every `step`-th; a negative step walks down from the range's end.
    public func sliced(along axis: Int, _ range: Range<Int>, step: Int = 1) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, "sliced")
        shapeCheck(
            range.lowerBound >= 0 && range.upperBound <= shape[axis] && step != 0, "sliced", shape,
            [range.lowerBound, range.upperBound, step])
        var (target, steps) = (shape, strides)
        target[axis] = (range.count + Swift.abs(step) - 1) / Swift.abs(step)
        steps[axis] *= step
        let start = step > 0 ? range.lowerBound : range.upperBound - 1
        return view(target, steps, offset: offset + (range.isEmpty ? 0 : start * strides[axis])).recorded(from: [self])
        {
            g, context in [placed(g, axis: axis, start: start, step: step, in: context.shape(0))]
        }
    }

    /// One index of an axis; the axis disappears.
    public func selected(_ index: Int, along axis: Int) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, "selected")
        var target = shape
        target.remove(at: axis)
        return sliced(along: axis, index..<(index + 1)).reshaped(to: target)
    }

    /// The order of elements along an axis reversed.
    public func flipped(along axis: Int) -> Tensor {
        sliced(along: axis, 0..<shape[resolvedAxis(axis, rank: rank, "flipped")], step: -1)
    }

    /// Cut into pieces of the given extents along an axis.
    public func split(along axis: Int, _ extents: [Int]) -> [Tensor] {
        shapeCheck(extents.reduce(0, +) == shape[resolvedAxis(axis, rank: rank, "split")], "split", shape, extents)
        var start = 0
        return extents.map { extent in
            defer { start += extent }
            return sliced(along: axis, start..<(start + extent))
        }
    }

    /// The slices along an axis, which disappears.
    public func unstacked(along axis: Int = 0) -> [Tensor] {
        let axis = resolvedAxis(axis, rank: rank, "unstacked")
        var target = shape
        target.remove(at: axis)
        // In halves of halves: a slice's cotangent fills what it was cut from, which must not be the whole each time.
        func cut(_ x: Tensor) -> [Tensor] {
            let n = x.shape[axis]
            if n <= 1 { return n == 0 ? [] : [x.reshaped(to: target)] }
            return cut(x.sliced(along: axis, 0..<n / 2)) + cut(x.sliced(along: axis, n / 2..<n))
        }
        return cut(self)
    }

    /// Zeros (or `value`) added before and after along one axis.
    public func padded(along axis: Int, before: Int, after: Int, value: Float = 0) -> Tensor {
        shapeCheck(before >= 0 && after >= 0, "padded", shape, [before, after])
        let axis = resolvedAxis(axis, rank: rank, "padded")
        func border(_ extent: Int) -> Tensor {
            var target = shape
            target[axis] = extent
            return .filled(value, shape: target)
        }
        return Tensor.concatenated([border(before), self, border(after)], along: axis)
    }

    /// The tensor going on before and after along one axis; cotangents of repeated elements add up.
    public func padded(along axis: Int, before: Int, after: Int, by continuation: Continuation) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, "padded")
        let n = shape[axis]
        let most = continuation == .replicated ? Int.max : continuation == .reflected ? n - 1 : n
        shapeCheck(n > 0 && 0...most ~= before && 0...most ~= after, "padded", shape, [before, after])
        if before == 0 && after == 0 { return self }
        let ends =
            switch continuation {
            case .replicated:
                [
                    sliced(along: axis, 0..<1).tiled(before, along: axis),
                    sliced(along: axis, n - 1..<n).tiled(after, along: axis),
                ]
            case .reflected:
                [
                    sliced(along: axis, 1..<before + 1, step: -1),
                    sliced(along: axis, n - 1 - after..<n - 1, step: -1),
                ]
            case .circular: [sliced(along: axis, n - before..<n), sliced(along: axis, 0..<after)]
            }
        return .concatenated([ends[0], self, ends[1]], along: axis)
    }

    /// Every element `distance` places further along an axis; what leaves at the end enters at the start.
    public func rolled(by distance: Int, along axis: Int) -> Tensor {
        let n = shape[resolvedAxis(axis, rank: rank, "rolled")]
        if n == 0 { return self }
        let cut = n - ((distance % n) + n) % n
        return .concatenated([sliced(along: axis, cut..<n), sliced(along: axis, 0..<cut)], along: axis)
    }

    /// The whole tensor `count` times in a row along an axis.
    public func tiled(_ count: Int, along axis: Int) -> Tensor { repeated(count, along: axis, asWhole: true) }

    /// Every element `count` times in a row along an axis.
    public func repeated(_ count: Int, along axis: Int) -> Tensor { repeated(count, along: axis, asWhole: false) }

    private func repeated(_ count: Int, along axis: Int, asWhole: Bool) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, "repeated")
        shapeCheck(count >= 0, "repeated", shape, [count])
        let unit = unsqueezed(at: asWhole ? axis : axis + 1)
        var (spread, target) = (unit.shape, shape)
        spread[asWhole ? axis : axis + 1] = count
        target[axis] *= count
        return unit.expanded(to: spread).reshaped(to: target)
    }

    /// The last two axes with zeros above the `diagonal` (0 the main one, positive to the right of it).
    public func lowerTriangle(diagonal: Int = 0) -> Tensor { triangle { $1 - $0 <= diagonal } }

    /// The last two axes with zeros below the `diagonal` (0 the main one, positive to the right of it).
    public func upperTriangle(diagonal: Int = 0) -> Tensor { triangle { $1 - $0 >= diagonal } }

    private func triangle(_ isKept: (_ row: Int, _ column: Int) -> Bool) -> Tensor {
        shapeCheck(rank >= 2, "triangle", shape)
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        let mask = (0..<rows).flatMap { row in (0..<columns).map { isKept(row, $0) ? Float(1) : 0 } }
        return selected(where: Tensor(mask, shape: [rows, columns]), else: Tensor(0))
    }

    /// Tensors joined along an existing axis; all other axes agree.
    public static func concatenated(_ parts: [Tensor], along axis: Int) -> Tensor {
        guard let first = parts.first else { fatalError("concatenated: there are no tensors to join.") }
        let axis = resolvedAxis(axis, rank: first.rank, "concatenated")
        var target = first.shape
        target[axis] = 0
        for part in parts {
            var expected = part.shape
            expected[axis] = first.shape[axis]
            shapeCheck(part.rank == first.rank && expected == first.shape, "concatenated", first.shape, part.shape)
            target[axis] += part.shape[axis]
        }
        let extents = parts.map { $0.shape[axis] }
        let starts = extents.indices.map { extents[..<$0].reduce(0, +) }
        let value = Kernels.placed(zip(parts, starts).map { ($0.detached, $1, 1) }, axis: axis, in: target)
        return value.recorded(from: parts) { g, context in
            starts.indices.map { index in
                context.cotangent(index) {
                    g.sliced(along: axis, starts[index]..<(starts[index] + extents[index]))
                }
            }
        }
    }

    /// Tensors of one shape joined along a new axis.
    public static func stacked(_ parts: [Tensor], along axis: Int = 0) -> Tensor {
        concatenated(parts.map { $0.unsqueezed(at: axis) }, along: axis)
    }
}

/// Zeros of `shape` with `x` at `start`, `start + step`, … along `axis`: the adjoint of slicing.
private func placed(_ x: Tensor, axis: Int, start: Int, step: Int, in shape: [Int]) -> Tensor {
    Kernels.placed([(x, start, step)], axis: axis, in: shape).recorded(from: [x]) { g, context in
        let extent = context.shape(0)[axis]
        if extent == 0 { return [.zeros(context.shape(0))] }
        let last = start + (extent - 1) * step
        return [g.sliced(along: axis, min(start, last)..<(max(start, last) + 1), step: step)]
    }
}
