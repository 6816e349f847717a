// The worker pool's size, and what the kernels run on.

internal import COpenBLAS
internal import TensorKernels

/// The threads that kernels share.
public enum Threads {
    /// The number of threads, the caller's included, in `1...64`; results do not depend on it.
    public static var count: Int {
        get { Int(tk_get_threads()) }
        set { tk_set_threads(Int32(min(max(newValue, 1), 64))) }
    }

    /// `transform(0)` to `transform(count − 1)`, each on any thread: for work of many microseconds outside of tensors.
    ///
    /// What `transform` does with tensors stays on its own thread.
    public static func map<Value: Sendable>(_ count: Int, _ transform: @Sendable (Int) -> Value) -> [Value] {
        unsafe [Value](unsafeUninitializedCapacity: count) { buffer, initialised in
            nonisolated(unsafe) let values = unsafe buffer
            inParallel(count) { index in
                unsafe values.initializeElement(at: index, to: transform(index))
            }
            initialised = count
        }
    }
}

/// Runs `body` for each task in `0..<count` on the worker pool.
func inParallel(_ count: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        var body = body
        unsafe withUnsafeMutablePointer(to: &body) { pointer in
            unsafe tk_parallel(
                count,
                { task, context in
                    unsafe context?.assumingMemoryBound(to: (@Sendable (Int) -> Void).self).pointee(task)
                }, pointer)
        }
    }
}

/// What computes: names that belong in the provenance of a measurement.
public enum Platform {
    /// The instruction set the kernels chose: `baseline`, `avx2` or `avx512`.
    public static var kernelLevel: String {
        switch tk_get_level() {
        case TK_AVX512: "avx512"
        case TK_AVX2: "avx2"
        default: "baseline"
        }
    }

    /// The core that OpenBLAS detected, for example `Zen`.
    public static var blasCoreName: String { unsafe String(cString: openblas_get_corename()) }

    /// OpenBLAS's version and build options.
    public static var blasConfiguration: String { unsafe String(cString: openblas_get_config()) }
}
