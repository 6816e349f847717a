// Which items moved between two runs, and which way.

internal import BenchStatistics
public import BenchRecords
public import Measurements

/// The items of one metric in two runs.
public struct Flips: Sendable, Equatable {
    /// One item on both sides.
    public struct Item: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its group.
        public var group: Int
        /// The reference's score.
        public var a: Double
        /// The new score.
        public var b: Double
        /// The difference, positive is better.
        public var change: Double
    }

    /// What there is to say where every score is 0 or 1, so that an item is right or wrong.
    public struct Counts: Sendable, Equatable {
        /// Items that were right and are wrong.
        public var lost: Int
        /// Items that were wrong and are right.
        public var gained: Int
        /// The share of right items in the reference, and its 95 % interval as if items were independent.
        public var a: Rate
        /// The same in the new run.
        public var b: Rate
        /// McNemar's exact p and its mid-p; `nil` where groups have several items, which are not independent.
        public var p: Double?, midP: Double?
    }

    /// A share with its interval.
    public struct Rate: Sendable, Equatable {
        /// In `0...1`.
        public var value: Double
        /// 95 %: Wilson's, or Clopper and Pearson's where it is 0 or 1.
        public var interval: ClosedRange<Double>
    }

    /// The metric.
    public var metric: Metric
    /// Items whose scores differ: the group that moved most first, in it the item that moved most.
    public var moved: [Item]
    /// Items altogether.
    public var itemCount: Int
    /// Groups altogether.
    public var groupCount: Int
    /// The flips as counts; `nil` unless every score is 0 or 1.
    public var counts: Counts?
    /// The paired statistics of all items.
    public var evidence: Evidence
}

/// The items of the case's metric `name` that moved from `reference` to `new`; without a name, of its first with items.
public func flips(
    _ new: RunRecord, against reference: RunRecord, caseID: String, metric name: String? = nil
) -> Result<Flips, Mismatch> {
    let measured = new.caseRecord(caseID)?.measurements ?? []
    let name = name ?? measured.first { $0.itemScores != nil }?.metric.name ?? "scores"
    if let mismatch = mismatch(of: name, in: caseID, RunPair(reference: reference, new: new)) {
        return .failure(mismatch)
    }
    guard let a = reference.caseRecord(caseID)?.measurement(name), let b = new.caseRecord(caseID)?.measurement(name),
        let before = a.itemScores, let after = b.itemScores, let scores = b.scores
    else { return .failure(Mismatch("scores an item of \(name)", "none", "none")) }
    return pairedEvidence([(a, b)]).map { evidence in
        let sign = b.metric.direction.sign
        let items = scores.items.indices.map { index in
            Flips.Item(
                name: scores.items[index], group: scores.groups[index], a: before[index], b: after[index],
                change: sign * (after[index] - before[index]))
        }
        let distances = Dictionary(items.map { ($0.group, abs($0.change)) }, uniquingKeysWith: +)
        let moved = items.filter { $0.change != 0 }.sorted { x, y in
            if x.group == y.group { return abs(x.change) > abs(y.change) }
            return (-(distances[x.group] ?? 0), x.group) < (-(distances[y.group] ?? 0), y.group)
        }
        return Flips(
            metric: b.metric, moved: moved, itemCount: items.count, groupCount: evidence.groups,
            counts: counts(of: items, right: b.metric.direction == .lowerIsBetter ? 0 : 1), evidence: evidence)
    }
}

extension Measurement {
    /// One number an item that the metric rises and falls with; `nil` where its rows hold none.
    fileprivate var itemScores: [Double]? {
        guard let scores else { return nil }
        switch metric.finaliser {
        case .given, .mean: return scores.values
        case .meanRate, .largestRate, .halfTotal:
            return scores.items.indices.map { scores.values[scores.width * ($0 + 1) - 1] }
        default: return nil
        }
    }
}

private func counts(of items: [Flips.Item], right: Double) -> Flips.Counts? {
    guard !items.isEmpty, items.allSatisfy({ [0, 1].contains($0.a) && [0, 1].contains($0.b) }) else { return nil }
    func rate(_ isRight: (Flips.Item) -> Bool) -> Flips.Rate {
        let count = items.count(where: isRight)
        return Flips.Rate(
            value: Double(count) / Double(items.count),
            interval: rateInterval(successes: count, trials: items.count))
    }
    let (lost, gained) = (items.count { $0.change < 0 }, items.count { $0.change > 0 })
    let areIndependent = Set(items.map(\.group)).count == items.count
    let test = areIndependent ? McNemarTest(onlyA: lost, onlyB: gained) : nil
    return Flips.Counts(
        lost: lost, gained: gained, a: rate { $0.a == right }, b: rate { $0.b == right }, p: test?.p, midP: test?.midP)
}
