// The real `bench`, run as a person runs it, in a folder of its own.

import Foundation

/// What a program left behind.
struct Ended {
    let code: Int32
    /// Standard output.
    let output: String

    /// The line that says it all.
    var verdict: String { output.split(separator: "\n").last.map(String.init) ?? "" }
}

/// Runs a program to its end; what it says on standard error is left where the tests' own goes.
func run(_ program: String, _ arguments: [String], in folder: String) throws -> Ended {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Ended(code: process.terminationStatus, output: text)
}

/// A temporary folder with a database of its own; gone when the value is.
final class Workplace {
    let path: String
    /// `bench` lies where the tests were built.
    static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("bench").path

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func bench(_ arguments: String...) throws -> Ended { try bench(arguments) }

    func bench(_ arguments: [String]) throws -> Ended { try run(Self.program, arguments, in: path) }
}

/// Real data beside the repository, where it is at hand.
let sharedData = repository.deletingLastPathComponent().appendingPathComponent("shared/data").path
