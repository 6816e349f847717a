// Statistics of values that are no plain means: the items are drawn or swapped, and the value is computed anew from their
// rows. Source: harness specification, sections 4 and 5.4.

internal import Glibc
public import Measurements

/// Items of a metric, or of two sides of it, by the groups that are drawn or swapped as a whole.
public struct FinalisedSample: Sendable {
    /// Independent groups.
    public let groupCount: Int
    /// Items of all seeds, counted once for both sides.
    public let itemCount: Int
    /// The finalised value; of two sides the second one's less the first one's; the mean over seeds.
    public let value: Double
    private let tables: [RowTable]
    private let isPaired: Bool

    /// One side.
    ///
    /// - Parameters:
    ///   - finaliser: Not `given`.
    ///   - values: Rows of `finaliser.width` finite numbers, one after another.
    ///   - groups: One group number an item.
    public init(_ finaliser: Finaliser, values: [Double], groups: [Int]) {
        self.init(finaliser, seeds: [(values, [])], groups: [groups], isPaired: false)
    }

    /// Two sides paired by item, once for each seed; a group's number means the same group under every seed.
    public init(_ finaliser: Finaliser, pairs: [(before: [Double], after: [Double], groups: [Int])]) {
        self.init(finaliser, seeds: pairs.map { ($0.before, $0.after) }, groups: pairs.map(\.groups), isPaired: true)
    }

    private init(_ finaliser: Finaliser, seeds: [([Double], [Double])], groups: [[Int]], isPaired: Bool) {
        var position: [Int: Int] = [:]
        for group in groups.joined() where position[group] == nil { position[group] = position.count }
        let count = position.count
        let places = groups.map { $0.map { position[$0] ?? 0 } }
        let tables = zip(seeds, places).map { sides, places in
            RowTable(
                finaliser, values: sides.0 + sides.1,
                units: isPaired ? places + places.map { $0 + count } : places, unitCount: isPaired ? 2 * count : count)
        }
        (groupCount, itemCount, self.isPaired) = (count, groups.reduce(0) { $0 + $1.count }, isPaired)
        self.tables = tables
        let once = [Double](repeating: 1, count: count)
        value = Self.value(of: tables, weights: once, isPaired: isPaired)
    }

    /// The value where each group counts as often as its weight says.
    private static func value(of tables: [RowTable], weights: [Double], isPaired: Bool) -> Double {
        if !isPaired { return tables.reduce(0) { $0 + $1.value(weights) } / Double(tables.count) }
        let none = [Double](repeating: 0, count: weights.count)
        return difference(of: tables, weights + none, none + weights)
    }

    private static func difference(of tables: [RowTable], _ before: [Double], _ after: [Double]) -> Double {
        tables.reduce(0) { $0 + $1.value(after) - $1.value(before) } / Double(tables.count)
    }

    /// The expanded percentile 95 % interval from 10 000 draws of the groups with replacement, and the draws' standard
    /// deviation times √(G/(G−1)), which is the standard error; `nil` below two groups, or where more than one draw in
    /// twenty has no value (one that lacks a class).
    public func resampled(using generator: inout SplitMix64) -> (interval: ClosedRange<Double>, standardError: Double)?
    {
        guard groupCount >= 2, value.isFinite else { return nil }
        let draws = 10_000
        var values: [Double] = []
        for _ in 0..<draws {
            var weights = [Double](repeating: 0, count: groupCount)
            for _ in 0..<groupCount { weights[generator.below(groupCount)] += 1 }
            let drawn = Self.value(of: tables, weights: weights, isPaired: isPaired)
            if drawn.isFinite { values.append(drawn) }
        }
        guard 20 * values.count >= 19 * draws else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        guard let interval = expandedPercentileInterval(values, around: value, groups: groupCount) else { return nil }
        let few = Double(groupCount) / Double(groupCount - 1)
        return (interval, (few * squares / Double(values.count - 1)).squareRoot())
    }

    /// The two-sided p of no difference between the sides: each group's rows change sides at random, in all tables alike.
    ///
    /// Exact up to 12 groups; beyond, (count + 1)/(T + 1) with T = 10 000. `GroupedSample` goes further, since a mean
    /// costs it nothing.
    public func randomisationP(using generator: inout SplitMix64) -> Double {
        // Equal values summed in another order differ in the last bits, and so does the difference of large ones.
        let sides = Array(repeating: 1.0, count: groupCount) + Array(repeating: 0, count: groupCount)
        let size = tables.reduce(0) { $0 + abs($1.value(sides)) + abs($1.value(sides.reversed())) }
        let bound = abs(value) - 1e-12 * size / Double(tables.count)
        func isReached(_ isSwapped: (Int) -> Bool) -> Bool {
            var (before, after) = (
                [Double](repeating: 0, count: 2 * groupCount), [Double](repeating: 0, count: 2 * groupCount)
            )
            for group in 0..<groupCount {
                let (first, second) = isSwapped(group) ? (group + groupCount, group) : (group, group + groupCount)
                before[first] = 1
                after[second] = 1
            }
            let swapped = Self.difference(of: tables, before, after)
            return abs(swapped) >= bound || swapped.isNaN
        }
        if groupCount <= 12 {
            let count = (0..<(1 << groupCount)).count { code in isReached { code >> $0 & 1 == 1 } }
            return Double(count) / Double(1 << groupCount)
        }
        let trials = 10_000
        let count = (0..<trials).count { _ in
            let flips = (0..<groupCount).map { _ in generator.bit() }
            return isReached { flips[$0] }
        }
        return Double(count + 1) / Double(trials + 1)
    }
}

/// Rows of one seed, arranged so that any weighting of their units is finalised in one pass.
///
/// A unit is a group, of two sides a group of one side.
private struct RowTable {
    private enum Layout {
        /// Column sums of each unit, one after another, for values that depend on sums alone.
        case sums([Double], columns: Int)
        /// For each score column the rows in ascending order of it, for values that depend on ranks.
        case ranks([RankedRows])
    }

    private let finaliser: Finaliser
    private let layout: Layout

    init(_ finaliser: Finaliser, values: [Double], units: [Int], unitCount: Int) {
        self.finaliser = finaliser
        let width = finaliser.width
        let rows = units.indices.map { values[($0 * width)..<(($0 + 1) * width)] }
        switch finaliser {
        case .rocArea, .equalErrorRate, .largestRateAtFivePercent, .equalErrorRateChange:
            layout = .ranks((1..<width).map { RankedRows(rows, score: $0, units: units) })
        case .meanRate, .largestRate, .halfTotal, .halfTotalRatio:
            // A class becomes two columns, how many and how much; a second pair of numbers stands behind the first.
            let classCount =
                1
                + Int(
                    rows.lazy.flatMap { row in stride(from: row.startIndex, to: row.endIndex, by: 2).map { row[$0] } }
                        .max() ?? 0)
            let columns = width * classCount
            var sums = [Double](repeating: 0, count: unitCount * columns)
            for (row, unit) in zip(rows, units) {
                for pair in 0..<(width / 2) {
                    let (kind, score) = (row[row.startIndex + 2 * pair], row[row.startIndex + 2 * pair + 1])
                    if kind < 0 { continue }
                    let place = unit * columns + 2 * (pair * classCount + Int(kind))
                    sums[place] += 1
                    sums[place + 1] += score
                }
            }
            layout = .sums(sums, columns: columns)
        case .given, .mean, .perplexity, .corpusBLEU, .corpusBLEULoss, .corpusBLEUShare:
            let columns = width + 1
            var sums = [Double](repeating: 0, count: unitCount * columns)
            for (row, unit) in zip(rows, units) {
                for (column, value) in row.enumerated() { sums[unit * columns + column] += value }
                sums[unit * columns + width] += 1
            }
            layout = .sums(sums, columns: columns)
        }
    }

    /// The finalised value with every unit counted as often as its weight says; NaN where there is nothing to count.
    func value(_ weights: [Double]) -> Double {
        switch layout {
        case .ranks(let ranked):
            switch finaliser {
            case .rocArea: return ranked[0].area(weights)
            case .largestRateAtFivePercent: return ranked[0].largestRate(weights, atMost: 0.05)
            case .equalErrorRateChange: return ranked[1].equalErrorRate(weights) - ranked[0].equalErrorRate(weights)
            default: return ranked[0].equalErrorRate(weights)
            }
        case .sums(let sums, let columns):
            var total = [Double](repeating: 0, count: columns)
            for (unit, weight) in weights.enumerated() where weight != 0 {
                for column in 0..<columns { total[column] += weight * sums[unit * columns + column] }
            }
            return finalised(total)
        }
    }

    private func finalised(_ sums: [Double]) -> Double {
        switch finaliser {
        case .perplexity: return exp(sums[0] / sums[1])
        case .corpusBLEU: return bleu(sums[..<10])
        case .corpusBLEULoss: return bleu(sums[..<10]) - bleu(sums[10..<20])
        case .corpusBLEUShare:
            let start = bleu(sums[..<10])
            return start > 0 ? bleu(sums[10..<20]) / start : .nan
        case .meanRate:
            let rates = rates(sums[...]).filter { !$0.isNaN }
            return rates.reduce(0, +) / Double(rates.count)
        case .largestRate: return rates(sums[...]).filter { !$0.isNaN }.max() ?? .nan
        case .halfTotal: return halfTotal(sums[...])
        case .halfTotalRatio:
            let (before, after) = (halfTotal(sums[..<(sums.count / 2)]), halfTotal(sums[(sums.count / 2)...]))
            // Nothing in both places is no change.
            return before == 0 && after == 0 ? 1 : after / before
        default: return sums[0] / sums[1]
        }
    }

    /// Sums of scores over counts, a class each; NaN for one without items.
    private func rates(_ sums: ArraySlice<Double>) -> [Double] {
        stride(from: sums.startIndex, to: sums.endIndex, by: 2).map { sums[$0 + 1] / sums[$0] }
    }

    private func halfTotal(_ sums: ArraySlice<Double>) -> Double {
        let rates = rates(sums)
        return (rates[0] + (rates.dropFirst().filter { !$0.isNaN }.max() ?? .nan)) / 2
    }

    /// BLEU with exponential smoothing, of summed counts.
    private func bleu(_ counts: ArraySlice<Double>) -> Double {
        let c = Array(counts)
        if c[2..<6].allSatisfy({ $0 == 0 }) || c[6..<10].contains(0) { return 0 }
        var (logarithms, halving) = (0.0, 1.0)
        for order in 0..<4 {
            if c[2 + order] == 0 { halving /= 2 }
            logarithms += log((c[2 + order] == 0 ? halving : c[2 + order]) / c[6 + order])
        }
        return 100 * exp(min(0, 1 - c[1] / c[0]) + logarithms / 4)
    }
}

/// Rows in ascending order of a score; thresholds are the scores, and what reaches one counts as positive.
private struct RankedRows {
    private let units: [Int]
    private let classes: [Int]
    /// Whether a row's score is the same as that of the row before.
    private let isTied: [Bool]
    private let classCount: Int

    init(_ rows: [ArraySlice<Double>], score column: Int, units: [Int]) {
        let counted = rows.indices.filter { rows[$0][rows[$0].startIndex] >= 0 }
        func score(_ index: Int) -> Double { rows[index][rows[index].startIndex + column] }
        let order = counted.sorted { (score($0), $0) < (score($1), $1) }
        self.units = order.map { units[$0] }
        classes = order.map { Int(rows[$0][rows[$0].startIndex]) }
        isTied = order.indices.map { $0 > 0 && score(order[$0]) == score(order[$0 - 1]) }
        classCount = max(2, 1 + (classes.max() ?? 0))
    }

    private func totals(_ weights: [Double]) -> [Double] {
        var totals = [Double](repeating: 0, count: classCount)
        for index in units.indices { totals[classes[index]] += weights[units[index]] }
        return totals
    }

    func area(_ weights: [Double]) -> Double {
        let totals = totals(weights)
        // `level` are the negatives of the current score, `below` those of lower ones.
        var (below, level, area) = (0.0, 0.0, 0.0)
        var positivesAtLevel = 0.0
        for index in units.indices {
            if !isTied[index] {
                area += positivesAtLevel * (below + level / 2)
                (below, level, positivesAtLevel) = (below + level, 0, 0)
            }
            let weight = weights[units[index]]
            if classes[index] == 0 { level += weight } else { positivesAtLevel += weight }
        }
        area += positivesAtLevel * (below + level / 2)
        return area / (totals[0] * totals[1...].reduce(0, +))
    }

    func equalErrorRate(_ weights: [Double]) -> Double {
        let totals = totals(weights)
        let positives = totals[1...].reduce(0, +)
        if totals[0] == 0 || positives == 0 { return .nan }
        var (below, missed) = (0.0, 0.0)
        var (rate, smallest) = (Double.nan, Double.infinity)
        func look() {
            let (alarms, misses) = ((totals[0] - below) / totals[0], missed / positives)
            // Equal gaps of other fractions differ in the last bits.
            if abs(misses - alarms) < smallest - 1e-12 {
                (rate, smallest) = ((alarms + misses) / 2, abs(misses - alarms))
            }
        }
        for index in units.indices {
            if !isTied[index] { look() }
            if classes[index] == 0 { below += weights[units[index]] } else { missed += weights[units[index]] }
        }
        look()
        return rate
    }

    func largestRate(_ weights: [Double], atMost bound: Double) -> Double {
        let totals = totals(weights)
        if totals[0] == 0 { return .nan }
        var below = [Double](repeating: 0, count: classCount)
        for index in units.indices {
            if !isTied[index], (totals[0] - below[0]) / totals[0] <= bound { break }
            below[classes[index]] += weights[units[index]]
        }
        return (1..<classCount).map { below[$0] / totals[$0] }.filter { !$0.isNaN }.max() ?? .nan
    }
}
