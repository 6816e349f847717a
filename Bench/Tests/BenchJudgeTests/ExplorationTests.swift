// Variants held against a reference over several seeds, on runs whose differences can be worked out by hand.

import BenchJudge
import BenchRecords
import Measurements
import Testing

/// A variant whose ten scores differ from the reference's by `change`, unevenly, with each seed.
private func variant(_ name: String, _ changes: [Double], of id: String = "inr.tiny.a", metric: Metric = quality)
    -> VariantRuns
{
    VariantRuns(
        name, of: id,
        pairs: changes.enumerated().map { seed, change in
            let moved = (0..<10).map { change * (1 + Double($0 % 3) / 10) }
            func run(_ changes: [Double], _ seconds: Double) -> RunRecord {
                BenchJudgeTests.run(
                    evaluation(
                        psnr(changes, metric: metric), Measurement(Metric("train", .cost, unit: "s"), value: seconds),
                        id: id)
                ) { $0.seed = UInt64(seed) }
            }
            return RunPair(reference: run([], 10), new: run(moved, 12))
        })
}

@Suite struct ExplorationTests {
    @Test func `variants stand by effect, with the means over their seeds and what they cost`() throws {
        let ranking = Ranking(
            of: [variant("equal", [0, 0]), variant("worse", [-1, -1]), variant("better", [1, 2])], isWhole: false,
            floors: [])
        #expect(ranking.results.map(\.name) == ["better", "equal", "worse"])
        #expect(ranking.results.map(\.isMarked) == [true, false, true])
        let best = try #require(ranking.results.first)
        // Of ten items four move by 1, three by 1.1 and three by 1.2: 1.09 on average, and 1 and 2 times that.
        #expect(
            abs(best.evidence.effect - 1.09 * 1.5) < 1e-12 && best.evidence.items == 20 && best.evidence.groups == 10)
        #expect(abs(best.b - best.a - 1.09 * 1.5) < 1e-12 && best.a == 34.5)
        #expect(best.seedCount == 2 && best.agreeingCount == 2)
        #expect(best.cost?.a == 10 && best.cost?.b == 12 && best.cost?.metric.name == "train")
        #expect(ranking.results[1].evidence.p == 1)
    }

    @Test func `q is corrected over all results, and a change below the floor is not marked`() {
        let alone = Ranking(of: [variant("up", [1])], isWhole: false, floors: []).results[0]
        // All ten groups moved the same way: 2 of 1024 flips are as extreme.
        #expect(alone.evidence.p == 2.0 / 1024 && alone.falseDiscoveryRate == alone.evidence.p)
        let many = [variant("up", [1])] + (0..<4).map { variant("\($0)", [0]) }
        #expect(Ranking(of: many, isWhole: false, floors: []).results[0].falseDiscoveryRate == 5 * 2.0 / 1024)
        let crowd = [variant("up", [1])] + (0..<60).map { variant("\($0)", [0]) }
        #expect(Ranking(of: crowd, isWhole: false, floors: []).results.allSatisfy { !$0.isMarked })
        // The metric's smallest effect is 0.05.
        #expect(!Ranking(of: [variant("tiny", [0.04])], isWhole: false, floors: []).results[0].isMarked)
    }

    @Test func `a smaller value of a loss is better, and seeds that disagree are counted`() {
        var loss = quality
        loss.direction = .lowerIsBetter
        let result = Ranking(of: [variant("down", [-3, 1], metric: loss)], isWhole: false, floors: []).results[0]
        #expect(abs(result.evidence.effect - 1.09) < 1e-12)
        #expect(result.agreeingCount == 1 && result.seedCount == 2)
    }

    @Test func `what cannot be compared is told with its reason`() {
        var failed = variant("failed", [1])
        failed.pairs[0].new.cases[0].state = .failed
        failed.pairs[0].new.cases[0].message = "no loss"
        var other = variant("other", [1])
        other.pairs[0].new.cases[0].dataDigests = ["natural": "11"]
        let ranking = Ranking(of: [failed, other, VariantRuns("none", of: "inr.tiny.a")], isWhole: false, floors: [])
        #expect(ranking.results == [])
        #expect(
            ranking.unmeasured == [
                .init("failed", "inr.tiny.a", "the variant failed: no loss"),
                .init("other", "inr.tiny.a.psnr", "data.natural: 00ff in the reference, 11 in the variant"),
                .init("none", "inr.tiny.a", "not run"),
            ])
    }

    @Test func `cases and metrics are ranked apart`() {
        let ranking = Ranking(
            of: [variant("a", [1]), variant("b", [2]), variant("a", [3], of: "inr.tiny.b")], isWhole: false, floors: [])
        #expect(
            ranking.results.map { "\($0.subject) \($0.name)" } == [
                "inr.tiny.a.psnr b", "inr.tiny.a.psnr a", "inr.tiny.b.psnr a",
            ])
    }
}
