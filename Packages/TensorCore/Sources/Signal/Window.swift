// Window functions: the weights of the samples in a frame.

internal import Glibc
public import Tensors

/// The shape of a window.
public enum Window: Sendable, Hashable {
    /// ½ − ½·cos(2πi/m).
    case hann
    /// 0.54 − 0.46·cos(2πi/m).
    case hamming
    /// Hann to the power 0.85: Kaldi's default, like Hamming's but zero at both ends.
    case povey
    /// 1 everywhere.
    case rectangular

    /// The weights of the samples in a frame, rounded from Double.
    ///
    /// - Parameters:
    ///   - count: At least 1; the weight of a single sample is 1.
    ///   - isPeriodic: Whether m is `count`, so that shifted copies add up to a constant, for spectra that are inverted; else
    ///     the window is symmetric, m = `count` − 1.
    /// - Returns: `[count]`.
    public func values(count: Int, isPeriodic: Bool = false) -> Tensor {
        shapeCheck(count >= 1, "Window.values", [count])
        if count == 1 { return .ones([1]) }
        let period = Double(isPeriodic ? count : count - 1)
        return Tensor((0..<count).map { Float(value(at: Double($0) / period)) }, shape: [count])
    }

    private func value(at phase: Double) -> Double {
        let cosine = cos(2 * .pi * phase)
        return switch self {
        case .hann: 0.5 - 0.5 * cosine
        case .hamming: 0.54 - 0.46 * cosine
        case .povey: pow(0.5 - 0.5 * cosine, 0.85)
        case .rectangular: 1
        }
    }
}
