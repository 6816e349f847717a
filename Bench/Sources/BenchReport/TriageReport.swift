// `bench triage`: a week in Markdown. Model: the weekly log of rustc's performance triage.
//
// Sections without content are left out. Published values are not stored with runs, so they are not here.

public import BenchJudge
public import BenchRecords
internal import Measurements

/// A night held against the one before.
public struct NightChange: Sendable {
    /// The one before.
    public var a: RunRecord
    /// The night.
    public var b: RunRecord
    /// What changed.
    public var judgement: Judgement

    /// A night and the one before, judged.
    public init(a: RunRecord, b: RunRecord) { (self.a, self.b, judgement) = (a, b, judge(b, against: a)) }
}

/// Rows of the database about a week.
public struct WeekTables: Sendable {
    /// Tables under their titles; those without rows are not shown.
    public var tables: [(title: String, rows: QueryRecord)]
    /// What the week takes in the ledger.
    public var ledgerBytes: Int

    /// Rows about a week.
    public init(tables: [(title: String, rows: QueryRecord)], ledgerBytes: Int) {
        (self.tables, self.ledgerBytes) = (tables, ledgerBytes)
    }
}

extension Report {
    /// The week from `time.lowerBound` on (microseconds since 1970): nights with what changed, notes, tables.
    public static func triage(
        week: String, time: Range<Int64>, nights: [RunRecord], changes: [NightChange], notes: [NoteRecord],
        tables: WeekTables
    ) -> Report {
        let opened = notes.filter { time.contains($0.opened) }
        let closed = notes.filter { $0.closed.map(time.contains) ?? false }
            .sorted { ($1.closing?.surprise ?? 0, $0.uuid) < ($0.closing?.surprise ?? 0, $1.uuid) }
        let stale = notes.filter { $0.closed == nil && !time.contains($0.opened) }
        func count(_ words: String...) -> Int {
            changes.reduce(0) { sum, change in sum + words.reduce(0) { $0 + change.judgement.count($1) } }
        }
        let failed = nights.flatMap(\.cases).count { $0.state.isFailure }
        let commits = [nights.first, nights.last].compactMap { $0?.build.inWords }
        let sections = [
            changed("confirmed changes", ["worse", "better"], changes),
            changed("alarms that were not confirmed", ["unconfirmed"], changes),
            undecided(changes.last),
            opened.isEmpty ? nil : noteTable("notes opened", opened),
            closed.isEmpty ? nil : predictions(closed),
            closed.isEmpty ? nil : noteTable("lessons, the most surprising first", closed),
            stale.isEmpty ? nil : noteTable("notes still open from before", stale),
        ]
        return Report(
            facts: [
                Fact("week", week), Fact("from", String(utc(time.lowerBound).prefix(10))),
                Fact("nights", "\(nights.count)"), Fact("cases", "\(nights.reduce(0) { $0 + $1.cases.count })"),
                Fact("failures", "\(failed)"), Fact("ledger", "\(tables.ledgerBytes >> 10) KiB"),
            ] + (commits.isEmpty ? [] : [Fact("commits", commits.joined(separator: " to "))]),
            tables: sections.compactMap(\.self)
                + tables.tables.filter { !$0.rows.rows.isEmpty }.map { Table($0.title, $0.rows) },
            verdict: VerdictLine(
                nights.isEmpty && notes.isEmpty ? "quiet" : "triaged",
                counts: [
                    "nights": nights.count, "worse": count("worse"), "better": count("better"),
                    "unconf": count("unconfirmed"), "failed": failed, "opened": opened.count, "closed": closed.count,
                ],
                run: nights.last?.shortID ?? "00000000", exit: .done))
    }

    /// A row a metric and night; `later` is what the metric's last comparison of the week says.
    private static func changed(_ title: String, _ words: [String], _ changes: [NightChange]) -> Table? {
        let rows = changes.enumerated().flatMap { index, change in
            change.judgement.comparisons.filter { $0.isCounted && words.contains($0.verdict.word) }.map { item in
                let later = changes[(index + 1)...].last.flatMap { next in
                    next.judgement.comparisons.first { $0.name == item.name }?.verdict.word
                }
                let interval = item.evidence?.interval.map { signed($0, item.metric?.decimals ?? 0) }
                return Row([
                    Cell(item.name), Cell(item.verdict.word), item.changeCell, Cell(interval ?? ""),
                    Cell("\(change.a.build.commit.prefix(8))..\(change.b.build.commit.prefix(8))"),
                    Cell(String(utc(change.b.started).prefix(10))), Cell(later ?? ""),
                ])
            }
        }
        let columns = [
            Column("case.metric", .left), Column("verdict", .left), Column("change"), Column("95 % interval"),
            Column("commits", .left), Column("night", .left), Column("later", .left),
        ]
        return rows.isEmpty ? nil : Table(title: title, columns: columns, rows: rows)
    }

    /// What the last night could not decide, and what would.
    private static func undecided(_ change: NightChange?) -> Table? {
        let items = (change?.judgement.comparisons ?? []).filter {
            $0.isCounted && ["missing", "underpowered"].contains($0.verdict.word)
        }
        let rows = items.map { Row([Cell($0.name), Cell($0.verdict.word)], note: $0.note) }
        return rows.isEmpty
            ? nil
            : Table(
                title: "missing and underpowered in the last night",
                columns: [Column("case.metric", .left), Column("verdict", .left)], rows: rows)
    }

    private static func predictions(_ notes: [NoteRecord]) -> Table {
        let rows = notes.map { note in
            Row(
                [Cell(note.shortID), Cell(note.opening.title), Cell(note.state)],
                note: note.closing?.findings.joined(separator: "; ") ?? "")
        }
        let columns = ["note", "title", "outcome"].map { Column($0, .left) }
        return Table(title: "predictions against outcomes", columns: columns, rows: rows)
    }
}
