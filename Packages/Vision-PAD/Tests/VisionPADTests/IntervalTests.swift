// Intervals of one rate against the specification's section 2.7, and what the bootstrap over people must do.

import Tensors
import Testing

@testable import VisionPAD

/// Fifteen people with six bona fide presentations each and two of each of four species; `shift` is added to every
/// score, `spread` is the range of a person's own offset.
private func people(shift: Double = 0, spread: Double = 0.3, instruments: Int = 5, seed: UInt64 = 1) -> PresentationSet
{
    var generator = Philox(seed: seed, stream: "people")
    func uniform() -> Double { Double(generator.nextWord()) / 4_294_967_296 - 0.5 }
    return PresentationSet(
        (0..<15).flatMap { subject in
            let offset = spread * uniform()
            func score(_ mean: Double) -> Double { min(max(mean + offset + shift + 0.7 * uniform(), -1), 1) }
            let live = (0..<6).map { _ in
                ScoredPresentation(score: score(-0.3), species: nil, subject: subject, instrument: 0)
            }
            let attacks = ["mask", "print", "replay", "silicone"].flatMap { species in
                (0..<2).map { shot in
                    ScoredPresentation(
                        score: score(0.3), species: species, subject: subject,
                        instrument: (2 * subject + shot) % instruments)
                }
            }
            return live + attacks
        })
}

@Suite struct IntervalTests {
    @Test(arguments: [
        (2, 10, Interval(0.05668, 0.50984)), (1, 4, Interval(0.04559, 0.69936)), (0, 300, Interval(0, 0.01264)),
        (300, 300, Interval(0.98736, 1)),
    ])
    func `Wilson's interval is the golden one`(_ errors: Int, _ count: Int, _ expected: Interval) {
        let interval = wilsonInterval(errors: errors, of: count)
        #expect(abs(interval.lower - expected.lower) < 5e-6)
        #expect(abs(interval.upper - expected.upper) < 5e-6)
    }

    @Test(arguments: [(100, 0.02951), (300, 0.00994), (1000, 0.00299)])
    func `the bound without an error is the golden one`(_ count: Int, _ bound: Double) {
        #expect(abs(zeroErrorBound(of: count) - bound) < 5e-6)
    }

    @Test func `errors that cluster in people widen the standard error`() {
        // G3; with one trial each it is the naive √(p(1−p)/(n−1)).
        #expect(abs(clusteredStandardError(errors: [2, 0, 1, 0], of: [5, 5, 5, 5]) - 0.0957) < 5e-5)
        #expect(
            abs(clusteredStandardError(errors: [1, 0, 0, 0], of: [1, 1, 1, 1]) - (0.1875 / 3).squareRoot()) < 1e-12)
    }

    @Test func `the bootstrap of a rate agrees with the clustered standard error`() {
        let set = people()
        var generator = Philox(seed: 7)
        let threshold = OperatingPoint.at(Threshold(0, origin: .fixed))
        let bpcer = clusterBootstrap([set], using: &generator) { [$0[0].rates(at: threshold).bpcer] }[0]
        #expect(bpcer.value == set.rates(at: threshold).bpcer)
        #expect(bpcer.drawCount == 2000)
        let errors = (0..<15).map { subject in
            set.presentations.count { $0.subject == subject && $0.species == nil && $0.score >= 0 }
        }
        let expected = 2 * 1.96 * clusteredStandardError(errors: errors, of: [Int](repeating: 6, count: 15))
        let width = bpcer.interval.upper - bpcer.interval.lower
        // Percentiles of 2,000 draws over 15 people: within a tenth, and a factor √(14/15) too narrow.
        #expect(width > 0.85 * expected && width < 1.1 * expected, "\(width) instead of \(expected)")
    }

    @Test func `equal seeds give equal intervals, others do not`() {
        let set = people()
        func interval(_ seed: UInt64) -> Interval {
            var generator = Philox(seed: seed)
            return clusterBootstrap([set], draws: 200, using: &generator) { [$0[0].eer, $0[0].auc] }[1].interval
        }
        #expect(interval(3) == interval(3))
        #expect(interval(3) != interval(4))
    }

    @Test func `thresholds are searched in every draw`() {
        // With the threshold of the whole set the BPCER would vary with the people; at its own it stays below 5 %.
        var generator = Philox(seed: 7)
        let bpcer = clusterBootstrap([people()], draws: 300, using: &generator) {
            [$0[0].rates(at: .bpcerAtMost(0.05)).bpcer]
        }[0]
        #expect(bpcer.interval.upper <= 0.05)
    }

    @Test func `few instruments are drawn too`() {
        // Two prints, one of which passes always: drawing people alone can never move the APCER from 1/2.
        let set = PresentationSet(
            (0..<8).flatMap { subject in
                [ScoredPresentation(score: -0.5, species: nil, subject: subject, instrument: 0)]
                    + (0..<2).map {
                        ScoredPresentation(
                            score: $0 == 0 ? 0.5 : -0.5, species: "print", subject: subject, instrument: $0)
                    }
            })
        func apcer(_ set: PresentationSet) -> Interval {
            var generator = Philox(seed: 7)
            let zero = OperatingPoint.at(Threshold(0, origin: .fixed))
            return clusterBootstrap([set], draws: 500, using: &generator) { [$0[0].rates(at: zero).apcer] }[0].interval
        }
        #expect(apcer(set) == Interval(0, 1))
        var many = set.presentations
        for index in many.indices { many[index].instrument += 2 * many[index].subject }
        #expect(apcer(PresentationSet(many)) == Interval(0.5, 0.5))
    }

    @Test func `a system compared with itself has no difference, with a worse one it has`() {
        let good = people(seed: 1)
        var worse = good.presentations
        for index in worse.indices where worse[index].species != nil { worse[index].score -= 0.2 }
        func difference(_ other: PresentationSet) -> Estimate {
            var generator = Philox(seed: 7)
            return clusterBootstrap([other, good], using: &generator) { [$0[0].eer - $0[1].eer] }[0]
        }
        #expect(difference(good).interval == Interval(0, 0))
        let other = difference(PresentationSet(worse))
        #expect(other.value > 0)
        #expect(!other.interval.contains(0))
    }

    @Test func `draws without attacks are left out`() {
        let set = PresentationSet([
            ScoredPresentation(score: -0.5, species: nil, subject: 0, instrument: 0),
            ScoredPresentation(score: 0.5, species: "print", subject: 1, instrument: 0),
        ])
        var generator = Philox(seed: 7)
        let eer = clusterBootstrap([set], draws: 400, using: &generator) { [$0[0].eer] }[0]
        // Of two people drawn twice both are there half of the time.
        #expect(eer.drawCount > 150 && eer.drawCount < 250)
        #expect(eer.interval == Interval(0, 0))
    }

    @Test func `a shift towards rejection is no break-through by APCER alone, but H tells`() {
        let same = people(shift: -0.05)
        var generator = Philox(seed: 7)
        let report = people(shift: 0.3, spread: 0.3).shift(
            from: same, shipped: Threshold(0, origin: .dev), using: &generator)
        #expect(report.apcerDrift.value < 0)
        #expect(report.bpcerDrift.interval.lower > 0)
        #expect(report.halfTotalRatio.interval.lower > 1)
        #expect(report.isBrokenThrough)
    }

    @Test func `E0 beside itself shows nothing`() {
        let same = people()
        var generator = Philox(seed: 7)
        let report = same.shift(from: same, shipped: Threshold(0, origin: .dev), draws: 200, using: &generator)
        #expect(report.bpcerDrift.interval == Interval(0, 0))
        #expect(report.apcerDrift.interval == Interval(0, 0))
        #expect(report.breakThroughFactor.interval == Interval(1, 1))
        #expect(!report.isBrokenThrough)
        let perfect = PresentationSet(
            same.presentations.map {
                ScoredPresentation(
                    score: $0.species == nil ? -1 : 1, species: $0.species, subject: $0.subject,
                    instrument: $0.instrument)
            })
        let none = perfect.shift(from: perfect, shipped: Threshold(0, origin: .dev), draws: 20, using: &generator)
        #expect(none.breakThroughFactor.value == 1)
        let broken = same.shift(from: perfect, shipped: Threshold(0, origin: .dev), draws: 200, using: &generator)
        #expect(broken.breakThroughFactor.value == .infinity)
        #expect(broken.breakThroughFactor.interval.upper == .infinity)
    }
}
