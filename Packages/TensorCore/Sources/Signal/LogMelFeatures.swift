// Kaldi's log-mel filterbank features, step by step as Kaldi computes them, and the cepstra from them. No dither.
//
// Source: kaldi/feat/feature-window.cc, feature-fbank.cc and feature-mfcc.cc, with use_energy false.

internal import Glibc
internal import TensorKernels
public import Tensors

/// How large a sample of full loudness is.
public enum SampleScale: Sendable, Hashable {
    /// −1…1, as files are read; samples are multiplied by 32,768 first.
    case unit
    /// −32,768…32,767, as Kaldi expects.
    case int16
}

/// The front end of speech models: log energies in mel bands, one row every 10 ms.
public struct LogMelFeatures: Sendable, Hashable {
    /// In hertz.
    public var sampleRate = 16_000
    /// The number of mel bands.
    public var bandCount = 80
    /// The length of a frame, cut to whole samples.
    public var frameMilliseconds = 25
    /// The distance of frames, cut to whole samples.
    public var hopMilliseconds = 10
    /// Applied to each frame, symmetric.
    public var window = Window.povey
    /// The share of the previous sample that is subtracted from each.
    public var preemphasis: Float = 0.97
    /// Whether a frame's mean is subtracted from it.
    public var removesMean = true
    /// Whether only frames that lie inside the signal count; else their number is that of hops, and the signal is mirrored.
    public var snipsEdges = true
    /// Whether bands sum squared magnitudes; else magnitudes.
    public var usesPower = true
    /// The lower end of the lowest band, in hertz.
    public var lowFrequency = 20.0
    /// The upper end of the highest band, in hertz; 0 and below count from half the sample rate.
    public var highFrequency = 0.0

    /// Kaldi's defaults with 80 bands at 16 kHz; change what differs.
    public init() {}

    /// The features of a recording; never differentiated.
    ///
    /// - Parameters:
    ///   - signal: `[sample]`.
    ///   - scale: How large its samples are: features differ by 20.79 between the two.
    /// - Returns: `[frame, band]`, natural logarithms, at least ln 1.1920929e-07; no frame if the signal is too short.
    public func callAsFunction(_ signal: Tensor, scale: SampleScale) -> Tensor {
        shapeCheck(signal.rank == 1, "LogMelFeatures", signal.shape)
        let (length, hop) = (sampleRate * frameMilliseconds / 1000, sampleRate * hopMilliseconds / 1000)
        shapeCheck(length >= 2 && hop >= 1, "LogMelFeatures (sample rate, frame and hop)", [sampleRate, length, hop])
        let transformLength = 1 << (Int.bitWidth - (length - 1).leadingZeroBitCount)
        let filterbank = MelFilterbank(
            count: bandCount, transformLength: transformLength, sampleRate: sampleRate, lowFrequency: lowFrequency,
            highFrequency: highFrequency)
        let samples = signal.detached
        return (snipsEdges ? samples : mirrored(samples, length: length, hop: hop)).framed(length: length, hop: hop)
            .logEnergies(self, filterbank, transformLength: transformLength, scale: scale == .unit ? 32_768 : 1)
    }

    /// The samples of all frames centred on the hops, beyond the ends mirrored with the end itself repeated.
    private func mirrored(_ samples: Tensor, length: Int, hop: Int) -> Tensor {
        let count = samples.count
        let frames = (count + hop / 2) / hop
        if frames == 0 { return .zeros([0]) }
        let start = hop / 2 - length / 2
        return samples.gathered(
            at: Indices(
                (start..<(start + (frames - 1) * hop + length)).map { index in
                    // The mirrored signal has a period of 2·count.
                    let phase = (index % (2 * count) + 2 * count) % (2 * count)
                    return Int32(phase < count ? phase : 2 * count - 1 - phase)
                }))
    }
}

extension Tensor {
    /// The logarithms of the band energies of frames, `[frame, band]`.
    ///
    /// Counts per frame 5 operations a sample, the transform's 5·n·log₂n / 2, 3 a bin, 2 a filter weight and 2 a band.
    fileprivate func logEnergies(
        _ features: LogMelFeatures, _ filterbank: MelFilterbank, transformLength: Int, scale: Float
    ) -> Tensor {
        let length = shape[1]
        // A power of two: the frame's bits are those of scaled samples.
        let window = (features.window.values(count: length) * scale).scalars
        let transform = RealTransform(length: transformLength)
        let filters = filterbank.filters
        let (bandCount, binCount) = (filters.count, filterbank.binCount)
        let starts = filters.map { Int32($0.firstBin) }
        let offsets = filters.reduce(into: [Int32(0)]) { $0.append(($0.last ?? 0) + Int32($1.weights.count)) }
        let weights = filters.flatMap(\.weights)
        let (preemphasis, removesMean, usesPower) = (features.preemphasis, features.removesMean, features.usesPower)
        return unsafe mappingRows(
            to: bandCount,
            flopsPerRow: 5 * length + transformFlops(transformLength) / 2 + 3 * binCount + 2 * weights.count
                + 2 * bandCount
        ) { block, input, output in
            let buffers = transform.buffers()
            unsafe (buffers.input + length).update(repeating: 0, count: transformLength - length)
            let step = 2 * binCount
            unsafe withScratch(8 * step) { spectra in
                // The kernel reads eight spectra, whatever lies in those beyond the last frame.
                unsafe spectra.update(repeating: 0, count: 8 * step)
                for first in stride(from: 0, to: block.count, by: 8) {
                    let count = Swift.min(8, block.count - first)
                    for index in 0..<count {
                        let samples = unsafe input[block.lowerBound + first + index]
                        unsafe tk_window_frame(samples, length, removesMean, preemphasis, window, buffers.input)
                        unsafe transform.execute(buffers, to: spectra + index * step)
                    }
                    unsafe tk_log_bands(
                        spectra, step, count, binCount, bandCount, starts, offsets, weights, usesPower, .ulpOfOne,
                        output + first * bandCount)
                }
            }
        }
    }
}

extension LogMelFeatures {
    /// Mel-frequency cepstra: the first coefficients of the orthonormal cosine transform of log-mel features, liftered.
    ///
    /// - Parameters:
    ///   - features: `[…, band]`; Kaldi takes 23 bands. Differentiable.
    ///   - count: How many coefficients, the zeroth included; at most the number of bands.
    ///   - lifter: Coefficient k is multiplied by 1 + lifter/2·sin(πk/lifter); 0 for none.
    /// - Returns: `[…, coefficient]`.
    public static func cepstra(_ features: Tensor, count: Int = 13, lifter: Double = 22) -> Tensor {
        let bands = features.shape.last ?? 0
        shapeCheck(features.rank >= 1 && (1...max(bands, 1)).contains(count), "cepstra", features.shape, [count])
        let rows = (0..<count).flatMap { k in
            let norm = ((k == 0 ? 1 : 2) / Double(bands)).squareRoot()
            let weight = lifter == 0 ? 1 : 1 + lifter / 2 * sin(.pi * Double(k) / lifter)
            return (0..<bands).map { Float(norm * weight * cos(.pi / Double(bands) * (Double($0) + 0.5) * Double(k))) }
        }
        return features.linear(Tensor(rows, shape: [count, bands]))
    }
}
