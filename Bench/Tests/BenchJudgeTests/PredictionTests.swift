// Predictions: what counts as one, what makes it hold, and what may be done to a note.

import BenchRecords
import Measurements
import Testing

@testable import BenchJudge

@Suite struct ClauseTests {
    @Test(arguments: [
        ("st.mini.bleu > +0.5 vs main", "st.mini.bleu > 0.5 vs main"),
        ("  lower  a.b.c  <= -1e-3 ", "lower a.b.c <= -0.001"),
        ("a.b.wall < -5% vs @last~1", "a.b.wall < -5.0% vs @last~1"), ("a.n == 3", "a.n == 3.0"),
    ])
    func `a clause is read`(_ text: String, _ canonical: String) throws {
        #expect(try clauses(in: text).map(\.description) == [canonical])
    }

    @Test func `several clauses are joined by and`() throws {
        let found = try clauses(in: "a.x.m > 1 and upper a.y.m < 2 vs HEAD")
        #expect(found.map(\.caseID) == ["a.x", "a.y"])
        #expect(found.map(\.metric) == ["m", "m"])
        #expect(found.map(\.reference) == [nil, "HEAD"])
        #expect(found.map(\.quantity) == [.value, .upper])
    }

    @Test(arguments: [
        "", "bleu > 1", "a.b", "a.b > x", "a.b > nan", "a.b >> 1", "a.b > 1 vs", "a.b > 1 than main", "a.b > 1 and",
        "a.b > 5%", ".b > 1", "a. > 1", "middle a.b > 1",
    ])
    func `what no program can check is refused`(_ text: String) {
        #expect(throws: PredictionError.self) { try clauses(in: text) }
    }

    @Test func `the refusal shows the form`() {
        #expect(
            PredictionError(clause: "a.b > x").description
                == "prediction 'a.b > x': not of the form '[lower|upper] CASE.METRIC >|<|>=|<=|== NUMBER[%] [vs RUN]'; "
                + "join several by 'and'; per cent need a RUN.")
    }
}

@Suite struct FindingTests {
    private let loss = Metric(
        "loss", .quality, direction: .lowerIsBetter, finaliser: .mean, smallestEffect: 0.01)

    /// Ten items whose loss is 1 to 1.9, all lower by 0.5 in the new run but for one, which is lower by 0.6.
    private func side(_ shift: Double) -> RunRecord {
        let values = (0..<10).map { 1 + Double($0) / 10 - shift - (shift > 0 && $0 == 0 ? 0.1 : 0) }
        return run(
            CaseRecord(
                id: "a.x", version: 1, tier: .smoke, configuration: [:], state: .done,
                measurements: [
                    Measurement(loss, scores: Scores(items: (0..<10).map { "i\($0)" }, values: values)),
                    Measurement(Metric("wall", .cost, direction: .lowerIsBetter), value: 4 - 4 * shift),
                ]))
    }

    // The means are 1.45 and 0.94, their difference is −0.51; every resampled mean lies in −0.6...−0.5, and the expansion
    // of the interval (factor 1.2 for ten groups) takes its upper end to −0.498 at most. The wall time halves.
    @Test(arguments: [
        ("a.x.loss < 0.95", true), ("a.x.loss > 0.95", false), ("a.x.loss < -0.5 vs A", true),
        ("a.x.loss < -0.52 vs A", false), ("upper a.x.loss <= -0.49 vs A", true),
        ("upper a.x.loss < -0.51 vs A", false),
        ("lower a.x.loss < -0.51 vs A", true), ("lower a.x.loss < -0.63 vs A", false),
        ("upper a.x.loss < 1.3", true), ("lower a.x.loss > 0.94", false),
        ("a.x.wall <= -50% vs A", true), ("a.x.wall < -51% vs A", false), ("a.x.wall == -2 vs A", true),
    ])
    func `a clause holds or not`(_ text: String, _ holds: Bool) throws {
        let clause = try #require(try clauses(in: text).first)
        let finding = clause.finding(in: side(0.5), against: clause.reference == nil ? nil : side(0))
        #expect(finding.holds == holds, "\(finding)")
    }

    @Test func `an unchanged metric has a difference of zero with ends of zero`() throws {
        for text in ["a.x.loss == 0 vs A", "lower a.x.loss == 0 vs A", "upper a.x.loss == 0 vs A"] {
            let clause = try clauses(in: text)[0]
            #expect(clause.finding(in: side(0.5), against: side(0.5)).holds == true)
        }
    }

    @Test func `what cannot be said is not held to be false`() throws {
        let clause = try clauses(in: "a.y.loss < 1 vs A")[0]
        let finding = clause.finding(in: side(0.5), against: side(0))
        #expect(finding.holds == nil)
        #expect(finding.description == "a.y.loss < 1.0 vs A: cannot be said, run \(finding.run) has no value of it")
        var other = side(0)
        other.seed += 1
        let seeds = try clauses(in: "a.x.loss < 1 vs A")[0].finding(in: side(0.5), against: other)
        #expect(seeds.holds == nil && seeds.reason.hasPrefix("seed is "))
    }

    @Test(
        arguments: [
            ([true, true], [true], NoteOutcome.confirmed), ([true, false], [true], .refuted),
            ([true, false], [false], .inconclusive), ([true, nil], [nil], .inconclusive), ([nil], [true], .refuted),
        ] as [([Bool?], [Bool?], NoteOutcome)])
    func `the outcome follows from what holds`(_ predicted: [Bool?], _ refuting: [Bool?], _ expected: NoteOutcome)
        throws
    {
        let clause = try clauses(in: "a.b > 1")[0]
        #expect(
            outcome(
                of: predicted.map { Finding(clause: clause, holds: $0) },
                refutations: refuting.map { Finding(clause: clause, holds: $0) }) == expected)
    }
}

@Suite struct NoteRuleTests {
    private let note: NoteRecord
    private let clause: Clause

    init() throws {
        let opening = NoteOpening(
            title: "t", question: "q", hypothesis: "h", prediction: "a.b > 1", refutation: "a.b < 1", design: "",
            commit: "c")
        let event = NoteEvent(
            note: "0190a8c0-0000-7000-8000-0000deadbeef", at: 100, .open(opening, digest: "d"))
        note = try #require(NoteRecord([event]))
        clause = try clauses(in: "a.b > 1")[0]
    }

    private func closed(
        asked: NoteOutcome? = nil, because: String = "", conclusion: String = "It holds on every seed.",
        lesson: String = "Write predictions first."
    ) throws -> NoteClosing {
        try note.closing(
            predictions: [Finding(clause: clause, found: 2, holds: true, run: "00000001")],
            refutations: [Finding(clause: clause, holds: false)], asked: asked, because: because,
            conclusion: conclusion, lesson: lesson, surprise: 1, next: "")
    }

    @Test func `a run that began before the note cannot test it`() throws {
        try note.checkTest(by: "00000001", started: 100)
        #expect(throws: NoteError.olderRun(note: "deadbeef", run: "00000001")) {
            try note.checkTest(by: "00000001", started: 99)
        }
    }

    @Test func `a closing keeps what was found`() throws {
        let closing = try closed()
        #expect((closing.outcome, closing.computed) == (.confirmed, .confirmed))
        #expect(
            closing.findings == [
                "predicted: a.b > 1.0: holds, 2.0 in run 00000001", "refuting: a.b > 1.0: cannot be said, ",
            ])
    }

    @Test func `no conclusion, no lesson, no end`() {
        #expect(throws: NoteError.tooShort(what: "lesson", count: 19)) { try closed(lesson: "nineteen characters") }
        #expect(throws: NoteError.tooShort(what: "conclusion", count: 1)) {
            try closed(conclusion: "   x     \n      ")
        }
    }

    @Test func `the author overrules the clauses only with a reason`() throws {
        #expect(throws: NoteError.overruled(note: "deadbeef", computed: .confirmed)) { try closed(asked: .abandoned) }
        let closing = try closed(asked: .abandoned, because: "the data was withdrawn")
        #expect((closing.outcome, closing.computed) == (.abandoned, .confirmed))
    }

    @Test func `a closed note stays as it is`() throws {
        let end = NoteEvent(note: note.uuid, at: 200, .close(try closed()))
        let record = try #require(NoteRecord(note.events + [end]))
        #expect(throws: NoteError.closed(note: "deadbeef")) { try record.checkOpen() }
    }

    @Test(arguments: [
        (
            NoteError.closed(note: "n"), "note n: it is closed and stays as it is; open another with 'bench note open'."
        ),
        (
            .olderRun(note: "n", run: "r"),
            "note n: run r began before the note was opened and cannot test its prediction; "
                + "add --exploratory to keep it as no test."
        ),
        (
            .tooShort(what: "lesson", count: 3),
            "the lesson has 3 characters; write at least 20, for who reads it in a year."
        ),
        (.overruled(note: "n", computed: .refuted), "note n: its clauses say refuted; say why not with --because."),
    ])
    func `every refusal says where, what and what to do`(_ error: NoteError, _ sentence: String) {
        #expect(error.description == sentence)
    }
}
