// `bench sql`: the rows of a query, or the views that it may ask.

internal import BenchJudge
public import BenchRecords
internal import Foundation

extension Report {
    /// The rows as they came.
    public static func query(_ record: QueryRecord) -> Report {
        let table = Table("query", record)
        return Report(
            facts: [], tables: table.columns.isEmpty ? [] : [table],
            verdict: VerdictLine("listed", counts: ["rows": record.rows.count], exit: .done))
    }

    /// The documented views.
    public static func views(_ views: [ViewRecord]) -> Report {
        let rows = views.map {
            Row([Cell($0.name), Cell($0.meaning)], note: $0.columns.joined(separator: " "))
        }
        return Report(
            facts: [],
            tables: [Table(title: "views", columns: [Column("view", .left), Column("meaning", .left)], rows: rows)],
            verdict: VerdictLine("listed", counts: ["views": views.count], exit: .done))
    }
}

extension Table {
    /// The rows under their columns, names made unique; a column with a number in it lines up on the right.
    init(_ title: String, _ record: QueryRecord) {
        let columns = record.columns.indices.map { index in
            let name = record.columns[index]
            let earlier = record.columns[..<index].count { $0 == name }
            let isNumeric = record.rows.contains { $0[index].isNumber }
            return Column(earlier == 0 ? name : "\(name) (\(earlier + 1))", isNumeric ? .right : .left)
        }
        self.init(title: title, columns: columns, rows: record.rows.map { Row($0.map(\.cell)) })
    }
}

extension QueryValue {
    fileprivate var isNumber: Bool {
        switch self {
        case .integer, .real: true
        case .null, .text, .blob: false
        }
    }

    fileprivate var cell: Cell {
        switch self {
        case .null: .empty
        case .integer(let number): Cell("\(number)", value: Double(number))
        case .real(let number): Cell("\(number)", value: number)
        case .text(let text): Cell(text)
        case .blob(let bytes):
            Cell(bytes.count <= 32 ? bytes.map { String(format: "%02x", $0) }.joined() : "\(bytes.count) bytes")
        }
    }
}
