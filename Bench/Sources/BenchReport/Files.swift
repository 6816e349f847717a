// A report as Markdown for people, and as CSV and JSON for programs; nothing is shortened in any of them.

internal import BenchJudge
internal import Foundation

extension Report {
    /// Facts, a section for each table, the verdict.
    public func markdown() -> String {
        let facts = facts.map { "**\($0.name)** \(inMarkdown($0.value))" }.joined(separator: " · ")
        let parts = [facts] + tables.map { $0.markdown() } + ["`\(verdict)`"]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    /// One line for each cell: `table,row,column,unit,value,lower,upper,text`, after RFC 4180.
    ///
    /// A row is named by its first cell. Facts and the verdict are tables of these names.
    public func csv() -> String {
        var lines = [["table", "row", "column", "unit", "value", "lower", "upper", "text"]]
        lines += facts.map { ["facts", "", $0.name, "", "", "", "", $0.value] }
        for table in tables {
            for row in table.rows {
                for (column, cell) in zip(table.columns, row.cells).dropFirst() {
                    let numbers = [cell.value, cell.interval?.lowerBound, cell.interval?.upperBound]
                    let texts = numbers.map { $0.map { "\($0)" } ?? "" }
                    lines.append([table.title, row.cells[0].text, column.name, column.unit] + texts + [cell.text])
                }
                if !row.note.isEmpty {
                    lines.append([table.title, row.cells[0].text, "note", "", "", "", "", row.note])
                }
            }
        }
        lines.append(["verdict", "", "", "", "", "", "", verdict.description])
        return lines.map { $0.map(inCSV).joined(separator: ",") + "\r\n" }.joined()
    }

    /// One object on one line, keys in order: `schema`, `facts`, `tables` (rows as objects by column name) and `verdict`.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Document(self)), as: UTF8.self) + "\n"
    }
}

extension Table {
    fileprivate func markdown() -> String {
        let hasNotes = rows.contains { !$0.note.isEmpty }
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let heads = columns.map { $0.unit.isEmpty ? $0.name : "\($0.name) (\($0.unit))" } + (hasNotes ? ["note"] : [])
        let rules = columns.map { $0.alignment == .left ? "---" : "---:" } + (hasNotes ? ["---"] : [])
        let body = rows.map { line(($0.cells.map(\.text) + (hasNotes ? [$0.note] : [])).map(inMarkdown)) }
        let table = ([line(heads.map(inMarkdown)), line(rules)] + body).joined(separator: "\n")
        return (["### \(inMarkdown(title))", table] + notes.map(inMarkdown)).joined(separator: "\n\n")
    }
}

private func inMarkdown(_ text: String) -> String {
    let special: Set<Character> = ["|", "*", "_", "<", "\\", "`"]
    return text.reduce(into: "") { $0 += (special.contains($1) ? "\\" : "") + ($1.isNewline ? " " : String($1)) }
}

private func inCSV(_ text: String) -> String {
    let needsQuotes = text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
}

/// The shape of the JSON output; fields are only ever added.
private struct Document: Encodable {
    var schema = "bench/1"
    var facts: [Fact]
    var tables: [TableDocument]
    var verdict: VerdictDocument

    struct TableDocument: Encodable {
        var title: String
        var columns: [Column]
        var rows: [[String: Cell]]
        var notes: [String]
    }

    struct VerdictDocument: Encodable {
        var word: String
        var counts: [String: Int]
        var run: String
        var exit: Int32
    }

    init(_ report: Report) {
        facts = report.facts
        tables = report.tables.map { table in
            TableDocument(
                title: table.title, columns: table.columns,
                rows: table.rows.map { row in
                    let note = row.note.isEmpty ? [] : [("note", Cell(row.note))]
                    return Dictionary(zip(table.columns.map(\.name), row.cells) + note) { first, _ in first }
                },
                notes: table.notes)
        }
        verdict = VerdictDocument(
            word: report.verdict.word,
            counts: Dictionary(report.verdict.counts.map { ($0.key, $0.value) }) { first, _ in first },
            run: report.verdict.run, exit: report.verdict.exit.rawValue)
    }
}
