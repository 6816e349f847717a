// Tests and estimates on ranks, for costs: seconds and bytes have no distribution worth assuming.

internal import Glibc

/// A rank statistic and its two-sided p.
public struct RankTest: Sendable, Equatable {
    /// U of the first sample (Mann–Whitney), or the smaller of the two rank sums (signed rank).
    public let statistic: Double
    /// Two-sided, in `0...1`.
    public let p: Double
}

/// Wilcoxon's signed rank test that paired differences centre on zero; zeros are dropped.
///
/// Exact up to 50 differences without ties, else normal with tie and continuity correction. |d| is rounded to 12 significant
/// digits before ranking, so that 0.2 and 0.3 − 0.1 tie. Without a non-zero difference p is 1.
public func signedRankTest(_ differences: [Double]) -> RankTest {
    let nonZero = differences.filter { $0 != 0 }
    let (ranks, ties) = ranked(nonZero.map { rounded(abs($0)) })
    let n = nonZero.count
    let positive = zip(ranks, nonZero).reduce(0.0) { $1.1 > 0 ? $0 + $1.0 : $0 }
    let total = Double(n * (n + 1)) / 2
    let smaller = min(positive, total - positive)
    if ties.isEmpty && n <= 50 {
        let ways = signedRankCounts(n)[...Int(smaller)].reduce(0, +)
        return RankTest(statistic: smaller, p: min(1, 2 * ways / exp2(Double(n))))
    }
    let variance = Double(n * (n + 1) * (2 * n + 1)) / 24 - tieSum(ties) / 48
    return RankTest(statistic: smaller, p: twoSidedP(distance: total / 2 - smaller, variance: variance))
}

/// The Hodges–Lehmann estimate of paired differences: the median of their n(n+1)/2 Walsh averages, and its interval.
///
/// The interval is `nil` when there are too few differences for its level: below 6 at 0.95, below 8 at 0.99.
public func hodgesLehmann(
    _ differences: [Double], level: Double = 0.95
) -> (estimate: Double, interval: ClosedRange<Double>?) {
    let walsh = differences.indices.flatMap { i in differences[i...].map { (differences[i] + $0) / 2 } }.sorted()
    let k = walshRank(differences.count, level: level)
    return (quantile(walsh, 0.5), k == 0 ? nil : walsh[k - 1]...walsh[walsh.count - k])
}

/// The largest k with P(W ≤ k − 1) ≤ (1 − level)/2 for n differences; 0 when there is none.
func walshRank(_ n: Int, level: Double) -> Int {
    let bound = (1 - level) / 2 * exp2(Double(n))
    var (ways, k) = (0.0, 0)
    for count in signedRankCounts(n) {
        ways += count
        if ways > bound { break }
        k += 1
    }
    return k
}

/// The Mann–Whitney test that two unpaired samples come from one distribution.
///
/// Exact without ties when the smaller sample has at most 20 values, else normal with tie and continuity correction.
public func mannWhitneyTest(_ a: [Double], _ b: [Double]) -> RankTest {
    let (ranks, ties) = ranked(a + b)
    let u = ranks[..<a.count].reduce(0, +) - Double(a.count * (a.count + 1)) / 2
    guard ties.isEmpty && min(a.count, b.count) <= 20 else { return asymptoticMannWhitney(u, a.count, b.count, ties) }
    let counts = mannWhitneyCounts(a.count, b.count)
    let smaller = min(u, Double(a.count * b.count) - u)
    let tail = counts[...Int(smaller)].reduce(0, +) / counts.reduce(0, +)
    return RankTest(statistic: u, p: min(1, 2 * tail))
}

func asymptoticMannWhitney(_ u: Double, _ n: Int, _ m: Int, _ ties: [Int]) -> RankTest {
    let (product, total) = (Double(n * m), Double(n + m))
    let variance = product / 12 * (total + 1 - tieSum(ties) / (total * (total - 1)))
    return RankTest(statistic: u, p: twoSidedP(distance: abs(u - product / 2), variance: variance))
}

/// The fewest pairs with which the signed rank test can reach `alpha` after Holm over `tests` tests: 2/2ⁿ · tests ≤ alpha.
public func fewestPairs(reaching alpha: Double, tests: Int = 1) -> Int {
    var n = 1
    while 2 / exp2(Double(n)) * Double(tests) > alpha { n += 1 }
    return n
}

/// The fewest unpaired samples a side with which Mann–Whitney can reach `alpha`: 2/C(2n, n) · tests ≤ alpha.
public func fewestPerSide(reaching alpha: Double, tests: Int = 1) -> Int {
    var (n, arrangements) = (1, 2.0)
    while 2 / arrangements * Double(tests) > alpha {
        n += 1
        arrangements *= Double(2 * (2 * n - 1)) / Double(n)
    }
    return n
}

/// Mean ranks from 1, and the sizes of the runs of equal values longer than one.
private func ranked(_ values: [Double]) -> (ranks: [Double], ties: [Int]) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var ties: [Int] = []
    var start = 0
    while start < order.count {
        let end = order[start...].firstIndex { values[$0] != values[order[start]] } ?? order.count
        for position in start..<end { ranks[order[position]] = Double(start + end + 1) / 2 }
        if end - start > 1 { ties.append(end - start) }
        start = end
    }
    return (ranks, ties)
}

private func tieSum(_ ties: [Int]) -> Double {
    ties.reduce(0) { $0 + Double($1 * $1 * $1 - $1) }
}

private func twoSidedP(distance: Double, variance: Double) -> Double {
    if variance <= 0 { return 1 }
    return min(1, 2 * normalCumulative(-max(0, distance - 0.5) / variance.squareRoot()))
}

/// For each rank sum 0...n(n+1)/2, how many of the 2ⁿ sign patterns give it; doubles, since n may exceed 62.
private func signedRankCounts(_ n: Int) -> [Double] {
    var counts = [Double](repeating: 0, count: n * (n + 1) / 2 + 1)
    counts[0] = 1
    for rank in stride(from: 1, through: n, by: 1) {
        for sum in stride(from: counts.count - 1, through: rank, by: -1) { counts[sum] += counts[sum - rank] }
    }
    return counts
}

/// For each U in 0...n·m, how many of the C(n+m, n) arrangements give it: the Gaussian binomial coefficient.
private func mannWhitneyCounts(_ n: Int, _ m: Int) -> [Double] {
    var counts = [Double](repeating: 0, count: n * m + 1)
    counts[0] = 1
    for i in stride(from: 1, through: min(n, m), by: 1) {
        let factor = max(n, m) + i
        for u in stride(from: n * m, through: factor, by: -1) { counts[u] -= counts[u - factor] }
        for u in stride(from: i, through: n * m, by: 1) { counts[u] += counts[u - i] }
    }
    return counts
}

private func rounded(_ x: Double) -> Double {
    if x == 0 { return 0 }
    let scale = pow(10, 11 - floor(log10(x)))
    return (x * scale).rounded() / scale
}
