// What turns come to: the order in which they are taken, and ratios of medians.

internal import BenchStatistics
internal import Glibc

/// Seconds of one step, averaged over the steps of a turn.
public struct StepCost: Sendable, Equatable {
    /// By the wall clock.
    public var wall: Double
    /// Of all threads of the process.
    public var cpu: Double

    /// A cost from its parts.
    public init(wall: Double, cpu: Double) { (self.wall, self.cpu) = (wall, cpu) }
}

/// The order of `count` sides in a round: forwards, then backwards, so that a drift favours none (A B B A).
public func turnOrder(_ count: Int, round: Int) -> [Int] {
    round.isMultiple(of: 2) ? Array(0..<count) : (0..<count).reversed()
}

/// The medians of some turns; NaN of none.
public func middle(_ turns: [StepCost]) -> StepCost {
    StepCost(wall: quantile(turns.map(\.wall).sorted(), 0.5), cpu: quantile(turns.map(\.cpu).sorted(), 0.5))
}

/// The peer's median divided by ours, wall and CPU: above 1 ours is faster.
///
/// NaN where one side has no turn.
public func ratios(of peer: [StepCost], to ours: [StepCost]) -> StepCost {
    let (theirs, own) = (middle(peer), middle(ours))
    return StepCost(wall: theirs.wall / own.wall, cpu: theirs.cpu / own.cpu)
}

/// The geometric mean: of ratios, the one whose inverse is the mean of the inverses.
public func geometricMean(_ values: [Double]) -> Double {
    exp(values.reduce(0) { $0 + log($1) } / Double(values.count))
}
