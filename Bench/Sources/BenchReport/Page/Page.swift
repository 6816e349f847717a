// The morning's page: everything that a run, its past and its files say, in one HTML file that needs no network.
//
// The same records give the same bytes: no clock, host or path enters, and every list has an order of its own.

public import BenchJudge
public import BenchRecords
internal import Foundation
internal import Measurements

/// A file that a case kept beside its values.
public struct CaseFile: Sendable, Equatable {
    /// The case's dotted name.
    public var caseID: String
    /// The file's name.
    public var name: String
    /// For example `image/png`.
    public var mediaType: String
    /// The content.
    public var bytes: [UInt8]

    /// A file from its parts.
    public init(caseID: String, name: String, mediaType: String, bytes: [UInt8]) {
        (self.caseID, self.name, self.mediaType, self.bytes) = (caseID, name, mediaType, bytes)
    }
}

/// What the page is made of.
public struct Page: Sendable {
    /// A run that this one was held against, and what was found.
    public struct Comparison: Sendable {
        /// What the reference is to the run: `the night before`, `the baseline`.
        public var title: String
        /// The reference.
        public var reference: RunRecord
        /// What was found.
        public var judgement: Judgement

        /// A comparison from its parts.
        public init(_ title: String, with reference: RunRecord, _ judgement: Judgement) {
            (self.title, self.reference, self.judgement) = (title, reference, judgement)
        }
    }

    /// The run.
    public var run: RunRecord
    /// The most telling one first; its verdict is the page's banner.
    public var comparisons: [Comparison]
    /// By case and metric.
    public var history: [Series]
    /// Of the run's cases.
    public var files: [CaseFile]
    /// Further sections that others have made, such as the notebook: title and tables.
    public var appendix: [(title: String, report: Report)]

    /// A page from its parts.
    public init(
        of run: RunRecord, comparisons: [Comparison] = [], history: [Series] = [], files: [CaseFile] = [],
        appendix: [(title: String, report: Report)] = []
    ) {
        self.run = run
        self.comparisons = comparisons
        self.history = history
        self.files = files.sorted { ($0.caseID, $0.name) < ($1.caseID, $1.name) }
        self.appendix = appendix
    }

    /// The verdict that the banner and the last line of `bench report` repeat.
    public var verdict: VerdictLine {
        comparisons.first.map { $0.judgement.verdictLine(strict: false) } ?? run.verdictLine(worse: 0)
    }

    /// The whole document.
    public func html() -> String {
        let shown = Report.show(run, withProvenance: true)
        let results = shown.tables.filter { !$0.title.hasPrefix("provenance") }
        let origins = shown.tables.filter { $0.title.hasPrefix("provenance") }
        var sections: [(title: String, content: String)] = comparisons.map { item in
            let report = Report.compare(item.judgement, a: item.reference, b: run, strict: false)
            return ("Against \(item.title)", report.facts.html + report.tables.map { $0.html() }.joined())
        }
        sections.append(("Results", results.map { $0.html(sparklines: sparklines) }.joined()))
        sections += [("History", historySection), ("Figures", figureSection), ("Pictures", pictureSection)]
        sections += appendix.map { ($0.title, $0.report.tables.map { $0.html() }.joined()) }
        sections.append(("Provenance", origins.map { folded($0.title, $0.html()) }.joined()))
        let filled = sections.filter { !$0.content.isEmpty }
        let links = filled.map { element("a", ##"href="#\##(anchor($0.title))""##, escaped($0.title)) }
        let body =
            element("header", "", element("h1", "", "bench") + banner + shown.facts.html)
            + element("nav", #"aria-label="Sections""#, links.joined(separator: " ") + Self.filter)
            + element(
                "main", "",
                filled.map {
                    element(
                        "section", #"id="\#(anchor($0.title))""#, element("h2", "", escaped($0.title)) + $0.content)
                }.joined(separator: "\n"))
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>bench \(escaped(run.shortID)): \(escaped(verdict.word))</title>
            <style>\(Self.style)</style></head>
            <body>\(body)
            <script>\(Self.script)</script></body></html>

            """
    }

    private var banner: String {
        let tone = verdict.exit == .done ? "good" : verdict.exit == .worse ? "bad" : "unsure"
        return element("p", #"class="banner \#(tone)""#, escaped(verdict.description))
    }

    /// A small line over the runs for each case, drawn from the first metric it has a history of.
    private var sparklines: [String: String] {
        let lines = history.filter { $0.points.count > 1 && $0.metric.metricClass == .quality }
        return Dictionary(lines.map { ($0.caseID, $0.sparkline) }) { first, _ in first }
    }

    private var historySection: String {
        let charts = history.compactMap { series in series.chart().map { (series, $0) } }
        let cases = charts.reduce(into: [String]()) { if $0.last != $1.0.caseID { $0.append($1.0.caseID) } }
        return cases.map { id in
            folded(
                id,
                charts.filter { $0.0.caseID == id }.map { $0.1.figure() }.joined(separator: "\n"))
        }.joined(separator: "\n")
    }

    private var figureSection: String {
        let tables = files.compactMap { file in NumberTable(file.bytes).map { (file: file, table: $0) } }
        let families = Set(tables.map { caseFamily($0.file.caseID) }).sorted()
        return families.flatMap { family in
            let mine = tables.filter { caseFamily($0.file.caseID) == family }
            func named(_ name: String) -> [(name: String, table: NumberTable)] {
                mine.filter { $0.file.name == name }.map {
                    (String($0.file.caseID.dropFirst(family.count + 1)), $0.table)
                }
            }
            let curves = named("curve.tsv")
            let charts =
                [chart("\(family): frontier", named("frontier.tsv"), x: 0, y: 1)]
                + (curves.first?.table.columns ?? []).enumerated().dropFirst().map { column, name in
                    chart("\(family): \(name)", curves.filter { $0.table.columns.count > column }, x: 0, y: column)
                }
            let tradeOffs = Set(mine.map(\.file.name)).filter { $0.hasPrefix("det") }.sorted().map { name in
                errorTradeOff("\(family): error trade-off, \(name)", named(name))
            }
            return (charts + tradeOffs).compactMap { $0?.figure() }
        }.joined(separator: "\n")
    }

    private var pictureSection: String {
        files.filter { $0.mediaType.hasPrefix("image/") }.map { file in
            let source = "data:\(file.mediaType);base64,\(Data(file.bytes).base64EncodedString())"
            let name = escaped("\(file.caseID): \(file.name)")
            return element(
                "figure", "", #"<img alt="\#(name)" src="\#(source)">"# + element("figcaption", "", name))
        }.joined(separator: "\n")
    }
}

private func folded(_ title: String, _ content: String) -> String {
    element("details", "", element("summary", "", escaped(title)) + content)
}

extension [Fact] {
    fileprivate var html: String {
        isEmpty
            ? ""
            : element(
                "dl", "",
                map { element("div", "", element("dt", "", escaped($0.name)) + element("dd", "", escaped($0.value))) }
                    .joined())
    }
}

extension Table {
    /// The table, with a line over the runs behind each row that has one by its first cell.
    fileprivate func html(sparklines: [String: String] = [:]) -> String {
        let family = title.split(separator: " ").first.map { $0 + "." } ?? ""
        let lines = rows.map { row in row.cells.first.flatMap { sparklines[family + $0.text] } }
        let hasLines = lines.contains { $0 != nil }
        let heads =
            columns.map { column in
                let unit = column.unit.isEmpty ? "" : " " + element("small", "", escaped(column.unit))
                let name = element("button", #"type="button""#, escaped(column.name)) + unit
                return element("th", #"scope="col" class="\#(column.alignment.rawValue)""#, name)
            } + (hasLines ? [element("th", #"scope="col""#, "runs")] : [])
        let body = zip(rows, lines).map { row, line in
            let cells =
                zip(columns, row.cells).map { column, cell in
                    let value = cell.value.map { #" data-value="\#($0)""# } ?? ""
                    return element("td", #"class="\#(column.alignment.rawValue)"\#(value)"#, escaped(cell.text))
                } + (hasLines ? [element("td", "", line ?? "")] : [])
            let note =
                row.note.isEmpty
                ? ""
                : element(
                    "tr", #"class="note""#, element("td", #"colspan="\#(heads.count)""#, escaped(row.note)))
            return element("tr", "", cells.joined()) + note
        }
        let table = element(
            "table", "",
            element("caption", "", escaped(title)) + element("thead", "", element("tr", "", heads.joined()))
                + element("tbody", "", body.joined(separator: "\n")))
        return element("div", #"class="wide""#, table) + notes.map { element("p", "", escaped($0)) }.joined()
    }
}
