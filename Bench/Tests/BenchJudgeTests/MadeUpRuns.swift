// Small runs whose verdicts can be worked out by hand.

import BenchRecords
import Measurements

let quality = Metric(
    "psnr", .quality, unit: "dB", direction: .higherIsBetter, finaliser: .mean, smallestEffect: 0.05,
    configuration: ["peak": "1"])
let count = Metric("params", .exact, direction: .lowerIsBetter)
let digest = Metric("digest", .exact)
let seconds = Metric("train_s", .cost, unit: "s", direction: .lowerIsBetter, smallestEffect: 0.05)

/// A score an item, each item a group of its own unless said otherwise.
func scores(_ values: [Double], groups: [Int]? = nil) -> Scores {
    Scores(items: values.indices.map { "item-\($0)" }, groups: groups, values: values)
}

/// Ten scores of 30, 31, … 39 dB, each moved by the change of its place.
func psnr(_ changes: [Double] = [], metric: Metric = quality) -> Measurement {
    Measurement(metric, scores: scores((0..<10).map { 30 + Double($0) + (changes.isEmpty ? 0 : changes[$0]) }))
}

func evaluation(_ measurements: Measurement..., id: String = "inr.tiny.a") -> CaseRecord {
    CaseRecord(
        id: id, version: 1, tier: .smoke, configuration: ["steps": "100"], dataDigests: ["natural": "00ff"],
        state: .done, measurements: measurements)
}

func run(_ cases: CaseRecord..., changed: (inout RunRecord) -> Void = { _ in }) -> RunRecord {
    var run = RunRecord(
        uuid: "018f0000-0000-7000-8000-0000deadbeef", kind: .adhoc,
        build: BuildRecord(
            commit: "5c1e90ab", commitTime: 0, parent: "", branch: "main", patchDigest: nil, patch: nil, toolchain: "",
            configuration: "debug", dependencies: [:], libraries: [:], binaryDigest: ""),
        machine: MachineRecord(
            machineClass: "7be1a204", cpu: "", architecture: "x86_64", cores: 2, memoryGiB: 8, blas: "Haswell",
            quota: nil),
        tier: .smoke, seed: 1, threads: 2, planDigest: "", started: 0, cases: cases)
    changed(&run)
    return run
}
