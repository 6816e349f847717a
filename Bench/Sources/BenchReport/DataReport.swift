// `bench data`: which data sets there are, where they lie, whether they are whole, and how to come by them.

internal import BenchJudge
public import BenchRecords
public import Measurements

extension Report {
    /// The sets in the order given; `isLong` adds what is known of each.
    ///
    /// Whether a set is there is told only where a folder was looked at.
    public static func dataSets(
        _ records: [DataRecord], cases: [any BenchCase], isLong: Bool, hasFolder: Bool
    ) -> Report {
        let rows = records.map { record in
            let needing = record.set.cases(among: cases)
            return Row(
                [
                    Cell(record.set.name), Cell(record.set.line), Cell(record.set.summary),
                    record.set.megabytes.map { Cell(fixed($0, 1), value: $0) } ?? .empty,
                    needing.isEmpty ? .empty : Cell("\(needing.count)", value: Double(needing.count)),
                    Cell(hasFolder ? record.folder == nil ? "absent" : "there" : ""),
                ],
                note: isLong ? record.set.facts(needing).map { "\($0.name): \($0.value)" }.joined(separator: "; ") : "")
        }
        let columns = [
            Column("set", .left), Column("line", .left), Column("what", .left), Column("size", unit: "MB"),
            Column("cases"), Column("state", .left),
        ]
        let notes = ["cases: how many need it; --data FOLDER says what is there, --long where each set comes from"]
        return Report(
            facts: [], tables: [Table(title: "data sets", columns: columns, rows: rows, notes: isLong ? [] : notes)],
            verdict: VerdictLine(
                "listed", counts: ["sets": records.count, "there": records.count { $0.folder != nil }], exit: .done))
    }

    /// One set after the attempt to fetch it; exit code 2 where it is not whole now.
    public static func dataSet(_ record: DataRecord, fetched: Int, cases: [any BenchCase]) -> Report {
        let isWhole = record.folder != nil && record.faults.isEmpty
        let known = record.set.facts(record.set.cases(among: cases)).map { Row([Cell($0.name)], note: $0.value) }
        let tables = [
            record.faults.isEmpty ? nil : faults(of: [record]),
            isWhole ? nil : Table(title: "how to come by it", columns: [Column("what", .left)], rows: known),
        ]
        return Report(
            facts: [Fact("set", record.set.name), Fact("state", record.state)], tables: tables.compactMap(\.self),
            verdict: VerdictLine(
                isWhole ? "whole" : record.folder == nil ? "absent" : "damaged",
                counts: ["fetched": fetched, "faults": record.faults.count], exit: isWhole ? .done : .incomplete))
    }

    /// What was examined, each set that is there and each that cases need; exit code 2 for a fault, or for nothing there.
    public static func dataCheck(_ records: [DataRecord], cases: [any BenchCase]) -> Report {
        let shown = records.filter { $0.folder != nil || !$0.set.cases(among: cases).isEmpty }
        let rows = shown.map { record in
            let files = record.set.files.reduce(0) { $0 + $1.count }
            return Row([
                Cell(record.set.name), Cell(record.state),
                record.folder == nil ? .empty : Cell("\(files)", value: Double(files)), Cell(record.folder ?? ""),
            ])
        }
        let columns = [Column("set", .left), Column("state", .left), Column("files"), Column("folder", .left)]
        let damaged = records.filter { !$0.faults.isEmpty }
        let there = records.count { $0.folder != nil }
        return Report(
            facts: [],
            tables: [Table(title: "examined; files is how many are known", columns: columns, rows: rows)]
                + (damaged.isEmpty ? [] : [faults(of: damaged)]),
            verdict: VerdictLine(
                damaged.isEmpty ? there > 0 ? "whole" : "absent" : "damaged",
                counts: ["sets": there, "damaged": damaged.count, "absent": shown.count - there],
                exit: damaged.isEmpty && there > 0 ? .done : .incomplete))
    }

    /// The folder of each set that is there; exit code 2 where none is.
    public static func dataPlaces(_ records: [DataRecord]) -> Report {
        let rows = records.compactMap { record in
            record.folder.map { Row([Cell(record.set.name), Cell($0)]) }
        }
        let columns = [Column("set", .left), Column("folder", .left)]
        return Report(
            facts: [], tables: rows.isEmpty ? [] : [Table(title: "folders in use", columns: columns, rows: rows)],
            verdict: VerdictLine(
                rows.isEmpty ? "absent" : "listed", counts: ["sets": rows.count],
                exit: rows.isEmpty ? .incomplete : .done))
    }

    private static func faults(of records: [DataRecord]) -> Table {
        let rows = records.flatMap { record in
            let shown = record.faults.prefix(mostFaults).map { Row([Cell(record.set.name)], note: $0) }
            let more = record.faults.count - shown.count
            return shown + (more > 0 ? [Row([Cell(record.set.name)], note: "and \(more) more")] : [])
        }
        return Table(title: "faults", columns: [Column("set", .left)], rows: rows)
    }
}

/// What is shown of one set.
private let mostFaults = 20

extension DataRecord {
    /// Of an examined set; what nothing is known of cannot be called whole.
    fileprivate var state: String {
        folder == nil ? "absent" : !faults.isEmpty ? "damaged" : set.files.isEmpty ? "there" : "whole"
    }
}

extension DataSet {
    /// The ids of the cases that need its folder.
    fileprivate func cases(among all: [any BenchCase]) -> [String] {
        all.filter { $0.dataFolders.contains(name) }.map(\.id)
    }

    fileprivate func facts(_ cases: [String]) -> [Fact] {
        [
            Fact("source", source), Fact("licence", licence), Fact("layout", layout),
            Fact("needed by", cases.isEmpty ? "no case yet" : cases.joined(separator: " ")),
        ]
    }
}
