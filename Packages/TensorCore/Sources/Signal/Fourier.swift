// Fourier transforms of the last axis, differentiable to any order. Not here: two axes (FourierOfPlanes).
// Orthonormal transforms are these times a constant.
//
// A complex tensor has a last axis of extent 2: real and imaginary part. Forward transforms are unnormalised, inverse ones
// divide by the length. Each pullback is the transform's adjoint as a real-linear map, written with the transforms
// themselves. Operations are counted as 5·n·log₂n for n complex numbers and half of that for n real ones.

internal import Glibc
internal import TensorKernels
public import Tensors

extension Tensor {
    /// The Fourier transform of real signals, its non-negative frequencies: X_k = Σ_j x_j·exp(−2πi·jk/n).
    ///
    /// - Returns: `[…, n/2 + 1, 2]` for this `[…, n]`, n at least 1.
    public func rfft() -> Tensor { realTransform() }

    /// The real signals of `length` samples whose `rfft()` this is, divided by `length`.
    ///
    /// - Parameter length: n, even or odd, with n/2 + 1 equal to the number of frequencies. The imaginary parts at frequency
    ///   0 and, for even n, n/2 are ignored.
    /// - Returns: `[…, n]` for this `[…, n/2 + 1, 2]`.
    public func irfft(length: Int) -> Tensor { realInverseTransform(length: length, scale: 1 / Float(length)) }

    /// The Fourier transform of complex signals: X_k = Σ_j x_j·exp(−2πi·jk/n); shape `[…, n, 2]` in and out.
    public func fft() -> Tensor { complexTransform(.complex, scale: 1) }

    /// The inverse Fourier transform of complex signals, divided by n; shape `[…, n, 2]` in and out.
    public func ifft() -> Tensor {
        shapeCheck(rank >= 2, "ifft", shape)
        return complexTransform(.complexInverse, scale: 1 / Float(shape[rank - 2]))
    }

    /// `rfft` of `scale · window · x`.
    func realTransform(window: Tensor? = nil, scale: Float = 1) -> Tensor {
        let n = shape.last ?? 0
        shapeCheck(n >= 1 && window.map { $0.shape == [n] } ?? true, "rfft", shape, window?.shape ?? [])
        let transform = RealTransform(length: n)
        let window = window?.detached
        let factors = window.map { ($0 * scale).scalars } ?? [Float](repeating: scale, count: n)
        let halfCount = n / 2 + 1
        return unsafe mappingRows(to: 2 * halfCount, flopsPerRow: transformFlops(n) / 2) { block, input, output in
            let buffers = transform.buffers()
            for (index, row) in block.enumerated() {
                unsafe tk_multiply(input[row], factors, buffers.input, n)
                unsafe transform.execute(buffers, to: output + index * 2 * halfCount)
            }
        }.reshaped(to: shape.dropLast() + [halfCount, 2]).recordedAsLinear(from: self) { g in
            let x = g.realTransformAdjoint(length: n, scale: scale)
            return window.map { x * $0 } ?? x
        }
    }

    /// The adjoint of `scale` times the unnormalised transform of `length` real numbers.
    func realTransformAdjoint(length n: Int, scale: Float) -> Tensor {
        (self * multiplicity(length: n, inner: 0.5)).realInverseTransform(length: n, scale: scale)
    }

    /// `scale` times the unnormalised inverse of `rfft`.
    private func realInverseTransform(length n: Int, scale: Float) -> Tensor {
        shapeCheck(n >= 1 && rank >= 2 && Array(shape.suffix(2)) == [n / 2 + 1, 2], "irfft", shape, [n])
        let plan = FourierPlan(.realInverse, length: n)
        let halfCount = n / 2 + 1
        return unsafe detached.reshaped(to: shape.dropLast(2) + [2 * halfCount])
            .mappingRows(to: n, flopsPerRow: transformFlops(n) / 2) { block, input, output in
                let buffers = plan.buffers()
                for (index, row) in block.enumerated() {
                    unsafe buffers.input.update(from: input[row], count: 2 * halfCount)
                    unsafe buffers.input[1] = 0
                    if n.isMultiple(of: 2) { unsafe buffers.input[n + 1] = 0 }
                    plan.execute(buffers)
                    let y = unsafe output + index * n
                    for i in 0..<n { unsafe y[i] = buffers.output[i] * scale }
                }
            }.recordedAsLinear(from: self) { g in
                g.realTransform(scale: scale) * multiplicity(length: n, inner: 2)
            }
    }

    /// `scale` times the unnormalised transform.
    func complexTransform(_ kind: FourierPlan.Kind, scale: Float) -> Tensor {
        shapeCheck(rank >= 2 && shape[rank - 1] == 2 && shape[rank - 2] >= 1, "fft", shape)
        let n = shape[rank - 2]
        let plan = FourierPlan(kind, length: n)
        return unsafe detached.reshaped(to: shape.dropLast(2) + [2 * n])
            .mappingRows(to: 2 * n, flopsPerRow: transformFlops(n)) { block, input, output in
                let buffers = plan.buffers()
                for (index, row) in block.enumerated() {
                    unsafe buffers.input.update(from: input[row], count: 2 * n)
                    plan.execute(buffers)
                    let y = unsafe output + index * 2 * n
                    for i in 0..<2 * n { unsafe y[i] = buffers.output[i] * scale }
                }
            }.reshaped(to: shape).recordedAsLinear(from: self) { g in
                g.complexTransform(kind == .complex ? .complexInverse : .complex, scale: scale)
            }
    }
}

/// The operations of one transform of n complex numbers: 5·n·log₂n, rounded.
func transformFlops(_ n: Int) -> Int { Int((5 * Double(n) * log2(Double(n))).rounded()) }

/// 1 for the frequencies that stand for themselves, 0 and n/2, and `inner` for those that stand for two, `[n/2 + 1, 1]`.
private func multiplicity(length n: Int, inner: Float) -> Tensor {
    Tensor((0...n / 2).map { 2 * $0 % n == 0 ? 1 : inner }, shape: [n / 2 + 1, 1])
}
