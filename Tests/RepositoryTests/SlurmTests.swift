// A run spread over a real Slurm cluster, of this one machine, gives the rows of a local one, also when a node dies.

import Foundation
import Testing

private let isThere = FileManager.default.isExecutableFile(atPath: "/usr/sbin/slurmctld")

@Suite(.serialized, .enabled(if: isThere, "needs Slurm: install slurm-wlm and munge"))
final class SlurmTests {
    private let place: Workplace
    private var folder: String { place.path + "/cluster" }

    init() throws {
        place = try Workplace()
        let started = try cluster("start")
        try #require(started.code == 0, "\(started.output)")
        unsafe setenv("SLURM_CONF", folder + "/slurm.conf", 1)
    }

    deinit { _ = try? cluster("stop") }

    private func cluster(_ verb: String, _ name: String...) throws -> Ended {
        try run(repository.appendingPathComponent("ci/slurm").path, [verb, folder] + name, in: place.path)
    }

    @Test func `the smoke tier as a job array gives the same rows, and a node that dies costs nothing but time`() throws
    {
        let arguments = ["all", "--tier", "smoke", "--threads", "1"]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Workplace.program)
        process.arguments = arguments + ["--on", "slurm"]
        process.currentDirectoryURL = URL(fileURLWithPath: place.path)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let results = place.path + "/.bench/slurm"
        // In the middle: some tasks have ended, others have not.
        while process.isRunning, marks(in: results) < 2 { Thread.sleep(forTimeInterval: 0.1) }
        #expect(try cluster("kill", "n1").code == 0)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && text.contains("VERDICT complete | ok="), "\(text)")
        #expect(try place.bench(arguments).code == 0)
        // Only the local run has costs, which are new beside the cluster's.
        let compared = try place.bench("compare", "@last~1", "@last", "--stored")
        #expect(compared.code == 0, "\(compared.output)")
        #expect(compared.verdict.contains(" worse=0 better=0 ") && compared.verdict.contains(" weak=0 unconf=0 "))
    }

    private func marks(in folder: String) -> Int {
        let files = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
        return files.count { $0.hasSuffix(".done") }
    }
}
