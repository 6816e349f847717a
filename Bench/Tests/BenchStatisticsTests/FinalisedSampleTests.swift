// Finalisers by hand, sacreBLEU's paired tests, and what a mean must share with GroupedSample.

@testable import BenchStatistics
import Foundation
import Measurements
import TensorIO
import Testing

private func value(_ finaliser: Finaliser, _ rows: [[Double]]) -> Double {
    FinalisedSample(finaliser, values: rows.flatMap(\.self), groups: Array(rows.indices)).value
}

@Suite struct FinaliserTests {
    @Test func `each finaliser of a few rows by hand`() {
        #expect(value(.mean, [[1], [2], [6]]) == 3)
        #expect(abs(value(.perplexity, [[2, 1], [4, 2]]) - exp(2)) < 1e-12)
        // Rates 1/2 of class 0, 1/3 of class 1, 1 of class 3; class 2 has no items, and −1 is not counted.
        let rates: [[Double]] = [[0, 1], [0, 0], [1, 1], [1, 0], [1, 0], [3, 1], [-1, 1]]
        #expect(abs(value(.meanRate, rates) - (0.5 + 1 / 3.0 + 1) / 3) < 1e-15)
        #expect(value(.largestRate, rates) == 1)
        #expect(value(.halfTotal, rates) == 0.75)
        #expect(value(.halfTotal, [[1, 1]]).isNaN)
        #expect(value(.halfTotalRatio, rates.map { $0 + [-1, 0] } + [[-1, 0, 0, 1], [-1, 0, 1, 0.5]]) == 1)
        #expect(value(.halfTotalRatio, [[0, 0, 0, 0], [1, 0, 1, 0]]) == 1)
    }

    @Test func `ranks with ties, and thresholds among the scores`() {
        // Positives .4, .8, .8; negatives .1, .4: of six pairs one tie and five right.
        let rows: [[Double]] = [[1, 0.8], [0, 0.4], [1, 0.4], [0, 0.1], [1, 0.8]]
        #expect(abs(value(.rocArea, rows) - 5.5 / 6) < 1e-15)
        // At .4 one negative of two is taken for positive and no positive is missed; at .8 it is 0 and 1/3.
        #expect(abs(value(.equalErrorRate, rows) - 1 / 6.0) < 1e-15)
        #expect(value(.equalErrorRate, [[1, 1]]).isNaN)
        #expect(value(.equalErrorRateChange, rows.map { $0 + [$0[0]] }) == -value(.equalErrorRate, rows))
        // Twenty of class 0: one may reach the threshold .9, so that class 1 is missed once in two and class 2 never.
        let zeros = (0..<20).map { [0, Double($0) / 100] } + [[0.0, 0.95]]
        #expect(value(.largestRateAtFivePercent, zeros + [[1, 0.1], [1, 0.97], [2, 0.99]]) == 0.5)
    }

    @Test func `BLEU of summed counts, what is lost of it and what is left`() {
        let perfect: [Double] = [5, 5, 5, 4, 3, 2, 5, 4, 3, 2]
        let short: [Double] = [4, 5, 4, 3, 2, 0, 4, 3, 2, 1]
        // 100·exp(1 − 5/4)·(1/2)^¼: the order without a match counts as half a match.
        let expected = 100 * exp(-0.25) * pow(0.5, 0.25)
        #expect(value(.corpusBLEU, [perfect]) == 100)
        #expect(abs(value(.corpusBLEU, [short]) - expected) < 1e-12)
        #expect(value(.corpusBLEU, [[1, 5, 1, 0, 0, 0, 1, 0, 0, 0]]) == 0)
        #expect(abs(value(.corpusBLEULoss, [perfect + short]) - (100 - expected)) < 1e-12)
        #expect(abs(value(.corpusBLEUShare, [perfect + short]) - expected / 100) < 1e-12)
        #expect(value(.corpusBLEUShare, [[1, 5, 0, 0, 0, 0, 1, 0, 0, 0] + short]).isNaN)
    }

    @Test func `a mean gets the interval and the p that GroupedSample gives it`() throws {
        let groups = (0..<40).map { $0 / 4 }
        let before = (0..<40).map { Double((7 * $0 + 3) % 11) / 10 }
        let after = before.enumerated().map { index, x in min(1, x + Double((5 * index + 1) % 7 - 2) / 20) }
        let means = GroupedSample(zip(before, after).map { $1 - $0 }, groups: groups)
        let sample = FinalisedSample(.mean, pairs: [(before, after, groups)])
        var (one, other) = (SplitMix64(seed: 3), SplitMix64(seed: 3))
        let expected = try #require(means.expandedInterval(using: &one))
        let resampled = try #require(sample.resampled(using: &other))
        #expect(abs(sample.value - means.mean) < 1e-12 && sample.groupCount == 10 && sample.itemCount == 40)
        #expect(abs(resampled.interval.lowerBound - expected.lowerBound) < 1e-12)
        #expect(abs(resampled.interval.upperBound - expected.upperBound) < 1e-12)
        #expect(abs(resampled.standardError / means.standardError - 1) < 0.05)
        #expect(sample.randomisationP(using: &other) == means.randomisationP(using: &one))
    }

    @Test func `groups that are equal on both sides count as ties, however small the difference`() {
        // One group of twenty differs, by far less than a side is large: whichever way it is swapped, the size is the same.
        let before = (0..<20).flatMap { [30 + Double($0) / 7, 10.0] }
        var after = before
        after[10] += 1e-9
        var generator = SplitMix64(seed: 5)
        #expect(
            FinalisedSample(.perplexity, pairs: [(before, after, Array(0..<20))]).randomisationP(using: &generator) == 1
        )
    }

    @Test func `several seeds are averaged, and a draw without a class has no value`() {
        let rows: [Double] = [0, 1, 1, 1, 0, 0, 1, 0]
        let worse: [Double] = [0, 1, 1, 1, 0, 1, 1, 0]
        let groups = [0, 0, 1, 1]
        let pairs = [(before: rows, after: worse, groups: groups), (before: rows, after: rows, groups: groups)]
        #expect(FinalisedSample(.meanRate, pairs: pairs).value == 0.125)
        var generator = SplitMix64(seed: 1)
        let apart = FinalisedSample(.rocArea, values: [0, 0.1, 1, 0.9], groups: [0, 1])
        #expect(apart.value == 1 && apart.resampled(using: &generator) == nil)
    }
}

/// What sacreBLEU 2.6 says of two translators.
private struct PairedBootstrapGolden: Decodable {
    var maker: String, makerSHA256: String
    var statistics: [[[Double]]], draws: [[Int]], scores: [[Double]], corpus: [Double]
    var mean: Double, halfInterval: Double, bootstrapP: Double, randomisationP: Double

    static func read() throws -> PairedBootstrapGolden {
        let file = try #require(Bundle.module.url(forResource: "Golden/paired_bootstrap", withExtension: "json"))
        let golden = try JSONDecoder().decode(PairedBootstrapGolden.self, from: Data(contentsOf: file))
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        let script = try Data(contentsOf: root.appendingPathComponent(golden.maker))
        try #require(golden.makerSHA256 == SHA256.hexDigest(of: [UInt8](script)), "run \(golden.maker)")
        return golden
    }
}

@Suite struct PairedBootstrapTests {
    @Test func `sacreBLEU's resamples have its scores, interval and p`() throws {
        let golden = try PairedBootstrapGolden.read()
        let items = golden.statistics[0].indices
        let scores = golden.statistics.map { rows in
            golden.draws.map { draw in
                FinalisedSample(.corpusBLEU, values: draw.flatMap { rows[$0] }, groups: Array(items)).value
            }
        }
        for (ours, theirs) in zip(scores, golden.scores) {
            // It sums in single precision.
            #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) < 1e-5 })
        }
        // The estimates that sacreBLEU makes of the resamples (significance.py, estimate_ci and _paired_bs_test).
        let sorted = scores[1].sorted()
        let cut = sorted.count / 40
        #expect(abs(sorted.reduce(0, +) / Double(sorted.count) - golden.mean) < 1e-5)
        #expect(abs((sorted[sorted.count - cut - 1] - sorted[cut]) / 2 - golden.halfInterval) < 1e-5)
        let distances = zip(scores[0], scores[1]).map { abs($1 - $0) }
        let centre = distances.reduce(0, +) / Double(distances.count)
        let difference = abs(golden.corpus[1] - golden.corpus[0])
        let beyond = distances.count { $0 - centre > difference }
        #expect(Double(beyond + 1) / Double(distances.count + 1) == golden.bootstrapP)
    }

    @Test func `the difference is sacreBLEU's, and so is its p by randomisation but for the draws`() throws {
        let golden = try PairedBootstrapGolden.read()
        let rows = golden.statistics.map { $0.flatMap(\.self) }
        let sample = FinalisedSample(
            .corpusBLEU, pairs: [(rows[0], rows[1], Array(golden.statistics[0].indices))])
        #expect(abs(sample.value - (golden.corpus[1] - golden.corpus[0])) < 1e-9)
        var generator = SplitMix64(seed: 20_231_110)
        let p = sample.randomisationP(using: &generator)
        let deviation = (2 * p * (1 - p) / 10_000).squareRoot()
        #expect(abs(p - golden.randomisationP) < 4 * deviation, "\(p) against \(golden.randomisationP)")
    }
}
