// Fourier transforms of the last two axes: of real planes one plane at a time, of others one axis after the other.

public import Tensors

extension Tensor {
    /// The Fourier transform of real planes, the non-negative frequencies of their last axis.
    ///
    /// - Returns: `[…, height, width/2 + 1, 2]` for this `[…, height, width]`, unnormalised.
    public func rfft2() -> Tensor {
        shapeCheck(rank >= 2 && shape[rank - 1] >= 1 && shape[rank - 2] >= 1, "rfft2", shape)
        let (lead, height, width) = (Array(shape.dropLast(2)), shape[rank - 2], shape[rank - 1])
        let half = width / 2 + 1
        guard width.isMultiple(of: 2), let across = SmoothTransform(length: width / 2),
            let down = SmoothTransform(length: height)
        else {
            return realTransform().onRowAxis { $0.complexTransform(.complex, scale: 1) }
        }
        return unsafe detached.reshaped(to: lead + [height * width]).mappingRows(
            to: 2 * height * half, flopsPerRow: height * transformFlops(width) / 2 + half * transformFlops(height)
        ) { block, input, output in
            for (index, plane) in block.enumerated() {
                unsafe across.plane(input[plane], columns: down, to: output + index * 2 * height * half)
            }
        }.reshaped(to: lead + [height, half, 2]).recordedAsLinear(from: self) { g in
            g.onRowAxis { $0.complexTransform(.complexInverse, scale: 1) }.realTransformAdjoint(length: width, scale: 1)
        }
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
