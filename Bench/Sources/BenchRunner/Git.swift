// What git knows of a folder. Everything is optional: measurements are allowed where there is no repository.

public import BenchRecords
internal import Foundation
internal import TensorIO

/// A folder as git sees it.
public struct Git: Sendable {
    /// The folder, anywhere inside a work tree.
    public var folder: String

    /// The folder `folder`.
    public init(folder: String) { self.folder = folder }

    /// The commit that a revision names, 40 hex digits; `nil` if there is none.
    public func commit(of revision: String) -> String? {
        text("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    }

    /// The commits after `first` up to `last`, newest first; `nil` if git does not know both.
    public func commits(after first: String, upTo last: String) -> [CommitRecord]? {
        text("log", "--format=%H %s", "--end-of-options", "\(first)..\(last)")?.split(separator: "\n").map { line in
            CommitRecord(commit: String(line.prefix(40)), subject: String(line.dropFirst(41)))
        }
    }

    /// The commits after `first` up to `last` along first parents, oldest first, each with the first line of its
    /// message; `nil` where `first` is no ancestor.
    func line(from first: String, to last: String) -> [(commit: String, subject: String)]? {
        guard output("merge-base", "--is-ancestor", first, last) != nil else { return nil }
        let log = text(
            "log", "--first-parent", "--reverse", "--no-show-signature", "--format=%H %s", "\(first)..\(last)")
        return log?.split(separator: "\n").map { line in
            (String(line.prefix(40)), String(line.dropFirst(41)))
        }
    }

    /// The first line of a commit's message; empty for none.
    func subject(of commit: String) -> String { text("show", "-s", "--format=%s", commit) ?? "" }

    /// Whether the repository holds only the latest commits of its history.
    var isShallow: Bool { text("rev-parse", "--is-shallow-repository") == "true" }

    /// Checks `commit` out in a new work tree at `path`; whether git agreed.
    func addWorktree(at path: String, commit: String) -> Bool {
        // Twice, for a folder that was deleted by hand and is still registered.
        output("worktree", "add", "--detach", "--force", "--force", path, commit) != nil
    }

    /// Takes a work tree away with everything in it.
    func removeWorktree(at path: String) { _ = output("worktree", "remove", "--force", "--force", path) }

    /// Applies a patch file to the work tree and its index; whether it fitted.
    func apply(_ patchFile: String) -> Bool {
        output("apply", "--index", "--binary", "--whitespace=nowarn", patchFile) != nil
    }

    /// Whether the folder is a work tree's root, and not a folder in one.
    var isRoot: Bool { text("rev-parse", "--show-prefix") == "" }

    /// The work tree's root.
    var root: String? { text("rev-parse", "--show-toplevel") }

    /// Commit, first parent, microseconds since 1970 and branch of HEAD.
    var head: (commit: String, parent: String, time: Int64, branch: String)? {
        guard let line = text("show", "-s", "--format=%H %ct %P", "HEAD")?.split(separator: " "), line.count >= 2,
            let seconds = Int64(line[1])
        else { return nil }
        let branch = text("symbolic-ref", "--quiet", "--short", "HEAD") ?? ""
        return (String(line[0]), line.count > 2 ? String(line[2]) : "", seconds * 1_000_000, branch)
    }

    /// Everything that differs from HEAD, new files included, as one binary patch; empty for a clean tree.
    ///
    /// New files over 1 MiB, or beyond 16 MiB together, are left out.
    func patch() -> [UInt8]? {
        withWholeTree { $0.changes(since: "HEAD") }
    }

    /// What the index holds that the commit does not.
    private func changes(since commit: String) -> [UInt8]? {
        // Plumbing, which no setting of the user's changes: a patch without its prefixes could not be applied.
        output("diff-index", "--cached", "--patch", "--binary", "--no-ext-diff", commit)
    }

    /// What a patch file makes of a commit, in the form of ``patch()``; `nil` if it does not fit.
    func patch(_ patchFile: String, on commit: String) -> [UInt8]? {
        withIndex(of: commit) { index in
            guard index.output("apply", "--cached", "--binary", "--whitespace=nowarn", patchFile) != nil else {
                return nil
            }
            return index.changes(since: commit)
        }
    }

    /// The digest that a commit of the whole tree would have as its tree, new files included as in ``patch()``.
    func tree() -> String? { withWholeTree { $0.text("write-tree") } }

    /// What `body` makes of the work tree with everything in it added to an index of its own.
    private func withWholeTree<T>(_ body: (Git) -> T?) -> T? {
        withIndex(of: "HEAD") { whole in
            guard whole.output("add", "--update") != nil,
                let names = whole.output(
                    "ls-files", "--others", "--exclude-standard", "-z", "--", ".", ":(exclude).bench")
            else { return nil }
            let added = whole.small(names.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
            if !added.isEmpty, whole.output(["add", "--"] + added.map { ":(literal)" + $0 }) == nil { return nil }
            return body(whole)
        }
    }

    /// What `body` makes of a commit in an index and an object folder of its own, so that the repository stays untouched.
    private func withIndex<T>(of commit: String, _ body: (Git) -> T?) -> T? {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("bench-index-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        guard let root, let objects = text("rev-parse", "--path-format=absolute", "--git-path", "objects"),
            (try? FileManager.default.createDirectory(atPath: scratch + "/objects", withIntermediateDirectories: true))
                != nil
        else { return nil }
        var index = Git(folder: root)
        index.environment = [
            "GIT_INDEX_FILE": scratch + "/index", "GIT_OBJECT_DIRECTORY": scratch + "/objects",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
        ]
        return index.output("read-tree", commit) == nil ? nil : body(index)
    }

    private var environment: [String: String] = [:]

    private func small(_ names: [String]) -> [String] {
        var total = 0
        return names.sorted().filter { name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
            guard let size = (attributes?[.size] as? NSNumber)?.intValue, size <= 1 << 20, total + size <= 16 << 20
            else {
                return false
            }
            total += size
            return true
        }
    }

    private func text(_ arguments: String...) -> String? {
        output(arguments).map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    }

    private func output(_ arguments: String...) -> [UInt8]? { output(arguments) }

    /// What git prints; `nil` if it fails or is not there.
    private func output(_ arguments: [String]) -> [UInt8]? {
        // Hooks are the user's, for the user's own work.
        programOutput(["git", "-C", folder, "-c", "core.hooksPath=/dev/null"] + arguments, environment: environment)
    }
}

/// What a program prints on standard output; `nil` if it fails or is not there.
func programOutput(_ arguments: [String], environment: [String: String] = [:]) -> [UInt8]? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, ours in ours }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return process.terminationStatus == 0 ? bytes : nil
}
