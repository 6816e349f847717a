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

    /// The factor at step `t` ≥ 1.
    public func callAsFunction(_ t: Int) -> Float {
        switch self {
        case .constant: return 1
        case .cosine(let warmup, let total, let floor):
            if t <= warmup { return Float(t) / Float(max(warmup, 1)) }
            let progress = min(Double(t - warmup) / Double(max(total - warmup, 1)), 1)
            return Float(Double(floor) + (1 - Double(floor)) * 0.5 * (1 + cos(.pi * progress)))
        case .inverseSquareRoot(let warmup):
            let (t, w) = (Float(t), Float(max(warmup, 1)))
            return min(t / w, (w / t).squareRoot())
        }
    }
}
