// Where two results part, to the bit, and how that is told.

import BenchJudge
import BenchRecords
import Measurements
import Testing

@testable import BenchReport

@Suite struct DivergenceTests {
    // By hand: steps between neighbours in the order of all doubles; the two zeros are neighbours.
    @Test(
        arguments: [
            (1.0, 1.0.nextUp, 1), (1.0.nextDown, 1.0.nextUp, 2), (0.0, -0.0, 1),
            (-.leastNonzeroMagnitude, .leastNonzeroMagnitude, 3), (1, 2, 1 << 52),
            (-.infinity, .infinity, 2 * 0x7FF0_0000_0000_0000 + 1), (1, .nan, nil),
        ] as [(Double, Double, UInt64?)])
    func `the distance counts representable numbers`(_ a: Double, _ b: Double, _ expected: UInt64?) {
        for (a, b) in [(a, b), (b, a)] {
            #expect(Divergence(caseID: "x", field: "y", values: .numbers(a, b)).ulps == expected)
        }
    }

    @Test func `equal results have no difference, whatever they cost`() {
        var other = method("ipc", level: 1)
        other.measurements[4].value += 1  // seconds of training
        #expect(other.firstDivergence(from: method("ipc", level: 1)) == nil)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var field: String
        var item: String?
        var values: Divergence.Values
        var make: @Sendable (inout CaseRecord) -> Void
        var testDescription: String { field }
    }

    private static let changes: [Change] = [
        Change(field: "state", values: .words("done", "crashed")) { $0.state = .crashed },
        Change(field: "data natural64", values: .words("00ff", "00fe")) { $0.dataDigests["natural64"] = "00fe" },
        Change(field: "ssim", item: "picture-2", values: .numbers(0.85 + 0.005 * 16, 7)) {
            $0.measurements[1].scores?.values[2] = 7
        },
        Change(field: "ssim item 0", values: .words("picture-0", "z")) { $0.measurements[1].scores?.items[0] = "z" },
        Change(field: "ssim group of picture-3", values: .words("1", "9")) {
            $0.measurements[1].scores?.groups[3] = 9
        },
        Change(field: "ssim", values: .words("16 scores", "15 scores")) {
            _ = $0.measurements[1].scores?.values.removeLast()
        },
        Change(field: "psnr", values: .words("reported", "not reported")) { _ = $0.measurements.remove(at: 0) },
        Change(field: "params", values: .numbers(664_131, 664_132)) { $0.measurements[2].value = 664_132 },
        Change(field: "params", values: .words("params|v:1", "params|v:2")) {
            $0.measurements[2].metric.signature.version = 2
        },
    ]

    @Test(arguments: changes)
    func `the first difference is named`(_ change: Change) {
        let reference = method("ipc", level: 1)
        var other = reference
        change.make(&other)
        #expect(
            other.firstDivergence(from: reference)
                == Divergence(caseID: reference.id, field: change.field, item: change.item, values: change.values))
    }

    private static func loss(_ step: Int, _ value: Double) -> TraceRow {
        TraceRow(step: step, name: "loss", bits: value.bitPattern, isNumber: true)
    }
    private static func weight(_ step: Int, _ digest: UInt64) -> TraceRow {
        TraceRow(step: step, name: "weight", bits: digest, isNumber: false)
    }

    @Test(
        arguments: [
            ([loss(1, 2), loss(2, 1)], nil),
            ([loss(1, 2), loss(2, 1), weight(2, 255)], ("weight", 2, "not reached", "weight of step 2: ff")),
            ([loss(1, 2)], ("loss", 2, "loss of step 2: 3ff0000000000000", "not reached")),
            ([weight(1, 255), loss(2, 1)], ("loss", 1, "loss of step 1: 4000000000000000", "weight of step 1: ff")),
        ] as [([TraceRow], (String, Int, String, String)?)])
    func `the first row of a trace that differs is named`(
        _ rows: [TraceRow], _ expected: (String, Int, String, String)?
    ) {
        func replay(_ trace: [TraceRow]) -> Replay {
            Replay(
                condition: ReplayCondition(threads: 1), run: nightly, result: method("ipc", level: 1), trace: trace)
        }
        let reference = replay([Self.loss(1, 2), Self.loss(2, 1)])
        let found = replay(rows).firstDivergence(from: reference)
        #expect(
            found
                == expected.map {
                    Divergence(
                        caseID: reference.result.id, field: $0.0, item: "step \($0.1)", values: .words($0.2, $0.3))
                })
    }

    @Test func `a loss that differs is told as a number, before the result that follows from it`() {
        let condition = ReplayCondition(threads: 1)
        let reference = Replay(
            condition: condition, run: nightly, result: method("ipc", level: 1), trace: [Self.loss(1, 2)])
        var other = reference
        other.trace = [Self.loss(1, 2.0.nextUp)]
        other.result.measurements[2].value += 1
        #expect(other.firstDivergence(from: reference)?.values == .numbers(2, 2.0.nextUp))
        // A replay without a result has come to nothing, wherever it was on its way.
        other.result.state = .crashed
        #expect(other.firstDivergence(from: reference)?.field == "state")
    }

    @Test func `a difference is shown as numbers, bits and steps`() {
        var condition = ReplayCondition(threads: 2)
        condition.drawsHashSeed = true
        var different = method("ipc", level: 1)
        different.measurements[2].value = 664_131.0.nextUp
        let reference = method("ipc", level: 1)
        let verification = Verification(
            reference: Replay(condition: ReplayCondition(threads: 1), run: nightly, result: reference),
            others: [Replay(condition: condition, run: changed, result: different)],
            divergence: different.firstDivergence(from: reference), source: .hashSeed)
        let report = Report.verify(verification)
        #expect(
            report.tables.last?.rows.map { $0.cells.map(\.text) } == [
                ["inr.img32.natural64.ipc.params", "", "664131.0", "664131.0000000001", "1"],
                // 664131 = 1.2667… · 2¹⁹; the two lines differ in the last bit.
                ["bits of it", "", "4124448600000000", "4124448600000001", ""],
            ])
        #expect(report.tables[0].rows.map { $0.cells[2].text } == ["fixed", "drawn"])
        #expect(
            report.verdict.description
                == "VERDICT diverged | replays=2 metrics=4 items=32 diverged=1 | run=deadbeef | exit=5")
        for line in report.text().split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    }
}
