// A project that depends on one line by path gets that line and nothing of the harness.

import Foundation
import Testing

@Suite struct OutsideConsumerTests {
    @Test func `a package that depends on INR by path builds, runs and resolves neither GRDB nor ArgumentParser`() throws {
        let example = repository.appendingPathComponent("Examples/FitOnePicture")
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("consumer-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let graph = try run(["swift", "package", "--scratch-path", scratch.path, "show-dependencies", "--format", "json"], in: example)
        #expect(graph.contains("\"tensorcore\""))
        for name in ["grdb", "argument-parser", "\"bench\""] { #expect(!graph.lowercased().contains(name), "\(name)") }
        let output = try run(["swift", "run", "--scratch-path", scratch.path, "-j", "2"], in: example)
        #expect(output.contains("decoded [1, 4096, 3]"), "\(output)")
    }

    private func run(_ arguments: [String], in folder: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(arguments.joined(separator: " ")): \(text)")
        return text
    }
}
