// Wald's sequential test: measure until it is clear which of two answers holds.

internal import Glibc

/// Whether differences centre on 0 or on a sought step, decided with as few of them as it takes.
///
/// Source: harness specification, section 5.9; the variance is estimated from the differences themselves.
public struct SequentialTest: Sendable, Equatable {
    /// What is known after some differences.
    public enum Answer: Sendable, Equatable {
        /// The step is there.
        case step
        /// It is not.
        case noStep
        /// More differences are needed.
        case open
        /// The most differences were seen, and neither answer is clear.
        case underpowered
    }

    /// The step sought, of either sign, in the unit of the differences.
    public var step: Double
    /// The chance of seeing a step where there is none.
    public var falseAlarms = 0.05
    /// The chance of missing a step that is there.
    public var misses = 0.05
    /// The most differences to ask for.
    public var most = 60

    /// A test for a step that is not 0.
    public init(step: Double) { self.step = step }

    /// What the differences so far say; below five, nothing.
    public func answer(_ differences: [Double]) -> Answer {
        if differences.count < 5 { return .open }
        let ratio = logLikelihoodRatio(differences)
        if ratio >= upperBound { return .step }
        if ratio <= lowerBound { return .noStep }
        return differences.count >= most ? .underpowered : .open
    }

    /// n·μ₁·(2x̄ − μ₁)/(2s²); infinite, with its sign, where the differences are all equal.
    func logLikelihoodRatio(_ differences: [Double]) -> Double {
        let n = Double(differences.count)
        let mean = differences.reduce(0, +) / n
        return n * step * (2 * mean - step) / (2 * variance(differences))
    }

    var lowerBound: Double { log(misses / (1 - falseAlarms)) }
    var upperBound: Double { log((1 - misses) / falseAlarms) }
}
