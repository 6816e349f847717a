// Two runs, or revisions of which nothing needs to be stored yet, and what is still to be measured to compare them.

public import BenchRecords
public import BenchStore
internal import Foundation
public import Measurements

/// What a comparison rests on.
public struct ComparisonPlan: Sendable {
    /// One of the two sides.
    public struct Side: Sendable {
        /// The stored run that it names, if there is one.
        public var stored: RunRecord?
        /// The commit, if it names one.
        public var commit: String?
        /// What is not stored and can be measured at the commit.
        public var missing: [Plan.Entry] = []
        /// The seed of its run.
        public var seed: UInt64 = 0
        /// The threads of its run.
        public var threads = 1
    }

    /// The reference and the new side.
    public var sides: [Side]
    private let patterns: [String]

    /// The plan for comparing `asked`, two runs or revisions.
    ///
    /// The cases that count are those that the patterns name. Without patterns they are those of whichever run is
    /// stored, and where none is, the cases of the tier `smoke`. What is measured takes over seed and threads of the
    /// stored run of its side, else of the other side.
    ///
    /// - Throws: `StoreError` for what names neither a run nor a revision, ``RunnerError`` for an unknown case.
    public init(
        _ asked: [String], patterns: [String], cases: [any BenchCase], seed: UInt64, threads: Int, store: RunStore?
    ) throws {
        self.patterns = patterns
        let git = Git(folder: FileManager.default.currentDirectoryPath)
        sides = try asked.map { try Side(asked: $0, isWhole: patterns.isEmpty, store, git) }
        let stored = sides.compactMap(\.stored)
        let isStored = stored.count == sides.count
        let chosen: [any BenchCase]
        if !patterns.isEmpty {
            // What both sides have stored need not exist in this program any more.
            chosen =
                isStored
                ? (try? selected(patterns, from: cases, id: \.id)) ?? [] : try selected(patterns, from: cases, id: \.id)
        } else if let run = stored.first {
            chosen = isStored ? [] : cases.filter { run.caseRecord($0.id) != nil }
        } else {
            chosen = cases.filter { $0.tier == .smoke }
        }
        for index in sides.indices {
            let model = sides[index].stored ?? stored.first
            (sides[index].seed, sides[index].threads) = (model?.seed ?? seed, model?.threads ?? threads)
            guard sides[index].commit != nil else { continue }
            sides[index].missing = try chosen.filter { sides[index].stored?.caseRecord($0.id) == nil }
                .map { try Plan.Entry($0, store: store) }
        }
    }

    /// Both runs with the cases that count, measured where they were missing.
    ///
    /// A stored run and what was measured beside it count as one.
    public func measured(by runner: CommitRunner) throws -> [RunRecord] {
        let display = ProgressDisplay(width: runner.width)
        for side in sides where !side.missing.isEmpty {
            let minutes = side.missing.map(\.expectedSeconds).reduce(0, +) / 60
            display.say(
                "\(side.commit?.prefix(8) ?? ""): \(side.missing.count) cases to measure, "
                    + "about \(Int(minutes.rounded(.up))) min after its build")
        }
        return try sides.map { side in
            var run = side.stored
            if let commit = side.commit, !side.missing.isEmpty {
                do {
                    let new = try runner.run(
                        SourceState(commit: commit), cases: side.missing.map(\.item.id), seed: side.seed,
                        threads: side.threads, kind: .adhoc)
                    if run == nil { run = new } else { run?.cases += new.cases }
                } catch WorktreeError.noCase where run != nil {
                    // The commit is older than the case, which is `new` or `missing` then.
                }
            }
            guard var run else { throw StoreError.noRun(asked: side.commit ?? "") }
            run.cases = try selected(patterns, from: run.cases, id: \.id)
            return run
        }
    }
}

extension ComparisonPlan.Side {
    /// `isWhole` takes a revision's latest run as it is; else its other runs of the same kind of build lend their cases.
    fileprivate init(asked: String, isWhole: Bool, _ store: RunStore?, _ git: Git) throws {
        do {
            stored = try store?.run(matching: asked) { revision in git.commit(of: revision) }
        } catch StoreError.noRun {}
        guard let commit = git.commit(of: asked) else {
            if stored == nil { throw StoreError.noRun(asked: asked) }
            return
        }
        guard var run = stored else {
            self.commit = commit
            return
        }
        // A run that is named by its identifier, or that had uncommitted changes, is what it is; nothing is added to it.
        guard run.build.commit == commit, !run.build.isDirty else { return }
        self.commit = commit
        guard !isWhole else { return }
        for other in try store?.runs(at: commit) ?? [] where other.isLike(run) {
            run.cases += other.cases.filter { [run] in run.caseRecord($0.id) == nil }
        }
        stored = run
    }
}

extension RunRecord {
    /// Whether cases of both runs may stand side by side: the same sources, build, machine and seed.
    fileprivate func isLike(_ other: RunRecord) -> Bool {
        !build.isDirty && build.configuration == other.build.configuration && seed == other.seed
            && threads == other.threads && machine == other.machine
    }
}
