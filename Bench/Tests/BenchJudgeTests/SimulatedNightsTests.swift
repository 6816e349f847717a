// The detector on made-up nights: noise with heavy tails, bursts and a drifting machine raises no alarm, real changes do.
//
// Source: harness specification, section 14.3, at a size that a unit test can afford: 100 metrics, 50 nights.

import BenchJudge
import BenchRecords
import BenchStatistics
import Glibc
import Measurements
import Testing

/// A machine that measures a hundred metrics of one case, every number of it decided by the seed.
private struct Simulation {
    static let costCount = 80
    static let qualityCount = 20

    var generator: SplitMix64
    private let costs = (0..<costCount).map { Metric("c\($0)", .cost, unit: "s", direction: .lowerIsBetter) }
    private let qualities = (0..<qualityCount).map { index in
        Metric("q\(index)", .quality, direction: .higherIsBetter, finaliser: .mean, smallestEffect: 0.005)
    }
    /// Each cost's own spread, log-normal around 1.2 %.
    private var spreads: [Double] = []
    /// Each quality metric's items: their difficulty and their group.
    private var items: [(base: [Double], groups: [Int])] = []
    /// Samples taken so far: the clock of the machine's drift.
    private var clock = 0.0
    /// Factors on the new side's costs, and shifts of its quality.
    var slowdowns: [Int: Double] = [:]
    var drops: [Int: Double] = [:]

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
        spreads = costs.map { _ in 0.012 * exp(0.5 * normal()) }
        items = qualities.map { _ in
            let sizes = (0..<(20 + generator.below(20))).map { _ in 1 + generator.below(8) }
            let groups = sizes.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) }
            return (groups.map { _ in 0.5 + 0.2 * normal() }, groups)
        }
    }

    private mutating func uniform() -> Double { Double(generator.next() >> 11) * 0x1p-53 + 0x1p-54 }
    private mutating func normal() -> Double { normalQuantile(uniform()) }

    /// Student's t with four degrees of freedom, times the metric's spread; one sample in twenty is hit by a burst of about
    /// 8 %; the machine drifts by 4 % to and fro.
    private mutating func cost(_ index: Int, isNew: Bool) -> Double {
        let squares = -2 * log(uniform() * uniform())
        let noise = spreads[index] * normal() / (squares / 4).squareRoot()
        let burst = uniform() < 0.05 ? -0.08 * log(uniform()) : 0
        let drift = 0.04 * sin(clock / 23)
        return 10 * exp(noise + drift) * (1 + burst) * (isNew ? slowdowns[index] ?? 1 : 1)
    }

    /// A training of its own: 0.006 between trainings, 0.03 between items.
    private mutating func scores(_ index: Int, isNew: Bool) -> Scores {
        let shift = 0.006 * normal() + (isNew ? drops[index] ?? 0 : 0)
        let (base, groups) = items[index]
        return Scores(
            items: base.indices.map { "\($0)" }, groups: groups, values: base.map { $0 + shift + 0.03 * normal() })
    }

    mutating func run(isNew: Bool, costs: [Int], qualities: [Int] = [], seed: UInt64 = 1) -> RunRecord {
        clock += 1
        let measured =
            costs.map { Measurement(self.costs[$0], value: cost($0, isNew: isNew)) }
            + qualities.map { Measurement(self.qualities[$0], scores: scores($0, isNew: isNew)) }
        var item = evaluation()
        item.measurements = measured
        return BenchJudgeTests.run(item) { $0.seed = seed }
    }

    /// Sides alternate A B | B A.
    mutating func pairs(_ count: Int, costs: [Int]) -> [RunPair] {
        (0..<count).map { index in
            if index % 2 == 0 {
                let reference = run(isNew: false, costs: costs)
                return RunPair(reference: reference, new: run(isNew: true, costs: costs))
            }
            let new = run(isNew: true, costs: costs)
            return RunPair(reference: run(isNew: false, costs: costs), new: new)
        }
    }

    /// 20 pairs and 8 seeds of one program, before anything changed.
    mutating func floors() -> [NoiseFloor] {
        let all = Array(0..<Self.costCount)
        let seeds = (1...8).map { run(isNew: false, costs: all, qualities: Array(0..<Self.qualityCount), seed: $0) }
        return measuredFloors(pairs: pairs(20, costs: all), seeds: seeds, at: 0)
    }

    /// One night: ten pairs and one seed to screen; twenty pairs and three seeds for what stands out.
    mutating func night(_ floors: [NoiseFloor]) -> (judgement: Judgement, candidates: Int) {
        let (costs, qualities) = (Array(0..<Self.costCount), Array(0..<Self.qualityCount))
        let reference = run(isNew: false, costs: costs, qualities: qualities)
        let new = run(isNew: true, costs: costs, qualities: qualities)
        let samples = pairs(10, costs: costs)
        let screened = judge(new, against: reference, samples: samples, floors: floors, confirmation: [])
        let names = Set(screened.comparisons.filter(\.isCandidate).compactMap { $0.metric?.name })
        if names.isEmpty { return (screened, 0) }
        let (again, trained) = (
            costs.filter { names.contains("c\($0)") }, qualities.filter { names.contains("q\($0)") }
        )
        var second = pairs(20, costs: again)
        for seed in [1001, 1002, 1003] as [UInt64] {
            let before = run(isNew: false, costs: [], qualities: trained, seed: seed)
            second.append(
                RunPair(reference: before, new: run(isNew: true, costs: [], qualities: trained, seed: seed)))
        }
        let judgement = judge(new, against: reference, samples: samples, floors: floors, confirmation: second)
        return (judgement, names.count)
    }
}

@Suite struct SimulatedNightsTests {
    @Test func `fifty nights of noise raise no alarm, although screening finds something`() {
        var simulation = Simulation(seed: 20_231_110)
        let floors = simulation.floors()
        #expect(floors.count == Simulation.costCount + Simulation.qualityCount)
        var candidates = 0
        for night in 1...50 {
            let found = simulation.night(floors)
            candidates += found.candidates
            #expect(found.judgement.count("worse", "better") == 0, "night \(night)")
            #expect(found.judgement.exitCode(strict: false) == .done)
        }
        // The specification's bar is four a night of 300; without any, confirmation was never tried.
        #expect((1...100).contains(candidates), "\(candidates)")
    }

    @Test func `a slowdown of 10 % and a drop of three points are found within three nights, and nothing else`() {
        var simulation = Simulation(seed: 7)
        let floors = simulation.floors()
        // Where the machine's own noise is as large as the change, nothing can find it: three costs of the others.
        let quiet = floors.filter { $0.method == .aa && $0.floor < 0.08 }.compactMap { Int($0.metric.name.dropFirst()) }
        #expect(quiet.count > Simulation.costCount / 3, "\(quiet.count)")
        let slower = quiet.prefix(3)
        for index in slower { simulation.slowdowns[index] = 1.1 }
        simulation.drops = [2: -0.03, 11: -0.03]
        var found: Set<String> = []
        for _ in 1...3 {
            let judgement = simulation.night(floors).judgement
            #expect(judgement.count("better") == 0)
            found.formUnion(judgement.comparisons.filter { $0.verdict == .worse }.compactMap { $0.metric?.name })
        }
        #expect(found == Set(slower.map { "c\($0)" } + ["q2", "q11"]))
    }

    @Test func `a speedup is found as well as a slowdown`() {
        var simulation = Simulation(seed: 8)
        let floors = simulation.floors()
        simulation.slowdowns = [5: 0.9]
        let words = (1...3).flatMap { _ in
            simulation.night(floors).judgement.comparisons.filter { $0.metric?.name == "c5" }.map(\.verdict.word)
        }
        #expect(words.contains("better") && !words.contains("worse"))
    }

    @Test func `one program against itself is identical or undecided, never worse`() {
        var simulation = Simulation(seed: 9)
        let (costs, qualities) = (Array(0..<Simulation.costCount), Array(0..<Simulation.qualityCount))
        for _ in 1...50 {
            let run = simulation.run(isNew: false, costs: costs, qualities: qualities)
            var other = simulation.run(isNew: false, costs: costs)
            other.cases[0].measurements += run.cases[0].measurements.filter { $0.metric.metricClass == .quality }
            let judgement = judge(other, against: run)
            #expect(judgement.word == "identical" && judgement.count("worse", "better", "unconfirmed") == 0)
        }
    }
}
