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
                metric pad.mini.acer, lower is better   machine 7be1a204   seed 20231110   runs 10   floor 0.003

                runs, oldest first
                night  date              commit         run        value
                    1  2026-02-11 02:14  00000000 main  00000010  0.0689
                    2  2026-02-12 02:14  11111111 main  00000011  0.0691
                    3  2026-02-13 02:14  22222222 main  00000012  0.0688
                    4  2026-02-14 02:14  33333333 main  00000013  0.0690
                    5  2026-02-15 02:14  44444444 main  00000014  0.0689
                    6  2026-02-16 02:14  55555555 main  00000015  0.0869
                    7  2026-02-17 02:14  66666666 main  00000016  0.0871
                    8  2026-02-18 02:14  77777777 main  00000017  0.0868
                    9  2026-02-19 02:14  88888888 main  00000018  0.0870
                   10  2026-02-20 02:14  99999999 main  00000019  0.0869

                one column a night
                 value  nights
                0.0871       .....
                0.0845
                0.0819
                0.0793
                0.0766
                0.0740
                0.0714
                0.0688  .....
                             ^
                ^ another level, | another quantity

                change points: medians of the levels
                first night       before   after  change       p  commits
                2026-02-16 02:14  0.0689  0.0869  +26.1%  0.0050  44444444..55555555
                    (55555555 "Crop before resize")

                worse by more than the floor
                against                then     now
                the pinned baseline  0.0689  0.0869
                the best level       0.0689  0.0869

                VERDICT changed | points=10 changes=1 | run=00000019 | exit=0

                """)
    }

    @Test func `a new quantity is marked, and a shorter window shows the last nights`() {
        var other = acer
        other.signature.version = 2
        let nights = noise.enumerated().map { night($0.offset, $0.element) } + [night(5, 0.0689, metric: other)]
        let report = Report.history(history(of: nights), named: "pad.mini.acer", last: 3) { _, _ in nil }
        #expect(
            report.text() == """
                metric pad.mini.acer, lower is better   machine 7be1a204   seed 20231110   runs 3   floor 0.003

                runs, oldest first
                night  date              commit         run        value
                    1  2026-02-14 02:14  33333333 main  00000013  0.0690
                    2  2026-02-15 02:14  44444444 main  00000014  0.0689
                    3  2026-02-16 02:14  55555555 main  00000015  0.0689
                    (here a new quantity begins: signature: acer|v:1 for the run before, acer|v:2 for this one)

                one column a night
                 value  nights
                0.0690  .
                0.0689   ..
                          |
                ^ another level, | another quantity

                VERDICT steady | points=3 changes=0 | run=00000015 | exit=0

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
                A deadbeef  5c1e90ab main  2026-02-11 02:14   B deadbeef  5c1e90ab main  2026-02-11 02:14
                case dlg.mini   metric right   right in A 0.8000 [0.3755, 0.9638]
                right in B 0.6000 [0.2307, 0.8824]   lost, gained 2, 1   McNemar p 1.0000, mid-p 0.6250

                groups that moved, most first: 2 of 3, of 5 in all
                group  lost  gained  sum
                    0     1       0   -1
                    2     1       0   -1

                items that moved, by group: 2 of 3, of 5 in all
                item        group  A  B  change  direction
                dialogue-0      0  1  0      -1  lost
                dialogue-2      2  1  0      -1  lost

                VERDICT moved | moved=3 lost=2 gained=1 | run=deadbeef | exit=0

                """)
        #expect(text([0, 0, 1, 1, 1]).contains("by groups p"))
    }

    @Test func `pins and floors say where they come from`() {
        let pin = BaselinePin(name: "main", run: nightly.uuid, why: "first night of the new data", at: nightly.started)
        #expect(
            Report.pins([pin], runs: [nightly.uuid: nightly]).text() == """
                baselines, latest first
                name  pinned            run       commit         measured
                main  2026-02-11 02:14  deadbeef  5c1e90ab main  2026-02-11 02:14
                    (first night of the new data)

                VERDICT pinned | pins=1 | run=deadbeef | exit=0

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
                floors: a smaller change means nothing
                case.metric    method   n    sigma    q95    floor  measured          machine
                pad.mini.acer  seed     8  0.00280         0.00930  2026-02-11 02:14  7be1a204
                pad.mini.wall  aa      20    0.82%  1.31%    2.45%  2026-02-11 02:14  7be1a204
                aa: pairs of equal runs, floor max(3 sigma, q95); layout: with pairs in other layouts
                seed: one seed a side, 95 %

                VERDICT calibrated | floors=2 | run=deadbeef | exit=0

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
        for line in [
            "\(id).flops  12.3G  12.3G      -1                                  pardoned",
            "    (accepted: one more bias)",
            "\(id).psnr   32.34  31.36   -0.99    [-1.05, -0.92]  0.0078  16/8  unconfirmed",
            "    (floor 0.05; p after Holm over all tested metrics 0.0156, after Benjamini–Hochberg 0.0078; not",
            "    measured a second time)",
            "without a second measurement",
            "    (seeds 1001, 1002 and 1003 of A are not stored: at its commit, bench run",
            "    \(id) --seed 1001, and so on)",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)\n\(text)")
        }
        #expect(judgement.count("worse") == 0 && judgement.count("unconfirmed") == 2)
    }

    @Test func `a cost measured in pairs says how far and how surely it moved, twice`() {
        let wall = Metric("wall", .cost, unit: "s", direction: .lowerIsBetter, decimals: 1)
        func timed(_ seconds: Double) -> RunRecord { night(0, seconds, metric: wall) }
        func pairs(_ ratio: Double) -> [RunPair] {
            (1...10).map { RunPair(reference: timed(10), new: timed(10 * ratio * (1 + 1e-6 * Double($0)))) }
        }
        func text(_ ratio: Double) -> String {
            let judgement = judge(
                timed(12), against: timed(10), samples: pairs(ratio), confirmation: pairs(ratio))
            return Report.compare(judgement, a: timed(10), b: timed(12), strict: false).text()
        }
        // ln 1.2 = 0.182; 2/2¹⁰ = 0.0020.
        let slower = text(1.2)
        #expect(slower.contains("pad.mini.wall  10.0  12.0  -20.0%  WORSE"), "\(slower)")
        #expect(
            slower.contains(
                """
                    (10 pairs, p 0.0020; floor 0; p after Holm over all tested metrics 0.0020, after
                    Benjamini–Hochberg 0.0020; second measurement -18.2%, p after Holm over the candidates 0.0020)
                """), "\(slower)")
        #expect(!slower.contains("one sample a side"))
    }
}
