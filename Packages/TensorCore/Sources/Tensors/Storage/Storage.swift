// The memory behind tensors.

/// A buffer of floats, shared by every tensor that views it and returned to the pool with the last of them.
///
/// Sendable without a lock: its floats are written only by the operation that created it, before any tensor refers to it,
/// or in place by an owner that has proved itself the only one (`Tensor.withUniqueStorage`).
@safe final class Storage: @unchecked Sendable {
    let count: Int
    private let byteCount: Int
    private let base: UnsafeMutablePointer<Float>

    /// Room for `count` floats of arbitrary content.
    init(count: Int) {
        self.count = count
        byteCount = StoragePool.byteCount(holding: count)
        unsafe base = StoragePool.take(byteCount)
    }

    deinit { unsafe StoragePool.give(base, byteCount) }

    /// The first float.
    var pointer: UnsafeMutablePointer<Float> { unsafe base }
}
