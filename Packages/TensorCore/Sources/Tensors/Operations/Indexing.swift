// Integer indices and the gathers and scatters they drive.

/// Integer positions with a shape: their own type, so that a gather cannot be fed scores.
public struct Indices: Sendable, Equatable {
    /// The positions in row-major order.
    public let scalars: [Int32]
    /// The extent of each axis.
    public let shape: [Int]

    /// Positions in row-major order; a list by default.
    public init(_ scalars: [Int32], shape: [Int]? = nil) {
        self.scalars = scalars
        self.shape = shape ?? [scalars.count]
        shapeCheck(scalars.count == elementCount(self.shape), "Indices.init", [scalars.count], self.shape)
    }

    /// Stops unless every index lies in `0..<bound`.
    func check(below bound: Int, _ operation: StaticString) {
        if let position = scalars.firstIndex(where: { $0 < 0 || $0 >= bound }) {
            fatalError("\(operation): index \(scalars[position]) at position \(position) is outside 0..<\(bound).")
        }
    }

    /// 1 at each index, 0 elsewhere: a new axis of extent `classes` at `axis`.
    public func oneHot(classes: Int, along axis: Int = -1) -> Tensor {
        check(below: classes, "oneHot")
        var values = [Float](repeating: 0, count: scalars.count * classes)
        for (position, index) in scalars.enumerated() { values[position * classes + Int(index)] = 1 }
        let last = Tensor(values, shape: shape + [classes])
        var order = Array(0..<shape.count)
        order.insert(shape.count, at: resolvedAxis(axis, rank: shape.count + 1, "oneHot"))
        return last.permuted(order)
    }
}

extension Tensor {
    /// The slices along the first axis at `indices`: an embedding look-up.
    ///
    /// - Returns: `indices.shape + shape[1...]`. The pullback adds in index order, so it is deterministic.
    public func gathered(at indices: Indices) -> Tensor {
        shapeCheck(rank >= 1, "gathered", shape)
        indices.check(below: shape[0], "gathered")
        let rowShape = Array(shape.dropFirst())
        return Kernels.gatherRows(self, indices.scalars, rowShape: rowShape).reshaped(to: indices.shape + rowShape)
            .recorded(from: [self]) { g, context in [g.scatterAdded(at: indices, rows: context.shape(0)[0])] }
    }

    /// Slices added into `rows` zero slices at `indices`, repeated indices in order: the adjoint of `gathered(at:)`.
    public func scatterAdded(at indices: Indices, rows: Int) -> Tensor {
        shapeCheck(Array(shape.prefix(indices.shape.count)) == indices.shape, "scatterAdded", shape, indices.shape)
        indices.check(below: rows, "scatterAdded")
        let rowShape = Array(shape.dropFirst(indices.shape.count))
        return Kernels.scatterAddRows(self, indices.scalars, rows: rows, rowShape: rowShape)
            .recorded(from: [self]) { g, _ in [g.gathered(at: indices)] }
    }

    /// The slices along any axis at a list of indices.
    ///
    /// - Returns: This shape with `indices.shape` in the place of the axis; the pullback adds in index order.
    public func gathered(at indices: Indices, along axis: Int) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, "gathered")
        let rows = permuted([axis] + shape.indices.filter { $0 != axis }).gathered(at: indices)
        let lead = indices.shape.count
        let order = Array(lead..<lead + axis) + Array(0..<lead) + Array((lead + axis)..<rows.rank)
        return rows.permuted(order)
    }

    /// One element per index, the other coordinates being the index's own: `y[i, j, k] = x[i, indices[i, j, k], k]`.
    ///
    /// - Parameters:
    ///   - indices: Of this rank; every other extent is at most this tensor's.
    ///   - axis: The axis that is indexed.
    /// - Returns: `indices.shape`; the pullback adds in index order.
    public func taken(at indices: Indices, along axis: Int) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, "taken")
        shapeCheck(
            indices.shape.count == rank
                && zip(indices.shape, shape).enumerated().allSatisfy { $0 == axis || $1.0 <= $1.1 }, "taken", shape,
            indices.shape)
        indices.check(below: shape[axis], "taken")
        let (own, theirs) = (rowMajorStrides(shape), rowMajorStrides(indices.shape))
        let places = indices.scalars.enumerated().map { position, index in
            let others = shape.indices.reduce(0) {
                $1 == axis ? $0 : $0 + position / theirs[$1] % indices.shape[$1] * own[$1]
            }
            return Int32(others) + index * Int32(own[axis])
        }
        return reshaped(to: [count]).gathered(at: Indices(places, shape: indices.shape))
    }

    /// One element of the last axis per row: `x[…, indices[…]]`.
    public func picked(at indices: Indices) -> Tensor {
        shapeCheck(rank >= 1 && Array(shape.dropLast()) == indices.shape, "picked", shape, indices.shape)
        return taken(at: Indices(indices.scalars, shape: indices.shape + [1]), along: -1).reshaped(to: indices.shape)
    }
}
