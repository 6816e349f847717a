// Records and folders that the tests of the store share.

import BenchRecords
import Foundation
import Measurements

@testable import BenchStore

/// A folder that is gone when the value is.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/bench.sqlite" }
}

/// The identifier whose last digits are `number`.
func identifier(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "0190a8c0-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
}

func exampleRun(
    _ number: Int, commit: String = "c1", plan: String = "plan", started: Int64 = 1_000_000,
    cases: [CaseRecord] = [exampleCase()]
) -> RunRecord {
    let build = BuildRecord(
        commit: commit, commitTime: 1_700_000_000_000_000, parent: "c0", branch: "main", patchDigest: "abcd",
        patch: Array("diff --git a/x b/x\n".utf8), toolchain: "Swift version 6.3.1", configuration: "debug",
        dependencies: ["grdb.swift": "7.10.0"], libraries: ["sqlite": "3.40.1"], binaryDigest: "beef")
    let machine = MachineRecord(
        machineClass: "7be1a204", cpu: "Some CPU", architecture: "x86_64", cores: 2, memoryGiB: 8, blas: "Haswell",
        quota: 1.5)
    return RunRecord(
        uuid: identifier(number), kind: .nightly, build: build, machine: machine, tier: .nightly, seed: .max,
        threads: 2,
        planDigest: plan, started: started, environment: ["command": "bench all"], cases: cases)
}

func exampleCase(_ id: String = "inr.one", state: CaseState = .planned) -> CaseRecord {
    CaseRecord(id: id, version: 3, tier: .smoke, configuration: ["steps": "100", "size": "32"], state: state)
}

/// The case as it stands after it ended.
func finished(_ id: String = "inr.one", seconds: Double = 2, measurements: [Measurements.Measurement] = [])
    -> CaseRecord
{
    var item = exampleCase(id, state: .done)
    (item.started, item.ended) = (5_000_000, 5_000_000 + Int64(seconds * 1e6))
    (item.exitCode, item.measurements) = (0, measurements)
    item.dataDigests = ["pictures": "0123"]
    return item
}

let psnr = Metric(
    "psnr", .quality, unit: "dB", direction: .higherIsBetter, decimals: 2, finaliser: .mean, smallestEffect: 0.05,
    version: 2,
    configuration: ["data": "a|b:c%d", "peak": "1"])
let flops = Metric("flops", .exact, decimals: 0)
let wall = Metric("wall", .cost, unit: "s", direction: .lowerIsBetter, configuration: ["threads": "2"])
