// bench run, and the way from options to a finished run that it shares with bench all

internal import ArgumentParser
internal import BenchPeers
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements

struct RunCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs the named cases.",
        discussion: """
            bench run inr.smoke                one case
            bench run 'inr.*' '!*.slow'        a suite without what ends in .slow
            bench run inr --seed 7 --mem 2000  another seed, and no more than 2000 MiB
            bench run st.snt.cl --set speechStage.steps=1400 --set speechStage.batchSize=16
            bench run speed --peer pytorch     in turns with the same steps in PyTorch

            What is run with other settings stays out of history and baselines; the names
            are those in 'bench show @last --provenance'.

            Peers need a Python environment, which is made once and named by
            'export BENCH_PEERS_PYTHON=$(ci/peers/setup)'; 'bench list speed --long' says
            who has twins of what. A ratio is the peer's time divided by ours (above 1:
            ours is faster), medians of turns; memory_ratio is ours divided by theirs.
            Where a peer cannot do the work, or does not come up within its limit, stands
            nan, and the reason is told.
            """)

    @Argument(help: "Globs over case ids, suites, or exclusions with '!'.", completion: .caseIDs)
    var cases: [String]
    @Option(
        name: .customLong("set"), help: "Replaces a setting of every case: path=value, names with dots between them.",
        transform: setting(in:))
    var settings: [Setting] = []
    @Option(
        name: .customLong("peer"),
        help: ArgumentHelp(
            "Measures a library in turns with ours; may be repeated: "
                + Peer.allCases.map(\.rawValue).joined(separator: ", ") + "."),
        transform: peer(named:))
    var peers: [Peer] = []
    @OptionGroup var plan: PlanOptions
    @OptionGroup var options: RunOptions

    func validate() throws {
        guard peers.isEmpty || plan.on == .local else {
            throw ValidationError("--peer: nodes of a cluster may differ; measure peers with --on local.")
        }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let chosen = try selected(cases, from: all, id: \.id)
        return try options.execute(
            try chosen.with(peers), plan, kind: settings.isEmpty ? .adhoc : .explore,
            tier: chosen.map(\.tier).max() ?? .smoke, settings: settings + (peers.isEmpty ? [] : [peersSetting(peers)])
        )
    }
}

private func peer(named name: String) throws -> Peer {
    guard let peer = Peer(rawValue: name) else { throw PeerError.unknown(name) }
    return peer
}

extension [any BenchCase] {
    /// Those that can be measured beside one of the peers, all of which are there; all cases without peers.
    fileprivate func with(_ peers: [Peer]) throws -> [any BenchCase] {
        if peers.isEmpty { return self }
        let possible = map { ($0 as? any PeerCase)?.possiblePeers ?? [] }
        guard peers.allSatisfy({ peer in possible.contains { $0.contains(peer) } }) else {
            throw PeerError.noTwins(peers: peers.filter { peer in !possible.contains { $0.contains(peer) } })
        }
        for peer in peers {
            let version = try PeerProgram(peer).version()
            let twins = possible.count { $0.contains(peer) }
            FileHandle.standardError.write(
                Data("bench: \(peer.rawValue) is \(version); it has twins of \(twins) of \(count) cases\n".utf8))
        }
        return zip(self, possible).filter { !$1.isEmpty }.map(\.0)
    }
}

extension RunOptions {
    /// Runs the cases once for each seed, with settings replaced, shows the runs and returns the exit code.
    func execute(
        _ cases: [any BenchCase], _ plan: PlanOptions, kind: RunKind, tier: Tier, settings: [Setting] = []
    ) throws -> Int32 {
        guard !cases.isEmpty else { throw RunnerError.noCase(tier: tier.rawValue) }
        let seeds = plan.seeds.isEmpty ? [seed] : plan.seeds
        // What a case does not have is refused before anything is made.
        let varied = try cases.map { try $0.varied(by: settings) }
        if plan.dryRun { return try output.show(.plan(try planned(varied, seeds))) }
        let session = try session()
        let cluster = cluster(of: plan)
        let runs = try seeds.map {
            try session.measured(cases, kind: kind, tier: tier, seed: $0, settings: settings, cluster: cluster)
        }
        for run in runs { try tellPeersLost(in: run, session.store) }
        return try output.show(runs.count == 1 ? .show(runs[0]) : .seeds(runs))
    }

    /// Why other libraries did not do what they were asked to: the cases have it as a file.
    private func tellPeersLost(in run: RunRecord, _ store: RunStore) throws {
        let reasons = try run.cases.flatMap { item in
            let text = try store.artefact("peers.txt", of: item.id, in: run.uuid)
            return String(decoding: text ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
        }
        self.store.tell(reasons)
    }

    private func cluster(of plan: PlanOptions) -> SlurmCluster? {
        guard case .slurm(let partition) = plan.on else { return nil }
        let beside = URL(fileURLWithPath: store.path).deletingLastPathComponent().appendingPathComponent("slurm").path
        return SlurmCluster(partition: partition, sharedFolder: plan.shared ?? beside)
    }

    private func planned(_ cases: [any BenchCase], _ seeds: [UInt64]) throws -> [PlannedCase] {
        let store = try store.openedIfThere()
        let entries = try cases.map { try Plan.Entry($0, store: store) }
        return seeds.flatMap { seed in
            entries.map {
                PlannedCase(
                    id: $0.item.id, seed: seed, expectedSeconds: $0.expectedSeconds, slowSeconds: $0.slowSeconds)
            }
        }
    }

    /// Opens the store for writing and looks at program and machine.
    func session() throws -> Session {
        Interruption.listen()
        let store = try self.store.openedForWriting()
        return Session(
            store: store, note: try note.map { try self.store.noteToTest($0, in: store) }, provenance: .current(),
            options: self)
    }
}

/// What several runs of one command share.
struct Session {
    /// Open for writing.
    let store: RunStore
    /// Whose prediction the runs test.
    let note: NoteRecord?
    let provenance: Provenance
    let options: RunOptions

    /// One run of the cases, of their highest tier and with the options' seed unless said otherwise.
    ///
    /// `earlier` is another build's program, to run in the place of this one; `cluster` runs the cases elsewhere.
    ///
    /// - Throws: ``Interrupted``, and what stops a run.
    func measured(
        _ cases: [any BenchCase], kind: RunKind, tier: Tier? = nil, seed: UInt64? = nil,
        settings: [Setting] = [], earlier: EarlierProgram? = nil, cluster: SlurmCluster? = nil
    ) throws -> RunRecord {
        let plan = try Plan(
            cases, kind: kind, tier: tier ?? cases.map(\.tier).max() ?? .smoke, seed: seed ?? options.seed,
            threads: options.threads ?? usualThreads(), note: note?.uuid, settings: settings, store: store)
        var runner = options.cases.runner(store, width: options.output.width)
        if let earlier { runner.program = earlier.path }
        let (provenance, isContinuing) = (earlier?.provenance ?? provenance, options.resume == .auto)
        let run =
            try cluster.map {
                try runner.run(plan, provenance: provenance, isContinuing: isContinuing, on: $0)
            } ?? runner.run(plan, provenance: provenance, isContinuing: isContinuing)
        guard run.status == .complete else { throw Interrupted(run: run) }
        return run
    }
}

/// A person stopped the run; what it has is stored.
struct Interrupted: Error {
    let run: RunRecord
}

/// A program that an earlier run was measured with.
struct EarlierProgram {
    let path: String
    let provenance: Provenance
}

func reportInterruption(of run: RunRecord) -> Int32 {
    let code = Interruption.exitCode ?? EX_SOFTWARE
    let done = run.cases.count { $0.state == .done }
    let left = run.cases.count { [.planned, .interrupted].contains($0.state) }
    FileHandle.standardError.write(
        Data("bench: interrupted with \(left) cases left; repeat the command to go on.\n".utf8))
    print("VERDICT interrupted | ok=\(done) left=\(left) | run=\(run.shortID) | exit=\(code)")
    return code
}
