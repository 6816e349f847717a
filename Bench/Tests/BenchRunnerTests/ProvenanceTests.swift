// Where results come from: read from made-up files and from a made-up repository.

import BenchRecords
import BenchStore
import Foundation
import Testing

@testable import BenchRunner

@Suite struct ProvenanceTests {
    @Test(arguments: [("150000 100000\n", 1.5), ("max 100000\n", nil), ("", nil), ("1 0", nil)])
    func `a control group's quota is a number of CPUs`(_ text: String, _ expected: Double?) {
        #expect(quota(text) == expected)
    }

    @Test func `pins are versions, or revisions where there is no version`() throws {
        let place = try Workplace()
        let text =
            #"{"pins":[{"identity":"a","kind":"x","location":"y","state":{"revision":"r1","version":"1.2.3"}},"#
            + #"{"identity":"b","kind":"x","location":"y","state":{"revision":"r2","branch":"main"}}],"version":3}"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: place.path + "/Package.resolved"))
        #expect(pins(in: place.path) == ["a": "1.2.3", "b": "r2"])
        #expect(pins(in: "/nowhere") == [:])
    }

    @Test func `the machine's class is a digest of facts that do not change`() {
        let machine = currentMachine()
        #expect(machine == currentMachine())
        #expect(machine.machineClass.count == 8)
        #expect(machine.cores == visibleCores() && machine.cores >= 1)
        #expect(
            machine.canonical.hasPrefix("\(machine.architecture)|\(machine.cpu)|\(machine.cores)|\(machine.memoryGiB)|")
        )
    }

    @Test func `outside a repository the commit is none and everything else is there`() throws {
        #expect(Git(folder: "/").head == nil)
        #expect(Git(folder: "/").patch() == nil)
        let build = Provenance.current().build
        #expect(build.toolchain.hasPrefix("Swift version "))
        #expect(Set(build.libraries.keys).isSuperset(of: ["glibc", "kernels", "openblas", "sqlite", "zlib"]))
        #expect(build.binaryDigest.count == 64)
        #expect(["debug", "release"].contains(build.configuration))
    }

    @Test func `no home folder is kept`() {
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        #expect(
            withoutHome("--data \(home)/pictures") == (home.count > 1 ? "--data ~/pictures" : "--data \(home)/pictures")
        )
        #expect(Provenance.current().environment["command"]?.hasPrefix("bench") == true)
    }
}

@Suite struct GitTests {
    let place: Workplace
    let git: Git

    /// A repository with one commit of four files.
    init() throws {
        place = try Workplace()
        git = Git(folder: place.path)
        try write("kept.txt", "one\ntwo\n")
        try write("gone.txt", "gone\n")
        try write("moved.txt", "moved\n")
        try write(".gitignore", "*.log\n")
        for command in ["init -q -b main", "add -A", "commit -q -m first"] { try run(command) }
    }

    @Test func `head is commit, parent, time and branch`() throws {
        let head = try #require(git.head)
        #expect(head.commit.count == 40)
        #expect(head.parent == "")
        #expect(head.branch == "main")
        #expect(head.time > 1_600_000_000_000_000)
        #expect(git.commit(of: "HEAD") == head.commit)
        #expect(git.commit(of: String(head.commit.prefix(8))) == head.commit)
        #expect(git.commit(of: "nowhere") == nil)
        #expect(git.commit(of: "--all") == nil)
    }

    @Test func `the commits between two are named, newest first`() throws {
        let first = try #require(git.commit(of: "HEAD"))
        for subject in ["second", "third"] { try run("commit -q --allow-empty -m \(subject)") }
        let last = try #require(git.commit(of: "HEAD"))
        let found = try #require(git.commits(after: first, upTo: last))
        #expect(found.map(\.subject) == ["third", "second"] && found.first?.commit == last)
        #expect(git.commits(after: last, upTo: last) == [])
        #expect(git.commits(after: "none", upTo: last) == nil)
    }

    @Test func `a clean tree has an empty patch`() { #expect(git.patch() == []) }

    @Test func `the patch restores every kind of change in a clean tree and touches nothing`() throws {
        try write("kept.txt", "one\nthree\n")
        try write("staged.txt", "staged\n")
        try run("add staged.txt")
        try write("folder/new *.txt", "new\n")
        try write("binary", "\u{0}\u{1}\u{2}")
        try write("ignored.log", "ignored\n")
        try write(".bench/bench.sqlite", "results\n")
        try run("rm -q gone.txt")
        try run("mv moved.txt renamed.txt")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path + "/kept.txt")
        try FileManager.default.createSymbolicLink(atPath: place.path + "/link", withDestinationPath: "kept.txt")
        let before = try run("status --porcelain") + run("count-objects")
        let patch = try #require(git.patch())
        #expect(try run("status --porcelain") + run("count-objects") == before)
        #expect(git.patch() == patch)

        let clone = try Workplace()
        try run("clone -q . \(clone.path)/copy")
        try Data(patch).write(to: URL(fileURLWithPath: clone.path + "/patch"))
        try run("-C \(clone.path)/copy apply --index ../patch")
        try run("rm -q -r --cached .bench --ignore-unmatch")
        try run("add -A -- . :(exclude).bench")
        #expect(try run("-C \(clone.path)/copy write-tree") == run("write-tree"))
    }

    @Test func `large new files are left out`() throws {
        try write("large", String(repeating: "x", count: 1 << 20 + 1))
        try write("small", "small\n")
        let patch = String(decoding: try #require(git.patch()), as: UTF8.self)
        #expect(patch.contains("small") && !patch.contains("large"))
    }

    private func write(_ name: String, _ text: String) throws {
        let file = URL(fileURLWithPath: place.path + "/" + name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    @discardableResult
    private func run(_ command: String) throws -> String {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath=/dev/null"]
        let words = ["git", "-C", place.path] + identity + command.split(separator: " ").map(String.init)
        return String(decoding: try #require(programOutput(words), "git \(command)"), as: UTF8.self)
    }
}
