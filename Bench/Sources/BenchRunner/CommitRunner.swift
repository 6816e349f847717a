// Cases as they were at another state of the sources: checked out, built and run in a work tree, and stored with the rest.

public import BenchRecords
internal import BenchStore
internal import Foundation
public import Measurements

/// What runs cases at other commits than the one this program was built from.
///
/// The program of the other commit keeps a database of its own, so that neither needs to know the other's schema; its
/// run then moves into the store. After an interruption the work tree stays, and the same command goes on in it.
public struct CommitRunner: Sendable {
    /// The database that remembers, with work trees and logs beside it; it is opened only once there is a result.
    public var storePath: String
    /// The folder of its ledger; `nil` for the one beside it.
    public var ledger: String?
    /// The folder with real data.
    public var dataFolder: String?
    /// Wall seconds a case may take; `nil` for the other program's own limit.
    public var timeoutSeconds: Double?
    /// MiB of memory a case may hold; `nil` for the other program's own limit.
    public var memoryMiB: Double?
    /// Whether work trees stay for a later use.
    public var keepsWorktree: Bool
    /// Columns of the progress line.
    public var width: Int

    /// A runner for the repository around the current folder.
    public init(
        storePath: String, ledger: String?, dataFolder: String?, timeoutSeconds: Double?, memoryMiB: Double?,
        keepsWorktree: Bool, width: Int
    ) {
        self.storePath = storePath
        self.ledger = ledger
        self.dataFolder = dataFolder
        self.timeoutSeconds = timeoutSeconds
        self.memoryMiB = memoryMiB
        self.keepsWorktree = keepsWorktree
        self.width = width
    }

    /// Runs the cases that the program of that state knows, with settings replaced and more variables in its environment,
    /// for a note if one is given, and gives the run as it is stored.
    ///
    /// - Throws: ``WorktreeError``, ``RunnerError``, `StoreError`.
    public func run(
        _ state: SourceState, cases: [String], seed: UInt64, threads: Int, kind: RunKind,
        settings: [Setting] = [], note: String? = nil, environment: [String: String] = [:]
    ) throws -> RunRecord {
        try withProgram(of: state) { program in
            let ids = try program.known(of: cases)
            var display = ProgressDisplay(width: width)
            let what = "\(program.name): running \(ids.count) of \(cases.count) cases"
            return try timed(what, program.log, &display) {
                try program.run(
                    ids, seed: seed, threads: threads, kind: kind, settings: settings, note: note,
                    environment: environment, onTick: $0)
            }
        }
    }

    /// What `body` makes of the program of that state, checked out and built.
    ///
    /// The work tree is there as long as `body` runs; after an interruption, or if it was asked for, it stays.
    func withProgram<T>(of state: SourceState, _ body: (CommitProgram) throws -> T) throws -> T {
        var display = ProgressDisplay(width: width)
        let name = String(state.commit.prefix(8)) + (state.patch.isEmpty ? "" : " with its changes")
        display.say("\(name): checking out")
        let tree = try Worktree(
            state, in: storeFolder, repository: Git(folder: FileManager.default.currentDirectoryPath))
        var isKept = keepsWorktree
        defer { if !isKept { tree.remove() } }
        do {
            let path = try timed("\(name): building", tree.logPath("build"), &display) { try tree.build(onTick: $0) }
            return try body(CommitProgram(runner: self, tree: tree, path: path, name: name))
        } catch RunnerError.interrupted {
            isKept = true
            throw RunnerError.interrupted
        }
    }

    /// Recreates what the run was made from, runs its cases that have a result again, and returns that as it is stored.
    public func repeated(_ run: RunRecord) throws -> RunRecord {
        let variables = run.environment.filter { entry in
            ["OPENBLAS_", "OMP_", "SWIFT_"].contains { entry.key.hasPrefix($0) }
        }
        return try self.run(
            SourceState(of: run.build), cases: run.cases.filter { $0.state == .done }.map(\.id), seed: run.seed,
            threads: run.threads, kind: .repro, settings: run.settings ?? [], environment: variables)
    }

    /// Takes the state's work tree away, if one was kept.
    public func removeWorktree(of state: SourceState) {
        Worktree.remove(
            state, in: storeFolder, repository: Git(folder: FileManager.default.currentDirectoryPath))
    }

    /// Says what begins and where its output goes, and shows how long it takes.
    func timed<T>(
        _ what: String, _ log: String, _ display: inout ProgressDisplay, _ body: (() -> Void) throws -> T
    ) throws -> T {
        display.say("\(what); log \(log)")
        let start = monotonicSeconds()
        defer { display.clear() }
        return try body { display.redraw("\(what)  \(clock(monotonicSeconds() - start))") }
    }

    private var storeFolder: String { URL(fileURLWithPath: storePath).deletingLastPathComponent().path }
}

/// The program of a state of the sources, built in its work tree.
struct CommitProgram {
    let runner: CommitRunner
    let tree: Worktree
    /// The executable file.
    var path: String
    /// The commit in short, as people are told it.
    var name: String
    /// More variables for it.
    var environment: [String: String] = [:]

    /// Where what it prints goes.
    var log: String { tree.logPath("run") }

    /// Those of the cases that it has.
    ///
    /// - Throws: ``WorktreeError/noCase(_:commit:)`` where that is none.
    func known(of cases: [String]) throws -> [String] {
        guard let listed = programOutput([path, "list", "--format", "csv", "--db", database]) else {
            throw WorktreeError.notRun(commit: tree.state.commit, exit: -1, log: tree.logPath("build"))
        }
        let fields = String(decoding: listed, as: UTF8.self).split(whereSeparator: \.isNewline).map {
            $0.split(separator: ",")
        }
        let known = Set(fields.filter { $0.first == "cases" && $0.count > 1 }.map { String($0[1]) })
        let ids = cases.filter(known.contains)
        if ids.isEmpty { throw WorktreeError.noCase(cases, commit: tree.state.commit) }
        return ids
    }

    /// Runs the cases and gives the run as it is stored; `onTick` is called several times a second.
    func run(
        _ ids: [String], seed: UInt64, threads: Int, kind: RunKind, settings: [Setting] = [], note: String? = nil,
        environment: [String: String] = [:], onTick: () -> Void
    ) throws -> RunRecord {
        let code = try tree.ran(
            [path, "run"] + ids + options(seed, threads, isContinuing: kind != .repro)
                + settings.flatMap { ["--set", $0.description] },
            environment: self.environment.merging(environment) { _, asked in asked },
            log: log, onTick: onTick)
        guard [0, 2].contains(code) else {
            throw WorktreeError.notRun(commit: tree.state.commit, exit: code, log: log)
        }
        let theirs = try RunStore(path: database, mode: .reading)
        guard var run = try theirs.runs(last: 1).first else { throw StoreError.noRun(asked: database) }
        (run.kind, run.note) = (kind, note)
        let ours = try RunStore(path: runner.storePath, ledger: runner.ledger, mode: .writing, start: microseconds())
        try ours.adopt(run, from: theirs)
        return try ours.run(run.uuid)
    }

    private func options(_ seed: UInt64, _ threads: Int, isContinuing: Bool) -> [String] {
        var result = [
            "--seed", "\(seed)", "--threads", "\(threads)", "--db", database, "--resume",
            isContinuing ? "auto" : "never",
        ]
        if let folder = runner.dataFolder { result += ["--data", URL(fileURLWithPath: folder).path] }
        if let seconds = runner.timeoutSeconds { result += ["--timeout", "\(seconds)"] }
        if let memory = runner.memoryMiB { result += ["--mem", "\(memory)"] }
        return result
    }

    /// The program's own database.
    private var database: String { tree.path + "/.bench/bench.sqlite" }
}
