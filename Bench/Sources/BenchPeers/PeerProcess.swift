// A peer at work: it reads `<workload> <repeats>` lines and answers each with what the repeats took.

internal import Foundation
internal import Glibc

/// What a peer says to one request.
public enum PeerAnswer: Sendable, Equatable {
    /// Seconds of all repeats together, and the most memory that the process ever held.
    case took(StepCost, peakMiB: Double)
    /// Why it cannot do the work.
    case refusal(String)

    /// The answer of a line, `<wall> <CPU> <MiB>` or `cannot <why>`; `nil` for anything else.
    public init?(line: String) {
        if line.hasPrefix("cannot ") {
            self = .refusal(String(line.dropFirst(7)))
            return
        }
        let numbers = line.split(separator: " ").map { Double($0) ?? .nan }
        guard numbers.count == 3, numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
        self = .took(StepCost(wall: numbers[0], cpu: numbers[1]), peakMiB: numbers[2])
    }
}

/// A running peer; it ends with its input.
public final class PeerProcess {
    /// The most memory it has told of, in MiB.
    public private(set) var peakMiB = 0.0
    private let peer: Peer
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let started = ContinuousClock.now
    private var pending: [UInt8] = []

    /// Starts the program with so many threads; what it says on standard error goes where this process's goes.
    ///
    /// `isTiny` asks for work of the size that only shows whether everything runs.
    public init(_ program: PeerProgram, threads: Int, isTiny: Bool) throws(PeerError) {
        peer = program.peer
        // A peer that dies must not take this process along when it is written to.
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = URL(fileURLWithPath: program.python)
        process.arguments =
            [program.script] + program.peer.program.arguments + ["--threads", "\(threads)"]
            + (isTiny ? ["--tiny"] : [])
        // Waiting threads of OpenMP would otherwise spin through our turns.
        process.environment = ProcessInfo.processInfo.environment.merging([
            "OMP_NUM_THREADS": "\(threads)", "OPENBLAS_NUM_THREADS": "\(threads)", "OMP_WAIT_POLICY": "PASSIVE",
        ]) { $1 }
        (process.standardInput, process.standardOutput) = (input, output)
        do { try process.run() } catch { throw .noPython(peer, path: program.python) }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.terminate()
        process.waitUntilExit()
    }

    /// Sets up the workload and runs it once; the seconds since the process was started.
    public func start(_ workload: String) throws(PeerError) -> Double {
        _ = try ask(workload, repeats: 0, limit: peer.startLimit)
        return (ContinuousClock.now - started) / .seconds(1)
    }

    /// One step's cost, averaged over `repeats` in a row.
    public func turn(_ workload: String, repeats: Int) throws(PeerError) -> StepCost {
        let all = try ask(workload, repeats: repeats, limit: 120)
        return StepCost(wall: all.wall / Double(repeats), cpu: all.cpu / Double(repeats))
    }

    private func ask(_ workload: String, repeats: Int, limit: Double) throws(PeerError) -> StepCost {
        do {
            try input.fileHandleForWriting.write(contentsOf: Data("\(workload) \(repeats)\n".utf8))
        } catch {
            throw .broken(peer, said: "")
        }
        let line = try line(within: limit)
        switch PeerAnswer(line: line) {
        case .took(let cost, let peak):
            peakMiB = max(peakMiB, peak)
            return cost
        case .refusal(let sentence): throw .refused(peer, sentence)
        case nil: throw .broken(peer, said: String(line.prefix(60)))
        }
    }

    /// The next line of its output.
    private func line(within seconds: Double) throws(PeerError) -> String {
        let descriptor = output.fileHandleForReading.fileDescriptor
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            if let feed = pending.firstIndex(of: 10) {
                defer { pending.removeSubrange(...feed) }
                return String(decoding: pending[..<feed], as: UTF8.self)
            }
            guard ContinuousClock.now < end else {
                // What compiles does not listen to anything else.
                kill(process.processIdentifier, SIGKILL)
                throw .silent(peer, seconds: Int(seconds))
            }
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&ready, 1, 100) > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
            guard count > 0 else { throw .broken(peer, said: "") }
            pending += bytes.prefix(count)
        }
    }
}
