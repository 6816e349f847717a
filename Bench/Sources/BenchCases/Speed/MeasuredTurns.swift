// Ours and the peers' turns at one workload.

internal import BenchPeers
internal import Foundation
internal import Measurements
internal import Tensors

/// What the turns of every side took, and what ours used.
struct MeasuredTurns {
    /// Our turns, and after `take` those of each peer that took all.
    private(set) var ours: [StepCost] = []
    private(set) var theirs: [Peer: [StepCost]] = [:]
    /// Of all our turns together.
    private(set) var flops: UInt64 = 0
    private(set) var pageFaults = 0
    private(set) var arenaGrowth = 0
    let step: SpeedWork.Step
    private let repeats: Int

    /// Turns of `repeats` steps.
    init(_ step: @escaping SpeedWork.Step, repeats: Int) { (self.step, self.repeats) = (step, repeats) }

    /// Our steps in all turns.
    var stepCount: Int { ours.count * repeats }

    /// So many turns of every side; `between` rounds something else may be measured.
    mutating func take(
        _ count: Int, beside peers: RunningPeers, _ workload: String, between: () throws -> Void = {}
    ) throws {
        let sides: [Peer?] = [nil] + peers.names
        for round in 0..<count {
            for index in turnOrder(sides.count, round: round) {
                guard let peer = sides[index] else {
                    try ourTurn()
                    continue
                }
                if let cost = peers.turn(of: peer, workload, repeats: repeats) {
                    theirs[peer, default: []].append(cost)
                }
            }
            try between()
        }
        // Who stopped halfway was measured under other conditions than we were.
        theirs = theirs.filter { $0.value.count == count }
    }

    private mutating func ourTurn() throws {
        let (counters, faults, start) = (Counters.now, ProcessUsage.pageFaults, ProcessUsage.clocks)
        for _ in 0..<repeats { try step() }
        let end = ProcessUsage.clocks
        let after = Counters.now
        pageFaults += ProcessUsage.pageFaults - faults
        flops += after.flops - counters.flops
        arenaGrowth += after.allocatedBytes - counters.allocatedBytes
        let steps = Double(repeats)
        ours.append(StepCost(wall: (end.wall - start.wall) / steps, cpu: (end.cpu - start.cpu) / steps))
    }
}

/// The peers of a case, each in a process of its own; who falls out is told why.
final class RunningPeers {
    /// All that were asked for.
    let names: [Peer]
    private let size: WorkSize
    /// Not yet started.
    private var programs: [Peer: PeerProgram] = [:]
    private var processes: [Peer: PeerProcess] = [:]
    private var reasons: [String] = []

    /// The peers before their start.
    ///
    /// - Throws: `PeerError` for one that is missing.
    init(_ peers: [Peer], size: WorkSize) throws {
        (names, self.size) = (peers, size)
        for peer in peers { programs[peer] = try PeerProgram(peer) }
    }

    /// Lets each, one after the other, set up the workload and run it once; seconds since its process was started, with as
    /// many threads as we have.
    func start(_ workload: String) throws -> [Peer: Double] {
        try names.reduce(into: [:]) { seconds, peer in
            if let program = programs.removeValue(forKey: peer) {
                processes[peer] = try PeerProcess(program, threads: Threads.count, isTiny: size == .tiny)
            }
            seconds[peer] = attempt(peer, workload) { try $0.start(workload) }
        }
    }

    /// A turn's cost; `nil` for who has fallen out.
    func turn(of peer: Peer, _ workload: String, repeats: Int) -> StepCost? {
        attempt(peer, workload) { try $0.turn(workload, repeats: repeats) }
    }

    /// The most memory the peer ever held, in MiB; NaN for who has fallen out.
    func peakMiB(of peer: Peer) -> Double { processes[peer].flatMap { $0.peakMiB > 0 ? $0.peakMiB : nil } ?? .nan }

    /// Why peers have fallen out, for the stored results.
    var artefacts: [Artefact] {
        let text = reasons.map { $0 + "\n" }.joined()
        return reasons.isEmpty ? [] : [Artefact(name: "peers.txt", mediaType: "text/plain", bytes: Array(text.utf8))]
    }

    private func attempt<Value>(_ peer: Peer, _ workload: String, _ body: (PeerProcess) throws -> Value) -> Value? {
        guard let process = processes[peer] else { return nil }
        do {
            return try body(process)
        } catch {
            let reason = "\(workload): \(error)"
            if !reasons.contains(reason) {
                reasons.append(reason)
                print(reason)
            }
            if case .refused? = error as? PeerError { return nil }
            processes[peer] = nil
            return nil
        }
    }
}
