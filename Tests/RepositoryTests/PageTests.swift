// The page of a real run in a real browser: it loads, logs no error, fetches nothing, and fits three widths.

import Foundation
import Testing

private let browser = "/usr/bin/chromium"

@Suite(.serialized) struct PageTests {
    private let place: Workplace

    init() throws { place = try Workplace() }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: browser), "needs Chromium; ci/setup installs it"))
    func `the page of two smoke runs works in a browser`() throws {
        for _ in 0..<2 {
            #expect(
                try place.bench("run", "inr.img32.smoke.bicubic", "inr.img32.smoke.ipc", "--threads", "1").code == 0)
        }
        #expect(try place.bench("report").verdict.hasPrefix("VERDICT identical"))
        let page = "file://\(place.path)/.bench/report.html"
        let dom = try chromium("--dump-dom", page)
        // Scripts ran to their end without an error, which the browser would have logged.
        #expect(dom.output.contains("<h2>History</h2>") && dom.output.contains("VERDICT identical"))
        #expect(!dom.errors.contains("CONSOLE"), "\(dom.errors)")
        for width in [1280, 800, 400] {
            let picture = "\(place.path)/\(width).png"
            _ = try chromium("--screenshot=\(picture)", "--window-size=\(width),1200", page)
            let size = try FileManager.default.attributesOfItem(atPath: picture)[.size] as? Int
            // An empty page of these sizes has less than 10 kB.
            #expect((size ?? 0) > 20_000, "\(width)")
        }
    }

    private func chromium(_ arguments: String...) throws -> (output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: browser)
        process.arguments =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                "--user-data-dir=\(place.path)/browser",
            ] + arguments
        let errors = place.path + "/browser.log"
        try Data().write(to: URL(fileURLWithPath: errors))
        process.standardError = FileHandle(forWritingAtPath: errors)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return (text, try String(contentsOfFile: errors, encoding: .utf8))
    }
}
