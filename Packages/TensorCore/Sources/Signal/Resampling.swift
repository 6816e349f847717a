// Change of sample rate by a rational factor through a windowed sinc: a polyphase filter as one matrix product.

internal import Glibc
public import Tensors

/// From one sample rate to another.
///
/// With both rates divided by their greatest common divisor, output sample q·L + p lies at q·M + p·M/L input samples. Its
/// filter depends on p alone: the L filters are the rows of a matrix, applied to frames of the signal M samples apart.
public struct Resampler: Sendable {
    private let up: Int, down: Int, reach: Int
    private let filters: Tensor

    /// A resampler between two rates in hertz; its matrix holds L·(M + 64/(0.94·min(1, L/M))) floats.
    ///
    /// The filter is sinc with its cutoff at 0.94 of the lower Nyquist frequency, cut after 32 zero crossings on either side
    /// by a Kaiser window, β = 8.6 (about −90 dB).
    public init(from inputRate: Int, to outputRate: Int) {
        shapeCheck(inputRate >= 1 && outputRate >= 1, "Resampler", [inputRate, outputRate])
        let divisor = greatestCommonDivisor(inputRate, outputRate)
        let (up, down) = (outputRate / divisor, inputRate / divisor)
        let cutoff = 0.94 * min(1, Double(up) / Double(down))
        let halfWidth = 32 / cutoff  // in input samples
        let reach = Int(halfWidth.rounded(.up))
        let length = 2 * reach + down
        (self.up, self.down, self.reach) = (up, down, reach)
        filters = Tensor(
            (0..<up).flatMap { phase in
                (0..<length).map { tap in
                    let distance = Double(phase * down) / Double(up) - Double(tap - reach)
                    return Float(filterValue(at: distance, cutoff: cutoff, halfWidth: halfWidth))
                }
            }, shape: [up, length])
    }

    /// The signal at the new rate, with silence beyond its ends; differentiable.
    ///
    /// - Parameter signal: `[…, sample]`.
    /// - Returns: `[…, ⌈sample·L/M⌉]`; the signal itself if the rates are equal.
    public func callAsFunction(_ signal: Tensor) -> Tensor {
        shapeCheck(signal.rank >= 1, "Resampler", signal.shape)
        let count = signal.shape[signal.rank - 1]
        if up == down || count == 0 { return signal }
        let outputCount = (count * up + down - 1) / down
        let frames = (outputCount + up - 1) / up
        let padded = signal.padded(along: -1, before: reach, after: reach + frames * down - count)
        return padded.framed(length: filters.shape[1], hop: down).matmul(filters.transposed(0, 1))  // [..., frame, L]
            .reshaped(to: signal.shape.dropLast() + [frames * up]).sliced(along: -1, 0..<outputCount)
    }
}

/// cutoff·sinc(cutoff·t) under the Kaiser window; 0 beyond its half width.
private func filterValue(at t: Double, cutoff: Double, halfWidth: Double) -> Double {
    let position = t / halfWidth
    if abs(position) >= 1 { return 0 }
    let angle = Double.pi * cutoff * t
    let sinc = angle == 0 ? 1 : sin(angle) / angle
    return cutoff * sinc * besselI0(8.6 * (1 - position * position).squareRoot()) / besselI0(8.6)
}

/// The modified Bessel function of order zero by its power series, for the Kaiser window's arguments (0…8.6).
private func besselI0(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for k in 1...40 {
        term *= (x / 2 / Double(k)) * (x / 2 / Double(k))
        sum += term
    }
    return sum
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
