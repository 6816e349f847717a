// A repository whose "build" puts the fixture program in place: `swift` is found on the PATH, so another one can be.

import Foundation
import Testing

@testable import BenchRunner

/// A git repository in a folder of its own, with one commit that holds `lines.txt`.
struct MadeUpRepository {
    let place: Workplace

    init() throws {
        place = try Workplace()
        try write(".gitignore", ".bench/\n.build/\nbin/\nout.*\n")
        try write("lines.txt", "1\n2\n3\n")
        // A tree with a file `broken` does not build.
        try write(
            "bin/swift",
            """
            #!/bin/sh
            [ "$1" = build ] || { echo "Swift version 0"; exit; }
            echo building
            echo "$@" >> ../../builds
            [ ! -e broken ] && mkdir -p .build/debug && ln -sf "\(Workplace.program)" .build/debug/bench
            """)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path + "/bin/swift")
        try git("init -q -b main")
        try commit("first")
    }

    var repository: Git { Git(folder: place.path) }

    func write(_ name: String, _ text: String) throws {
        let file = URL(fileURLWithPath: place.path + "/" + name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// Commits everything in the tree.
    func commit(_ message: String) throws {
        try git("add -A")
        try git("commit -q --allow-empty -m \(message)")
    }

    @discardableResult
    func git(_ command: String) throws -> String {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath=/dev/null"]
        let words = ["git", "-C", place.path] + identity + command.split(separator: " ").map(String.init)
        return String(decoding: try #require(programOutput(words), "git \(command)"), as: UTF8.self)
    }

    /// What the fixture says when it is run in the tree.
    func bench(_ arguments: String...) throws -> Ended { try bench(arguments) }

    func bench(_ arguments: [String]) throws -> Ended {
        let path = place.path + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        return try place.ended(try place.started(arguments, environment: ["PATH": path]))
    }
}
