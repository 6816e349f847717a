// Where a series changed its level or its spread, without an assumption about its distribution: E-divisive.
//
// Source: Matteson and James 2014; V-statistic and permutation within segments as in MongoDB's signal-processing-algorithms.
// Ours: p = (count + 1)/(permutations + 1), which is never 0, and no segment shorter than four values.

/// A place where what comes after differs from what came before.
public struct ChangePoint: Sendable, Equatable {
    /// The index of the first value after the change.
    public let index: Int
    /// T of the split: nm/(n + m) times the energy distance of the two sides.
    public let statistic: Double
    /// The share of permutations that split as well, the series itself counted among them.
    public let p: Double
}

/// The change points of a series, in the order found, clearest first; O(n²) in time for each permutation.
public func changePoints(
    in series: [Double], level: Double = 0.01, leastSegment: Int = 4, permutations: Int = 199,
    using generator: inout SplitMix64
) -> [ChangePoint] {
    var found: [ChangePoint] = []
    while true {
        let bounds = [0] + found.map(\.index).sorted() + [series.count]
        var segments = zip(bounds, bounds.dropFirst()).map { Array(series[$0..<$1]) }
        let splits = zip(bounds, segments).compactMap { start, segment in
            bestSplit(of: segment, leastSegment).map { (index: start + $0.index, statistic: $0.statistic) }
        }
        guard let best = splits.max(by: { $0.statistic < $1.statistic }), best.statistic > 0 else { return found }
        var count = 0
        for _ in 0..<permutations {
            var largest = 0.0
            for index in segments.indices {
                generator.shuffle(&segments[index])
                largest = max(largest, bestSplit(of: segments[index], leastSegment)?.statistic ?? 0)
            }
            if largest >= best.statistic { count += 1 }
        }
        let p = Double(count + 1) / Double(permutations + 1)
        if p > level { return found }
        found.append(ChangePoint(index: best.index, statistic: best.statistic, p: p))
    }
}

/// The split with the largest T that leaves `least` values on each side; `nil` where there is none.
private func bestSplit(of segment: [Double], _ least: Int) -> (index: Int, statistic: Double)? {
    if segment.count < 2 * least { return nil }
    let statistics = splitStatistics(segment)
    let index = (least...segment.count - least).max { statistics[$0] < statistics[$1] } ?? least
    return (index, statistics[index])
}

/// T for each number of values on the left, from 0 (where it is 0) to all but one.
func splitStatistics(_ x: [Double]) -> [Double] {
    // Sums of |x − y| over ordered pairs within each side, and over pairs across; one value moves from right to left.
    var (left, right, across) = (0.0, 0.0, 0.0)
    for i in x.indices { for j in x.indices { right += abs(x[i] - x[j]) } }
    var statistics = [0.0]
    for k in x.indices.dropLast() {
        var (toLeft, toRight) = (0.0, 0.0)
        for i in 0..<k { toLeft += abs(x[k] - x[i]) }
        for j in k + 1..<x.count { toRight += abs(x[k] - x[j]) }
        left += 2 * toLeft
        right -= 2 * toRight
        across += toRight - toLeft
        let (n, m) = (Double(k + 1), Double(x.count - k - 1))
        let energy = 2 * across / (n * m) - left / (n * n) - right / (m * m)
        statistics.append(n * m / (n + m) * energy)
    }
    return statistics
}
