// bench explore

internal import ArgumentParser
internal import BenchJudge
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements

struct ExploreCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "explore", abstract: "Tries variants of cases against the cases as they are, and ranks them.",
        discussion: """
            bench explore st.snt.cl --grid consistencyWeight=0,1,5 --grid smoothing=0,0.1
            bench explore inr.img32.generated.la-ginr --variant ideas/*.json --budget 60
            bench explore dialogue.synth.easy.latent --variant wide.json --against v1.0

            A variant's file: {"name": "wide", "set": {"model.width": 96}}, and for other
            sources "commit": "revision", "patch": "file.diff". All run with the same
            seeds, apart from history and baselines, and are ranked by each case's first
            quality metric. Where --budget is too short, each further seed is for the
            better half only. The same command goes on after an interruption.
            """)

    @Argument(help: "Globs over case ids, suites, or exclusions with '!'.", completion: .caseIDs)
    var cases: [String]
    @Option(
        help: "A setting and the values to try, path=v1,v2; several make every combination.", transform: axis(in:))
    var grid: [[Setting]] = []
    @Option(parsing: .upToNextOption, help: "Files that describe a variant each.", completion: .file())
    var variant: [String] = []
    @Option(help: "A run or revision as the reference, instead of the program at hand.") var against: String?
    @Option(help: "How many seeds each variant runs with, from --seed on.") var seeds = 3
    @Option(help: "Minutes that it may take, builds apart.") var budget: Double?
    @Flag(help: "Ranks by every quality metric with scores.") var all = false
    @Flag(help: "Leaves work trees and what is built in them for the next time.") var keepWorktree = false
    @OptionGroup var options: RunOptions

    func validate() throws {
        guard !grid.isEmpty || !variant.isEmpty else {
            throw ValidationError("nothing to try; give --grid path=v1,v2 or --variant FILE.json.")
        }
        guard seeds > 0 else { throw ValidationError("--seeds \(seeds): give 1 or more.") }
        if let budget, !(budget > 0) { throw ValidationError("--budget \(budget): give more than 0 minutes.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let chosen = try selected(cases, from: all, id: \.id)
        let git = Git(folder: FileManager.default.currentDirectoryPath)
        let variants = Variant.grid(grid) + (try variant.map { try Variant(file: $0, repository: git) })
        if let name = variants.map(\.name).first(where: { name in variants.count { $0.name == name } > 1 }) {
            throw ValidationError("two variants are called '\(name)'; give each a name of its own.")
        }
        // What a case does not have is refused before anything runs; other sources know for themselves.
        for variant in variants where variant.state == nil {
            for item in chosen { _ = try item.varied(by: variant.settings) }
        }
        let seconds = try expectedSeconds(chosen)
        guard
            let rounds = halvingRounds(
                variants: variants.count, seeds: seeds, secondsEach: seconds, budget: budget.map { 60 * $0 })
        else {
            let minutes = (seconds * Double(variants.count + 1) / 60).rounded(.up)
            throw ValidationError(
                "--budget \(budget ?? 0): one seed of everything takes about \(Int(minutes)) min; give at least that.")
        }
        let reference = Variant("reference", state: try against.map { try state($0, git) })
        var exploration = Exploration(try options.laboratory(), reference)
        let seeds = (0..<UInt64(seeds)).map { options.seed &+ $0 }
        for item in chosen {
            try exploration.explore(item, variants, seeds: seeds, rounds: rounds)
        }
        // After an interruption they stay, and what is built in them.
        if !keepWorktree { exploration.removeWorktrees() }
        let plan = ExplorationPlan(
            reference: against ?? "the cases as they are", variantCount: variants.count, seeds: seeds, rounds: rounds,
            budget: budget)
        return try options.output.show(exploration.report(plan, isWhole: self.all))
    }

    /// Seconds that one variant of every case takes with one seed.
    private func expectedSeconds(_ cases: [any BenchCase]) throws -> Double {
        let store = try options.store.openedIfThere()
        return try cases.map { try Plan.Entry($0, store: store).expectedSeconds }.reduce(0, +)
    }

    /// The sources that a run or a revision names.
    private func state(_ asked: String, _ git: Git) throws -> SourceState {
        if let commit = git.commit(of: asked) { return SourceState(commit: commit) }
        return try SourceState(of: storedRun(asked, [], in: options.store.opened()).build)
    }
}

/// The values of `path=v1,v2`, a setting each.
private func axis(in text: String) throws -> [Setting] {
    let values = try setting(in: text)
    let words = text.dropFirst(values.path.count + 1)
    return parts(of: words).map { Setting(values.path, JSONValue(String($0))) }
}

/// The parts between commas that stand in no brackets and no quotes.
private func parts(of text: Substring) -> [Substring] {
    var (depth, isQuoted) = (0, false)
    return text.split(omittingEmptySubsequences: false) { character in
        switch character {
        case "\"": isQuoted.toggle()
        case "[", "{": depth += 1
        case "]", "}": depth -= 1
        default: break
        }
        return character == "," && depth == 0 && !isQuoted
    }
}

/// What runs variants and finds those that ran before.
private struct Laboratory {
    let note: NoteRecord?
    let provenance: Provenance
    let options: RunOptions

    var threads: Int { options.threads ?? usualThreads() }

    var commits: CommitRunner {
        CommitRunner(
            storePath: options.store.path, ledger: options.store.ledger, dataFolder: options.cases.data,
            timeoutSeconds: options.cases.timeout, memoryMiB: options.cases.mem, keepsWorktree: true,
            width: options.output.width)
    }

    /// One case of a variant with one seed, from the store if it ran before.
    func run(_ item: any BenchCase, _ variant: Variant, seed: UInt64) throws -> RunRecord {
        // Closed again before anything runs: who runs other sources opens it for itself.
        if options.resume == .auto, let known = try stored(item, variant, seed: seed) { return known }
        if let state = variant.state {
            return try commits.run(
                state, cases: [item.id], seed: seed, threads: threads, kind: .explore, settings: variant.settings,
                note: note?.uuid)
        }
        let session = Session(
            store: try options.store.openedForWriting(), note: note, provenance: provenance, options: options)
        return try session.measured([item], kind: .explore, seed: seed, settings: variant.settings)
    }

    private func stored(_ item: any BenchCase, _ variant: Variant, seed: UInt64) throws -> RunRecord? {
        let varied = try variant.state == nil ? item.varied(by: variant.settings) : item
        return try options.store.opened().trials(of: item.id, seed: seed).first { run in
            guard run.threads == threads, run.machine == provenance.machine, run.note == note?.uuid else {
                return false
            }
            guard let state = variant.state else {
                let (a, b) = (run.build, provenance.build)
                let found = run.caseRecord(item.id)
                return a.commit == b.commit && a.patchDigest == b.patchDigest && a.binaryDigest == b.binaryDigest
                    && found?.configuration == varied.configuration && found?.version == varied.version
            }
            return (try? SourceState(of: run.build)) == state && run.settings ?? [] == variant.settings
        }
    }
}

extension RunOptions {
    /// Looks at program, machine and note once for all that runs.
    fileprivate func laboratory() throws -> Laboratory {
        let session = try session()
        return Laboratory(note: session.note, provenance: session.provenance, options: self)
    }
}

/// Variants on their way: what ran, what was dropped, what broke.
private struct Exploration {
    let laboratory: Laboratory
    let reference: Variant
    private var variants: [VariantRuns] = []
    private var dropped: [DroppedVariant] = []
    private var broken: [Ranking.Unmeasured] = []
    private var states: [SourceState] = []

    init(_ laboratory: Laboratory, _ reference: Variant) {
        (self.laboratory, self.reference) = (laboratory, reference)
        states = [reference.state].compactMap(\.self)
    }

    /// Runs as many variants of the case with each seed as `rounds` says, the best so far.
    mutating func explore(_ item: any BenchCase, _ variants: [Variant], seeds: [UInt64], rounds: [Int]) throws {
        var alive = variants.map { (variant: $0, runs: VariantRuns($0.name, of: item.id)) }
        states += variants.compactMap(\.state)
        for (seed, count) in zip(seeds, rounds) {
            if count < alive.count {
                let order = Ranking(of: alive.map(\.runs), isWhole: false, floors: []).results.map(\.name)
                // Whoever has no result comes last.
                let ranked = alive.sorted {
                    order.firstIndex(of: $0.runs.name) ?? .max < order.firstIndex(of: $1.runs.name) ?? .max
                }
                for (place, loser) in ranked.enumerated().dropFirst(count) {
                    self.variants.append(loser.runs)
                    dropped.append(
                        DroppedVariant(
                            loser.runs.name, of: item.id, seedCount: loser.runs.pairs.count, place: place + 1))
                }
                alive = Array(ranked.prefix(count))
            }
            let before = try laboratory.run(item, reference, seed: seed)
            for index in alive.indices {
                do {
                    let after = try laboratory.run(item, alive[index].variant, seed: seed)
                    alive[index].runs.pairs.append(RunPair(reference: before, new: after))
                } catch let error as WorktreeError {
                    broken.append(Ranking.Unmeasured(alive[index].variant.name, item.id, error.description))
                }
            }
            alive.removeAll { entry in broken.contains { $0.name == entry.variant.name && $0.subject == item.id } }
        }
        self.variants += alive.map(\.runs)
    }

    func report(_ plan: ExplorationPlan, isWhole: Bool) throws -> Report {
        var ranking = Ranking(
            of: variants, isWhole: isWhole, floors: try laboratory.options.store.opened().floors())
        ranking.unmeasured += broken
        return .explore(ranking, plan: plan, dropped: dropped, run: variants.last?.pairs.last?.new)
    }

    func removeWorktrees() {
        for state in states { laboratory.commits.removeWorktree(of: state) }
    }
}
