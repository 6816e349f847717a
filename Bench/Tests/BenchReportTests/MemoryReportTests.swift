// The week, the examination and the queries as reports.

import BenchJudge
import BenchRecords
import Foundation
import Testing

@testable import BenchReport

@Suite struct TriageReportTests {
    private let week: Range<Int64> = 1_770_700_000_000_000..<1_771_300_000_000_000

    private func note(_ number: Int, surprise: Int?, title: String) -> NoteRecord? {
        let opening = NoteOpening(
            title: title, question: "q", hypothesis: "h", prediction: "a.b > 1", refutation: "a.b < 1", design: "",
            commit: "c")
        let uuid = "018f0000-0000-7000-8000-00000000000\(number)"
        var events = [NoteEvent(note: uuid, at: week.lowerBound, .open(opening, digest: "d"))]
        if let surprise {
            let closing = NoteClosing(
                outcome: .refuted, computed: .refuted, because: "", findings: ["predicted: a.b > 1.0: does not hold"],
                conclusion: "It is not so.", lesson: "Lesson of \(title).", surprise: surprise, next: "")
            events.append(NoteEvent(note: uuid, at: week.lowerBound + 5, .close(closing)))
        }
        return NoteRecord(events)
    }

    @Test func `a week tells what changed, what is undecided and what was learnt, the most surprising first`() {
        let notes = [
            note(1, surprise: 0, title: "Expected"), note(2, surprise: 3, title: "Upside down"),
            note(3, surprise: nil, title: "Open"),
        ].compactMap(\.self)
        let rows = QueryRecord(columns: ["case", "mean_s"], rows: [[.text("inr.a"), .real(2.5)]])
        let report = Report.triage(
            week: "2026-W07", time: week, nights: [changed], changes: [NightChange(a: nightly, b: changed)],
            notes: notes,
            tables: WeekTables(
                tables: [("slowest cases", rows), ("flaky metrics", QueryRecord(columns: ["x"], rows: []))],
                ledgerBytes: 2048))
        let text = report.markdown()
        let titles = text.split(separator: "\n").filter { $0.hasPrefix("### ") }.map { String($0.dropFirst(4)) }
        #expect(
            titles == [
                "confirmed changes", "alarms that were not confirmed",
                "missing and underpowered in the last night", "notes opened",
                "predictions against outcomes", "lessons, the most surprising first", "slowest cases",
            ])
        #expect(text.contains("| inr.img32.natural64.la-ginr.flops | worse | -1 |"))
        #expect(text.contains("| [-1.05, -0.92] | 5c1e90ab..5c1e90ab | 2026-02-11 |"))
        let lessons = text.components(separatedBy: "### lessons")[1]
        let order = ["Lesson of Upside down.", "Lesson of Expected."].compactMap { lessons.range(of: $0)?.lowerBound }
        #expect(order.count == 2 && order[0] < order[1])
        #expect(report.verdict.description.hasPrefix("VERDICT triaged | nights=1 worse="))
        #expect(report.text().split(separator: "\n").dropLast().map(\.count).max() ?? 0 <= 100)
        #expect(text == report.markdown())
    }

    @Test func `nothing happened is said so`() {
        let report = Report.triage(
            week: "2026-W07", time: week, nights: [], changes: [], notes: [],
            tables: WeekTables(tables: [], ledgerBytes: 0))
        #expect(report.tables.isEmpty)
        #expect(report.verdict.word == "quiet")
    }
}

@Suite struct ExaminationReportTests {
    @Test func `the bad comes first and decides the code`() {
        let checks = [
            CheckRecord("load", .fine, "0.10"), CheckRecord("ledger", .bad, "line 3 was changed"),
            CheckRecord("disk", .warning, "100 MiB free"),
        ]
        #expect(
            Report.doctor(checks).text() == """
                examined
                what    state
                ledger  bad
                    (line 3 was changed)
                disk    warning
                    (100 MiB free)
                load    fine
                    (0.10)

                VERDICT bad | fine=1 warnings=1 bad=1 | run=00000000 | exit=4

                """)
        #expect(Report.doctor([checks[0]]).verdict.exit == .done)
    }
}

@Suite struct QueryReportTests {
    @Test func `values of every kind are shown, and equal names told apart`() {
        let record = QueryRecord(
            columns: ["n", "n", "b"],
            rows: [
                [.integer(9_007_199_254_740_993), .real(0.1), .blob([0, 255])],
                [.null, .text("x"), .blob([UInt8](repeating: 1, count: 40))],
            ])
        #expect(
            Report.query(record).text() == """
                query
                               n  n (2)  b
                9007199254740993    0.1  00ff
                                      x  40 bytes

                VERDICT listed | rows=2 | run=00000000 | exit=0

                """)
    }
}
