// The memory behind tensors.

internal import Synchronization

/// A buffer of floats, shared by every tensor that views it and returned to the pool with the last of them.
///
/// Sendable without a lock: its floats are written only by the operation that created it, before any tensor refers to it,
/// or in place by an owner that has proved itself the only one (`Tensor.makeUnique`).
@safe final class Storage: @unchecked Sendable {
    let count: Int
    private let byteCount: Int
    private let isAtRest: Bool
    private let base: UnsafeMutablePointer<Float>
    private let derived = Mutex<[Derived]>([])

    private struct Derived {
        let form: DerivedForm
        let offset: Int
        let shape: [Int], strides: [Int]
        let value: Tensor
    }

    /// Room for `count` floats of arbitrary content; at rest if it is to be read many times.
    init(count: Int, isAtRest: Bool = false) {
        self.count = count
        self.isAtRest = isAtRest
        byteCount = StoragePool.byteCount(holding: count)
        unsafe base = StoragePool.take(byteCount, isAtRest: isAtRest)
    }

    deinit { unsafe StoragePool.give(base, byteCount, isAtRest: isAtRest) }

    /// The first float.
    var pointer: UnsafeMutablePointer<Float> { unsafe base }

    fileprivate func derived(_ form: DerivedForm, of view: Tensor, _ make: () -> Tensor) -> Tensor {
        derived.withLock { kept in
            let found = kept.first {
                $0.form == form && $0.offset == view.offset && $0.shape == view.shape && $0.strides == view.strides
            }
            if let found { return found.value }
            let value = make()
            kept.append(
                Derived(form: form, offset: view.offset, shape: view.shape, strides: view.strides, value: value))
            return value
        }
    }

    /// Lets go of all other forms: the floats are about to change.
    func forgetDerived() { derived.withLock { $0 = [] } }
}

/// The same values laid out or transformed as a kernel reads them fastest.
enum DerivedForm { case panels, winograd }

extension Tensor {
    /// This constant in another form, made at first use and kept beside it until it is freed or overwritten.
    ///
    /// For weights of a model at rest: what changes between uses would only fill memory.
    func derived(_ form: DerivedForm, _ make: () -> Tensor) -> Tensor { storage.derived(form, of: self, make) }
}
