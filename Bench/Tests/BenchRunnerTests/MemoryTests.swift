// The memory of the work from outside: ledgers that travel, notes that bind, queries, weeks, examinations.

import BenchRecords
import BenchStore
import Foundation
import Testing

extension Ended {
    /// Columns of the longest line but the last, which scripts read.
    fileprivate var width: Int {
        let lines: [Substring] = output.split(separator: "\n")
        return lines.dropLast().reduce(0) { max($0, $1.count) }
    }
}

@Suite struct LedgerCommandTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    /// What every report says about the two latest runs.
    private func reports(_ place: Workplace) throws -> [String] {
        var texts: [String] = []
        for format in ["text", "md", "csv", "json"] {
            for verb in [["show", "@last~1", "--provenance"], ["show", "@last"], ["compare", "@last~1", "@last"]] {
                texts.append(try place.ended(try place.started(verb + ["--format", format])).output)
            }
        }
        return texts
    }

    @Test func `a rebuilt store and one that imported say the same in every format`() throws {
        for seed in ["1", "1"] {
            #expect(try place.run("run", "good.smoke", "good.nan", "bad.throw", "--seed", seed).code == 2)
        }
        let before = try reports(place)
        #expect(before.allSatisfy { $0.contains("good") })
        #expect(try place.run("import", "--rebuild").lastLine.hasPrefix("VERDICT rebuilt | "))
        #expect(try reports(place) == before)

        let exported = try place.run("export", "@last~1", "@last", "--to", "out")
        #expect(exported.lastLine == "VERDICT exported | runs=2 new=16 | run=00000000 | exit=0", "\(exported.output)")
        let other = try Workplace()
        let imported = try other.run("import", place.path + "/out")
        #expect(imported.lastLine == "VERDICT imported | new=16 known=0 conflicts=0 damaged=0 | run=00000000 | exit=0")
        #expect(try reports(other) == before)
        #expect(try other.run("import", place.path + "/out").lastLine.contains("new=0 known=16"))
    }

    @Test func `a changed line is refused with 4, and told by doctor until a rebuild`() throws {
        #expect(try place.run("run", "good.smoke").code == 0)
        #expect(try place.run("export", "@last", "--to", "out").code == 0)
        let name = try #require(
            FileManager.default.subpathsOfDirectory(atPath: place.path + "/out").first { $0.hasSuffix("ndjson") })
        let file = URL(fileURLWithPath: "\(place.path)/out/\(name)")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing("\"complete\"", with: "\"partial\"").write(to: file, atomically: true, encoding: .utf8)
        let refused = try place.run("import", "out")
        #expect(refused.code == 4)
        #expect(refused.lastLine.hasPrefix("VERDICT refused | new=0 known=3 conflicts=1 damaged=0 "))
        #expect(place.latest?.status == .complete)
        #expect(try place.run("doctor").lastLine.hasSuffix("bad=1 | run=00000000 | exit=4"))
        #expect(try place.run("doctor", "--fix").lastLine.hasSuffix("bad=0 | run=00000000 | exit=0"))
    }

    @Test func `a ledger elsewhere is written there`() throws {
        #expect(try place.run("run", "good.smoke", "--ledger", "texts").code == 0)
        let files = try FileManager.default.subpathsOfDirectory(atPath: place.path + "/texts")
        #expect(files.count { $0.hasSuffix(".ndjson") } == 1)
        #expect(!FileManager.default.fileExists(atPath: place.path + "/.bench/ledger"))
    }
}

@Suite struct NoteCommandTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    private func opened(_ title: String, predict: String, refute: String) throws -> (note: String, ended: Ended) {
        let ended = try place.run(
            "note", "open", title, "--question", "Does the seed matter?", "--hypothesis", "It does not.", "--predict",
            predict, "--refute", refute)
        #expect(ended.code == 0, "\(ended.errors)")
        return (String(try #require(ended.lastLine.firstMatch(of: #/run=([0-9a-f]{8})/#)).output.1), ended)
    }

    @Test func `an experiment from its prediction to its lesson, and the next one is told of it`() throws {
        #expect(try place.run("run", "good.smoke").code == 0)
        let (note, _) = try opened(
            "Seeds of the smoke case", predict: "good.smoke.count == 0 vs @last~1 and good.smoke.count > 3",
            refute: "good.smoke.count < 4")
        #expect(try place.run("run", "good.smoke", "--note", note).code == 0)
        #expect(place.latest?.note?.hasSuffix(note) == true)
        #expect(try place.run("note", "add", note, "Costs are as before.").code == 0)
        let short = try place.run("note", "close", note, "--conclusion", "The count is the same.", "--lesson", "none")
        #expect(short.code == 64)
        #expect(short.errors.hasPrefix("bench: the lesson has 4 characters; write at least 20"))
        let ended = try place.run(
            "note", "close", note, "--conclusion", "The count is the same.", "--lesson",
            "Counts do not depend on the seed.")
        #expect(ended.lastLine == "VERDICT confirmed | runs=1 events=3 | run=\(note) | exit=0", "\(ended.output)")
        #expect(ended.width <= 100)
        #expect(try place.run("note", "add", note, "too late").code == 64)
        #expect(try place.run("run", "good.smoke", "--note", note).code == 64)
        let (_, next) = try opened("Seeds again", predict: "good.smoke.count > 3", refute: "good.smoke.count < 4")
        #expect(next.lastLine.hasPrefix("VERDICT opened | lessons=1 "))
        #expect(next.output.contains("(Counts do not depend on the seed.)"))
        #expect(try place.run("note", "search", "depend", "seed").lastLine.hasPrefix("VERDICT listed | notes=1 "))
        #expect(try place.run("note", "list", "--open").lastLine.hasPrefix("VERDICT listed | notes=1 open=1 "))
        let week = try place.run("triage", "--out", "week.md")
        #expect(week.lastLine.contains("opened=2 closed=1"), "\(week.output)")
        let text = try String(contentsOfFile: place.path + "/week.md", encoding: .utf8)
        #expect(text.contains("### lessons, the most surprising first"))
        #expect(text.contains("Counts do not depend on the seed."))
        #expect(!text.contains("### confirmed changes"))
    }

    @Test func `results from before a note test nothing, and a prediction changed after data shows it`() throws {
        #expect(try place.run("run", "good.smoke").code == 0)
        let (note, _) = try opened("Late", predict: "good.smoke.count > 3", refute: "good.smoke.count < 4")
        let older = try place.run("note", "add", note, "--run", "@last")
        #expect(older.code == 64)
        #expect(older.errors.contains("began before the note was opened and cannot test its prediction"))
        #expect(try place.run("note", "add", note, "--run", "@last", "--exploratory").code == 0)
        let amended = try place.run("note", "add", note, "--predict", "good.smoke.count > 2")
        #expect(amended.output.contains("amended after seeing data"))
        let ended = try place.run(
            "note", "close", note, "--conclusion", "There was no run after it.", "--lesson",
            "Open the note before the run.")
        #expect(ended.lastLine.hasPrefix("VERDICT inconclusive "))
        #expect(ended.output.contains("cannot be said, no complete run of it is bound to the note"))
    }

    @Test func `an unfinished run from before a note is not taken up for it`() throws {
        let process = try place.started(["run", "good.steps"])
        try place.wait { $0.cases[0].state == .running }
        process.terminate()
        #expect(try place.ended(process).code == 143)
        let (note, _) = try opened("Steps", predict: "good.steps.count > 3", refute: "good.steps.count < 4")
        let before = try #require(place.latest)
        #expect(try place.run("run", "good.steps", "--note", note).code == 0)
        #expect(place.latest?.uuid != before.uuid)
        #expect(place.latest?.note?.hasSuffix(note) == true)
    }

    @Test func `a clause about a case that does not exist is refused with the nearest`() throws {
        let ended = try place.run(
            "note", "open", "t", "--question", "q", "--hypothesis", "h", "--predict", "good.smoek.count > 1",
            "--refute", "good.smoke.count < 1")
        #expect(ended.code == 2)
        #expect(ended.errors.contains("did you mean 'good.smoke'?"))
    }
}

@Suite struct QueryCommandTests {
    let place: Workplace

    init() throws {
        place = try Workplace()
        #expect(try place.run("run", "good.smoke", "good.nan").code == 0)
    }

    @Test func `every documented view answers`() throws {
        let views = try place.run("sql")
        #expect(views.lastLine == "VERDICT listed | views=7 | run=00000000 | exit=0")
        for view in ["v_latest", "v_history", "v_compare", "v_scores", "v_cost", "v_notes", "v_flaky"] {
            #expect(views.output.contains(view))
            let ended = try place.run("sql", "SELECT * FROM \(view)")
            #expect(ended.code == 0, "\(ended.errors)")
            #expect(ended.width <= 100)
        }
    }

    @Test func `scores come item by item, and what is no number is null`() throws {
        let ended = try place.run(
            "sql", "SELECT item, item_group, score FROM v_scores WHERE case_id = 'good.nan' ORDER BY item_group",
            "--csv")
        #expect(ended.output.contains("query,item-0,item_group,,0.0,,,0\r\n"), "\(ended.output)")
        #expect(ended.output.contains("query,item-4,score,,,,,\r\n"))
        #expect(ended.output.contains("VERDICT listed | rows=5 |"))
    }

    @Test(arguments: [
        ("DELETE FROM run", "bench: query: the statement would write; 'bench sql' without a query shows the views.\n"),
        (
            "SELECT nobody FROM run",
            "bench: query: no such column: nobody; 'bench sql' without a query shows the views.\n"
        ),
        ("SELECT 1; SELECT 2", nil),
    ])
    func `what cannot be asked is refused with 64`(_ query: String, _ sentence: String?) throws {
        let ended = try place.run("sql", query)
        #expect(ended.code == 64)
        if let sentence { #expect(ended.errors == sentence) }
        #expect(place.latest?.status == .complete)
    }

    @Test func `a week begins on Monday, in UTC, and only weeks of the calendar are taken`() throws {
        let week = try place.run("triage", "--week", "2026-W07")
        #expect(week.code == 0)
        #expect(week.output.hasPrefix("week 2026-W07   from 2026-02-09   nights 0"), "\(week.output)")
        #expect(week.lastLine.hasPrefix("VERDICT quiet | nights=0 "))
    }

    @Test func `a query may come from a file`() throws {
        try Data("SELECT count(*) AS runs FROM run\n".utf8).write(to: URL(fileURLWithPath: place.path + "/q.sql"))
        #expect(try place.run("sql", "--file", "q.sql", "--json").output.contains(#""text":"1""#))
        #expect(try place.run("sql", "--file", "absent.sql").code == 64)
    }
}
