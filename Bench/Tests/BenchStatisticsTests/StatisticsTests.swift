// Every golden number of the harness specification, sections 5.1 to 5.10, that this module computes.

@testable import BenchStatistics
import Glibc
import Testing

/// `a` equals `b` to a relative 1e-12, or to `tolerance`.
private func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
    abs(a - b) <= tolerance * abs(b)
}

private func isClose(_ a: ClosedRange<Double>?, _ lower: Double, _ upper: Double) -> Bool {
    a.map { isClose($0.lowerBound, lower) && isClose($0.upperBound, upper) } ?? false
}

@Suite struct DistributionTests {
    @Test func `the type-7 quantile interpolates at (n − 1)p`() {
        #expect(isClose(quantile([1, 2, 3, 4, 10], 0.9), 7.6))
        #expect(quantile([1, 2, 3, 4, 10], 1) == 10)
        #expect(quantile([5], 0.025) == 5)
        #expect(quantile([], 0.5).isNaN)
    }

    @Test(arguments: [
        (0.975, 1.959963984540054), (0.995, 2.5758293035489004), (0.001, -3.090232306167813), (0.5, 0),
        (1e-12, -7.034483825301131), (1e-300, -37.0470962993612),  // scipy 1.17
    ])
    func `the normal quantile`(_ p: Double, _ x: Double) {
        #expect(isClose(normalQuantile(p), x))
    }

    @Test func `the normal quantile's ends are infinite, and Φ undoes it`() {
        #expect(normalQuantile(0) == -.infinity && normalQuantile(1) == .infinity)
        #expect(isClose(normalCumulative(-3), 0.0013498980316300933))  // scipy 1.17
        for p in [1e-9, 0.07, 0.3, 0.8, 0.999] { #expect(isClose(normalCumulative(normalQuantile(p)), p)) }
    }

    @Test(arguments: [
        (1.0, 1, 0.75),  // 1/2 + atan(1)/π
        (-2.5, 2, 0.06480586011075541), (0.3, 30, 0.6168769473578236), (3, 9, 0.9925218180447929),  // scipy 1.17
    ])
    func `Student's distribution`(_ t: Double, _ degrees: Int, _ p: Double) {
        #expect(isClose(studentCumulative(t, degreesOfFreedom: degrees), p))
    }

    @Test(arguments: [(7, 2.364624251592784), (9, 2.262157162798205), (19, 2.0930240544083087)])
    func `Student's quantile`(_ degrees: Int, _ t: Double) {
        #expect(isClose(studentQuantile(0.975, degreesOfFreedom: degrees), t))
        #expect(isClose(studentQuantile(0.025, degreesOfFreedom: degrees), -t))
    }
}

/// The golden data set of section 5.3: 40 items in 10 groups.
private enum GoldenPairs {
    static let sizes = [3, 5, 2, 6, 4, 4, 1, 7, 3, 5]
    static let groups = sizes.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) }
    static let a = (0..<40).map { Double((7 * $0 + 3) % 11) / 10 }
    static let b = a.enumerated().map { i, a in min(1, a + Double((5 * i + 1) % 7 - 2) / 20) }
    static let differences = GroupedSample(zip(a, b).map { $1 - $0 }, groups: groups)
    static var generator: SplitMix64 { SplitMix64(seed: 20_231_110) }
}

@Suite struct GroupedSampleTests {
    let d = GoldenPairs.differences

    @Test func `the golden data's means and group sums`() {
        #expect(isClose(GroupedSample(GoldenPairs.a, groups: GoldenPairs.groups).mean, 0.5025))
        #expect(isClose(GroupedSample(GoldenPairs.b, groups: GoldenPairs.groups).mean, 0.53375))
        #expect(isClose(d.mean, 0.03125))
        #expect(d.counts == GoldenPairs.sizes)
        for (sum, expected) in zip(d.sums, [0.05, 0.05, 0.3, 0, 0.15, 0.2, 0, 0.3, 0.05, 0.15]) {
            #expect(abs(sum - expected) < 1e-15)
        }
    }

    @Test func `groups are those of the items, not their order`() {
        let interleaved = GroupedSample([1, 10, 2, 20], groups: [7, 3, 7, 3])
        #expect(interleaved == GroupedSample([1, 2, 10, 20], groups: [0, 0, 1, 1]))
    }

    @Test func `the standard error of groups, and of items taken as independent`() {
        #expect(isClose(d.standardError, 0.009149486741828137))
        let items = GroupedSample(zip(GoldenPairs.a, GoldenPairs.b).map { $1 - $0 }, groups: Array(0..<40))
        #expect(isClose(items.standardError, 0.014837528216982218))
    }

    @Test func `the cluster t interval and its p`() {
        #expect(isClose(d.studentInterval, 0.010552423031046261, 0.051947576968953725))
        let p = 2 * studentCumulative(-d.mean / d.standardError, degreesOfFreedom: 9)
        #expect(isClose(p, 0.0076825369025251165, 1e-9))
    }

    @Test func `the bootstrap's replicates`() {
        var generator = GoldenPairs.generator
        let replicates = d.replicates(10_000, using: &generator)
        // The specification prints eleven digits of these.
        let first = [0.040789473684, 0.032352941176, 0.017073170732, 0.031666666667, 0.03275862069]
        for (value, expected) in zip(replicates, first) { #expect(isClose(value, expected, 1e-10)) }
        let mean = replicates.reduce(0, +) / 10_000
        #expect(isClose(mean, 0.03157792232812378))
        let variance = replicates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 9_999
        #expect(isClose(variance.squareRoot(), 0.009198553944095678))
        let sorted = replicates.sorted()
        #expect(isClose(quantile(sorted, 0.025)...quantile(sorted, 0.975), 0.015384615384615387, 0.05142857142857143))
    }

    @Test func `the expanded percentile interval`() {
        #expect(isClose(expansion(groups: 10), 1.2166157331007248))
        var generator = GoldenPairs.generator
        #expect(isClose(d.expandedInterval(using: &generator), 0.011947923465228886, 0.05579956747149677))
    }

    @Test func `flipping the sign of groups: exactly and at random`() {
        #expect(d.exactFlipCount() == 8)
        var generator = GoldenPairs.generator
        #expect(d.flipCount(10_000, using: &generator) == 62)
        #expect(d.randomisationP(using: &generator) == 0.0078125)
    }

    @Test(arguments: [(4, 0.125), (5, 0.0625), (6, 0.03125), (16, 2.0 / 65_536)])
    func `the smallest p is 2 to the power 1 − G`(_ groups: Int, _ p: Double) {
        var generator = GoldenPairs.generator
        let same = GroupedSample([Double](repeating: 0.1, count: groups), groups: Array(0..<groups))
        #expect(same.randomisationP(using: &generator) == p)
    }

    @Test func `beyond 16 groups a clear effect is tried 200 000 times and no effect 10 000 times`() {
        var generator = GoldenPairs.generator
        let clear = GroupedSample([Double](repeating: 0.1, count: 40), groups: Array(0..<40))
        #expect(clear.randomisationP(using: &generator) == 1.0 / 200_001)
        let none = GroupedSample((0..<40).map { $0 % 2 == 0 ? 1 : -1 }, groups: Array(0..<40))
        #expect(none.randomisationP(using: &generator) == 1)
    }

    @Test func `one group gives no interval and no evidence`() {
        var generator = GoldenPairs.generator
        let one = GroupedSample([1, 2, 3], groups: [0, 0, 0])
        #expect(one.expandedInterval(using: &generator) == nil)
        #expect(one.studentInterval == nil && one.standardError.isNaN)
        #expect(one.randomisationP(using: &generator) == 1)
    }

    @Test func `sums beyond the largest double give no interval`() {
        var generator = GoldenPairs.generator
        let huge = GroupedSample([1e308, 1e308, 1e308, 1e308], groups: [0, 0, 1, 1])
        #expect(huge.expandedInterval(using: &generator) == nil && huge.studentInterval == nil)
    }

    @Test func `the expanded interval covers the mean of skewed groups as often as it says`() {
        // χ² with 2 degrees of freedom (an exponential of mean 2) for group and item, G = 12, sizes 1 to 4.
        // The specification measured .93; the binomial deviation here is .015.
        var generator = SplitMix64(seed: 7)
        func centred() -> Double {
            let normals = (0..<2).map { _ in normalQuantile(Double(generator.next() >> 11) * 0x1p-53 + 0x1p-54) }
            return normals[0] * normals[0] + normals[1] * normals[1] - 2
        }
        var covered = 0
        for _ in 0..<300 {
            let groups = (0..<12).flatMap { [Int](repeating: $0, count: 1 + $0 % 4) }
            let effects = (0..<12).map { _ in centred() }
            let sample = GroupedSample(groups.map { effects[$0] + centred() }, groups: groups)
            covered += sample.expandedInterval(using: &generator)?.contains(0) == true ? 1 : 0
        }
        #expect((0.89...0.98).contains(Double(covered) / 300), "\(covered) of 300")
    }

    @Test func `the smallest detectable effect`() {
        #expect(isClose(minimumDetectableEffect(standardError: 0.004, groups: 30), 0.011206340872451873))
        #expect(isClose(minimumDetectableEffect(standardError: 0.004, groups: 30, power: 0.9), 0.012966062200338618))
        #expect(isClose(minimumDetectableEffect(standardError: d.standardError, groups: 10), 0.028780268870826336))
    }
}

@Suite struct RankTestTests {
    let a = [10.12, 10.05, 10.31, 10.08, 10.22, 10.15, 10.41, 10.09]
    let b = [10.28, 10.35, 10.19, 10.52, 10.44, 10.33, 10.61, 10.24]
    var logRatios: [Double] { zip(a, b).map { log($1 / $0) } }

    @Test func `the signed rank test, exact`() {
        let x = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
        let y = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
        #expect(signedRankTest(zip(x, y).map(-)) == RankTest(statistic: 5, p: 0.0390625))
        #expect(signedRankTest(logRatios).p == 0.015625)
    }

    @Test func `the signed rank test with ties and zeros`() {
        let d = [0, 0.1, -0.1, 0.2, 0.2, 0.30000000000000004 - 0.1, 0.3, -0.1, 0.4, 0.5, 0.1, 0.3, -0.2, 0.6]
        let golden = d.enumerated().filter { $0.offset != 5 }.map(\.element)
        let test = signedRankTest(golden)
        #expect(test.statistic == 11)
        #expect(isClose(test.p, 0.030019570024188102, 1e-9))
        // With 0.3 − 0.1 in place of one 0.2, all stays: they tie.
        let rounded = d.enumerated().filter { $0.offset != 4 }.map(\.element)
        #expect(signedRankTest(rounded) == test)
        #expect(signedRankTest([0, 0]) == RankTest(statistic: 0, p: 1))
    }

    @Test func `the Hodges–Lehmann estimate and interval`() {
        let result = hodgesLehmann(logRatios)
        #expect(isClose(result.estimate, 0.01839831037234968))
        #expect(isClose(result.interval, 0.002935563424757843, 0.030877507332677655))
        #expect(hodgesLehmann([1, 2, 3, 4, 5]).interval == nil)
    }

    @Test(arguments: [
        (0.95, [6: 1, 7: 3, 8: 4, 9: 6, 10: 9, 12: 14, 15: 26, 20: 53]),
        (0.99, [8: 1, 9: 2, 10: 4, 12: 8, 15: 16, 20: 38]),
    ])
    func `the rank of the Walsh average that bounds the interval`(_ level: Double, _ ranks: [Int: Int]) {
        for (n, k) in ranks { #expect(walshRank(n, level: level) == k, "n = \(n)") }
    }

    @Test func `the Mann–Whitney test, exact, asymptotic and with ties`() {
        let test = mannWhitneyTest(a, b)
        #expect(test.statistic == 9)
        #expect(isClose(test.p, 0.014763014763014764))
        #expect(isClose(asymptoticMannWhitney(9, 8, 8, []).p, 0.018129007864971982, 1e-9))
        let tied = mannWhitneyTest([1, 2, 2, 3, 3, 3, 4, 5], [2, 3, 4, 4, 5, 5, 6, 6])
        #expect(tied.statistic == 13.5)
        #expect(isClose(tied.p, 0.054457160064589755, 1e-9))
        #expect(mannWhitneyTest([1, 1], [1, 1]).p == 1)
    }

    @Test(arguments: [(1, 6, 4), (10, 9, 6), (50, 11, 7), (300, 14, 8), (1000, 16, 9)])
    func `the fewest samples that reach 0.05 after Holm`(_ tests: Int, _ pairs: Int, _ perSide: Int) {
        #expect(fewestPairs(reaching: 0.05, tests: tests) == pairs)
        #expect(fewestPerSide(reaching: 0.05, tests: tests) == perSide)
    }

    @Test func `a lone candidate at 0.01 needs 8 pairs and ten need 11`() {
        #expect(fewestPairs(reaching: 0.01) == 8)
        #expect(fewestPairs(reaching: 0.01, tests: 10) == 11)
    }
}

@Suite struct HolmTests {
    @Test func `the adjusted p of eight tests, in their order`() {
        let p = [0.0001, 0.0040, 0.0190, 0.0450, 0.2010, 0.0095, 0.0278, 0.6528]
        let expected = [0.0008, 0.028, 0.095, 0.135, 0.402, 0.057, 0.1112, 0.6528]
        for (adjusted, value) in zip(holmAdjusted(p), expected) { #expect(isClose(adjusted, value)) }
        #expect(holmAdjusted([]) == [])
        #expect(holmAdjusted([0.6, 0.7]) == [1, 1])
    }
}
