// A project that depends on one line by path gets that line and nothing of the harness.

import Foundation
import Testing

@Suite struct OutsideConsumerTests {
    @Test func `a package that depends on INR by path builds, runs and resolves nothing of the harness`() throws {
        let example = repository.appendingPathComponent("Examples/FitOnePicture").path
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("consumer-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        func swift(_ arguments: String...) throws -> Ended {
            let (verb, rest) = (arguments[0], arguments.dropFirst())
            let ended = try run("/usr/bin/env", ["swift", verb, "--scratch-path", scratch.path] + rest, in: example)
            #expect(ended.code == 0, "\(ended.output)")
            return ended
        }
        let graph = try swift("package", "show-dependencies", "--format", "json").output.lowercased()
        #expect(graph.contains("\"tensorcore\""))
        for name in ["grdb", "argument-parser", "\"bench\""] { #expect(!graph.contains(name), "\(name)") }
        let output = try swift("run", "-j", "2").output
        #expect(output.contains("decoded [1, 4096, 3]"), "\(output)")
    }
}
