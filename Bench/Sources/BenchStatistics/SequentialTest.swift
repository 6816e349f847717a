// As few paired differences as decide between none and a step: Wald's sequential test, as chess engines are tested.

internal import Glibc

/// The sequential log-likelihood-ratio test of normal differences, mean zero against mean `step` (Wald 1945).
///
/// Their variance is estimated from the same differences, so that it takes a few before the ratio means anything, and errors
/// are somewhat more frequent than asked for: 6.5 % instead of 5 % where the step is 3/4 of a standard deviation (simulated).
public struct SequentialTest: Sendable, Equatable {
    /// What the differences show.
    public enum Answer: Sendable {
        /// Their mean is zero rather than the step.
        case nothing
        /// Their mean is the step rather than zero.
        case step
        /// Neither, and more of them would not be worth their price.
        case underpowered
    }

    /// Differences below which nothing is decided.
    public static let least = 5
    /// Differences beyond which nothing is decided any more.
    public static let most = 60

    /// The mean to be told from zero; negative for a step down.
    public let step: Double
    /// ln(β/(1−α)): at or below it there is nothing.
    public let lower: Double
    /// ln((1−β)/α): at or above it there is the step.
    public let upper: Double

    /// A test that takes nothing for the step with probability `alpha`, and the step for nothing with `beta`.
    public init(step: Double, alpha: Double = 0.05, beta: Double = 0.05) {
        (self.step, lower, upper) = (step, log(beta / (1 - alpha)), log((1 - beta) / alpha))
    }

    /// n·μ₁(2x̄ − μ₁)/(2s²); infinite where all differences are equal, and 0 where they lie halfway.
    public func logLikelihoodRatio(_ differences: [Double]) -> Double {
        let mean = differences.reduce(0, +) / Double(differences.count)
        let lead = step * (2 * mean - step)
        return lead == 0 ? 0 : Double(differences.count) * lead / (2 * variance(differences))
    }

    /// What the differences so far show; `nil` while more are needed.
    public func answer(_ differences: [Double]) -> Answer? {
        if differences.count < Self.least { return nil }
        let ratio = logLikelihoodRatio(differences)
        if ratio <= lower { return .nothing }
        if ratio >= upper { return .step }
        return differences.count < Self.most ? nil : .underpowered
    }
}
