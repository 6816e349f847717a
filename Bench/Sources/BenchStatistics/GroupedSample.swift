// Statistics of a mean over items that are independent only between groups; all of them work on the sums of the groups.

/// Values of items, summed by the group each belongs to: scores of one side, or differences of two sides paired by item.
public struct GroupedSample: Sendable, Equatable {
    /// The sum of each group's values, groups in the order of their first item.
    public let sums: [Double]
    /// The number of items in each group.
    public let counts: [Int]

    /// A sample from one value and one group number an item; the two have the same length.
    public init(_ values: [Double], groups: [Int]) {
        var position: [Int: Int] = [:]
        var sums: [Double] = []
        var counts: [Int] = []
        for (value, group) in zip(values, groups) {
            let index = position[group] ?? sums.count
            if index == sums.count {
                position[group] = index
                sums.append(0)
                counts.append(0)
            }
            sums[index] += value
            counts[index] += 1
        }
        self.sums = sums
        self.counts = counts
    }

    /// The number of groups.
    public var groupCount: Int { sums.count }

    /// The number of items.
    public var itemCount: Int { counts.reduce(0, +) }

    /// The mean over items; NaN when there are none.
    public var mean: Double { sums.reduce(0, +) / Double(itemCount) }

    /// The cluster-linearised standard error √(G/(G−1)·Σ(S_g − θ·n_g)²)/N; NaN below two groups.
    public var standardError: Double {
        let (theta, g) = (mean, Double(groupCount))
        let squares = zip(sums, counts).reduce(0) { total, group in
            let residual = group.0 - theta * Double(group.1)
            return total + residual * residual
        }
        return groupCount < 2 ? .nan : (g / (g - 1) * squares).squareRoot() / Double(itemCount)
    }

    /// Student's 95 % interval on the standard error with G − 1 degrees of freedom; `nil` below two groups or on overflow.
    public var studentInterval: ClosedRange<Double>? {
        if groupCount < 2 { return nil }
        let half = studentQuantile(0.975, degreesOfFreedom: groupCount - 1) * standardError
        return interval(mean - half, mean + half)
    }

    /// The expanded percentile 95 % interval of the mean from 10 000 replicates; `nil` below two groups or on overflow.
    ///
    /// Each percentile end is moved away from the mean by κ = √(G/(G−1))·t₀.₉₇₅,G₋₁/Φ⁻¹(0.975), since the plain
    /// percentile interval covers too little with few groups (.85 to .90 at G = 8; expanded .92 to .94).
    public func expandedInterval(using generator: inout SplitMix64) -> ClosedRange<Double>? {
        if groupCount < 2 { return nil }
        return expandedPercentileInterval(replicates(10_000, using: &generator), around: mean, groups: groupCount)
    }

    /// The two-sided p of the mean being zero: the sign of every group is flipped at random, as if its sides were swapped.
    ///
    /// Exact up to 16 groups. Beyond, (count + 1)/(T + 1) with T = 10 000, and with T = 200 000 where the first says p ≤ 20/T.
    /// The smallest value is 2/2^G: below 6 groups it cannot reach 0.05.
    public func randomisationP(using generator: inout SplitMix64) -> Double {
        if groupCount <= 16 { return Double(exactFlipCount()) / Double(1 << groupCount) }
        let trials = 10_000
        let p = Double(flipCount(trials, using: &generator) + 1) / Double(trials + 1)
        if p > 20 / Double(trials) { return p }
        let moreTrials = 200_000
        return Double(flipCount(moreTrials, using: &generator) + 1) / Double(moreTrials + 1)
    }

    /// `flipCount` over all 2^G flips, in Gray-code order, so that each differs from the last in one group.
    func exactFlipCount() -> Int {
        let bound = flipBound
        var signed = sums
        var total = sums.reduce(0, +)
        var count = abs(total) >= bound ? 1 : 0
        for code in 1..<(1 << groupCount) {
            let group = code.trailingZeroBitCount
            signed[group].negate()
            total += 2 * signed[group]
            if abs(total) >= bound { count += 1 }
        }
        return count
    }

    /// The observed |sum|, less what rounding may take from an equal one: ties count as reached.
    var flipBound: Double {
        abs(sums.reduce(0, +)) - 1e-12 * sums.reduce(0) { $0 + abs($1) }
    }
}

/// The percentile 95 % interval of replicates, each end moved away from `value` by `expansion`; `nil` on overflow.
func expandedPercentileInterval(_ replicates: [Double], around value: Double, groups: Int) -> ClosedRange<Double>? {
    let (sorted, kappa) = (replicates.sorted(), expansion(groups: groups))
    let ends = [0.025, 0.975].map { value + kappa * (quantile(sorted, $0) - value) }
    return interval(ends[0], ends[1])
}

/// κ = √(G/(G−1))·t₀.₉₇₅,G₋₁/Φ⁻¹(0.975) for G ≥ 2 groups.
func expansion(groups: Int) -> Double {
    let g = Double(groups)
    return (g / (g - 1)).squareRoot() * studentQuantile(0.975, degreesOfFreedom: groups - 1) / normalQuantile(0.975)
}

/// A range of NaN would stop the program; sums beyond the largest double give one.
private func interval(_ lower: Double, _ upper: Double) -> ClosedRange<Double>? {
    lower <= upper ? lower...upper : nil
}

/// The smallest true effect found in a share `power` of comparisons at p ≤ 0.05: (q(0.975) + q(power)) · standard error.
///
/// q is the normal quantile from 30 groups on, below that Student's with G − 1 degrees of freedom; `groups` is at least 2.
public func minimumDetectableEffect(standardError: Double, groups: Int, power: Double = 0.80) -> Double {
    [0.975, power].reduce(0) { sum, p in
        sum + (groups >= 30 ? normalQuantile(p) : studentQuantile(p, degreesOfFreedom: groups - 1))
    } * standardError
}
