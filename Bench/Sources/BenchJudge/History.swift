// A metric over its runs: where it stopped being the same quantity, where its level changed, whether it creeps.
//
// Change points are advice with a range of commits; nothing here fails a gate. Source: harness specification, section 5.11.

internal import BenchStatistics
public import BenchRecords
public import Measurements

/// The values of one metric, oldest first, and what they say.
public struct History: Sendable, Equatable {
    /// The level changed between two runs.
    public struct Change: Sendable, Equatable {
        /// The index of the first run at the new level.
        public var index: Int
        /// The median of the level before.
        public var before: Double
        /// The median of the level after.
        public var after: Double
        /// By permutation; `nil` for exact values, of which every change is one.
        public var p: Double?
    }

    /// From here on it is another quantity: nothing is compared across.
    public struct Break: Sendable, Equatable {
        /// The index of the first run of the new quantity.
        public var index: Int
        /// The first field that differs.
        public var mismatch: Mismatch
    }

    /// The latest value has moved the bad way in steps too small to be seen one by one.
    public struct Creep: Sendable, Equatable {
        /// What the latest value is held against.
        public enum Origin: Sendable, Equatable { case baseline, bestLevel }
        /// What the latest value is held against.
        public var origin: Origin
        /// The value then.
        public var then: Double
        /// The latest value.
        public var now: Double
    }

    /// The case's dotted name.
    public var caseID: String
    /// The metric as the latest run defines it.
    public var metric: Metric
    /// The runs, each with one value.
    public var runs: [RunRecord]
    /// A value a run.
    public var values: [Double]
    /// The smallest change that counts, in the metric's unit; a ratio for costs.
    public var floor: Double
    /// Where the quantity changed.
    public var breaks: [Break]
    /// Where the level changed, oldest first.
    public var changes: [Change]
    /// What the latest value has crept away from.
    public var creeps: [Creep]
}

/// The history of the metric that each of `runs`, oldest first, measured in its one case; `nil` without a finite value.
///
/// `baseline` is the pinned run, for the creep check.
public func history(of runs: [RunRecord], baseline: RunRecord? = nil, floors: [NoiseFloor] = []) -> History? {
    let measured = runs.filter { $0.cases.first?.measurements.first?.value.isFinite == true }
    guard let last = measured.last, let item = last.cases.first, let metric = item.measurements.first?.metric else {
        return nil
    }
    let values = measured.compactMap { $0.cases.first?.measurements.first?.value }
    let calibrated = floors.calibrated(metric, of: item.id, in: last)
    var history = History(
        caseID: item.id, metric: metric, runs: measured, values: values,
        floor: max(metric.smallestEffect, calibrated?.value ?? 0), breaks: [], changes: [], creeps: [])
    history.breaks = zip(measured, measured.dropFirst()).enumerated().compactMap { index, pair in
        mismatch(of: metric.name, in: item.id, RunPair(reference: pair.0, new: pair.1)).map {
            History.Break(index: index + 1, mismatch: $0)
        }
    }
    let bounds = [0] + history.breaks.map(\.index) + [values.count]
    history.changes = zip(bounds, bounds.dropFirst()).flatMap { history.changes(in: $0..<$1) }
    history.creeps = history.creeps(from: baseline)
    return history
}

extension History {
    fileprivate func changes(in range: Range<Int>) -> [Change] {
        let found: [(index: Int, p: Double?)]
        if metric.metricClass == .exact {
            found = range.dropFirst().filter { values[$0] != values[$0 - 1] }.map { ($0, nil) }
        } else {
            var generator = SplitMix64(
                seed: statisticsSeed(
                    signature: "\(caseID)|\(metric.signature)", items: runs[range].map(\.uuid)))
            found = changePoints(in: Array(values[range]), using: &generator)
                .map { (range.lowerBound + $0.index, $0.p) }.sorted { $0.0 < $1.0 }
        }
        let bounds = [range.lowerBound] + found.map(\.index) + [range.upperBound]
        return zip(found, bounds.indices.dropFirst()).compactMap { change, place in
            let before = median(values[bounds[place - 1]..<bounds[place]])
            let after = median(values[bounds[place]..<bounds[place + 1]])
            return exceedsFloor(before, after)
                ? Change(index: change.index, before: before, after: after, p: change.p) : nil
        }
    }

    /// Without a floor every rounding would be a creep, so that only exact values do without.
    fileprivate func creeps(from baseline: RunRecord?) -> [Creep] {
        guard let last = runs.last, let now = values.last, metric.direction != .none,
            floor > 0 || metric.metricClass == .exact
        else { return [] }
        let start = breaks.last?.index ?? 0
        let bounds = [start] + changes.map(\.index).filter { $0 > start } + [values.count]
        let levels = zip(bounds, bounds.dropFirst()).filter { $1 - $0 >= 4 }.map { median(values[$0..<$1]) }
        var origins: [(Creep.Origin, Double)] = []
        if let baseline, mismatch(of: metric.name, in: caseID, RunPair(reference: baseline, new: last)) == nil,
            let then = baseline.caseRecord(caseID)?.measurement(metric.name)?.value
        {
            origins.append((.baseline, then))
        }
        if let best = levels.max(by: { metric.direction.sign * $0 < metric.direction.sign * $1 }) {
            origins.append((.bestLevel, best))
        }
        return origins.filter { _, then in
            metric.direction.sign * (now - then) < 0 && exceedsFloor(then, now)
        }.map { Creep(origin: $0, then: $1, now: now) }
    }

    private func exceedsFloor(_ before: Double, _ after: Double) -> Bool {
        abs(after - before) > floor * (metric.metricClass == .cost ? abs(before) : 1)
    }
}

private func median(_ values: ArraySlice<Double>) -> Double { quantile(values.sorted(), 0.5) }
