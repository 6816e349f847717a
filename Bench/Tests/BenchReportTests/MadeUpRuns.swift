// A small run with every kind of thing a report shows.

import BenchRecords
import Measurements

private let psnr = Metric(
    "psnr", .quality, unit: "dB", direction: .higherIsBetter, decimals: 2, finaliser: .mean, smallestEffect: 0.05)
private let ssim = Metric(
    "ssim", .quality, direction: .higherIsBetter, decimals: 3, finaliser: .mean, smallestEffect: 0.005)
private let params = Metric("params", .exact, direction: .lowerIsBetter, decimals: 0)
private let flops = Metric("flops", .exact, direction: .lowerIsBetter, decimals: 0)
private let decode = Metric("decode", .cost, unit: "ms/image", direction: .lowerIsBetter, decimals: 2)
private let peak = Metric("peak", .cost, unit: "MiB", direction: .lowerIsBetter, decimals: 1)
private let train = Metric("train", .cost, unit: "s", direction: .lowerIsBetter, decimals: 1)

/// A method on 16 pictures from 8 photographs, whose quality is `level` above the worst, unevenly.
func method(_ name: String, level: Double, family: String = "inr.img32.natural64", flopCount: Double = 12_345_678_901)
    -> CaseRecord
{
    let items = (0..<16).map { "picture-\($0)" }
    let groups = (0..<16).map { $0 / 2 }
    func scores(_ base: Double, _ step: Double) -> Scores {
        Scores(
            items: items, groups: groups,
            values: (0..<16).map { base + step * (Double($0 * 5 % 16) + level * Double(4 + $0 % 3)) })
    }
    return CaseRecord(
        id: "\(family).\(name)", version: 1, tier: .nightly, configuration: ["method": name],
        dataDigests: ["natural64": "00ff"], state: .done, exitCode: 0,
        measurements: [
            Measurement(psnr, scores: scores(28, 0.25)), Measurement(ssim, scores: scores(0.85, 0.005)),
            Measurement(params, value: 664_131), Measurement(flops, value: flopCount),
            Measurement(train, value: 118.2 - level), Measurement(decode, value: 1.25), Measurement(peak, value: 412.5),
        ])
}

func stopped(_ id: String, _ state: CaseState, _ message: String, signal: Int? = nil) -> CaseRecord {
    CaseRecord(
        id: id, version: 1, tier: .nightly, configuration: [:], state: state, signal: signal, message: message)
}

func run(_ cases: [CaseRecord], uuid: String = "018f0000-0000-7000-8000-0000deadbeef", patch: String? = nil)
    -> RunRecord
{
    RunRecord(
        uuid: uuid, kind: .nightly,
        build: BuildRecord(
            commit: "5c1e90ab79ff4420000000000000000000000000", commitTime: 1_770_000_000_000_000, parent: "",
            branch: "main",
            patchDigest: patch, patch: patch.map { Array($0.utf8) }, toolchain: "Swift version 6.3.1",
            configuration: "debug", dependencies: ["grdb": "7.10.0"], libraries: ["openblas": "0.3.21"],
            binaryDigest: "ab"),
        machine: MachineRecord(
            machineClass: "7be1a204", cpu: "Xeon", architecture: "x86_64", cores: 2, memoryGiB: 8, blas: "SkylakeX",
            quota: nil),
        tier: .nightly, seed: 20_231_110, threads: 2, planDigest: "cd",
        started: 1_770_776_040_000_000,  // 2026-02-11 02:14
        ended: 1_770_778_040_000_000, status: .complete, environment: ["command": "bench all"], cases: cases)
}

let family = [method("la-ginr", level: 2), method("ipc", level: 1), method("trans-inr", level: 0)]
let nightly = run(
    family + [
        stopped("dlg.mini.rollout", .crashed, "", signal: 11), stopped("inr.celeba.ipc", .skipped, "needs celeba"),
    ])

/// The same cases after a change that made one method worse, another fail and nothing else differ.
let changed = run(
    [
        method("la-ginr", level: 1.2, flopCount: 12_345_678_902), method("ipc", level: 1),
        stopped("inr.img32.natural64.trans-inr", .timeout, "after 472 s"),
        stopped("inr.celeba.ipc", .skipped, "needs celeba"),
    ],
    uuid: "018f0000-0000-7000-8000-000091d07f3e", patch: "1f0e22c71f0e22c7")
