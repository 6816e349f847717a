// Golden numbers of the harness specification, sections 5.5, 5.7 and 5.9 to 5.11.

@testable import BenchStatistics
import Testing

private func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
    abs(a - b) <= tolerance * abs(b)
}

@Suite struct RateTests {
    @Test(arguments: [(14, 5, 0.063568115234375, 0.04138946533203125), (40, 22, 0.030015864349067285, nil)])
    func `McNemar's exact test`(_ onlyA: Int, _ onlyB: Int, _ p: Double, _ midP: Double?) {
        let test = McNemarTest(onlyA: onlyA, onlyB: onlyB)
        #expect(isClose(test.p, p))
        if let midP { #expect(isClose(test.midP, midP)) }
        #expect(test == McNemarTest(onlyA: onlyB, onlyB: onlyA))
    }

    @Test func `McNemar's test of nothing, of a draw and of thousands`() {
        #expect(McNemarTest(onlyA: 0, onlyB: 0).p == 1)
        let draw = McNemarTest(onlyA: 1, onlyB: 1)
        #expect(draw.p == 1 && isClose(draw.midP, 1))
        // Normal with continuity correction: (200 − 1)/√5000 = 2.8143, p = 0.00489.
        #expect(abs(McNemarTest(onlyA: 2400, onlyB: 2600).p - 0.00489) < 1e-4)
    }

    @Test func `intervals of rates: Wilson's, and Clopper and Pearson's where none succeeded`() {
        let wilson = rateInterval(successes: 3, trials: 120)
        #expect(isClose(wilson.lowerBound, 0.008538174769902224) && isClose(wilson.upperBound, 0.07093003332786608))
        #expect(wilsonInterval(successes: 0, trials: 50).lowerBound == 0)
        let none = rateInterval(successes: 0, trials: 50)
        #expect(none.lowerBound == 0 && isClose(none.upperBound, 0.07112173646420458, 1e-9))
        let all = rateInterval(successes: 50, trials: 50)
        #expect(isClose(all.lowerBound, 1 - 0.07112173646420458, 1e-9) && all.upperBound == 1)
    }
}

@Suite struct NoiseTests {
    @Test func `the floor from differences of one program with itself`() {
        let differences = [
            0.004, -0.011, 0.007, 0.002, -0.006, 0.013, -0.003, 0.009, -0.015, 0.001, 0.005, -0.008, 0.010, -0.002,
            0.006, -0.004, 0.003, -0.009, 0.012, -0.001,
        ]
        let noise = Noise(differences: differences, least: 0.01)
        #expect(isClose(noise.sigma, 0.0081543) && isClose(noise.q95 ?? 0, 0.0131) && isClose(noise.floor, 0.0244629))
        #expect(Noise(differences: differences, least: 0.5).floor == 0.5)
        // One outlier in twenty moves the quantile: 0.95·19 = 18.05, so 0.95·0.001 + 0.05·0.3.
        let burst = [Double](repeating: 0.001, count: 19) + [0.3]
        #expect(isClose(Noise(differences: burst).floor, 0.01595))
    }

    @Test(arguments: [(1, 0.00931114363968459), (3, 0.005375791286835169)])
    func `the floor from seeds`(_ seedsPerSide: Int, _ floor: Double) {
        let values = [0.8412, 0.8377, 0.8450, 0.8391, 0.8433, 0.8405, 0.8368, 0.8421]
        let noise = Noise(seedValues: values, seedsPerSide: seedsPerSide)
        #expect(isClose(noise.sigma, 0.002784363225484165, 1e-11) && isClose(noise.floor, floor, 1e-11))
        #expect(noise.q95 == nil)
    }
}

@Suite struct BenjaminiHochbergTests {
    @Test func `the adjusted p of eight tests, in their order`() {
        let p = [0.0001, 0.0040, 0.0190, 0.0450, 0.2010, 0.0095, 0.0278, 0.6528]
        let expected = [0.0008, 0.016, 0.038, 0.06, 0.22971428571, 0.02533333333, 0.04448, 0.6528]
        for (adjusted, value) in zip(benjaminiHochbergAdjusted(p), expected) {
            #expect(isClose(adjusted, value, 1e-9))
        }
        #expect(benjaminiHochbergAdjusted([]) == [])
    }
}

@Suite struct SequentialTestTests {
    private let golden = [0.031, 0.044, 0.012, 0.052, 0.038, 0.027, 0.041]

    @Test(arguments: [
        (0.05, -2.9444389791664403, 2.9444389791664403), (0.1, -2.251291798606495, 2.8903717578961645),
    ])
    func `the bounds`(_ beta: Double, _ lower: Double, _ upper: Double) {
        let test = SequentialTest(step: 0.03, beta: beta)
        #expect(isClose(test.lower, lower) && isClose(test.upper, upper))
    }

    @Test func `the ratio of seven differences, and of the same ones turned round`() {
        #expect(isClose(SequentialTest(step: 0.03).logLikelihoodRatio(golden), 24.609375))
        #expect(isClose(SequentialTest(step: -0.03).logLikelihoodRatio(golden.map { -$0 }), 24.609375))
        #expect(SequentialTest(step: 2).logLikelihoodRatio([1, 1, 1]) == 0)
    }

    @Test func `an answer needs five differences, and none comes after sixty`() {
        let test = SequentialTest(step: 0.03)
        #expect(test.answer(Array(golden.prefix(4))) == nil && test.answer(Array(golden.prefix(5))) == .step)
        #expect(test.answer(golden.map { $0 - 0.035 }) == .nothing)
        #expect(test.answer([0, 0, 0, 0, 0]) == .nothing && test.answer([0.03, 0.03, 0.03, 0.03, 0.03]) == .step)
        let halfway = (0..<60).map { $0 % 2 == 0 ? 0.0 : 0.03 }
        #expect(test.answer(Array(halfway.dropLast(2))) == nil && test.answer(halfway) == .underpowered)
    }

    @Test func `its errors are about as rare as was asked for`() {
        var generator = SplitMix64(seed: 5)
        func normal() -> Double { normalQuantile(Double(generator.next() >> 11) * 0x1p-53 + 0x1p-54) }
        func answer(mean: Double) -> SequentialTest.Answer {
            var differences: [Double] = []
            while true {
                differences.append(mean + 0.04 * normal())
                if let answer = SequentialTest(step: 0.03).answer(differences) { return answer }
            }
        }
        let wrong = (0..<400).map { _ in (answer(mean: 0) == .step ? 1 : 0) + (answer(mean: 0.03) == .nothing ? 1 : 0) }
        // 52 are expected, 6.5 %; with bounds of half the size it would be 95.
        #expect(wrong.reduce(0, +) <= 75, "\(wrong.reduce(0, +)) of 800")
    }
}

@Suite struct ChangePointTests {
    private func found(_ series: [Double]) -> [ChangePoint] {
        var generator = SplitMix64(seed: 20_231_110)
        return changePoints(in: series, using: &generator)
    }

    @Test func `T of every split`() {
        #expect(isClose(splitStatistics([1, 2, 3, 4, 6])[3], 4.933333333333333))
        let golden = [0, 22.0 / 7, 14.0 / 3, 142.0 / 15, 14, 142.0 / 15, 14.0 / 3, 22.0 / 7]
        for (statistic, expected) in zip(splitStatistics([1, 2, 1, 2, 5, 6, 5, 6]), golden) {
            #expect(abs(statistic - expected) < 1e-12)
        }
        #expect(splitStatistics([]) == [0] && splitStatistics([3]) == [0])
    }

    @Test func `the published example of three ranges`() {
        let points = found([
            41, 18, 23, 3, 32, 11, 40, 13, 29, 48, 47, 35, 18, 21, 6, 2, 23, 3, 4, 7, 120, 103, 102, 81, 71, 62, 115,
            61, 108, 63, 70, 98, 65, 96, 64, 74, 70, 113, 90, 114, 208, 196, 153, 150, 225, 179, 206, 165, 177, 151,
            218, 217, 244, 245, 229, 195, 225, 229, 176, 250,
        ])
        #expect(points.map(\.index) == [40, 20])
        #expect(points.map(\.p) == [0.005, 0.005])
        for (point, statistic) in zip(points, [2888.1, 914.7]) { #expect(abs(point.statistic - statistic) < 0.05) }
    }

    @Test func `a single step is found where it is, and equal values have none`() {
        let steps = found([Double](repeating: 50, count: 15) + [Double](repeating: 100, count: 15))
        #expect(steps.map(\.index) == [15] && steps.map(\.statistic) == [750])
        let long = found([Double](repeating: 0, count: 1000) + [Double](repeating: 1, count: 1000))
        #expect(long.map(\.index) == [1000])
        #expect(found([Double](repeating: 7, count: 30)) == [] && found([1, 2, 3]) == [] && found([]) == [])
    }

    @Test func `a drop in a history is found on its night`() {
        let points = found([
            0.912, 0.909, 0.914, 0.911, 0.910, 0.913, 0.908, 0.912, 0.911, 0.909, 0.913, 0.910, 0.912, 0.911, 0.908,
            0.914, 0.910, 0.911, 0.889, 0.892, 0.890, 0.887, 0.891, 0.893, 0.888, 0.890, 0.892, 0.889, 0.891, 0.890,
        ])
        #expect(points.map(\.index) == [18] && points.map(\.p) == [0.005])
        #expect(isClose(points.first?.statistic ?? 0, 0.2717333333, 1e-9))
    }

    @Test func `of 100 series of pure noise few have a change point, and a clear step is found within a night`() {
        // The specification's bars: at most 2 false in 100; a step of three deviations with six nights after it, 95 %.
        var generator = SplitMix64(seed: 3)
        func normal() -> Double { normalQuantile(Double(generator.next() >> 11) * 0x1p-53 + 0x1p-54) }
        var (alarms, right) = (0, 0)
        for _ in 0..<100 {
            let series = (0..<60).map { _ in normal() }
            alarms += found(series).isEmpty ? 0 : 1
            let stepped = series.enumerated().map { $0.offset < 54 ? $0.element : $0.element + 3 }
            right += found(stepped).contains { abs($0.index - 54) <= 1 } ? 1 : 0
        }
        #expect(alarms <= 4 && right >= 92, "\(alarms) false, \(right) right")
    }
}
