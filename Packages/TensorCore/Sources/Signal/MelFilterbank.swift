// Triangular filters on the mel scale, as Kaldi has them: triangles in mel, not in hertz, and no area normalisation.

internal import Glibc
public import Tensors

/// Frequency in mel: 1127·ln(1 + f/700), f in hertz.
public func mel(_ hertz: Double) -> Double { 1127 * log(1 + hertz / 700) }

/// Filters that sum a power spectrum into bands of equal width in mel.
public struct MelFilterbank: Sendable {
    /// The weights of one filter: those of the bins from `firstBin` on.
    struct Filter: Sendable {
        let firstBin: Int
        let weights: [Float]
    }
    let filters: [Filter]
    /// The number of bins of the spectrum, n/2 + 1 for a transform of n samples.
    public let binCount: Int

    /// Filters between two frequencies in hertz.
    ///
    /// - Parameters:
    ///   - count: The number of filters, at least 1.
    ///   - transformLength: The n of the spectrum's n/2 + 1 bins; the last bin gets no weight.
    ///   - sampleRate: In hertz.
    ///   - lowFrequency: The left end of the first filter.
    ///   - highFrequency: The right end of the last filter; 0 and below count from half the sample rate.
    public init(
        count: Int, transformLength: Int, sampleRate: Int, lowFrequency: Double = 20, highFrequency: Double = 0
    ) {
        let nyquist = Double(sampleRate) / 2
        let high = highFrequency > 0 ? highFrequency : nyquist + highFrequency
        shapeCheck(
            count >= 1 && transformLength >= 2 && lowFrequency >= 0 && lowFrequency < high && high <= nyquist,
            "MelFilterbank", [count, transformLength, sampleRate])
        let low = mel(lowFrequency)
        let width = (mel(high) - low) / Double(count + 1)
        binCount = transformLength / 2 + 1
        filters = (0..<count).map { index in
            let left = low + Double(index) * width
            let bins = (0..<transformLength / 2).compactMap { bin -> (Int, Float)? in
                let position = (mel(Double(bin) * Double(sampleRate) / Double(transformLength)) - left) / width
                return position > 0 && position < 2 ? (bin, Float(min(position, 2 - position))) : nil
            }
            return Filter(firstBin: bins.first?.0 ?? 0, weights: bins.map(\.1))
        }
    }

    /// All weights, `[filter, bin]`: a spectrum times its transpose gives the bands, differentiably.
    public var weights: Tensor {
        var dense = [Float](repeating: 0, count: filters.count * binCount)
        for (index, filter) in filters.enumerated() {
            for (bin, weight) in filter.weights.enumerated() {
                dense[index * binCount + filter.firstBin + bin] = weight
            }
        }
        return Tensor(dense, shape: [filters.count, binCount])
    }
}
