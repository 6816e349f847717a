// A commit with its uncommitted changes, recreated and built beside the user's own tree, which stays as it is.

public import BenchRecords
internal import Foundation
internal import TensorIO

/// The state of the sources that a program was built from.
public struct SourceState: Sendable, Equatable {
    /// The commit, 40 hex digits.
    public var commit: String
    /// What was not committed; empty for a clean tree.
    public var patch: [UInt8]
    /// How it was built: `debug` or `release`.
    public var configuration: String

    /// A clean commit, built as this program is.
    public init(commit: String) {
        self.commit = commit
        patch = []
        configuration = buildConfiguration
    }

    /// What a stored build was made from.
    ///
    /// - Throws: ``WorktreeError`` where that was no commit, or changes that were not kept.
    public init(of build: BuildRecord) throws(WorktreeError) {
        guard build.commit != "none" else { throw .uncommitted }
        guard let patch = build.isDirty ? build.patch : [] else { throw .patchNotStored(commit: build.commit) }
        commit = build.commit
        self.patch = patch
        configuration = build.configuration
    }

    /// Names the folder that it is recreated in.
    var name: String {
        commit + (patch.isEmpty ? "" : "-" + SHA256.hexDigest(of: patch).prefix(8))
            + (configuration == "debug" ? "" : "-" + configuration)
    }
}

/// A work tree of git's below the store's folder.
///
/// It stays until it is removed, so that what is built once is built.
public struct Worktree: Sendable {
    /// What it holds.
    public let state: SourceState
    /// Its root.
    public let path: String
    private let folder: String
    private let repository: Git

    /// The work tree for `state`: `worktrees/<commit>` in `folder`, made from the repository around `repository`.
    ///
    /// One that is there already is used again if it still holds exactly that state.
    ///
    /// - Throws: ``WorktreeError``, or ``RunnerError`` when the disk is nearly full.
    public init(_ state: SourceState, in folder: String, repository: Git) throws {
        guard let root = repository.root else { throw WorktreeError.noRepository(folder: repository.folder) }
        guard repository.commit(of: state.commit) != nil else {
            throw WorktreeError.noCommit(state.commit, isShallow: repository.isShallow)
        }
        self.state = state
        self.folder = folder
        self.repository = repository
        path = Self.path(of: state, in: folder)
        if holdsState { return }
        remove()
        try makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        // A debug build of this repository takes 274 MiB, a test build twice as much.
        try requireSpace(in: folder, neededMiB: 1024)
        guard repository.addWorktree(at: path, commit: state.commit) else {
            throw WorktreeError.notRecreated(commit: state.commit, folder: path)
        }
        try applyPatch()
        // Pins are not part of a commit here; without them a build would take whatever version is newest.
        if !FileManager.default.fileExists(atPath: path + "/Package.resolved") {
            try? FileManager.default.copyItem(atPath: root + "/Package.resolved", toPath: path + "/Package.resolved")
        }
        guard holdsState else { throw WorktreeError.notRecreated(commit: state.commit, folder: path) }
    }

    private static func path(of state: SourceState, in folder: String) -> String {
        URL(fileURLWithPath: "\(folder)/worktrees/\(state.name)").path
    }

    /// Takes away what there is of the state's work tree.
    static func remove(_ state: SourceState, in folder: String, repository: Git) {
        let path = path(of: state, in: folder)
        repository.removeWorktree(at: path)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Takes it away with everything that was built in it.
    public func remove() { Self.remove(state, in: folder, repository: repository) }

    /// Whether the tree at `path` is the commit with the patch and nothing else.
    private var holdsState: Bool {
        let git = Git(folder: path)
        return git.isRoot && git.head?.commit == state.commit && git.patch() == state.patch
    }

    private func applyPatch() throws {
        guard !state.patch.isEmpty else { return }
        let file = path + ".patch"
        defer { try? FileManager.default.removeItem(atPath: file) }
        do {
            try Data(state.patch).write(to: URL(fileURLWithPath: file))
        } catch {
            throw WorktreeError.notRecreated(commit: state.commit, folder: path)
        }
        guard Git(folder: path).apply(file) else {
            throw WorktreeError.notRecreated(commit: state.commit, folder: path)
        }
    }

    /// Builds `bench` there as it was built, with more flags if any are given, and returns the program's path.
    ///
    /// What the build prints goes to a log in `logs` beside `worktrees`; `onTick` is called several times a second.
    ///
    /// - Throws: ``WorktreeError/doesNotBuild(commit:log:)``, or ``RunnerError`` if it cannot be started or is
    ///   interrupted.
    func build(flags: [String] = [], onTick: () -> Void) throws -> String {
        let log = logPath("build")
        let ended = try ran(
            ["swift", "build", "--product", "bench", "--configuration", state.configuration] + flags, log: log,
            onTick: onTick)
        let program = "\(path)/.build/\(state.configuration)/bench"
        guard ended == 0, FileManager.default.isExecutableFile(atPath: program) else {
            throw WorktreeError.doesNotBuild(commit: state.commit, log: log)
        }
        return program
    }

    /// The exit code of a program that runs in the tree, −1 if a signal ended it; its output goes to the log.
    func ran(
        _ arguments: [String], environment: [String: String] = [:], log: String, onTick: () -> Void
    ) throws -> Int {
        let child = try ChildProcess(
            program: "/usr/bin/env", arguments: ["env", "-C", path] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { _, ours in ours },
            logPath: log, limits: ChildLimits(seconds: .infinity, memoryMiB: .infinity))
        let observation = child.wait(
            isStopRequested: { Interruption.isRequested }, onProgress: { _, _ in }, onTick: onTick)
        guard observation.stop == nil else { throw RunnerError.interrupted }
        return observation.exitCode ?? -1
    }

    /// Where the output of something that runs in the tree goes.
    func logPath(_ name: String) -> String {
        let worktrees = URL(fileURLWithPath: path).deletingLastPathComponent()
        return worktrees.deletingLastPathComponent().path + "/logs/\(state.name)/\(name)"
    }
}

private func makeFolder(_ path: String) throws(WorktreeError) {
    do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
        throw .noFolder(path: path)
    }
}

/// A reason why a state of the sources cannot be recreated.
public enum WorktreeError: Error, Equatable, CustomStringConvertible {
    /// There is no repository, or no git.
    case noRepository(folder: String)
    /// The repository does not hold the commit.
    case noCommit(String, isShallow: Bool)
    /// The word names no commit.
    case noRevision(String)
    /// The first revision is not before the second.
    case noAncestor(String, of: String)
    /// The run was made outside of any repository.
    case uncommitted
    /// The run's uncommitted changes were too large to keep.
    case patchNotStored(commit: String)
    /// The folder for work trees cannot be made.
    case noFolder(path: String)
    /// git refused, or what it made is not the state that was recorded.
    case notRecreated(commit: String, folder: String)
    /// The compiler refused.
    case doesNotBuild(commit: String, log: String)
    /// The program cannot be linked in another layout.
    case notLaidOut(commit: String, folder: String)
    /// The program has none of the cases.
    case noCase([String], commit: String)
    /// The program could not run them.
    case notRun(commit: String, exit: Int, log: String)

    /// Where, what was found, what to do.
    public var description: String {
        switch self {
        case .noRepository(let folder):
            "\(folder): this is no git repository, or git is missing; go to the repository, or install git."
        case .noCommit(let commit, isShallow: true):
            "commit \(commit.prefix(8)): this clone is shallow and does not hold it; run 'git fetch --unshallow'."
        case .noCommit(let commit, isShallow: false):
            "commit \(commit.prefix(8)): this repository does not hold it; fetch it from where the run was made."
        case .noRevision(let asked): "'\(asked)': git knows no such revision; 'git log --oneline' shows them."
        case .noAncestor(let good, let bad):
            "'\(good)' does not lie before '\(bad)'; give the older revision first, and one of the same branch."
        case .uncommitted: "the run was made outside of any repository; there is no commit to recreate."
        case .patchNotStored(let commit):
            "commit \(commit.prefix(8)): the run's uncommitted changes were not kept; commit changes before a run."
        case .noFolder(let path): "\(path): the folder cannot be made; check the path and its permissions."
        case .notRecreated(let commit, let folder):
            "commit \(commit.prefix(8)): could not be recreated in \(folder); remove that folder and try again."
        case .doesNotBuild(let commit, let log): "commit \(commit.prefix(8)): does not build; see \(log)."
        case .notLaidOut(let commit, let folder):
            "commit \(commit.prefix(8)): cannot be laid out anew in \(folder); check that clang is in the PATH, and the disk."
        case .noCase(let ids, let commit):
            "commit \(commit.prefix(8)): its program has no case \(ids.joined(separator: ", ")); choose others."
        case .notRun(let commit, let exit, let log):
            "commit \(commit.prefix(8)): its program ended with \(exit) and no results; see \(log)."
        }
    }
}
