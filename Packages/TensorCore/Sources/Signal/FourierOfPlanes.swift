// Fourier transforms of the last two axes: of real planes one plane at a time, of others one axis after the other.

internal import TensorKernels
public import Tensors

extension Tensor {
    /// The Fourier transform of real planes, the non-negative frequencies of their last axis.
    ///
    /// - Returns: `[…, height, width/2 + 1, 2]` for this `[…, height, width]`, unnormalised.
    public func rfft2() -> Tensor {
        shapeCheck(rank >= 2 && shape[rank - 1] >= 1 && shape[rank - 2] >= 1, "rfft2", shape)
        let (lead, height, width) = (Array(shape.dropLast(2)), shape[rank - 2], shape[rank - 1])
        let (rows, columns) = (RealTransform(length: width), FourierPlan(.complex, length: height))
        let half = width / 2 + 1
        return unsafe detached.reshaped(to: lead + [height * width]).mappingRows(
            to: 2 * height * half, flopsPerRow: height * transformFlops(width) / 2 + half * transformFlops(height)
        ) { block, input, output in
            for (index, plane) in block.enumerated() {
                unsafe transformPlane(rows, columns, height, width, input[plane], output + index * 2 * height * half)
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

/// The transform of one real plane x, `[height, width]`, into y, `[height, width/2 + 1, 2]`: rows, then columns.
///
/// Columns are transformed where they are contiguous: four rows of spectra, and eight columns of results, are turned at a
/// time. Both lie at distances that FFTW's vector code can take.
private func transformPlane(
    _ rows: RealTransform, _ columns: FourierPlan, _ height: Int, _ width: Int, _ x: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>
) {
    let half = width / 2 + 1
    let (spectrum, column) = ((2 * half + 7) / 8 * 8, (2 * height + 7) / 8 * 8)  // floats from one to the next
    let buffers = rows.buffers()
    unsafe withScratch(4 * spectrum + (half + 8) * column) { spectra in
        let turned = unsafe spectra + 4 * spectrum  // [frequency, row]
        let results = unsafe turned + half * column  // eight of [frequency, row]
        for first in stride(from: 0, to: height, by: 4) {
            let count = min(4, height - first)
            for row in 0..<count {
                unsafe rows.execute(x + (first + row) * width, buffers, to: spectra + row * spectrum)
            }
            unsafe tk_transpose_pairs(spectra, spectrum, count, half, turned + 2 * first, column)
        }
        for first in stride(from: 0, to: half, by: 8) {
            let count = min(8, half - first)
            for index in 0..<count {
                unsafe columns.execute(turned + (first + index) * column, to: results + index * column)
            }
            unsafe tk_transpose_pairs(results, column, count, height, y + 2 * first, 2 * half)
        }
    }
}
