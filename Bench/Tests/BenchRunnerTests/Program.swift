// The fixture program as a person would use it, in a folder of its own.

import BenchRecords
import BenchStore
import Foundation
import Testing

/// Crashes are wanted here, and the runtime's account of each would cost most of the tests' time.
let quietEnvironment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { _, ours in ours }

/// What a program left behind.
struct Ended {
    var code: Int32
    var output: String
    var errors: String

    var lastLine: String { output.split(separator: "\n").last.map(String.init) ?? "" }
}

/// A temporary folder in which the fixture runs; gone when the value is.
final class Workplace: Sendable {
    let path: String
    static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("bench-fixture").path

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("runner-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/.bench/bench.sqlite" }

    func started(
        _ arguments: [String], program: String = Workplace.program, name: String = "out",
        environment: [String: String] = [:]
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.environment = quietEnvironment.merging(environment) { _, ours in ours }
        for (stream, keyPath) in [("output", \Process.standardOutput), ("errors", \Process.standardError)] {
            let file = "\(path)/\(name).\(stream)"
            try Data().write(to: URL(fileURLWithPath: file))
            process[keyPath: keyPath] = FileHandle(forWritingAtPath: file)
        }
        try process.run()
        return process
    }

    func ended(_ process: Process, name: String = "out") throws -> Ended {
        process.waitUntilExit()
        return Ended(
            code: process.terminationStatus,
            output: try String(contentsOfFile: "\(path)/\(name).output", encoding: .utf8),
            errors: try String(contentsOfFile: "\(path)/\(name).errors", encoding: .utf8))
    }

    func run(_ arguments: String...) throws -> Ended { try ended(try started(arguments)) }

    /// The latest run as a reader sees it now; `nil` before there is one.
    var latest: RunRecord? { try? RunStore(path: database, mode: .reading).runs(last: 1).first }

    /// Waits until the latest run fulfils the condition; gives up after ten seconds.
    func wait(_ condition: (RunRecord) -> Bool) throws {
        for _ in 0..<1000 {
            if let latest, condition(latest) { return }
            Thread.sleep(forTimeInterval: 0.01)
        }
        Issue.record("the run never came to the expected state: \(String(describing: latest?.cases.map(\.state)))")
    }

    /// What is left two seconds after a kill, which the kernel and the processes need some time to carry out.
    func lastSurvivors() throws -> [String] {
        for _ in 0..<200 where try !survivors().isEmpty { Thread.sleep(forTimeInterval: 0.01) }
        return try survivors()
    }

    /// Processes whose environment names this folder: children of cases that should be gone.
    func survivors() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(name)/environ") else { return false }
            return environment.range(of: Data(path.utf8)) != nil
        }
    }
}
