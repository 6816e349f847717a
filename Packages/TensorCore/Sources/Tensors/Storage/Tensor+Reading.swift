// What readers of files need of tensors: storage filled in place, without a copy beside it, and views by strides.

extension Tensor {
    /// A tensor whose floats `fill` writes; every one, or what is there is arbitrary.
    package init<E: Error>(
        shape: [Int], filledBy fill: (UnsafeMutableBufferPointer<Float>) throws(E) -> Void
    ) throws(E) {
        self.init(uninitialised: shape)
        unsafe try fill(UnsafeMutableBufferPointer(start: pointer, count: count))
    }

    /// The view of this contiguous tensor whose element at position p is element `offset` + Σ p·stride of it.
    package func strided(offset: Int, shape: [Int], strides: [Int]) -> Tensor {
        let last = zip(shape, strides).reduce(offset) { $0 + ($1.0 - 1) * $1.1 }
        shapeCheck(
            isContiguous && node == nil && offset >= 0 && strides.allSatisfy { $0 >= 0 }
                && (shape.contains(0) || last < count), "strided", self.shape, [offset], shape, strides)
        return Tensor(storage: storage, offset: self.offset + offset, shape: shape, strides: strides)
    }
}
