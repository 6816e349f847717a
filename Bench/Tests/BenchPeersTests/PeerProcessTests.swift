// A peer is any program that answers: shell scripts in the place of Python.

import BenchPeers
import Foundation
import Testing

@Suite struct PeerProcessTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("peers-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/ci/peers", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder + "/below", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: folder + "/ci/peers/with_pytorch.py"))
    }

    /// PyTorch's place taken by a script.
    private func program(_ script: String, _ peer: Peer = .pytorch, in place: String = "") throws -> PeerProgram {
        let path = folder + "/python"
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return try PeerProgram(
            peer, environment: [PeerProgram.pythonVariable: path], folder: folder + place)
    }

    @Test func `turns are averaged over their repeats, and the most memory is kept`() throws {
        // Answers one second of wall and two of CPU for each repeat, and less memory each time.
        let script = "m=9; while read name n; do echo $n $((2 * n)) $m; m=$((m - 1)); done"
        let process = try PeerProcess(program(script), threads: 2, isTiny: false)
        #expect(try process.start("w1.encoder") > 0)
        #expect(try process.turn("w1.encoder", repeats: 4) == StepCost(wall: 1, cpu: 2))
        #expect(process.peakMiB == 9)
    }

    @Test func `the program is told its threads and that passive waiting is wanted`() throws {
        let script = "a=\"$*\"; read line; echo cannot $a $OMP_WAIT_POLICY $OMP_NUM_THREADS $line"
        let process = try PeerProcess(program(script, in: "/below"), threads: 3, isTiny: true)
        #expect {
            try process.start("w6.cnn")
        } throws: { error in
            guard case .refused(.pytorch, let words)? = error as? PeerError else { return false }
            return words.hasSuffix("/ci/peers/with_pytorch.py --threads 3 --tiny PASSIVE 3 w6.cnn 0")
        }
    }

    @Test(arguments: [
        ("read line; echo Traceback", PeerError.broken(.pytorch, said: "Traceback")),
        ("exit 3", .broken(.pytorch, said: "")),
        ("read line; exit 0", .broken(.pytorch, said: "")),
        ("while read line; do echo cannot so; done", .refused(.pytorch, "so")),
    ])
    func `what is no answer is told`(_ script: String, _ expected: PeerError) throws {
        let process = try PeerProcess(program(script), threads: 1, isTiny: false)
        #expect(throws: expected) { try process.start("w1.encoder") }
    }

    @Test func `a missing peer is told with what to run`() throws {
        #expect(throws: PeerError.noPython(.jax, path: nil)) {
            try PeerProgram(.jax, environment: [:], folder: folder)
        }
        #expect(throws: PeerError.noPython(.jax, path: "/nowhere")) {
            try PeerProgram(.jax, environment: [PeerProgram.pythonVariable: "/nowhere"], folder: folder)
        }
        #expect(throws: PeerError.noScript(.jax, path: "ci/peers/with_jax.py")) { try program("", .jax) }
        let missing = PeerError.notInstalled(.pytorch, python: folder + "/python")
        #expect(throws: missing) { try program("exit 1").version() }
        #expect(try program("echo torch 2.15.0").version() == "torch 2.15.0")
        #expect(
            PeerError.noPython(.jax, path: nil).description
                == "jax: no Python is named; run 'export BENCH_PEERS_PYTHON=$(ci/peers/setup)'.")
        #expect(missing.exitCode == 2 && PeerError.unknown("numpy").exitCode == 64)
    }
}
