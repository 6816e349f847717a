// FFTW's plans: made once for each kind and length, under a lock, kept for the life of the process.
//
// Planning is not thread-safe; executing a plan on other arrays of the same alignment is. FFTW's own threads are not used.

internal import CFFTW
internal import Glibc
internal import Synchronization
internal import TensorKernels

/// A one-dimensional transform of a fixed length between two aligned buffers.
@safe struct FourierPlan: Sendable {
    enum Kind: Hashable { case real, realInverse, complex, complexInverse }

    private struct Key: Hashable {
        let kind: Kind
        let length: Int
    }
    // An OpaquePointer is not Sendable; FFTW's plans are, once made.
    private static let plans = Mutex<[Key: UInt]>([:])

    private let kind: Kind
    private let inputCount: Int, outputCount: Int
    private let address: UInt

    /// A transform of `length` real numbers or complex pairs, at least 1.
    init(_ kind: Kind, length: Int) {
        self.kind = kind
        let half = 2 * (length / 2 + 1)
        (inputCount, outputCount) =
            switch kind {
            case .real: (length, half)
            case .realInverse: (half, length)
            case .complex, .complexInverse: (2 * length, 2 * length)
            }
        let (inputs, outputs) = (inputCount, outputCount)
        address = Self.plans.withLock { plans in
            let key = Key(kind: kind, length: length)
            if let address = plans[key] { return address }
            let buffers = Buffers(inputs, outputs)
            let address = Self.planned(kind, length, buffers)
            plans[key] = address
            return address
        }
    }

    private static func planned(_ kind: Kind, _ length: Int, _ buffers: Buffers) -> UInt {
        // What earlier plans taught FFTW must not steer this one, or bits would depend on the order of calls.
        fftwf_forget_wisdom()
        guard let n = Int32(exactly: length) else { failure(length) }
        let (x, y) = unsafe (buffers.input, buffers.output)
        let plan =
            switch kind {
            case .real: unsafe fftwf_plan_dft_r2c_1d(n, x, complex(y), FFTW_ESTIMATE)
            case .realInverse: unsafe fftwf_plan_dft_c2r_1d(n, complex(x), y, FFTW_ESTIMATE)
            case .complex: unsafe fftwf_plan_dft_1d(n, complex(x), complex(y), FFTW_FORWARD, FFTW_ESTIMATE)
            case .complexInverse: unsafe fftwf_plan_dft_1d(n, complex(x), complex(y), FFTW_BACKWARD, FFTW_ESTIMATE)
            }
        guard let plan = unsafe plan else { failure(length) }
        return UInt(bitPattern: plan)
    }

    private static func failure(_ length: Int) -> Never {
        fatalError("FFT: FFTW has no plan for length \(length); use 1...2147483647.")
    }

    /// Room for one transform, on the boundaries that FFTW's vector code needs.
    func buffers() -> Buffers { Buffers(inputCount, outputCount) }

    /// Transforms the input buffer into the output buffer, unnormalised; a real inverse overwrites its input.
    func execute(_ buffers: Buffers) {
        let plan = unsafe OpaquePointer(bitPattern: address)
        let (x, y) = unsafe (buffers.input, buffers.output)
        switch kind {
        case .real: unsafe fftwf_execute_dft_r2c(plan, x, complex(y))
        case .realInverse: unsafe fftwf_execute_dft_c2r(plan, complex(x), y)
        case .complex, .complexInverse: unsafe fftwf_execute_dft(plan, complex(x), complex(y))
        }
    }

    /// The input and output of one transform, freed with this value.
    @safe final class Buffers {
        let input: UnsafeMutablePointer<Float>
        let output: UnsafeMutablePointer<Float>

        init(_ inputCount: Int, _ outputCount: Int) {
            unsafe (input, output) = (Self.allocated(inputCount), Self.allocated(outputCount))
        }

        deinit {
            unsafe fftwf_free(input)
            unsafe fftwf_free(output)
        }

        private static func allocated(_ count: Int) -> UnsafeMutablePointer<Float> {
            guard let raw = unsafe fftwf_malloc(count * MemoryLayout<Float>.stride) else {
                fatalError("FFT: a buffer of \(count) floats is not to be had; transform less at a time.")
            }
            return unsafe raw.bindMemory(to: Float.self, capacity: count)
        }
    }
}

private func complex(_ pointer: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<fftwf_complex> {
    unsafe UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: fftwf_complex.self)
}

/// The transform of real numbers to their non-negative frequencies.
///
/// An even number of them is transformed as half as many complex ones and then taken apart: twice as fast as FFTW's own.
@safe struct RealTransform: Sendable {
    private static let tables = Mutex<[Int: [Float]]>([:])

    private let length: Int
    private let plan: FourierPlan
    private let twiddles: [Float]?

    /// A transform of `length` real numbers, at least 1.
    init(length: Int) {
        self.length = length
        if !length.isMultiple(of: 2) {
            (plan, twiddles) = (FourierPlan(.real, length: length), nil)
            return
        }
        plan = FourierPlan(.complex, length: length / 2)
        twiddles = Self.tables.withLock { tables in
            if let table = tables[length] { return table }
            let angles = (0..<length / 2).map { 2 * Double.pi * Double($0) / Double(length) }
            let cosines = angles.map { Float(cos($0) / 2) }
            let sines = angles.map { Float(-sin($0) / 2) }
            let table = cosines.flatMap { [$0, -$0] } + sines.flatMap { [$0, $0] }
            tables[length] = table
            return table
        }
    }

    /// Room for one transform.
    func buffers() -> FourierPlan.Buffers { plan.buffers() }

    /// Transforms the `length` numbers of the input buffer into length/2 + 1 complex ones at `output`.
    func execute(_ buffers: FourierPlan.Buffers, to output: UnsafeMutablePointer<Float>) {
        plan.execute(buffers)
        if let twiddles {
            unsafe tk_unpack_real(buffers.output, twiddles, length / 2, output)
        } else {
            unsafe output.update(from: buffers.output, count: length + 1)
        }
    }
}
