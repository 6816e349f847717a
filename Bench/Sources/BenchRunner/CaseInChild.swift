// The child's side: runs one case and reports over the pipe. Nothing here touches the database.

internal import BenchPeers
internal import CSystem
internal import Foundation
internal import Glibc
public import Measurements
internal import Synchronization
internal import Tensors

/// The descriptor on which a child finds the pipe to its parent.
let resultDescriptor: Int32 = 3

/// Runs `item` in this process, which `parent` started for it, and returns the exit code.
///
/// If the parent dies, the kernel's signal takes the whole process group along, grandchildren too.
public func runCaseInChild(
    _ item: any BenchCase, seed: UInt64, threads: Int, dataFolder: String?, scratchFolder: String, traceLevel: Int,
    parent: Int32
) -> Int32 {
    signal(SIGHUP) { _ in _ = kill(0, SIGKILL) }
    guard system_signal_at_parents_death(SIGHUP) == 0, getppid() == parent else { return EX_OSERR }
    var noCore = rlimit(rlim_cur: 0, rlim_max: 0)
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCore)
    Threads.count = threads
    let progress = ProgressReports()
    let rows = TraceRows()
    let context = CaseContext(
        seed: seed, dataFolder: dataFolder, scratchFolder: scratchFolder,
        trace: Trace(level: traceLevel) { rows.append($0) }
    ) { fraction, word in
        progress.report(fraction, word)
    }
    do {
        var outcome = try item.run(in: context)
        if let trace = try rows.artefact() { outcome.artefacts.append(trace) }
        try send(.outcome(outcome))
        try send(.end(peakMiB: try ProcessUsage.peakMiB))
        return EXIT_SUCCESS
    } catch {
        do { try send(.failure("\(error)")) } catch { return EX_IOERR }
        return EXIT_FAILURE
    }
}

/// Passes on at most ten reports a second: a case may report every step.
private final class ProgressReports: Sendable {
    private let latest = Mutex<ContinuousClock.Instant?>(nil)

    func report(_ fraction: Double, _ word: String) {
        latest.withLock { latest in
            let now = ContinuousClock.now
            if let earlier = latest, now - earlier < .milliseconds(100) { return }
            latest = now
            // Progress is for the eye: a report that cannot be sent must not end the case.
            try? send(.progress(fraction: fraction.isNaN ? 0 : min(max(fraction, 0), 1), word: word))
        }
    }
}

private struct PipeClosed: Error {}

private func send(_ message: ChildMessage) throws {
    var rest = try message.line()[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe write(resultDescriptor, $0.baseAddress, $0.count) }
        if count < 0, errno != EINTR { throw PipeClosed() }
        rest = rest.dropFirst(max(count, 0))
    }
}
