// Whole outputs of histories, flips, pins, floors and the gate, pinned; read them as a user would.

import BenchJudge
import BenchRecords
import BenchReport
import Measurements
import Testing

private let acer = Metric(
    "acer", .quality, direction: .lowerIsBetter, decimals: 4, finaliser: .mean, smallestEffect: 0.003)

/// A night on its own date and commit, with one value.
private func night(_ index: Int, _ value: Double, metric: Metric = acer) -> RunRecord {
    let item = CaseRecord(
        id: "pad.mini", version: 1, tier: .nightly, configuration: [:], state: .done,
        measurements: [Measurement(metric, value: value)])
    var night = run([item], uuid: "018f0000-0000-7000-8000-0000000000" + String(index + 16, radix: 16))
    night.started += Int64(index) * 24 * 3600 * 1_000_000
    night.build.commit = String(repeating: "0123456789abcdef".map(String.init)[index % 16], count: 40)
    return night
}

@Suite struct HistoryReportTests {
    private let noise = [0.0689, 0.0691, 0.0688, 0.0690, 0.0689]

    @Test func `a history shows its runs, a picture, and each change with the commits in between`() {
        let nights = (noise + noise.map { $0 + 0.018 }).enumerated().map { night($0.offset, $0.element) }
        let report = Report.history(history(of: nights, baseline: nights[0]), named: "pad.mini.acer", last: 60) {
            _, b in
            [CommitRecord(commit: b.build.commit, subject: "Crop before resize")]
        }
        #expect(
            report.text() == """
                """)
    }

    @Test func `a new quantity is marked, and a shorter window shows the last nights`() {
        var other = acer
        other.signature.version = 2
        let nights = noise.enumerated().map { night($0.offset, $0.element) } + [night(5, 0.0689, metric: other)]
        let report = Report.history(history(of: nights), named: "pad.mini.acer", last: 3) { _, _ in nil }
        #expect(
            report.text() == """
                """)
    }

    @Test func `flips show groups, items and the test that fits`() {
        let right = Metric("right", .quality, direction: .higherIsBetter, decimals: 0, finaliser: .mean)
        func answers(_ values: [Double], groups: [Int]?) -> RunRecord {
            let scores = Scores(items: values.indices.map { "dialogue-\($0)" }, groups: groups, values: values)
            return run([
                CaseRecord(
                    id: "dlg.mini", version: 1, tier: .smoke, configuration: [:], state: .done,
                    measurements: [Measurement(right, scores: scores)])
            ])
        }
        func text(_ groups: [Int]?) -> String {
            let (a, b) = (answers([1, 1, 1, 0, 1], groups: groups), answers([0, 1, 0, 1, 1], groups: groups))
            return Report.flips(flips(b, against: a, caseID: "dlg.mini"), of: "dlg.mini", a: a, b: b, limit: 2).text()
        }
        #expect(
            text(nil) == """
                """)
        #expect(text([0, 0, 1, 1, 1]).contains("by groups p"))
    }

    @Test func `pins and floors say where they come from`() {
        let pin = BaselinePin(name: "main", run: nightly.uuid, why: "first night of the new data", at: nightly.started)
        #expect(
            Report.pins([pin], runs: [nightly.uuid: nightly]).text() == """
                """)
        let floors = [
            NoiseFloor(
                caseID: "pad.mini", metric: acer, method: .seed, count: 8, sigma: 0.0028, q95: nil, floor: 0.0093,
                run: nightly.uuid, at: nightly.started, machine: nightly.machine, toolchain: ""),
            NoiseFloor(
                caseID: "pad.mini", metric: Metric("wall", .cost, unit: "s", direction: .lowerIsBetter), method: .aa,
                count: 20, sigma: 0.0082, q95: 0.0131, floor: 0.0245, run: nightly.uuid, at: nightly.started,
                machine: nightly.machine, toolchain: ""),
        ]
        #expect(
            Report.floors(floors).text() == """
                """)
        #expect(Report.pins([], runs: [:]).verdict.exit == .incomplete && Report.floors([]).verdict.exit == .incomplete)
    }

    @Test func `the gate says what a candidate lacks, and what was pardoned`() {
        var judgement = judge(changed, against: nightly, confirmation: [])
        let id = "inr.img32.natural64.la-ginr"
        judgement.pardon(
            cases: [],
            changes: [
                AcceptedChange(
                    metric: "\(id).flops", from: 12_345_678_901, to: 12_345_678_902, why: "one more bias", at: 0,
                    commit: "")
            ])
        let text = Report.gate(judgement, a: nightly, b: changed, strict: false, unconfirmed: [id]).text()
        #expect(
            text == """
                """)
    }
}
