// What around a run could spoil it: compiler, BLAS, frequency, load, disk, clock.

public import BenchRecords
internal import Foundation
internal import Glibc

/// Examines what is around runs whose results go to `folder`.
///
/// - Parameters:
///   - folder: A folder that exists.
///   - last: The latest run, with which a change is told; `nil` if there is none.
/// - Returns: A check each, whether all is well or not.
public func examinedSurroundings(folder: String, last: RunRecord?) -> [CheckRecord] {
    let machine = currentMachine()
    let compiler = toolchain()
    var load = [0.0]
    let hasLoad = unsafe getloadavg(&load, 1) == 1
    let governor = try? String(contentsOfFile: "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", encoding: .utf8)
    let frequency = governor?.trimmingCharacters(in: .whitespacesAndNewlines)
    func compared(_ name: String, _ found: String, _ before: String?) -> CheckRecord {
        let hasChanged = before.map { $0 != found } ?? false
        return CheckRecord(
            name, hasChanged ? .warning : .fine, found + (hasChanged ? "; the latest run had \(before ?? "")" : ""))
    }
    var checks = [
        compiler == "unknown"
            ? CheckRecord("toolchain", .warning, "'swift --version' says nothing; put swift into the PATH")
            : compared("toolchain", compiler, last?.build.toolchain),
        compared(
            "machine", "\(machine.machineClass), \(machine.cores) cores",
            last.map {
                "\($0.machine.machineClass), \($0.machine.cores) cores"
            }),
        compared("blas", machine.blas, last?.machine.blas),
        CheckRecord(
            "governor", frequency ?? "performance" == "performance" ? .fine : .warning,
            frequency.map { $0 == "performance" ? $0 : "\($0): times vary; choose 'performance'" }
                ?? "unknown, as in most virtual machines"),
    ]
    if hasLoad {
        let isBusy = load[0] > 0.5 * Double(machine.cores)
        let number = String(format: "%.2f", load[0])
        checks.append(
            CheckRecord(
                "load", isBusy ? .warning : .fine, number + (isBusy ? ": costs measured now are not quiet" : "")))
    }
    if let free = freeMiB(in: folder) {
        let state: CheckRecord.State = free < 16 ? .bad : free < 200 ? .warning : .fine
        checks.append(CheckRecord("disk", state, "\(free) MiB free" + (state == .fine ? "" : "; free some space")))
    }
    let isBackwards = (last?.started ?? 0) > microseconds()
    checks.append(
        CheckRecord(
            "clock", isBackwards ? .warning : .fine,
            isBackwards ? "the latest run began in the future; set the clock" : "after the latest run"))
    return checks
}
