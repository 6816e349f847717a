// What one side's items say about its value.

public import Measurements

extension Metric {
    /// Whether sums of the groups' scores tell everything, which is cheaper; scores behind a given value are taken so.
    public var isMean: Bool { [.mean, .given].contains(finaliser) }
}

extension Measurement {
    /// The generator for every statistic of this measurement: other metrics, items and cases do not move its numbers.
    public func generator(for scores: Scores) -> SplitMix64 {
        SplitMix64(seed: statisticsSeed(signature: metric.signature.description, items: scores.items))
    }

    /// The expanded percentile 95 % interval over groups, and the detectable distance; `nil` without scores, with a missing
    /// score, or below two groups.
    public func estimatedUncertainty() -> Uncertainty? {
        guard let scores, scores.values.allSatisfy(\.isFinite) else { return nil }
        var generator = generator(for: scores)
        let found: (interval: ClosedRange<Double>, standardError: Double, groups: Int)?
        if metric.isMean {
            let sample = GroupedSample(scores.values, groups: scores.groups)
            found = sample.expandedInterval(using: &generator).map { ($0, sample.standardError, sample.groupCount) }
        } else {
            let sample = FinalisedSample(metric.finaliser, values: scores.values, groups: scores.groups)
            found = sample.resampled(using: &generator).map { ($0.interval, $0.standardError, sample.groupCount) }
        }
        return found.map {
            Uncertainty(
                lower: $0.interval.lowerBound, upper: $0.interval.upperBound,
                minimumDetectable: minimumDetectableEffect(standardError: $0.standardError, groups: $0.groups))
        }
    }
}
