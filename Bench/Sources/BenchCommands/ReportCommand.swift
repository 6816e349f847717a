// bench report

internal import ArgumentParser
internal import BenchJudge
internal import BenchRecords
internal import BenchReport
internal import BenchStore
internal import Foundation
internal import Measurements

struct ReportCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Writes one run as a page, or as files for other programs.",
        discussion: """
            bench report                               .bench/report.html of the latest run
            bench report HEAD --against main           what changed is the first section
            bench report --junit night.xml --md night.md

            The page holds everything and needs no network. Without --against the run is
            held against the last complete one of its kind, machine and seed, and against
            the pinned baseline.
            """)

    @Argument(help: "The run.") var run = "@last"
    @Option(help: "A run to hold it against; may be given several times, the first decides the verdict.")
    var against: [String] = []
    @Option(help: "One HTML file with figures and pictures. (default: report.html beside the database)")
    var html: String?
    @Option(help: "What changed, or the run's tables, as Markdown.") var md: String?
    @Option(help: "The same as CSV.") var csv: String?
    @Option(help: "The same as JSON.") var json: String?
    @Option(help: "The same as JUnit's XML.") var junit: String?
    @Option(help: "The same as LaTeX tables.") var latex: String?
    @Option(help: "How many runs the history shows.") var last = 60
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard last > 0 else { throw ValidationError("--last \(last): give 1 or more runs.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let opened = try store.opened()
        let new = try storedRun(run, [], in: opened)
        var references = try against.map { (title: $0, run: try storedRun($0, [], in: opened)) }
        if references.isEmpty {
            references = try opened.run(before: new).map { [("the run before", $0)] } ?? []
            if let pin = try opened.pins(named: "main").first, pin.run != new.uuid {
                references.append(("the baseline", try opened.run(pin.run)))
            }
        }
        let floors = try opened.floors()
        let comparisons = references.map {
            Page.Comparison($0.title, with: $0.run, judge(new, against: $0.run, floors: floors))
        }
        let report =
            comparisons.first.map { Report.compare($0.judgement, a: $0.reference, b: new, strict: false) }
            ?? .show(new)
        let texts: [(String?, () throws -> String)] = [
            (md, report.markdown), (csv, report.csv), (json, report.json), (junit, report.junit),
            (latex, report.latex),
        ]
        for case (let path?, let text) in texts { try writeReport(try text(), to: path) }
        if html != nil || texts.allSatisfy({ $0.0 == nil }) {
            let files = try new.cases.flatMap { item in
                try opened.artefacts(of: item.id, in: new.uuid).map {
                    CaseFile(caseID: item.id, name: $0.name, mediaType: $0.mediaType, bytes: $0.bytes)
                }
            }
            let notes = try opened.notes()
            let page = Page(
                of: new, comparisons: comparisons, history: try opened.series(upTo: new, last: last), files: files,
                appendix: [("The best so far", try best(before: new, floors, in: opened))]
                    + (notes.isEmpty ? [] : [("Notebook", .notes(notes))]))
            let beside = URL(fileURLWithPath: store.path).deletingLastPathComponent().appendingPathComponent(
                "report.html")
            try writeReport(page.html(), to: html ?? beside.path)
        }
        print(report.verdict)
        return report.verdict.exit.rawValue
    }

    private func best(before run: RunRecord, _ floors: [NoiseFloor], in store: RunStore) throws -> Report {
        let names = try store.bestRuns(before: run)
        var runs: [String: RunRecord] = [:]
        for uuid in Set(names.values) { runs[uuid] = try store.run(uuid) }
        let references = names.compactMapValues { runs[$0] }
        return .best(judge(run, againstEach: references, floors: floors), references)
    }
}
