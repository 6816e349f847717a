// What git knows of a folder. Everything is optional: measurements are allowed where there is no repository.

public import BenchRecords
internal import Foundation
internal import TensorIO

/// A folder as git sees it.
public struct Git {
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
    /// It is made with an index and an object folder of its own, so that the repository stays untouched. New files over
    /// 1 MiB, or beyond 16 MiB together, are left out.
    func patch() -> [UInt8]? {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("bench-index-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        guard let root, let objects = text("rev-parse", "--path-format=absolute", "--git-path", "objects"),
            (try? FileManager.default.createDirectory(atPath: scratch + "/objects", withIntermediateDirectories: true))
                != nil
        else { return nil }
        var whole = Git(folder: root)
        whole.environment = [
            "GIT_INDEX_FILE": scratch + "/index", "GIT_OBJECT_DIRECTORY": scratch + "/objects",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
        ]
        guard whole.output("read-tree", "HEAD") != nil, whole.output("add", "--update") != nil,
            let names = whole.output("ls-files", "--others", "--exclude-standard", "-z", "--", ".", ":(exclude).bench")
        else { return nil }
        let added = whole.small(names.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
        if !added.isEmpty, whole.output(["add", "--"] + added.map { ":(literal)" + $0 }) == nil { return nil }
        return whole.output("diff", "--cached", "--binary", "--no-color", "--no-ext-diff", "HEAD")
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
        programOutput(["git", "-C", folder] + arguments, environment: environment)
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
