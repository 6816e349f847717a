// What becomes of a candidate when it is measured a second time, and what floors do; worked out by hand.

import BenchRecords
import Measurements
import Glibc
import Testing

@testable import BenchJudge

private let allDown = [-0.5, -0.4, -0.6, -0.5, -0.3, -0.7, -0.5, -0.5, -0.5, -0.5]

/// A pair of runs at a seed whose ten scores differ by the given changes.
private func pair(_ changes: [Double], seed: UInt64) -> RunPair {
    RunPair(
        reference: run(evaluation(psnr([Double](repeating: 0.001 * Double(seed), count: 10)))) { $0.seed = seed },
        new: run(evaluation(psnr(changes.map { $0 + 0.001 * Double(seed) }))) { $0.seed = seed })
}

private func judged(_ confirmation: [RunPair]?, floors: [NoiseFloor] = []) -> Comparison? {
    judge(run(evaluation(psnr(allDown))), against: run(evaluation(psnr())), floors: floors, confirmation: confirmation)
        .comparisons.first
}

private func floor(
    _ value: Double, metric: Metric = quality, changed: (inout NoiseFloor) -> Void = { _ in }
) -> NoiseFloor {
    var floor = NoiseFloor(
        caseID: "inr.tiny.a", metric: metric, method: .seed, count: 8, sigma: 0.1, q95: nil, floor: value, run: "",
        at: 0, machine: run().machine, toolchain: "")
    changed(&floor)
    return floor
}

@Suite struct ConfirmationTests {
    @Test func `a candidate whose other seeds agree is worse`() throws {
        let found = try #require(judged([pair(allDown, seed: 1001), pair(allDown, seed: 1002)]))
        #expect(found.verdict == .worse)
        // Groups are the same in both pairs: ten sums, all of one sign.
        guard case .measured(let evidence, let p)? = found.confirmation else {
            Issue.record("\(String(describing: found.confirmation))")
            return
        }
        #expect(evidence.items == 20 && evidence.groups == 10 && p == 2.0 / 1024)
        #expect(abs(evidence.effect + 0.5) < 1e-12)
    }

    @Test func `a candidate without a second measurement is unconfirmed, by whatever name it is missing`() {
        let other = pair(allDown, seed: 1001)
        var without = other
        without.reference.cases = []
        var changed = other
        changed.new.cases[0].configuration["steps"] = "1"
        for confirmation in [[], [without], [changed]] {
            let found = judged(confirmation)
            #expect(found?.verdict == .unconfirmed && found?.confirmation == .absent)
        }
        #expect(judged(nil)?.verdict == .worse && judged(nil)?.confirmation == nil)
    }

    @Test func `a candidate whose other seeds go the other way, too little, or by chance is unconfirmed`() {
        let mixed = allDown.enumerated().map { $0.offset % 3 == 0 ? -$0.element : $0.element }
        for changes in [allDown.map(-), allDown.map { $0 / 20 }, mixed] {
            #expect(judged([pair(changes, seed: 1001)])?.verdict == .unconfirmed)
        }
    }

    @Test func `the same seed must give the same scores, and alone confirms nothing`() {
        let same = RunPair(reference: run(evaluation(psnr())), new: run(evaluation(psnr(allDown))))
        #expect(judged([same])?.verdict == .unconfirmed)
        #expect(judged([same, pair(allDown, seed: 1001)])?.verdict == .worse)
        let flaky = RunPair(reference: run(evaluation(psnr())), new: run(evaluation(psnr(allDown.map { $0 * 2 }))))
        #expect(
            judged([flaky, pair(allDown, seed: 1001)])?.verdict
                == .failed("a second run of the same program with the same seed gave other scores"))
    }

    @Test func `scores that no seed changes are decided by the first p over the whole family`() {
        func fixed(_ seed: UInt64) -> RunPair {
            RunPair(
                reference: run(evaluation(psnr())) { $0.seed = seed },
                new: run(evaluation(psnr(allDown))) { $0.seed = seed })
        }
        let found = judged([fixed(1001), fixed(1002)])
        #expect(found?.confirmation == .repeated && found?.verdict == .worse)
    }

    @Test func `Holm counts every candidate, also those that were not measured again`() {
        // Ten groups: p = 2/1024 each; five candidates pass at 0.01, six do not.
        func many(_ number: Int, _ changes: [Double], seed: UInt64 = 1) -> RunRecord {
            run(changed: { run in
                run.cases = (0..<number).map { evaluation(psnr(changes), id: "inr.tiny.\($0)") }
                run.seed = seed
            })
        }
        func words(_ number: Int) -> [String] {
            let shift = [Double](repeating: 0.25, count: 10)
            let again = RunPair(
                reference: many(5, shift, seed: 1001),
                new: many(5, zip(allDown, shift).map(+), seed: 1001))
            return judge(many(number, allDown), against: many(number, []), confirmation: [again])
                .comparisons.map(\.verdict.word)
        }
        #expect(words(5) == [String](repeating: "worse", count: 5))
        #expect(Set(words(6)) == ["unconfirmed"])
    }

    @Test func `a cost needs pairs to screen and other pairs to confirm`() throws {
        func timed(_ value: Double) -> RunRecord { run(evaluation(Measurement(seconds, value: value))) }
        func pairs(_ ratio: Double) -> [RunPair] {
            // No two ratios tie, so that the signed rank test is exact.
            (1...10).map { RunPair(reference: timed(10), new: timed(10 * ratio * (1 + 1e-6 * Double($0)))) }
        }
        func found(_ samples: [RunPair], _ confirmation: [RunPair]?) -> Comparison? {
            judge(timed(2), against: timed(1), samples: samples, confirmation: confirmation).comparisons.first
        }
        let slower = try #require(found(pairs(1.2), pairs(1.2)))
        #expect(slower.verdict == .worse && slower.evidence?.p == 2.0 / 1024)
        #expect(abs((slower.change ?? 0) + 0.2) < 1e-4)
        #expect(found(pairs(1 / 1.2), pairs(1 / 1.2))?.verdict == .better)
        #expect(found(pairs(1.2), nil)?.verdict == .unconfirmed)
        #expect(found(pairs(1.2), [])?.verdict == .unconfirmed)
        #expect(found(pairs(1.2), pairs(1 / 1.2))?.verdict == .unconfirmed)
        // The smallest effect of interest is 5 %.
        #expect(found(pairs(1.01), pairs(1.2))?.verdict == .withinNoise)
        #expect(found(Array(pairs(1.2)[..<5]), nil)?.verdict == .underpowered(.pairs(6)))
    }

    @Test func `what may change and what was accepted with these values does not count`() {
        let (a, b) = (run(evaluation(Measurement(count, value: 10))), run(evaluation(Measurement(count, value: 11))))
        func pardoned(_ cases: Set<String>, _ changes: [AcceptedChange]) -> Judgement {
            var judgement = judge(b, against: a)
            judgement.pardon(cases: cases, changes: changes)
            return judgement
        }
        let wider = AcceptedChange(metric: "inr.tiny.a.params", from: 10, to: 11, why: "wider", at: 0, commit: "")
        let accepted = pardoned([], [wider])
        #expect(accepted.comparisons.first?.pardon == "accepted: wider" && accepted.exitCode(strict: true) == .done)
        #expect(pardoned(["inr.tiny.a"], []).exitCode(strict: false) == .done)
        var further = wider
        further.to = 12
        #expect(pardoned(["inr.other"], [further]).exitCode(strict: false) == .worse)
    }
}

@Suite struct FloorTests {
    @Test func `a measured floor that is larger than the metric's own decides`() {
        #expect(judged(nil, floors: [floor(0.4)])?.verdict == .worse)
        #expect(judged(nil, floors: [floor(0.6)])?.verdict == .withinNoise)
        #expect(judged(nil, floors: [floor(0.01)])?.floor == 0.05)
    }

    @Test func `a floor of another case, metric or signature is none`() {
        var other = quality
        other.signature.version = 9
        for floor in [floor(0.6, metric: other), floor(0.6, metric: count), floor(0.6) { $0.caseID = "inr.tiny.b" }] {
            #expect(judged(nil, floors: [floor])?.calibratedFloor == nil)
        }
    }

    @Test(
        arguments: [
            (30, "7be1a204", "Haswell", "", nil), (31, "7be1a204", "Haswell", "", "measured 31 days ago"),
            (0, "00000000", "Haswell", "", "measured on machine 00000000"),
            (0, "7be1a204", "Zen", "", "measured with BLAS core Zen"),
            (0, "7be1a204", "Haswell", "Swift 5", "measured with Swift 5"),
        ] as [(Int64, String, String, String, String?)])
    func `an old floor, or one from elsewhere, counts half as much again and says so`(
        _ days: Int64, _ machine: String, _ blas: String, _ toolchain: String, _ staleness: String?
    ) {
        let old = floor(0.2) {
            $0.at = -days * 24 * 3600 * 1_000_000
            ($0.machine.machineClass, $0.machine.blas, $0.toolchain) = (machine, blas, toolchain)
        }
        let calibrated = judged(nil, floors: [old])?.calibratedFloor
        #expect(calibrated?.staleness == staleness)
        #expect(abs((calibrated?.value ?? 0) - (staleness == nil ? 0.2 : 0.3)) < 1e-12)
        // One that still holds is preferred, even if it is smaller.
        #expect(judged(nil, floors: [old, floor(0.1)])?.floor == (staleness == nil ? 0.2 : 0.1))
    }

    @Test func `floors come from pairs for costs and from seeds for quality`() throws {
        func measured(_ duration: Double, _ shift: Double, seed: UInt64) -> RunRecord {
            run(
                evaluation(
                    psnr([Double](repeating: shift, count: 10)), Measurement(seconds, value: duration),
                    Measurement(count, value: 1))
            ) { $0.seed = seed }
        }
        let pairs = [1.0, 1.1, 0.9].map {
            RunPair(reference: measured(10, 0, seed: 1), new: measured(10 * $0, 0, seed: 1))
        }
        // Values 34.5, 35.5, 36.5: s = 1, t₀.₉₇₅ with 2 degrees of freedom 4.30265273, floor t·√2.
        let seeds = (0..<3).map { measured(10, Double($0), seed: UInt64($0)) }
        let floors = measuredFloors(pairs: pairs, seeds: seeds, at: 5)
        #expect(floors.map(\.metric.name) == ["psnr", "train_s"] && floors.map(\.method) == [.seed, .aa])
        #expect(floors.map(\.count) == [3, 3] && floors.map(\.at) == [5, 5])
        #expect(abs(floors[0].floor - 6.0848698) < 1e-6 && abs(floors[0].sigma - 1) < 1e-12)
        // ln ratios 0, 0.09531, −0.10536: MAD 0.09531, so 3 · 1.4826 · 0.09531 exceeds the quantile.
        #expect(abs(floors[1].floor - 0.423920) < 1e-5)
        #expect(measuredFloors(pairs: pairs, seeds: [], at: 5).map(\.metric.name) == ["train_s"])
        #expect(measuredFloors(pairs: [], seeds: [], at: 5) == [])
        // Layouts count beside equal runs: 0, 0.09531, −0.10536 and 0.5 have the median 0.04766, MAD 0.10034.
        let layouts = [RunPair(reference: measured(10, 0, seed: 1), new: measured(10 * exp(0.5), 0, seed: 1))]
        let both = measuredFloors(pairs: pairs, layouts: layouts, seeds: [], at: 5)
        #expect(both.map(\.method) == [.layout] && both.map(\.count) == [4])
        #expect(abs(both[0].floor - 0.446271) < 1e-5)
    }
}
