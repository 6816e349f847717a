// A project that depends on one line by path gets that line and nothing of the harness or of the other lines.

import Foundation
import Testing

@Suite struct OutsideConsumerTests {
    /// Each program, the line it uses, and what it prints.
    private static let examples = [
        (name: "FitOnePicture", line: "inr", prints: "decoded [1, 4096, 3]"),
        (name: "DrawAttacks", line: "vision-pad", prints: "E4: AUC "),
        (name: "SearchDocuments", line: "dialogue", prints: "A group of otters"),
        (name: "TranslateNumbers", line: "speechtranslation", prints: "BLEU "),
    ]

    @Test func `a package that depends on one line by path builds, runs and resolves nothing of the harness`() throws {
        // One folder for all, so that the core is built once; programs write their files there.
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("consumer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        for example in Self.examples {
            let package = repository.appendingPathComponent("Examples/\(example.name)").path
            func swift(_ verb: String, _ arguments: String...) throws -> Ended {
                let ended = try run(
                    "/usr/bin/env",
                    ["swift", verb, "--package-path", package, "--scratch-path", scratch.path] + arguments,
                    in: scratch.path)
                #expect(ended.code == 0, "\(ended.output)")
                return ended
            }
            let graph = try swift("package", "show-dependencies", "--format", "json").output.lowercased()
            #expect(graph.contains("\"tensorcore\"") && graph.contains("\"\(example.line)\""))
            let others = Self.examples.map(\.line).filter { $0 != example.line }.map { "\"\($0)\"" }
            for name in ["grdb", "argument-parser", "\"bench\""] + others {
                #expect(!graph.contains(name), "\(example.name): \(name)")
            }
            let output = try swift("run", "-j", "2").output
            #expect(output.contains(example.prints), "\(output)")
        }
    }
}
