// The core's own Fourier transform, of planes whose sides have no large prime factors: many rows, then many columns at once,
// each in a lane of a vector. FFTW turns around inside of its vectors, and its unmeasured plans for such sides are slow.

internal import Synchronization
internal import TensorKernels

/// A transform of `length` complex numbers, or of twice as many real ones.
///
/// Sendable without a lock: its table is written once, before anyone else knows it, and kept for the life of the process.
@safe struct SmoothTransform: @unchecked Sendable {
    private static let made = Mutex<[Int: SmoothTransform]>([:])

    private let transform: tk_fourier

    /// Nothing for a length below 1, above 16,384, or with another prime factor than 2, 3, 5 and 7.
    init?(length: Int) {
        guard length >= 1, tk_fourier_fits(length) else { return nil }
        self = Self.made.withLock { made in
            if let kept = made[length] { return kept }
            let table = UnsafeMutablePointer<Float>.allocate(capacity: tk_fourier_table_count(length))
            let new = unsafe SmoothTransform(tk_fourier_make(length, table))
            made[length] = new
            return new
        }
    }

    private init(_ transform: tk_fourier) { unsafe self.transform = transform }

    /// A plane of 2·`length` real columns to `length` + 1 columns of pairs, by this transform and that of its columns.
    func plane(_ x: UnsafePointer<Float>, columns: SmoothTransform, to output: UnsafeMutablePointer<Float>) {
        var (across, down) = unsafe (transform, columns.transform)
        unsafe tk_fourier_plane(&across, &down, x, output)
    }
}
