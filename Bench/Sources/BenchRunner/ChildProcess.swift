// The parent's side of a child: starts it in a process group of its own, reads what it says, watches time and memory,
// and leaves no process of the group behind. What its end means stands in ChildEnd.swift.

internal import CSystem
internal import Foundation
internal import Glibc
internal import Measurements

/// How much a child may use.
struct ChildLimits {
    /// Wall seconds until the group is asked to end.
    var seconds: Double
    /// Seconds between asking and killing.
    var graceSeconds = 5.0
    /// Resident memory of the whole group.
    var memoryMiB: Double
}

/// What was observed of a child that is gone.
struct ChildObservation {
    /// Why the parent ended it, if the parent did.
    enum Stop: Equatable { case timeout, memory(MiB: Double), interruption }

    var stop: Stop?
    var exitCode: Int?
    var signal: Int?
    var outcome: CaseOutcome?
    var failure: String?
    var peakMiB: Double?
    var hasEnded = false
    /// The first line that is no message, and its number.
    var garbage: (line: Int, text: String)?
    var wallSeconds = 0.0
    var cpuSeconds = 0.0
}

/// A running child.
struct ChildProcess: ~Copyable {
    private let pid: pid_t
    private let limits: ChildLimits
    private var results: Int32
    private var output: Int32
    private var log: CappedLog
    private let started = monotonicSeconds()
    private var pending: [UInt8] = []
    private var lineCount = 0
    private var killTime: Double?
    private var observation = ChildObservation()

    /// Starts `program` in a group of its own, without input; its output goes to the log, its results come by a pipe.
    init(
        program: String, arguments: [String], environment: [String: String], logPath: String, limits: ChildLimits
    ) throws(RunnerError) {
        let (resultsPipe, outputPipe) = (try pipe(for: program), try pipe(for: program))
        defer {
            close(resultsPipe.write)
            close(outputPipe.write)
        }
        let (status, child) = spawn(
            program, arguments, environment: environment, output: outputPipe.write, results: resultsPipe.write)
        guard status == 0 else {
            close(resultsPipe.read)
            close(outputPipe.read)
            throw .cannotStart(program: program, detail: unsafe String(cString: strerror(status)))
        }
        pid = child
        (results, output) = (resultsPipe.read, outputPipe.read)
        log = CappedLog(path: logPath)
        self.limits = limits
    }

    /// Waits until the child is gone; `isStopRequested` is asked and `onTick` called several times a second,
    /// `onProgress` gets the child's reports.
    consuming func wait(
        isStopRequested: () -> Bool, onProgress: (Double, String) -> Void, onTick: () -> Void
    ) -> ChildObservation {
        var nextSample = started
        while !hasExited() {
            read(milliseconds: results < 0 && output < 0 ? 10 : 100, onProgress)
            let now = monotonicSeconds()
            if now >= nextSample {
                nextSample = now + 0.2
                let used = residentMiB(ofGroup: pid)
                if used > limits.memoryMiB { stop(.memory(MiB: used), SIGKILL) }
                onTick()
            }
            if isStopRequested() { stop(.interruption, SIGKILL) }
            if now - started > limits.seconds {
                stop(.timeout, SIGTERM)
                if let killTime, now > killTime { kill(-pid, SIGKILL) }
            }
        }
        kill(-pid, SIGKILL)
        reap()
        observation.wallSeconds = monotonicSeconds() - started
        // The group is gone, so both pipes end, unless a process that left the group still holds one.
        let patience = monotonicSeconds() + 1
        while results >= 0 || output >= 0, monotonicSeconds() < patience { read(milliseconds: 100, onProgress) }
        for pipe in [results, output] where pipe >= 0 { close(pipe) }
        if !pending.isEmpty { take(line: pending, onProgress) }
        log.close()
        return observation
    }

    private mutating func stop(_ reason: ChildObservation.Stop, _ signal: Int32) {
        guard observation.stop == nil else { return }
        observation.stop = reason
        killTime = monotonicSeconds() + limits.graceSeconds
        kill(-pid, signal)
    }

    /// Does not reap, so that the group's number stays ours until what is left of the group is killed.
    private func hasExited() -> Bool {
        var status = unsafe siginfo_t()
        guard unsafe waitid(P_PID, id_t(pid), &status, WEXITED | WNOHANG | WNOWAIT) == 0 else { return true }
        return unsafe status.si_signo == SIGCHLD
    }

    private mutating func reap() {
        var (status, usage) = (Int32(0), rusage())
        guard unsafe wait4(pid, &status, 0, &usage) == pid else { return }
        let signal = status & 0x7F
        if signal == 0 { observation.exitCode = Int(status >> 8 & 0xFF) } else { observation.signal = Int(signal) }
        observation.cpuSeconds = [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6
        }
    }

    private mutating func read(milliseconds: Int32, _ onProgress: (Double, String) -> Void) {
        var ready = [results, output].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard unsafe poll(&ready, 2, milliseconds) > 0 else { return }
        if ready[0].revents != 0, let bytes = chunk(of: &results) { take(bytes, onProgress) }
        if ready[1].revents != 0, let bytes = chunk(of: &output) { log.append(bytes) }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>, _ onProgress: (Double, String) -> Void) {
        var rest = bytes
        while let end = rest.firstIndex(of: 10) {
            take(line: pending + rest[..<end], onProgress)
            pending = []
            rest = rest[(end + 1)...]
        }
        // What is this long is no result; only its first bytes matter, for the sentence about it.
        pending += rest.prefix(longestLine - min(pending.count, longestLine))
    }

    private mutating func take(line: [UInt8], _ onProgress: (Double, String) -> Void) {
        lineCount += 1
        switch ChildMessage(line: line) {
        case .progress(let fraction, let word)?: onProgress(fraction, word)
        case .outcome(let outcome)?: observation.outcome = outcome
        case .failure(let sentence)?: observation.failure = sentence
        case .end(let peakMiB)?: (observation.hasEnded, observation.peakMiB) = (true, peakMiB)
        case nil:
            guard observation.garbage == nil else { return }
            observation.garbage = (lineCount, String(decoding: line.prefix(40), as: UTF8.self))
        }
    }
}

private let longestLine = 256 << 20

/// Up to 64 KiB that can be read at once; at the end of the stream closes the descriptor and makes it −1.
private func chunk(of descriptor: inout Int32) -> ArraySlice<UInt8>? {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
    if count > 0 { return bytes.prefix(count) }
    if count == 0 || errno != EINTR {
        close(descriptor)
        descriptor = -1
    }
    return nil
}

private func pipe(for program: String) throws(RunnerError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard unsafe system_pipe(&ends) == 0 else {
        throw .cannotStart(program: program, detail: unsafe String(cString: strerror(errno)))
    }
    return (ends[0], ends[1])
}

private func spawn(
    _ program: String, _ arguments: [String], environment: [String: String], output: Int32, results: Int32
) -> (status: Int32, pid: pid_t) {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 2)
    // Last, since descriptor 3 may be one of the two above in the parent.
    unsafe posix_spawn_file_actions_adddup2(&actions, results, resultDescriptor)
    // What the parent ignores or blocks must not be ignored or blocked by the child.
    var (everySignal, noSignal) = (sigset_t(), sigset_t())
    unsafe sigfillset(&everySignal)
    unsafe sigemptyset(&noSignal)
    unsafe posix_spawnattr_setsigdefault(&attributes, &everySignal)
    unsafe posix_spawnattr_setsigmask(&attributes, &noSignal)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    let argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    let environmentPointers =
        unsafe environment.sorted { $0.key < $1.key }.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (argumentPointers + environmentPointers).forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let status = unsafe posix_spawn(&pid, program, &actions, &attributes, argumentPointers, environmentPointers)
    return (status, pid)
}

/// Resident memory of all processes of a group, from the fields 5 (group) and 24 (pages) of `/proc/<pid>/stat`.
private func residentMiB(ofGroup group: pid_t) -> Double {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    let pages = names.reduce(0) { sum, name in
        // The name in parentheses may contain anything; a process that has just gone has no file.
        guard name.first?.isNumber == true,
            let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
            let nameEnd = text.lastIndex(of: ")")
        else { return sum }
        let fields = text[text.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 21, Int32(fields[2]) == group, let resident = Int(fields[21]) else { return sum }
        return sum + resident
    }
    return Double(pages * sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
}

/// Seconds of a clock that never jumps.
func monotonicSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
