// Steps of a cost between two commits, found in made-up pairs.

import BenchRecords
import Foundation
import Measurements
import Testing

@testable import BenchJudge

/// Pairs in which the new side takes e^ratio times as long.
private func pairs(_ ratios: [Double]) -> [RunPair] {
    ratios.map { ratio in
        RunPair(
            reference: run(evaluation(Measurement(seconds, value: 10))),
            new: run(evaluation(Measurement(seconds, value: 10 * exp(ratio)))))
    }
}

@Suite struct CostStepTests {
    let step = CostStep(of: "train_s", in: "inr.tiny.a", between: pairs([0.09, 0.1, 0.11, 0.1, 0.12, 0.08]))

    @Test func `pairs like those of the ends have the step, pairs around nothing have none`() {
        #expect(step.finding(in: pairs([0.1, 0.12, 0.08, 0.11, 0.09])) == .present)
        #expect(step.finding(in: pairs([0.01, -0.01, 0.02, -0.02, 0.0])) == .absent)
        #expect(step.finding(in: pairs([0.1, 0.12, 0.08, 0.11])) == nil)
    }

    @Test func `a step down is a step too`() {
        let down = CostStep(of: "train_s", in: "inr.tiny.a", between: pairs([-0.09, -0.1, -0.11]))
        #expect(down.finding(in: pairs([-0.1, -0.12, -0.08, -0.11, -0.09])) == .present)
        #expect(down.finding(in: pairs([0.1, 0.12, 0.08, 0.11, 0.09])) == .absent)
    }

    @Test func `sixty pairs halfway are too few, and a side without the cost is told at once`() {
        let halfway = pairs((0..<60).map { $0 % 2 == 0 ? 0 : 0.1 })
        #expect(step.finding(in: Array(halfway.dropLast(2))) == nil)
        #expect(step.finding(in: halfway) == .underpowered(pairs: 60))
        var failed = pairs([0.1])
        (failed[0].new.cases[0].state, failed[0].new.cases[0].message) = (.failed, "no data")
        failed[0].new.cases[0].measurements = []
        #expect(step.finding(in: failed) == .failed("failed: no data"))
    }
}
