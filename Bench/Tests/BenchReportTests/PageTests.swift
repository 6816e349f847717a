// The page is one file for ever the same, holds what it is given, and says nothing that markup could misread.

import BenchJudge
import BenchRecords
import Foundation
import Measurements
import Testing

@testable import BenchReport

private let history = [
    Series(
        caseID: "inr.img32.natural64.la-ginr",
        metric: Metric("psnr", .quality, unit: "dB", direction: .higherIsBetter, decimals: 2),
        points: (0..<5).map {
            Series.Point(
                run: "0000000\($0)", commit: String(repeating: "\($0)", count: 40),
                started: 1_770_000_000_000_000 + Int64($0) * 86_400_000_000, value: 30 + Double($0 % 3))
        })
]
private let files = [
    CaseFile(
        caseID: "st.snt.ft", name: "curve.tsv", mediaType: "text/tab-separated-values",
        bytes: Array("step\tst_in\n0\t1\n100\t70.5\n".utf8)),
    CaseFile(
        caseID: "st.snt.cl", name: "curve.tsv", mediaType: "text/tab-separated-values",
        bytes: Array("step\tst_in\n0\t1\n100\t60\n".utf8)),
    CaseFile(
        caseID: "pad.shift.cdc", name: "det.tsv", mediaType: "text/tab-separated-values",
        bytes: Array("BPCER\tAPCER\n0\t1\n0.1\t0.2\n1\t0\n".utf8)),
    CaseFile(caseID: "inr.a", name: "strip.png", mediaType: "image/png", bytes: [1, 2, 3]),
    CaseFile(caseID: "st.snt.ft", name: "notes.txt", mediaType: "text/plain", bytes: Array("no numbers".utf8)),
]

private func page(of run: RunRecord = changed, files: [CaseFile] = files) -> Page {
    Page(
        of: run, comparisons: [Page.Comparison("the run before", with: nightly, judge(run, against: nightly))],
        history: history, files: files)
}

@Suite struct PageTests {
    @Test func `the order in which records come does not change a byte`() {
        var reversed = changed
        reversed.cases.reverse()
        #expect(page().html() == page(of: reversed, files: files.reversed()).html())
    }

    @Test func `the verdict, every section, every figure and every picture is there`() {
        let html = page().html()
        #expect(html.contains("VERDICT worse | worse=") && html.contains(#"class="banner bad""#))
        for section in ["Against the run before", "Results", "History", "Figures", "Pictures", "Provenance"] {
            #expect(html.contains("<h2>\(section)</h2>"), "\(section)")
        }
        // One history, one learning curve of two methods, one error trade-off; and a line over the runs in the results.
        #expect(html.components(separatedBy: "<figcaption>").count - 1 == 4)
        #expect(html.contains("st.snt: st_in") && html.contains("pad.shift: error trade-off, det.tsv"))
        #expect(html.contains("data:image/png;base64,AQID") && html.contains(#"class="spark c0""#))
    }

    @Test func `nothing is fetched, and names cannot break out of the markup`() {
        var run = changed
        run.build.branch = #"<script>"&'"#
        let html = page(of: run).html()
        #expect(!html.contains(#"<script>"&'"#) && html.contains("&lt;script&gt;&quot;&amp;'"))
        for word in ["http:", "https:", "src=\"/", "@import", "url("] { #expect(!html.contains(word), "\(word)") }
    }

    @Test func `a run without past or files has no empty sections`() {
        let html = Page(of: nightly).html()
        for section in ["History", "Figures", "Pictures"] { #expect(!html.contains("<h2>\(section)</h2>")) }
        #expect(html.contains("VERDICT incomplete"))
    }
}

@Suite struct ChartTests {
    @Test(arguments: [
        ([0.0, 1], [0.0, 0.2, 0.4, 0.6, 0.8, 1], 1), ([28.7, 31.2], [28.5, 29, 29.5, 30, 30.5, 31, 31.5], 1),
        ([5.0, 5], [5.0, 5.1], 1), ([1000.0, 250], [200.0, 400, 600, 800, 1000], 0),
        ([.nan, 0.001, 0.003], [0.001, 0.0015, 0.002, 0.0025, 0.003], 4),
    ])
    func `an axis has round marks around its values`(_ values: [Double], _ marks: [Double], _ decimals: Int) {
        let axis = Chart.Axis("", around: values)
        #expect(axis.decimals == decimals)
        #expect(axis.marks.count == marks.count && zip(axis.marks, marks).allSatisfy { abs($0 - $1) < 1e-9 }, "\(axis)")
    }

    @Test func `a file that is no table of numbers draws nothing`() {
        #expect(NumberTable(Array("a\tb\n1\tx\n".utf8)) == nil)
        #expect(NumberTable(Array("a\tb\n".utf8)) == nil)
        #expect(NumberTable(Array("a\tb\n1\t2\n3\t4\n".utf8))?.rows == [[1, 2], [3, 4]])
    }
}

@Suite struct ProgramFormatTests {
    private let report = Report.compare(judge(changed, against: nightly), a: nightly, b: changed, strict: false)

    @Test func `JUnit counts what is worse, what broke and what cannot be decided, and its numbers add up`() throws {
        let text = report.junit()
        #expect(text.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"bench\" tests="))
        let failures = text.components(separatedBy: "<failure message=").count - 1
        let errors = text.components(separatedBy: "<error message=").count - 1
        #expect(failures > 0 && errors == 1)
        #expect(text.contains(#"failures="\#(failures)" errors="1""#))
        #expect(
            text.contains(
                #"name="inr.img32.natural64.la-ginr.flops"><failure message="worse; -1 from 12.3G to 12.3G"/>"#))
        #expect(text.contains(#"<error message="failed; timeout: after 472 s"/>"#))
        let run = Report.show(nightly).junit()
        #expect(run.contains(#"<testsuite name="dlg" tests="1" failures="0" errors="1" skipped="0">"#))
        #expect(run.contains(#"<skipped message="skipped: needs celeba"/>"#))
    }

    @Test func `GitHub's commands carry no line breaks and end with the verdict`() {
        let lines = report.github().split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("::error title=inr.img32.natural64.la-ginr.flops::worse; -1") })
        #expect(lines.last?.hasPrefix("VERDICT worse") == true)
        #expect(lines.dropLast().allSatisfy { $0.hasPrefix("::error ") || $0.hasPrefix("::notice ") })
    }

    @Test func `LaTeX escapes what it would read as commands`() {
        let text = Report.show(nightly).latex()
        #expect(text.contains("\\begin{tabular}{lrrrrrrr}\n\\toprule\ncase & psnr (dB) & ssim & params"))
        #expect(text.contains("la-ginr & 32.34 $\\pm$0.71 &"))
        #expect(text.contains("95 \\% interval") && !text.contains("95 % interval]"))
    }
}
