// One step, repeated: its time, what it uses of the machine, and how it stands beside the peers.
//
// Source: tensor core specification, section 8.

public import BenchPeers
public import Measurements
internal import TensorIO
internal import Tensors

/// How often steps are measured, how large they are, and beside whom.
public struct SpeedSettings: Codable, Sendable, Equatable {
    /// Turns of every side, at least 7 for a ratio that counts.
    public var alternations = 7
    /// Steps before the first turn.
    public var warmUps: Int
    /// The work's size.
    public var size = WorkSize.full
    /// The other libraries.
    public var peers: [Peer] = []

    init(warmUps: Int) { self.warmUps = warmUps }

    /// What peers add to a case that takes `work` seconds alone: they start, and work about as long, or on MLX's one
    /// core without fast products twenty times as long.
    func peerSeconds(work: Double) -> Double {
        peers.reduce(0) { $0 + $1.startLimit / 6 + ($1 == .mlx ? 20 : 2) * work }
    }

    /// A cost that is compared only with one measured beside the same peers.
    func cost(
        _ name: String, _ unit: String, _ direction: Direction, _ decimals: Int, _ options: [String: String] = [:]
    ) -> Metric {
        let beside = ["beside": peers.isEmpty ? "nobody" : peers.map(\.rawValue).joined(separator: " ")]
        return Metric(
            name, .cost, unit: unit, direction: direction, decimals: decimals, smallestEffect: 0.05,
            configuration: beside.merging(options) { $1 })
    }

    /// What is known of a peer at one piece of work.
    func cost(_ column: PeerColumn, of peer: Peer, at work: String, suffix: String = "") -> Metric {
        cost(
            "\(column.rawValue)_\(peer.metricName)\(suffix)", column.unit,
            column.isRatio ? .higherIsBetter : .lowerIsBetter, 2,
            ["peer": peer.rawValue, "work": work, "column": column.title])
    }
}

/// Who has twins.
func inWords(_ peers: [Peer]) -> String { "--peer " + peers.map(\.rawValue).joined(separator: ", ") }

/// What a peer's row says.
enum PeerColumn: String, CaseIterable {
    case wall, cpu
    case wallRatio = "ratio_wall"
    case cpuRatio = "ratio_cpu"
    case memory
    case memoryRatio = "memory_ratio"
    case start

    /// The ones that sweeps have.
    static let ratios: [PeerColumn] = [.wallRatio, .cpuRatio]

    /// Theirs divided by ours.
    var isRatio: Bool { Self.ratios.contains(self) }

    var unit: String {
        switch self {
        case .wall, .cpu: "ms"
        case .memory: "MiB"
        case .start: "s"
        case .wallRatio, .cpuRatio, .memoryRatio: ""
        }
    }

    /// What stands above the column.
    var title: String {
        switch self {
        case .wallRatio: "wall ratio"
        case .cpuRatio: "CPU ratio"
        case .memoryRatio: "share"
        case .cpu: "CPU"
        case .wall, .memory, .start: rawValue
        }
    }
}

/// The case of one step.
public struct SpeedStep: PeerCase {
    private let work: SpeedWork
    /// How often, how large, and beside whom.
    public var settings: SpeedSettings

    /// Every step there is.
    public static let allCases = (SpeedWork.steps + SpeedWork.research).map(SpeedStep.init)

    init(_ work: SpeedWork) { (self.work, settings) = (work, SpeedSettings(warmUps: work.warmUps)) }

    /// For example `speed.w1.encoder`.
    public var id: String { "speed.\(work.name)" }
    /// What `bench list --long` says.
    public var summary: String { "\(work.summary); \(inWords(possiblePeers))." }
    /// Nightly: seven turns take seconds, and a slow step is found the morning after.
    public var tier: Tier { .nightly }
    /// Seconds on two cores.
    public var expectedSeconds: Double { 8 + settings.peerSeconds(work: 8) }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// The settings; the step's shapes stand in its definition.
    public var configuration: [String: String] {
        ["preset": canonicalJSON(settings), "steps in a turn": "\(work.repeats)"]
    }
    /// None.
    public var dataFolders: [String] { [] }
    /// Those with a twin.
    public var possiblePeers: [Peer] { work.peers }

    private var peers: [Peer] { settings.peers.filter(possiblePeers.contains) }

    /// Exact counts, costs of a step, and the peers' beside them.
    public var metrics: [Metric] {
        [Self.flops, Self.arenaGrowth, time("step_wall"), time("step_cpu"), share, probe, memory, faults, start]
            + (work.products.map { [products($0.metric)] } ?? [])
            + peers.flatMap { peer in PeerColumn.allCases.map { settings.cost($0, of: peer, at: work.name) } }
    }

    private static let flops = Metric("step_flop", .exact, unit: "FLOP", direction: .lowerIsBetter, decimals: 0)
    private static let arenaGrowth = Metric("arena_growth", .exact, unit: "B", direction: .lowerIsBetter, decimals: 0)
    private func time(_ name: String) -> Metric { settings.cost(name, "ms", .lowerIsBetter, 2) }
    /// Of the matrix-product rate measured in turns with the steps.
    private var share: Metric { settings.cost("peak_share", "", .higherIsBetter, 3) }
    private var probe: Metric { settings.cost("probe", "GFLOP/s", .higherIsBetter, 1) }
    private var faults: Metric { settings.cost("page_faults", "", .lowerIsBetter, 1) }
    private var memory: Metric { settings.cost("memory", "MiB", .lowerIsBetter, 1) }
    private var start: Metric { settings.cost("start", "s", .lowerIsBetter, 2) }
    private func products(_ name: String) -> Metric { settings.cost(name + "_per_s", "1/s", .higherIsBetter, 1) }

    /// The first step, the warm-up, and then turns: ours, the peers', and the machine's matrix products.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        let step = try work.makeStep(settings.size, context.seed)
        try step()
        let started = ProcessUsage.age
        for _ in 1..<max(settings.warmUps, 1) { try step() }
        let held = try ProcessUsage.peakMiB
        context.report(0.1, "peers")
        let running = try RunningPeers(peers, size: settings.size)
        let starts = try running.start(work.name)
        var (turns, probes) = (MeasuredTurns(step, repeats: work.repeats), [StepCost]())
        let probe = MachineProbe(settings.size)
        // The probe holds memory that the arena has to find anew once.
        try step()
        try turns.take(settings.alternations, beside: running, work.name) {
            probes.append(probe.cost())
            context.report(0.1 + 0.9 * Double(probes.count) / Double(settings.alternations), "turns")
        }
        let (ours, rate) = (middle(turns.ours), probe.flops / middle(probes).wall)
        let flops = Double(turns.flops) / Double(turns.stepCount)
        var values = [
            (Self.flops, flops), (Self.arenaGrowth, Double(turns.arenaGrowth)), (time("step_wall"), 1000 * ours.wall),
            (time("step_cpu"), 1000 * ours.cpu), (share, flops / ours.wall / rate), (self.probe, rate / 1e9),
            (memory, held), (faults, Double(turns.pageFaults) / Double(turns.stepCount)), (start, started),
        ]
        if let counted = work.products { values.append((products(counted.metric), counted.perStep / ours.wall)) }
        for peer in peers {
            let (theirs, peak) = (turns.theirs[peer] ?? [], running.peakMiB(of: peer))
            let (cost, found) = (middle(theirs), ratios(of: theirs, to: turns.ours))
            values += PeerColumn.allCases.map { column in
                let value =
                    switch column {
                    case .wall: 1000 * cost.wall
                    case .cpu: 1000 * cost.cpu
                    case .wallRatio: found.wall
                    case .cpuRatio: found.cpu
                    case .memory: peak
                    case .memoryRatio: held / peak
                    case .start: starts[peer] ?? .nan
                    }
                return (settings.cost(column, of: peer, at: work.name), value)
            }
        }
        return CaseOutcome(values.map { Measurement($0.0, value: $0.1) }, artefacts: running.artefacts)
    }
}

/// A fixed matrix product, whose rate is the machine's for the moment.
private struct MachineProbe {
    let flops: Double
    private let a: Tensor
    private let b: Tensor

    init(_ size: WorkSize) {
        let side = size(1024, 8)
        var generator = Philox(seed: 1, stream: "speed/probe")
        a = .normal([side, side], using: &generator)
        b = .normal([side, side], using: &generator)
        flops = 2 * Double(side * side * side)
        _ = a.matmul(b)
    }

    func cost() -> StepCost {
        let start = ProcessUsage.clocks
        _ = a.matmul(b)
        let end = ProcessUsage.clocks
        return StepCost(wall: end.wall - start.wall, cpu: end.cpu - start.cpu)
    }
}
