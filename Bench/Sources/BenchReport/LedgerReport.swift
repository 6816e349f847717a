// `bench export` and `bench import`: what went from one ledger to another, and what was refused.

internal import BenchJudge
public import BenchRecords

extension Report {
    /// The runs that were exported to `folder`, to which `newLines` were new.
    public static func exported(_ runs: [RunRecord], newLines: Int, folder: String) -> Report {
        let rows = runs.map {
            Row([Cell($0.shortID), Cell($0.build.inWords), Cell(utc($0.started)), Cell("\($0.cases.count)")])
        }
        let columns = [Column("run", .left), Column("commit", .left), Column("started", .left), Column("cases")]
        return Report(
            facts: [Fact("folder", folder)], tables: [Table(title: "exported", columns: columns, rows: rows)],
            verdict: VerdictLine(
                "exported", counts: ["runs": runs.count, "new": newLines],
                run: runs.count == 1 ? runs[0].shortID : "00000000", exit: .done))
    }

    /// What an import found, or would find; `nil` if only the database was built anew.
    public static func imported(_ record: ImportRecord?, isDryRun: Bool, isRebuilt: Bool) -> Report {
        let record = record ?? ImportRecord()
        let refused = record.conflicts.count + record.damages.count
        return Report(
            facts: [Fact("files", "\(record.files)")] + (isRebuilt ? [Fact("database", "rebuilt")] : []),
            tables: [
                conflictTable(record.conflicts), sentences("lines that cannot be read", record.damages),
                sentences("to be known", record.remarks),
            ].compactMap(\.self),
            verdict: VerdictLine(
                refused > 0 ? "refused" : isDryRun ? "dry-run" : record.files == 0 ? "rebuilt" : "imported",
                counts: [
                    "new": record.newLines, "known": record.knownLines, "conflicts": record.conflicts.count,
                    "damaged": record.damages.count,
                ],
                exit: refused > 0 ? .store : .done))
    }

    /// The lines that were refused; `nil` if there are none.
    static func conflictTable(_ conflicts: [ConflictRecord]) -> Table? {
        let rows = conflicts.map {
            Row([
                Cell($0.path), Cell("\($0.line)"), Cell(String($0.keptDigest.prefix(12))),
                Cell(String($0.refusedDigest.prefix(12))),
            ])
        }
        let columns = [Column("file", .left), Column("line"), Column("kept", .left), Column("refused", .left)]
        return rows.isEmpty
            ? nil
            : Table(
                title: "conflicts: the line says something else than the known one; what was known stays",
                columns: columns, rows: rows)
    }

    static func sentences(_ title: String, _ sentences: [String]) -> Table? {
        let rows = sentences.map { Row([Cell($0)]) }
        return rows.isEmpty ? nil : Table(title: title, columns: [Column("what", .left)], rows: rows)
    }
}
