// Whole outputs of small made-up runs, pinned; read them as a user would.

import BenchJudge
import BenchRecords
import BenchReport
import BenchStatistics
import Measurements
import Testing

@Suite struct ShowTests {
    @Test func `a run's methods stand side by side, then their differences, then what has no result`() {
        #expect(
            Report.show(nightly).text() == """
                run deadbeef   commit 5c1e90ab main   machine 7be1a204 (2 cores)   toolchain Swift version 6.3.1
                blas SkylakeX   seed 20231110   threads 2   tier nightly   date 2026-02-11 02:14 UTC
                status complete

                inr.img32.natural64   16 items in 8 groups; ± is half the 95 % interval
                case              psnr          ssim  params  flops  train    decode   peak
                                    dB                                   s  ms/image    MiB
                ipc        31.11 ±0.68  0.912 ±0.014    664k  12.3G  117.2      1.25  412.5
                la-ginr    32.34 ±0.71  0.937 ±0.014    664k  12.3G  116.2      1.25  412.5
                trans-inr  29.88 ±0.64  0.887 ±0.013    664k  12.3G  118.2      1.25  412.5

                inr.img32.natural64   psnr, paired by item
                method − next    better by   95 % interval       p   n/G
                                        dB
                la-ginr − ipc        +1.23  [+1.15, +1.31]  0.0078  16/8
                ipc − trans-inr      +1.23  [+1.15, +1.31]  0.0078  16/8

                without a result
                case              state
                dlg.mini.rollout  crashed
                    (signal 11)
                inr.celeba.ipc    skipped
                    (needs celeba)

                VERDICT incomplete | ok=3 failed=1 timeout=0 oom=0 skipped=1 worse=0 | run=deadbeef | exit=2

                """)
    }

    @Test func `a row a metric shows what it could detect, and a published number as not comparable`() {
        var item = method("ipc", level: 0)
        item.measurements = Array(item.measurements.prefix(3))
        item.measurements[0].uncertainty = item.measurements[0].estimatedUncertainty()
        item.measurements[0].metric.published = Published(
            35.93, source: "IPC, table 1", isVerified: false, difference: "CelebA")
        let text = Report.show(run([item]), withDetails: true).text()
        let expected = """
            every metric
            case.metric                     value   95 % interval  detectable  published
            inr.img32.natural64.ipc.psnr    29.88  [29.23, 30.52]        0.92      35.93
                (published, not comparable (CelebA): IPC, table 1, as recalled)
            inr.img32.natural64.ipc.ssim    0.887  [0.875, 0.900]
            inr.img32.natural64.ipc.params   664k

            """
        #expect(text.contains(expected), "\(text)")
    }

    @Test func `provenance shows every field of the run and of its cases`() {
        let text = Report.show(run([family[0]], patch: "1f0e22c7"), withProvenance: true).text()
        let expected = """
            provenance
            field                value
            run                  018f0000-0000-7000-8000-0000deadbeef
            kind                 nightly
            status               complete
            tier                 nightly
            seed                 20231110
            threads              2
            plan                 cd
            started              2026-02-11 02:14
            ended                2026-02-11 02:47
            commit               5c1e90ab79ff4420000000000000000000000000
            commit time          2026-02-02 02:40
            parent
            branch               main
            patch                1f0e22c7
            patch stored         8 bytes
            toolchain            Swift version 6.3.1
            build                debug
            binary               ab
            machine              7be1a204
            cpu                  Xeon
            architecture         x86_64
            cores                2
            memory               8 GiB
            blas                 SkylakeX
            quota                none
            library openblas     0.3.21
            dependency grdb      7.10.0
            environment command  bench all

            provenance of inr.img32.natural64.la-ginr
            field                 value
            version               1
            tier                  nightly
            state                 done
            attempt               1
            started               never
            ended                 never
            exit code             0
            signal                none
            message               none
            configuration method  la-ginr
            data natural64        00ff
            signature             decode|v:1
            """
        #expect(text.contains(expected), "\(text)")
    }

    @Test func `methods measured on other items are not subtracted, and the reason is given`() {
        var other = method("ipc", level: 1)
        other.measurements[0].scores?.items[2] = "another"
        let text = Report.show(run([family[0], other])).text()
        #expect(text.contains("\n    (not comparable, item 2: picture-2 for la-ginr, another for ipc)\n"), "\(text)")
    }

    @Test func `where lower is better the lowest method comes first and its lead is positive`() {
        let error = Metric("acer", .quality, direction: .lowerIsBetter, decimals: 1, finaliser: .mean)
        let cases = [("bad", 3.0), ("good", 1)].map { name, level in
            let scores = Scores(items: ["a", "b"], values: [level, level])
            return CaseRecord(
                id: "pad.mini.\(name)", version: 1, tier: .smoke, configuration: [:], state: .done,
                measurements: [Measurement(error, scores: scores)])
        }
        let text = Report.show(run(cases)).text()
        #expect(text.contains("\ngood − bad          +2.0   [+2.0, +2.0]  0.5000  2/2\n"), "\(text)")
    }
}

@Suite struct CompareTests {
    private let report = Report.compare(judge(changed, against: nightly), a: nightly, b: changed, strict: false)

    @Test func `the worst news comes first, costs apart, what neither side measured last`() {
        #expect(
            report.text() == """
                A deadbeef  5c1e90ab main  2026-02-11 02:14
                B 91d07f3e  5c1e90ab main + patch 1f0e22c7  2026-02-11 02:14   machine 7be1a204 (same)

                B against A; a positive change is better
                case.metric                            A      B  change     95 % interval       p   n/G  verdict
                inr.img32.natural64.la-ginr.flops  12.3G  12.3G      -1                                  WORSE
                inr.img32.natural64.trans-inr                                                            failed
                    (timeout: after 472 s)
                dlg.mini.rollout                                                                         missing
                    (not planned)
                inr.img32.natural64.la-ginr.psnr   32.34  31.36   -0.99    [-1.05, -0.92]  0.0078  16/8  unconfirmed
                    (floor 0.05; p after Holm over all tested metrics 0.0156, after Benjamini–Hochberg 0.0078)
                inr.img32.natural64.la-ginr.ssim   0.937  0.917  -0.020  [-0.021, -0.018]  0.0078  16/8  unconfirmed
                    (floor 0.005; p after Holm over all tested metrics 0.0156, after Benjamini–Hochberg 0.0078)
                inr.img32.natural64.ipc.flops      12.3G  12.3G                                          identical
                inr.img32.natural64.ipc.params      664k   664k                                          identical
                inr.img32.natural64.ipc.psnr       31.11  31.11                                          identical
                inr.img32.natural64.ipc.ssim       0.912  0.912                                          identical
                inr.img32.natura…4.la-ginr.params   664k   664k                                          identical

                costs, shown apart and not part of the verdict while undecided
                case.metric                             A      B  change  verdict
                inr.img32.natural64.la-ginr.train   116.2  117.0   -0.7%  underpowered
                inr.img32.natural64.ipc.decode       1.25   1.25          identical
                inr.img32.natural64.ipc.peak        412.5  412.5          identical
                inr.img32.natural64.ipc.train       117.2  117.2          identical
                inr.img32.natural64.la-ginr.decode   1.25   1.25          identical
                inr.img32.natural64.la-ginr.peak    412.5  412.5          identical
                one sample a side decides nothing; a verdict needs 8 interleaved pairs

                measured on neither side
                case
                inr.celeba.ipc

                VERDICT worse | worse=1 better=0 same=10 weak=0 unconf=2 nocmp=0 failed=2 | run=91d07f3e | exit=1

                """)
    }

    @Test func `an undecided row says what it could have seen`() {
        // Each score moves by 0.25 · 0.04 · (4, 5 or 6) dB: on average just under the floor of 0.05.
        let (a, b) = (run([family[0]]), run([method("la-ginr", level: 2.04)]))
        let text = Report.compare(judge(b, against: a), a: a, b: b, strict: false).text()
        #expect(text.contains("underpowered\n    (smallest detectable 0.00, wanted 0.05)\n"), "\(text)")
    }

    @Test func `what cannot be compared names the field and both values, costs included`() {
        var other = run([family[0]])
        other.threads = 1
        let costs = Report.compare(judge(other, against: run([family[0]])), a: run([family[0]]), b: other, strict: true)
        #expect(costs.text().contains("\n    (threads: 2 for A, 1 for B)\n"))
        #expect(costs.verdict.word == "identical" && costs.verdict.exit == .done)
        other.seed = 7
        let all = Report.compare(judge(other, against: run([family[0]])), a: run([family[0]]), b: other, strict: true)
        #expect(all.text().contains("\n    (seed: 20231110 for A, 7 for B)\n"))
        #expect(all.verdict.exit == .undecided)
    }
}

@Suite struct ListTests {
    private struct TinyCase: BenchCase {
        let id = "inr.tiny.a", summary = "A field fitted to one picture.", tier = Tier.smoke, expectedSeconds = 2.5
        let version = 1, configuration = [String: String](), dataFolders = [String]()
        let metrics = [
            Metric("psnr", .quality, unit: "dB", direction: .higherIsBetter, smallestEffect: 0.05),
            Metric("params", .exact),
        ]
        func run(in context: CaseContext) throws -> CaseOutcome { CaseOutcome([]) }
    }

    @Test func `cases with tier, expected seconds and metrics`() {
        #expect(
            Report.list([TinyCase()], measuredSeconds: [:], isLong: false).text() == """
                cases
                case        tier   expected  metrics
                                          s
                inr.tiny.a  smoke       2.5  psnr params

                VERDICT listed | cases=1 | run=00000000 | exit=0

                """)
    }

    @Test func `the long list adds summaries and the metrics' definitions; measured seconds win`() {
        #expect(
            Report.list([TinyCase()], measuredSeconds: ["inr.tiny.a": 3.14], isLong: true).text() == """
                cases
                case        tier   expected  metrics
                                          s
                inr.tiny.a  smoke       3.1  psnr params
                    (A field fitted to one picture.)

                metrics; floor is the smallest change that counts
                case.metric        class    unit  better  floor
                inr.tiny.a.psnr    quality  dB    higher   0.05
                inr.tiny.a.params  exact          equal       0

                VERDICT listed | cases=1 | run=00000000 | exit=0

                """)
    }

    @Test func `no case is not a success`() {
        let text = Report.list([], measuredSeconds: [:], isLong: true).text()
        #expect(text == "VERDICT missing | cases=0 | run=00000000 | exit=2\n")
    }
}

@Suite struct ReportPropertyTests {
    @Test func `another order of cases gives the same bytes in every format`() throws {
        func reversed(_ run: RunRecord) -> RunRecord {
            var run = run
            run.cases.reverse()
            return run
        }
        func outputs(_ a: RunRecord, _ b: RunRecord) throws -> [String] {
            let reports = [
                Report.show(b, withProvenance: true),
                Report.compare(judge(b, against: a), a: a, b: b, strict: true),
            ]
            return try reports.flatMap { [$0.text(), $0.markdown(), $0.csv(), try $0.json()] }
        }
        #expect(try outputs(nightly, changed) == outputs(reversed(nightly), reversed(changed)))
    }

    @Test(arguments: [60, 80, 100, 120])
    func `no line is longer than the width, whatever the names`(_ width: Int) {
        let long = "a-method-whose-name-has-sixty-characters-and-ends-right-here"
        #expect(long.count == 60)
        let cases = [
            method(long, level: 1, family: long), method("b", level: 0, family: long), stopped(long, .failed, long),
        ]
        let (a, b) = (run(cases), run([method(long, level: 2, family: long), method("b", level: 0.1, family: long)]))
        for report in [
            Report.show(a, withProvenance: true), Report.compare(judge(b, against: a), a: a, b: b, strict: true),
        ] {
            let lines = report.text(width: width).split(separator: "\n").dropLast()
            #expect(lines.allSatisfy { $0.count <= width }, "\(report.text(width: width))")
            #expect(lines.allSatisfy { !$0.hasSuffix(" ") })
            if width == 100 { #expect(report.verdict.description.count <= 100) }
        }
    }

    @Test func `the usual metrics of a table fit 100 columns in one block`() {
        let lines = Report.show(nightly).text().split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("la-ginr  ") }.count == 1)
    }

    @Test func `columns that do not fit follow below, each block naming its rows`() {
        var wide = family[0]
        wide.measurements += (0..<20).map { Measurement(Metric("counter\($0)", .exact), value: Double($0)) }
        let lines = Report.show(run([wide])).text().split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("case ") }.count > 1)
        #expect(lines.filter { $0.hasPrefix("la-ginr ") }.count == lines.filter { $0.hasPrefix("case ") }.count)
        for i in 0..<20 { #expect(lines.contains { $0.split(separator: " ").contains("counter\(i)") }) }
    }
}
