// How the other modules of this package run kernels of their own: row by row, in blocks, on the worker pool.

/// The rows of a tensor: each contiguous, at any distance from one another.
@safe package struct Rows: Sendable {
    private let tensor: Tensor

    fileprivate init(of tensor: Tensor) {
        let isDense = tensor.rowLength <= 1 || tensor.strides[tensor.rank - 1] == 1
        self.tensor = isDense ? tensor.detached : tensor.contiguous.detached
    }

    /// The first element of a row; it stays valid while the kernel runs.
    package subscript(row: Int) -> UnsafePointer<Float> {
        var (offset, rest) = (0, row)
        for axis in tensor.shape.indices.dropLast().reversed() {
            offset += rest % tensor.shape[axis] * tensor.strides[axis]
            rest /= tensor.shape[axis]
        }
        return unsafe UnsafePointer(tensor.pointer) + offset
    }
}

extension Tensor {
    /// Rows computed from rows: row i of the result, of extent `length`, from row i of this tensor.
    ///
    /// - Parameters:
    ///   - length: The last extent of the result; the others are this tensor's.
    ///   - flopsPerRow: What a row counts.
    ///   - kernel: Fills the rows of a block at the pointer from the rows it is given. It runs on any thread; a row's
    ///     values must not depend on the block, whose borders depend on the shapes alone.
    /// - Returns: A constant for differentiation; `recordedAsLinear(from:adjoint:)` makes it more.
    package func mappingRows(
        to length: Int, flopsPerRow: Int,
        _ kernel: @Sendable (_ block: Range<Int>, _ input: Rows, _ output: UnsafeMutablePointer<Float>) -> Void
    ) -> Tensor {
        let (rows, result) = (Rows(of: self), Tensor(uninitialised: shape.dropLast() + [length]))
        // A block of 16,384 elements takes longer than waking a worker and still fits the second-level cache.
        let blockCount = Swift.max(1, 16_384 / Swift.max(rowLength, length, 1))
        inParallel((rowCount + blockCount - 1) / blockCount) { task in
            let block = task * blockCount..<Swift.min((task + 1) * blockCount, rowCount)
            unsafe kernel(block, rows, result.pointer + block.lowerBound * length)
        }
        Counters.count(flops: flopsPerRow * rowCount, bytes: 4 * (count + result.count))
        return result
    }

    /// This value as the image of `input` under a linear map, whose adjoint takes cotangents back.
    package func recordedAsLinear(from input: Tensor, adjoint: @escaping @Sendable (Tensor) -> Tensor) -> Tensor {
        recorded(from: [input]) { g, _ in [adjoint(g)] }
    }
}

/// Runs `body` with room for `count` floats of arbitrary content, aligned to 64 bytes, from the pool.
package func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let storage = Storage(count: count)
    unsafe body(storage.pointer)
    // The pointer does not keep it.
    withExtendedLifetime(storage) {}
}
