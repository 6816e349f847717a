// The short-time Fourier transform and its inverse, differentiable to any order.

public import Tensors

/// Spectra of overlapping windowed frames, and the signal back from them.
public struct ShortTimeFourier: Sendable {
    /// The weights of a frame's samples, `[length]`; their count is the length of the transform.
    public let window: Tensor
    /// Samples from one frame to the next.
    public let hop: Int
    /// Whether frame f is centred on sample f·hop, the signal being reflected at both ends (without repeating the end).
    public let isCentred: Bool

    /// A transform of frames as long as `window`, for example `Window.hann.values(count: 512, isPeriodic: true)`.
    public init(window: Tensor, hop: Int, isCentred: Bool = true) {
        shapeCheck(window.rank == 1 && window.count >= 1 && hop >= 1, "ShortTimeFourier", window.shape, [hop])
        (self.window, self.hop, self.isCentred) = (window.detached, hop, isCentred)
    }

    private var length: Int { window.count }
    private var border: Int { isCentred ? length / 2 : 0 }

    /// The spectra of a signal.
    ///
    /// - Parameter signal: `[…, sample]`, more than length/2 samples if centred.
    /// - Returns: `[…, frame, length/2 + 1, 2]`, unnormalised; 1 + sample/hop frames if centred (of even length), else
    ///   1 + (sample − length)/hop.
    public func callAsFunction(_ signal: Tensor) -> Tensor {
        shapeCheck(
            signal.rank >= 1 && (border == 0 || signal.shape[signal.rank - 1] > border), "ShortTimeFourier",
            signal.shape, [length])
        return signal.padded(along: -1, before: border, after: border, by: .reflected).framed(length: length, hop: hop)
            .realTransform(window: window)
    }

    /// The signal whose spectra are nearest to the given ones: windowed inverses, added up where they overlap and divided
    /// by the sum of the squared windows there.
    ///
    /// - Parameters:
    ///   - spectra: `[…, frame, length/2 + 1, 2]`.
    ///   - count: The number of samples of the signal: none may lie where no window has weight.
    /// - Returns: `[…, sample]`.
    public func inverse(_ spectra: Tensor, count: Int) -> Tensor {
        shapeCheck(spectra.rank >= 3 && count >= 0, "ShortTimeFourier.inverse", spectra.shape, [count])
        let end = border + count
        let frames = spectra.irfft(length: length) * window  // [..., frame, length]
        let weights = window.squared().expanded(to: [frames.shape[frames.rank - 2], length])
            .overlapAdded(hop: hop, count: end).sliced(along: 0, border..<end)  // [sample]
        // 1e-11, as in PyTorch: below it the division would return noise.
        shapeCheck(
            weights.scalars.allSatisfy { $0 > 1e-11 }, "ShortTimeFourier.inverse (samples without weight)",
            spectra.shape, [count])
        return frames.overlapAdded(hop: hop, count: end).sliced(along: -1, border..<end) / weights
    }
}
