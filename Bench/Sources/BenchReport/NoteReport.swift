// `bench note`: one experiment, or a list of them.

internal import BenchJudge
public import BenchRecords

extension Report {
    /// A note that was just opened, with the lessons of earlier ones that are about something similar.
    public static func opened(_ note: NoteRecord, near lessons: [NoteRecord]) -> Report {
        var report = Report.note(note, runs: [])
        if !lessons.isEmpty { report.tables.append(noteTable("what was learnt before", lessons)) }
        report.verdict = VerdictLine("opened", counts: ["lessons": lessons.count], run: note.shortID, exit: .done)
        return report
    }

    /// One note with all that happened to it; `runs` are those bound to it.
    public static func note(_ note: NoteRecord, runs: [(run: RunRecord, isExploratory: Bool)]) -> Report {
        let (opening, expectation) = (note.opening, note.expectation)
        var texts = [
            ("question", opening.question), ("hypothesis", opening.hypothesis), ("design", opening.design),
            ("prediction", expectation.prediction), ("refutation", expectation.refutation),
        ]
        if let closing = note.closing {
            texts += closing.findings.map { ("finding", $0) }
            texts += [
                ("outcome", closing.inWords), ("conclusion", closing.conclusion), ("lesson", closing.lesson),
                ("next", closing.next),
            ]
        }
        let rows = texts.filter { !$0.1.isEmpty }.map { Row([Cell($0.0)], note: $0.1) }
        let events = note.events.map { Row([Cell(utc($0.at)), Cell($0.change.kind)], note: $0.change.inWords) }
        let bound = runs.map {
            Row([
                Cell($0.run.shortID), Cell($0.run.build.inWords), Cell(utc($0.run.started)),
                Cell($0.run.status.rawValue), Cell($0.isExploratory ? "no, exploratory" : "yes"),
            ])
        }
        let columns = ["run", "commit", "started", "status", "a test"].map { Column($0, .left) }
        return Report(
            facts: [
                Fact("note", note.shortID), Fact("title", opening.title), Fact("state", note.state),
                Fact("opened", utc(note.opened) + " UTC"), Fact("commit", String(opening.commit.prefix(8))),
                Fact("prediction", String(note.digest.prefix(12))),
            ] + (note.isAmendedAfterData ? [Fact("prediction", "amended after seeing data")] : []),
            tables: [Table(title: "experiment", columns: [Column("part", .left)], rows: rows)]
                + (bound.isEmpty ? [] : [Table(title: "runs", columns: columns, rows: bound)])
                + [Table(title: "events", columns: [Column("time", .left), Column("what", .left)], rows: events)],
            verdict: VerdictLine(
                note.state, counts: ["runs": runs.count, "events": note.events.count], run: note.shortID, exit: .done))
    }

    /// Notes with their outcomes and lessons; nothing found is no success.
    public static func notes(_ notes: [NoteRecord]) -> Report {
        let open = notes.count { $0.closed == nil }
        return Report(
            facts: [], tables: notes.isEmpty ? [] : [noteTable("notes", notes)],
            verdict: VerdictLine(
                notes.isEmpty ? "missing" : "listed", counts: ["notes": notes.count, "open": open],
                exit: notes.isEmpty ? .incomplete : .done))
    }

    /// A row a note; below it the lesson, or the prediction while there is none.
    static func noteTable(_ title: String, _ notes: [NoteRecord]) -> Table {
        let rows = notes.map { note in
            let mark = note.isAmendedAfterData ? "; amended after seeing data" : ""
            return Row(
                [Cell(note.shortID), Cell(utc(note.opened)), Cell(note.state + mark), Cell(note.opening.title)],
                note: note.closing?.lesson ?? note.expectation.prediction)
        }
        let columns = ["note", "opened", "state", "title"].map { Column($0, .left) }
        return Table(title: title, columns: columns, rows: rows)
    }
}

extension NoteRecord {
    /// `open`, or the outcome.
    var state: String { closing?.outcome.rawValue ?? "open" }
}

extension NoteClosing {
    fileprivate var inWords: String {
        let overruled = outcome == computed ? "" : ", while the clauses say \(computed.rawValue): \(because)"
        return "\(outcome.rawValue)\(overruled); surprise \(surprise) of 3"
    }
}

extension NoteChange {
    fileprivate var inWords: String {
        switch self {
        case .open(_, let digest): "prediction \(digest.prefix(12))"
        case .add(let text, _): text
        case .link(let run, let isExploratory):
            "run \(run.filter { $0 != "-" }.suffix(8))\(isExploratory ? ", exploratory: no test" : "")"
        case .amend(let prediction, let refutation, let digest, let isAfterData):
            "prediction \(digest.prefix(12))\(isAfterData ? ", amended after seeing data" : ""): "
                + "\(prediction); refuted by \(refutation)"
        case .close(let closing): closing.inWords
        }
    }
}
