// What the system says that this process has used.

internal import Foundation
internal import Glibc

/// Readings of this process.
public enum ProcessUsage {
    /// Wall and CPU seconds since some moment; differences of two readings count.
    public static var clocks: StepCost {
        StepCost(wall: seconds(CLOCK_MONOTONIC), cpu: seconds(CLOCK_PROCESS_CPUTIME_ID))
    }

    /// Pages that the system had to provide so far.
    public static var pageFaults: Int {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_minflt + usage.ru_majflt
    }

    /// The most memory ever held, in MiB.
    ///
    /// `getrusage` and `wait4` would report at least the parent's, which a spawned child inherits.
    public static var peakMiB: Double {
        get throws {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan) / 1024
        }
    }

    /// Seconds since the system started this process, to its clock's hundredths: field 22 of `/proc/self/stat`.
    public static var age: Double {
        let text = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
        let fields = text.suffix(while: { $0 != ")" }).split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return .nan }
        return seconds(CLOCK_BOOTTIME) - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

extension String {
    /// The longest end all of whose characters fulfil the condition.
    fileprivate func suffix(while condition: (Character) -> Bool) -> Substring {
        self[(lastIndex { !condition($0) }.map(index(after:)) ?? startIndex)...]
    }
}
