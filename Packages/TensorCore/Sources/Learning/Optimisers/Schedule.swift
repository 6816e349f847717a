// Learning-rate schedules: factors on the base rate as functions of the step, counted from 1.

internal import Glibc

/// A factor on the learning rate for each step.
public enum Schedule: Sendable, Equatable, Codable {
    /// Always 1.
    case constant
    /// Rises linearly over `warmup` steps, then falls as a half cosine to `floor` at `total`.
    case cosine(warmup: Int, total: Int, floor: Float)
    /// min(t/w, √(w/t)): 1 at t = w.
    case inverseSquareRoot(warmup: Int)

    /// Rises as a half cosine from 1/`startDivisor` over `risingShare` of `total`, then falls as another to
    /// 1/(`startDivisor`·`endDivisor`) at `total` (Smith and Topin 2018).
    case oneCycle(total: Int, risingShare: Float = 0.3, startDivisor: Float = 25, endDivisor: Float = 1e4)
    /// Multiplied by `factor` after each of the steps `ends`.
    case steps(after: [Int], factor: Float)

    /// The factor at step `t` ≥ 1.
    public func callAsFunction(_ t: Int) -> Float {
        switch self {
        case .constant: return 1
        case .cosine(let warmup, let total, let floor):
            if t <= warmup { return Float(t) / Float(max(warmup, 1)) }
            let progress = min(Double(t - warmup) / Double(max(total - warmup, 1)), 1)
            return Float(eased(from: 1, to: Double(floor), progress))
        case .inverseSquareRoot(let warmup):
            let (t, w) = (Float(t), Float(max(warmup, 1)))
            return min(t / w, (w / t).squareRoot())
        case .oneCycle(let total, let risingShare, let startDivisor, let endDivisor):
            let start = 1 / Double(startDivisor)
            let (last, top) = (Double(max(total - 1, 1)), Double(risingShare) * Double(total) - 1)
            let place = min(Double(t - 1), last)
            let factor =
                place <= top
                ? eased(from: start, to: 1, place / top)
                : eased(from: 1, to: start / Double(endDivisor), (place - top) / (last - top))
            return Float(factor)
        case .steps(let ends, let factor):
            return Float(pow(Double(factor), Double(ends.count { t > $0 })))
        }
    }
}

/// Half a cosine from one value to another, by the share of the way in 0…1.
private func eased(from start: Double, to end: Double, _ share: Double) -> Double {
    end + (start - end) * 0.5 * (1 + cos(.pi * share))
}
