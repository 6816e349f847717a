// The decision table, row by row and at the borders between rows.

@testable import BenchJudge
import BenchRecords
import Measurements
import Testing

/// The verdict on the one metric of two one-case runs.
private func verdict(_ a: Measurement, _ b: Measurement) -> Verdict? {
    judge(run(evaluation(b)), against: run(evaluation(a))).comparisons.first?.verdict
}

/// All ten groups move one way: p = 2/1024.
private let allDown = [Double](repeating: -0.5, count: 10)
/// Eight groups up, two down by as much: p = 2 · 56/1024 = 0.109.
private let mixed = [0.5, 0.5, 0.5, -0.5, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5]
/// Nine of ten move down, by unequal amounts.
private let nineDown = [-0.5, -0.6, -0.4, -0.5, 0.3, -0.7, -0.5, -0.4, -0.6, -0.5]

/// A change to a run that makes a field differ, and the field's name and values.
struct FieldChange: Sendable, CustomTestStringConvertible {
    var field: String, a: String, b: String
    var apply: @Sendable (inout RunRecord) -> Void
    var testDescription: String { field }

    init(_ field: String, _ a: String, _ b: String, _ apply: @escaping @Sendable (inout RunRecord) -> Void) {
        (self.field, self.a, self.b, self.apply) = (field, a, b, apply)
    }
}

@Suite struct DecisionTableTests {
    @Test(arguments: [
        (CaseState.crashed, "signal 11", "crashed: signal 11"), (.timeout, "", "timeout"), (.oom, "", "oom"),
        (.failed, "no data", "failed: no data"), (.interrupted, "", "interrupted"),
    ])
    func `row 1: a case that failed in the new run has failed, whatever the reference says`(
        _ state: CaseState, _ message: String, _ reason: String
    ) {
        var broken = evaluation(psnr())
        (broken.state, broken.message) = (state, message)
        for reference in [run(), run(evaluation(psnr())), run(broken)] {
            let judgement = judge(run(broken), against: reference)
            #expect(judgement.comparisons == [Comparison(caseID: "inr.tiny.a", verdict: .failed(reason))])
            #expect(judgement.word == "failed" && judgement.exitCode(strict: false) == .incomplete)
        }
    }

    @Test(
        arguments: [(nil, 11, "crashed: signal 11"), (70, nil, "crashed: exit code 70"), (0, nil, "crashed")]
            as [(Int?, Int?, String)])
    func `row 1: the reason says how the process ended`(_ exitCode: Int?, _ signal: Int?, _ reason: String) {
        var broken = evaluation()
        (broken.state, broken.exitCode, broken.signal) = (.crashed, exitCode, signal)
        #expect(judge(run(broken), against: run()).comparisons.map(\.verdict) == [.failed(reason)])
    }

    @Test func `row 1: an item without a score is a failure with the item's name`() {
        var lost = psnr()
        lost.scores?.values[3] = .nan
        #expect(verdict(psnr(), lost) == .failed("1 of 10 items without a score, first item-3"))
        #expect(
            verdict(Measurement(count, value: 1), Measurement(count, value: .nan))
                == .failed("the value is not a number"))
        // Where only the reference lost it, there is nothing to subtract.
        #expect(verdict(lost, psnr()) == .notComparable(Mismatch("score of item-3", "nan", "33.0")))
    }

    @Test func `row 2: what the reference did not plan is new, case or metric`() {
        let both = evaluation(psnr(), Measurement(count, value: 1))
        #expect(judge(run(both), against: run()).comparisons.map(\.verdict) == [.new, .new])
        let one = judge(run(both), against: run(evaluation(psnr())))
        #expect(one.comparisons.map(\.name) == ["inr.tiny.a.params", "inr.tiny.a.psnr"])
        #expect(one.comparisons.map(\.verdict) == [.new, .identical])
    }

    @Test func `row 3: what the reference planned and the new run lacks is missing`() {
        let full = run(evaluation(psnr(), Measurement(count, value: 1)))
        #expect(judge(run(), against: full).comparisons.map(\.verdict) == [.missing("not planned")])
        var skipped = evaluation()
        (skipped.state, skipped.message) = (.skipped, "needs celeba")
        #expect(judge(run(skipped), against: full).comparisons.map(\.verdict) == [.missing("skipped: needs celeba")])
        let one = judge(run(evaluation(psnr())), against: full)
        #expect(one.comparisons.map(\.verdict) == [.missing("not reported"), .identical])
        #expect(one.exitCode(strict: false) == .incomplete)
    }

    @Test func `rows 2 to 4: a case without a result in the reference cannot be compared, and on both sides is named`()
    {
        var skipped = evaluation()
        (skipped.state, skipped.message) = (.skipped, "needs celeba")
        let found = judge(run(evaluation(psnr())), against: run(skipped))
        #expect(
            found.comparisons.map(\.verdict) == [.notComparable(Mismatch("state", "skipped: needs celeba", "done"))])
        let neither = judge(run(skipped), against: run(skipped))
        #expect(neither.comparisons.isEmpty && neither.unmeasured == ["inr.tiny.a"])
        #expect(neither.exitCode(strict: false) == .incomplete)
    }

    @Test(arguments: [
        FieldChange("patch", "clean", "uncommitted changes, not stored") { $0.build.patchDigest = "1f0e22c7" },
        FieldChange("tier", "smoke", "full") { $0.cases[0].tier = .full },
        FieldChange("seed", "1", "2") { $0.seed = 2 },
        FieldChange("version", "1", "2") { $0.cases[0].version = 2 },
        FieldChange("configuration.steps", "100", "200") { $0.cases[0].configuration["steps"] = "200" },
        FieldChange("configuration.rate", "absent", "3") { $0.cases[0].configuration["rate"] = "3" },
        FieldChange("data.natural", "00ff", "absent") { $0.cases[0].dataDigests = [:] },
        FieldChange("signature", "psnr|v:1|peak:1", "psnr|v:2|peak:1") {
            $0.cases[0].measurements[0].metric.signature.version = 2
        },
        FieldChange("items", "10", "9") { _ = $0.cases[0].measurements[0].scores?.items.removeLast() },
        FieldChange("item 4", "item-4", "other") { $0.cases[0].measurements[0].scores?.items[4] = "other" },
        FieldChange("group of item item-4", "4", "3") { $0.cases[0].measurements[0].scores?.groups[4] = 3 },
        FieldChange("scores", "kept", "none") { $0.cases[0].measurements[0].scores = nil },
    ])
    func `row 4: the first field that differs is named with both values, even when the scores are equal`(
        _ change: FieldChange
    ) {
        let (reference, other) = (run(evaluation(psnr())), run(evaluation(psnr()), changed: change.apply))
        let (field, a, b) = (change.field, change.a, change.b)
        let forth = judge(other, against: reference)
        #expect(forth.comparisons.map(\.verdict) == [.notComparable(Mismatch(field, a, b))])
        #expect(forth.exitCode(strict: false) == .done && forth.exitCode(strict: true) == .undecided)
        #expect(judge(reference, against: other).comparisons.map(\.verdict) == [.notComparable(Mismatch(field, b, a))])
    }

    @Test func `row 4: of several differing fields the first is named`() {
        let other = run(evaluation(psnr())) {
            $0.seed = 2
            $0.cases[0].configuration["steps"] = "1"
        }
        let judgement = judge(other, against: run(evaluation(psnr())))
        #expect(judgement.comparisons.map(\.verdict) == [.notComparable(Mismatch("seed", "1", "2"))])
    }

    @Test func `row 4: a stored patch, other code, another branch and another tier of the run are comparable`() {
        let other = run(evaluation(psnr())) {
            ($0.build.patchDigest, $0.build.patch) = ("1f0e22c7", [1])
            ($0.build.commit, $0.build.binaryDigest, $0.build.branch, $0.tier) = ("91d07f3e", "aa", "try", .full)
        }
        #expect(judge(other, against: run(evaluation(psnr()))).word == "identical")
    }

    @Test(arguments: [
        FieldChange("machine", "7be1a204", "00000000") { $0.machine.machineClass = "00000000" },
        FieldChange("blas", "Haswell", "SkylakeX") { $0.machine.blas = "SkylakeX" },
        FieldChange("threads", "2", "1") { $0.threads = 1 },
    ])
    func `row 4: machine, BLAS and threads matter for costs alone`(_ change: FieldChange) {
        func measured(_ s: Double) -> CaseRecord {
            evaluation(psnr(), Measurement(count, value: 7), Measurement(seconds, value: s))
        }
        let judgement = judge(run(measured(2), changed: change.apply), against: run(measured(1)))
        let mismatch = Mismatch(change.field, change.a, change.b)
        #expect(judgement.comparisons.map(\.verdict) == [.identical, .identical, .notComparable(mismatch)])
        #expect(judgement.word == "identical" && judgement.exitCode(strict: true) == .done)
    }

    @Test func `row 5: equal to the bit is identical, in each class; a rounding is not`() {
        #expect(verdict(psnr(), psnr()) == .identical)
        #expect(verdict(Measurement(digest, value: 7), Measurement(digest, value: 7)) == .identical)
        #expect(verdict(Measurement(seconds, value: 7), Measurement(seconds, value: 7)) == .identical)
        let nudged = psnr([1e-12] + [Double](repeating: 0, count: 9))
        #expect(verdict(psnr(), nudged) == .withinNoise)
    }

    @Test func `row 6: an exact value that changed is worse unless it moved the good way`() {
        func exact(_ metric: Metric, _ a: Double, _ b: Double) -> Verdict? {
            verdict(Measurement(metric, value: a), Measurement(metric, value: b))
        }
        #expect(exact(count, 10, 11) == .worse && exact(count, 11, 10) == .better)
        #expect(exact(digest, 10, 11) == .worse && exact(digest, 11, 10) == .worse)
    }

    @Test func `row 7: beyond chance and floor is worse or better`() throws {
        let judgement = judge(run(evaluation(psnr(allDown))), against: run(evaluation(psnr())))
        let comparison = try #require(judgement.comparisons.first)
        #expect(comparison.verdict == .worse)
        #expect(comparison.evidence?.p == 2.0 / 1024 && comparison.adjustedP == 2.0 / 1024)
        #expect(abs((comparison.change ?? 0) + 0.5) < 1e-12)
        #expect(
            judgement.verdictLine(strict: false).description
                == "VERDICT worse | worse=1 better=0 same=0 weak=0 unconf=0 nocmp=0 failed=0 | run=deadbeef | exit=1")
        #expect(verdict(psnr(allDown), psnr()) == .better)
    }

    @Test func `row 7: a lower-is-better metric that rises is worse and its effect negative`() {
        var error = quality
        error.direction = .lowerIsBetter
        let judgement = judge(
            run(evaluation(psnr(allDown.map(-), metric: error))), against: run(evaluation(psnr(metric: error))))
        #expect(judgement.comparisons.map(\.verdict) == [.worse])
        #expect((judgement.comparisons.first?.evidence?.effect ?? 0) < 0)
    }

    @Test func `row 7: a metric without a good direction is worse whichever way it moves`() {
        var neutral = quality
        neutral.direction = .none
        #expect(verdict(psnr(metric: neutral), psnr(allDown, metric: neutral)) == .worse)
        #expect(verdict(psnr(allDown, metric: neutral), psnr(metric: neutral)) == .worse)
    }

    @Test func `rows 7 and 8: what one metric alone would be, six together are not`() {
        // Holm: 6 · 2/1024 = 0.0117 > 0.01, 5 · 2/1024 = 0.0098 ≤ 0.01.
        func many(_ number: Int, _ changes: [Double]) -> RunRecord {
            run(changed: { run in
                run.cases = (0..<number).map { evaluation(psnr(changes), id: "inr.tiny.\($0)") }
            })
        }
        #expect(Set(judge(many(5, allDown), against: many(5, [])).comparisons.map(\.verdict.word)) == ["worse"])
        let six = judge(many(6, allDown), against: many(6, []))
        #expect(Set(six.comparisons.map(\.verdict.word)) == ["unconfirmed"])
        #expect(
            six.word == "unconfirmed" && six.exitCode(strict: false) == .done
                && six.exitCode(strict: true) == .undecided)
    }

    @Test func `rows 7 and 10: the floor is exceeded, not met`() {
        func word(floor: Double) -> String? {
            var metric = quality
            metric.smallestEffect = floor
            // The mean is exactly −0.5.
            let down = psnr([-0.5, -0.25, -0.75, -0.5, -0.5, -0.25, -0.75, -0.5, -0.5, -0.5], metric: metric)
            return verdict(psnr(metric: metric), down)?.word
        }
        #expect(word(floor: 0.4999) == "worse")
        #expect(word(floor: 0.5) == "underpowered")
        #expect(word(floor: 5) == "within-noise")
    }

    @Test func `row 9: an interval inside the smallest effect shows that nothing changed; without one it cannot`() {
        let small = mixed.map { $0 / 100 }
        #expect(verdict(psnr(), psnr(small)) == .withinNoise)
        var free = quality
        free.smallestEffect = 0
        #expect(verdict(psnr(metric: free), psnr(small, metric: free)) == .underpowered(nil))
    }

    @Test
    func `row 10: an interval that is neither inside nor clear of chance is underpowered, with the groups needed`()
        throws
    {
        let judgement = judge(run(evaluation(psnr(mixed))), against: run(evaluation(psnr())))
        let comparison = try #require(judgement.comparisons.first)
        let evidence = try #require(comparison.evidence)
        #expect(evidence.p == 112.0 / 1024)
        // d = ±0.5, mean 0.3, so the sum of squared residuals is 10·(0.25 − 0.09) = 1.6 and SE = √(10/9·1.6)/10;
        // MDE = (2.2622 + 0.8834)·0.13333 = 0.4194; groups = 10·(MDE/0.05)² = 703.7.
        #expect(abs((evidence.minimumDetectable ?? 0) - 0.4194) < 1e-4)
        #expect(comparison.verdict == .underpowered(.groups(704)))
        #expect(judgement.exitCode(strict: true) == .undecided)
    }

    @Test(arguments: [(5, "underpowered"), (6, "unconfirmed"), (8, "worse")])
    func `row 10: five groups can never decide, six can screen, eight confirm`(_ groups: Int, _ word: String) {
        func grouped(_ change: Double) -> Measurement {
            Measurement(
                quality, scores: scores((0..<16).map { 30 + Double($0) + change }, groups: (0..<16).map { $0 % groups })
            )
        }
        let verdict = verdict(grouped(0), grouped(-1))
        #expect(verdict?.word == word)
        if groups == 5 { #expect(verdict == .underpowered(.groups(6))) }
    }

    @Test func `row 10: a quality value without item scores that changed cannot be judged`() {
        let metric = Metric("bleu", .quality, direction: .higherIsBetter)
        #expect(verdict(Measurement(metric, value: 1), Measurement(metric, value: 2)) == .underpowered(.itemScores))
        #expect(verdict(Measurement(metric, value: 1), Measurement(metric, value: 1)) == .identical)
    }

    @Test func `a value of ranks is judged by people: worse where every person's attacks came to look live`() throws {
        let metric = Metric(
            "eer", .quality, direction: .lowerIsBetter, finaliser: .equalErrorRate, smallestEffect: 0.01)
        // Twenty people with a live photograph at .1 and an attack each, caught at .9 or, of nine of them, missed at .05.
        func eer(isBroken: Bool) -> Measurement {
            let rows = (0..<20).flatMap { person -> [[Double]] in
                [[0, 0.1], [1, isBroken && person < 9 ? 0.05 : 0.9]]
            }
            let scores = Scores(
                items: rows.indices.map(String.init), groups: rows.indices.map { $0 / 2 }, width: 2,
                values: rows.flatMap(\.self))
            return Measurement(metric, value: isBroken ? 0.225 : 0, scores: scores)
        }
        let judgement = judge(run(evaluation(eer(isBroken: true))), against: run(evaluation(eer(isBroken: false))))
        let comparison = try #require(judgement.comparisons.first)
        let evidence = try #require(comparison.evidence)
        #expect(comparison.verdict == .worse && comparison.change == -0.225)
        #expect((evidence.items, evidence.groups) == (40, 20))
        #expect(evidence.interval.map { $0.lowerBound < -0.3 && $0.upperBound < -0.1 } == true)
        // Swapping the sides swaps nothing but the sign.
        let back = judge(run(evaluation(eer(isBroken: false))), against: run(evaluation(eer(isBroken: true))))
        #expect(back.comparisons.first?.verdict == .better && back.comparisons.first?.change == 0.225)
        let interval = try #require(eer(isBroken: true).interval)
        #expect(interval.lowerBound < 0.225 && interval.upperBound > 0.225)
    }

    @Test func `each metric is held against the run that is named for it, and the others against none`() {
        let tonight = run(evaluation(psnr(), Measurement(count, value: 3), Measurement(seconds, value: 1)))
        let judgement = judge(
            tonight,
            againstEach: [
                "inr.tiny.a.psnr": run(evaluation(psnr(allDown.map { -2 * $0 }), Measurement(count, value: 9))),
                "inr.tiny.a.params": run(evaluation(psnr(mixed), Measurement(count, value: 3))),
            ])
        #expect(judgement.comparisons.map(\.name) == ["inr.tiny.a.psnr", "inr.tiny.a.params"])
        #expect(judgement.comparisons.map(\.verdict) == [.worse, .identical])
    }

    @Test func `items flip by the last number of their rows, where the metric has one`() throws {
        let metric = Metric("apcer", .quality, direction: .lowerIsBetter, finaliser: .largestRate)
        func apcer(_ errors: [Double]) -> Measurement {
            Measurement(
                metric, value: errors.reduce(0, +) / 2,
                scores: Scores(items: ["a", "b"], width: 2, values: errors.flatMap { [0, $0] }))
        }
        let found = try flips(
            run(evaluation(apcer([0, 1]))), against: run(evaluation(apcer([0, 0]))), caseID: "inr.tiny.a"
        ).get()
        #expect(found.moved.map(\.name) == ["b"] && found.counts?.lost == 1)
        let bleu = Metric("bleu", .quality, direction: .higherIsBetter, finaliser: .corpusBLEU)
        let counts = Measurement(
            bleu, value: 0, scores: Scores(items: ["a"], width: 10, values: Array(repeating: 0, count: 10)))
        #expect(throws: Mismatch("scores an item of bleu", "none", "none")) {
            try flips(run(evaluation(counts)), against: run(evaluation(counts)), caseID: "inr.tiny.a", metric: "bleu")
                .get()
        }
    }

    @Test func `row 10: a single cost a side decides nothing, and is shown apart`() {
        let judgement = judge(
            run(evaluation(psnr(), Measurement(seconds, value: 100))),
            against: run(evaluation(psnr(), Measurement(seconds, value: 1))))
        #expect(judgement.comparisons.map(\.verdict) == [.identical, .underpowered(.pairs(8))])
        #expect(judgement.comparisons.last?.change == -99)
        #expect(
            judgement.verdictLine(strict: true).description
                == "VERDICT identical | worse=0 better=0 same=1 weak=0 unconf=0 nocmp=0 failed=0 | run=deadbeef | exit=0"
        )
    }
}

@Suite struct JudgementTests {
    @Test(arguments: [allDown, mixed, nineDown, [Double](repeating: 0.5, count: 10), mixed.map { $0 / 100 }])
    func `swapping the sides swaps better and worse and nothing else`(_ changes: [Double]) throws {
        let a = run(evaluation(psnr(), Measurement(count, value: 3), Measurement(seconds, value: 3)))
        let b = run(evaluation(psnr(changes), Measurement(count, value: 4), Measurement(seconds, value: 2)))
        let (forth, back) = (judge(b, against: a), judge(a, against: b))
        let swapped: [String: String] = ["better": "worse", "worse": "better"]
        #expect(
            forth.comparisons.map { swapped[$0.verdict.word] ?? $0.verdict.word }
                == back.comparisons.map(\.verdict.word))
        for (x, y) in zip(forth.comparisons, back.comparisons) {
            #expect(x.name == y.name && x.a == y.b && x.b == y.a && x.adjustedP == y.adjustedP)
            guard let x = x.evidence, let y = y.evidence else { continue }
            #expect(x.effect == -y.effect && x.p == y.p && x.groups == y.groups)
            #expect(x.minimumDetectable == y.minimumDetectable)
            #expect(abs(try #require(x.interval).lowerBound + (try #require(y.interval).upperBound)) < 1e-12)
        }
    }

    @Test func `another case changes no other case's evidence`() {
        let (a, b) = (evaluation(psnr()), evaluation(psnr(nineDown)))
        let alone = judge(run(b), against: run(a)).comparisons[0]
        let other = evaluation(psnr(), id: "aaa.first")
        let together = judge(run(evaluation(psnr(mixed), id: "aaa.first"), b), against: run(other, a)).comparisons[1]
        #expect(together.name == alone.name && together.evidence == alone.evidence)
        #expect(together.adjustedP.map { $0 >= (alone.adjustedP ?? 1) } == true)
    }

    @Test func `the order of cases and metrics does not matter`() {
        let (first, second) = (evaluation(psnr(), Measurement(count, value: 1)), evaluation(psnr(), id: "z"))
        let reordered = evaluation(Measurement(count, value: 1), psnr())
        let reference = run(first, second)
        #expect(judge(run(first, second), against: reference) == judge(run(second, reordered), against: reference))
    }

    @Test func `nothing compared is incomplete`() {
        let nothing = judge(run(), against: run())
        #expect(
            nothing.verdictLine(strict: false).description
                == "VERDICT missing | worse=0 better=0 same=0 weak=0 unconf=0 nocmp=0 failed=0 | run=deadbeef | exit=2")
    }

    @Test func `the worst news is the word, in the order of the specification`() {
        let order: [Verdict] = [
            .worse, .failed(""), .missing(""), .unconfirmed, .underpowered(nil), .notComparable(Mismatch("", "", "")),
            .better, .withinNoise, .new, .identical,
        ]
        #expect(order.map(\.rank) == Array(0..<10))
        for (first, second) in zip(order, order.dropFirst()) {
            let judgement = Judgement(
                comparisons: [second, first].map { Comparison(caseID: "a", metric: quality, verdict: $0) },
                unmeasured: [], run: "deadbeef")
            #expect(judgement.word == first.word)
        }
    }

    @Test(
        arguments: [
            ([.worse, .failed(""), .underpowered(nil)], ExitCode.worse, ExitCode.worse),
            ([.failed(""), .underpowered(nil)], .incomplete, .incomplete),
            ([.missing(""), .better], .incomplete, .incomplete),
            ([.underpowered(nil), .identical], .done, .undecided), ([.unconfirmed], .done, .undecided),
            ([.better, .withinNoise, .new, .identical], .done, .done),
        ] as [([Verdict], ExitCode, ExitCode)])
    func `the exit code's precedence`(_ verdicts: [Verdict], _ lenient: ExitCode, _ strict: ExitCode) {
        let judgement = Judgement(
            comparisons: verdicts.map { Comparison(caseID: "a", metric: quality, verdict: $0) }, unmeasured: [],
            run: "deadbeef")
        #expect(judgement.exitCode(strict: false) == lenient)
        #expect(judgement.exitCode(strict: true) == strict)
    }
}

@Suite struct MethodComparisonTests {
    @Test func `two methods of one run are compared item by item, although their configurations differ`() throws {
        var better = evaluation(psnr([Double](repeating: 0.5, count: 10)), id: "inr.tiny.b")
        better.configuration = ["method": "b"]
        let evidence = try pairedDifference(of: better, minus: evaluation(psnr()), metric: "psnr").get()
        #expect(abs(evidence.effect - 0.5) < 1e-12 && evidence.p == 2.0 / 1024)
        let back = try pairedDifference(of: evaluation(psnr()), minus: better, metric: "psnr").get()
        #expect(back.effect == -evidence.effect)
    }

    @Test func `methods measured on other data, by another metric or not at all are not subtracted`() {
        var other = evaluation(psnr(), id: "inr.tiny.b")
        other.dataDigests["natural"] = "0000"
        let difference = pairedDifference(of: other, minus: evaluation(psnr()), metric: "psnr")
        #expect(difference == .failure(Mismatch("data.natural", "0000", "00ff")))
        let absent = pairedDifference(of: evaluation(psnr()), minus: evaluation(), metric: "psnr")
        #expect(absent == .failure(Mismatch("psnr", "present", "absent")))
    }

    @Test func `the interval of one side covers its mean and needs two groups`() throws {
        let interval = try #require(psnr().interval)
        // Means of ten of 30...39, mean 34.5: κ = 1.2166 times a percentile half-width near 1.96 · 2.872/√10 = 1.78.
        #expect(interval.contains(34.5) && abs(interval.upperBound - interval.lowerBound - 4.33) < 0.15)
        #expect(Measurement(quality, scores: scores([1, 2], groups: [0, 0])).interval == nil)
        #expect(Measurement(quality, scores: scores([1, .nan])).interval == nil)
        #expect(Measurement(seconds, value: 1).interval == nil)
    }
}

@Suite struct VerdictLineTests {
    @Test func `the line of a run counts states, and is complete only when something was done`() {
        func line(_ states: CaseState...) -> String {
            run(changed: { run in
                run.cases = states.map { CaseRecord(id: "a", version: 1, tier: .smoke, configuration: [:], state: $0) }
            }).verdictLine(worse: 0).description
        }
        #expect(
            line(.done, .done, .skipped)
                == "VERDICT complete | ok=2 failed=0 timeout=0 oom=0 skipped=1 worse=0 | run=deadbeef | exit=0")
        #expect(
            line(.done, .crashed, .failed, .interrupted, .timeout, .oom)
                == "VERDICT incomplete | ok=1 failed=3 timeout=1 oom=1 skipped=0 worse=0 | run=deadbeef | exit=2")
        for lines in [line(), line(.skipped), line(.done, .planned), line(.done, .running)] {
            #expect(lines.hasPrefix("VERDICT incomplete") && lines.hasSuffix("exit=2"))
        }
    }

    @Test func `every line is read by one regular expression and fits 100 columns`() throws {
        let grammar = /VERDICT [a-z-]+ \|( [a-z]+=\d+)+ \| run=[0-9a-f]{8} \| exit=\d+/
        let judged = judge(run(evaluation(psnr(allDown))), against: run(evaluation(psnr())))
        let lines = [
            judged.verdictLine(strict: true), run().verdictLine(worse: 12),
            VerdictLine("listed", counts: ["cases": 0], exit: .incomplete),
        ]
        for line in lines.map(\.description) {
            #expect(line.wholeMatch(of: grammar) != nil, "\(line)")
            #expect(line.count <= 100 && line.allSatisfy(\.isASCII))
        }
    }
}
