// Fourier transforms of the last two axes, one after the other.

public import Tensors

extension Tensor {
    /// The Fourier transform of real planes, the non-negative frequencies of their last axis.
    ///
    /// - Returns: `[…, height, width/2 + 1, 2]` for this `[…, height, width]`, unnormalised.
    public func rfft2() -> Tensor {
        shapeCheck(rank >= 2, "rfft2", shape)
        return rfft().onRowAxis { $0.fft() }
    }

    /// The real planes whose `rfft2()` this is, divided by height·width.
    ///
    /// - Parameter width: Even or odd, with width/2 + 1 equal to the number of frequencies.
    /// - Returns: `[…, height, width]` for this `[…, height, width/2 + 1, 2]`.
    public func irfft2(width: Int) -> Tensor {
        shapeCheck(rank >= 3, "irfft2", shape)
        return onRowAxis { $0.ifft() }.irfft(length: width)
    }

    /// The Fourier transform of complex planes, unnormalised; shape `[…, height, width, 2]` in and out.
    public func fft2() -> Tensor {
        shapeCheck(rank >= 3, "fft2", shape)
        return fft().onRowAxis { $0.fft() }
    }

    /// The inverse Fourier transform of complex planes, divided by height·width; shape `[…, height, width, 2]` in and out.
    public func ifft2() -> Tensor {
        shapeCheck(rank >= 3, "ifft2", shape)
        return ifft().onRowAxis { $0.ifft() }
    }

    /// A transform of columns, as one of rows of the transposed planes.
    private func onRowAxis(_ transform: (Tensor) -> Tensor) -> Tensor {
        transform(transposed(rank - 3, rank - 2)).transposed(rank - 3, rank - 2)
    }
}
