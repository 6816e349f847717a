// Every step and sweep at its smallest; no test asserts a time.

import BenchCases
import BenchPeers
import Foundation
import Measurements
import Testing

private let steps = SpeedStep.allCases
private let sweeps = SpeedSweep.Kind.allCases.map(SpeedSweep.init)

extension PeerCase where Settings == SpeedSettings {
    /// At its smallest.
    fileprivate var tiny: Self {
        var tiny = self
        (tiny.settings.size, tiny.settings.alternations, tiny.settings.warmUps) = (.tiny, 2, 1)
        return tiny
    }
}

@Suite struct SpeedTests {
    private let context = CaseContext(
        seed: 1, dataFolder: nil, scratchFolder: FileManager.default.temporaryDirectory.path)

    // Other tests of this process compute meanwhile, so no count can be expected to be a step's own.
    @Test(arguments: steps.indices)
    func `a step reports what it declares`(_ index: Int) throws {
        let item = steps[index].tiny
        let measured = try item.run(in: context).measurements
        #expect(measured.map(\.metric) == item.metrics)
        #expect(measured.allSatisfy { $0.value.isFinite && $0.value >= 0 }, "\(item.id)")
        let exact = measured.filter { $0.metric.metricClass == .exact }
        #expect(exact.map(\.metric.name) == ["step_flop", "arena_growth"] && exact[0].value > 0)
    }

    @Test(arguments: sweeps.indices)
    func `a sweep reports a rate for every operation`(_ index: Int) throws {
        let item = sweeps[index].tiny
        let measured = try item.run(in: context).measurements
        #expect(measured.map(\.metric) == item.metrics)
        #expect(measured.allSatisfy { $0.value > 0 && $0.metric.metricClass == .cost }, "\(measured)")
    }

    @Test func `all that a peer adds are costs that no other company's values are compared with`() throws {
        let step = try #require(steps.first { $0.id == "speed.w1.encoder" })
        var beside = step
        beside.settings.peers = [.pytorch, .onnxruntime]
        let added = beside.metrics.dropFirst(step.metrics.count)
        #expect(
            added.map(\.name) == [
                "wall_pytorch", "cpu_pytorch", "ratio_wall_pytorch", "ratio_cpu_pytorch", "memory_pytorch",
                "memory_ratio_pytorch", "start_pytorch",
            ])
        #expect(added.allSatisfy { $0.metricClass == .cost })
        let alone = step.metrics.first { $0.name == "step_wall" }?.signature.description
        #expect(beside.metrics.first { $0.name == "step_wall" }?.signature.description != alone)
        #expect(beside.configuration != step.configuration)
    }
}

/// The real libraries, where they are at hand; torch.compile takes too long for a test.
@Suite struct TwinTests {
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment[PeerProgram.pythonVariable]?.isEmpty == false,
            "needs the environment of ci/peers/setup"),
        arguments: Peer.allCases.filter { $0 != .torchCompile })
    func `who is said to have a twin of a step runs it`(_ peer: Peer) throws {
        let process = try PeerProcess(PeerProgram(peer), threads: 1, isTiny: true)
        let able = steps.filter { $0.possiblePeers.contains(peer) }
        #expect(!able.isEmpty)
        for step in able { _ = try process.start(String(step.id.dropFirst("speed.".count))) }
    }
}

/// The command line with a shell script in Python's place.
@Suite struct PeerCommandTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("beside-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/ci/peers", withIntermediateDirectories: true)
        for name in ["with_pytorch.py", "with_jax.py"] {
            try Data().write(to: URL(fileURLWithPath: "\(folder)/ci/peers/\(name)"))
        }
        let script = """
            #!/bin/sh
            case "$*" in *--version) echo fake 1.0; exit ;; *jax*) exit 1 ;; esac
            while read name n; do echo "$n $((2 * n)) 1000"; done
            """
        try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/python"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/python")
    }

    private func bench(_ arguments: [String], python: String?) throws -> (code: Int32, output: String) {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("bench")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging([
            PeerProgram.pythonVariable: python ?? ""
        ]) { $1 }
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test func `a peer's values stand beside ours, and who falls out leaves nan and a reason`() throws {
        let ended = try bench(
            ["run", "speed.w3.relu", "--set", "size=tiny", "--peer", "pytorch", "--peer", "jax"],
            python: folder + "/python")
        #expect(ended.code == 0, "\(ended.output)")
        #expect(ended.output.contains("bench: pytorch is fake 1.0; it has twins of 1 of 1 cases"))
        let lines = ended.output.split(separator: "\n")
        let rows = lines.filter { $0.hasPrefix("w3.relu ") }.map { $0.split(separator: " ").map(String.init) }
        // Of each step one second by the clock, two of CPU, a thousand MiB.
        try #require(rows.map { $0[1] } == ["pytorch", "jax"], "\(ended.output)")
        #expect(rows[0].contains("1000.00") && rows[0].contains("2000.00"))
        #expect(rows[1].dropFirst(2).allSatisfy { $0 == "nan" })
        #expect(ended.output.contains("bench: w3.relu: jax: ended without an answer"))
        // What is said on standard error meanwhile has no width.
        let shown = lines.drop { !$0.hasPrefix("run ") }
        #expect(shown.dropLast().allSatisfy { $0.count <= 100 }, "\(ended.output)")
    }

    @Test func `without a Python nothing is run`() throws {
        let ended = try bench(["run", "speed.w3.relu", "--peer", "pytorch"], python: nil)
        #expect(ended.code == 2)
        #expect(
            ended.output.contains(
                "bench: pytorch: no Python is named; run 'export BENCH_PEERS_PYTHON=$(ci/peers/setup)'.\n"))
        #expect(ended.output.hasSuffix("VERDICT error | errors=1 | run=00000000 | exit=2\n"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/.bench"))
    }

    @Test func `a case without twins is refused, and so is an unknown peer`() throws {
        let none = try bench(["run", "inr.img32.smoke.bicubic", "--peer", "jax"], python: folder + "/python")
        #expect(none.code == 64)
        #expect(none.output.contains("no chosen case has a twin for jax; 'speed' has them."))
        let unknown = try bench(["run", "speed", "--peer", "numpy"], python: folder + "/python")
        #expect(unknown.code == 64)
        #expect(unknown.output.contains("unknown peer 'numpy'; there are pytorch, torch-compile, "))
    }
}
