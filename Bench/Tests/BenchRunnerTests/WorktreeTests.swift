// States of the sources, recreated beside a tree that stays as it is.

import BenchRecords
import BenchStore
import Foundation
import Testing

@testable import BenchRunner

@Suite struct WorktreeTests {
    let made: MadeUpRepository

    init() throws { made = try MadeUpRepository() }

    private var folder: String { made.place.path + "/.bench" }

    private func state() throws -> SourceState {
        var state = SourceState(commit: try #require(made.repository.head?.commit))
        state.patch = try #require(made.repository.patch())
        return state
    }

    private func worktree(_ state: SourceState) throws -> Worktree {
        try Worktree(state, in: folder, repository: made.repository)
    }

    @Test func `every kind of change is recreated to the same tree, and the user's own is not touched`() throws {
        for name in ["staged", "unstaged", "gone", "moved", "script"] { try made.write(name, "\(name)\none\ntwo\n") }
        try made.write("binary", "\u{0}\u{1}\u{2}")
        try made.commit("more")
        // Settings of the user's must not reach the patch.
        for setting in ["diff.noprefix true", "diff.external false", "diff.renames copies"] {
            try made.git("config \(setting)")
        }
        try made.write("staged", "other\n")
        try made.git("add staged")
        try made.write("staged", "and again\n")
        try made.write("unstaged", "unstaged\none\nthree  \r\n")
        try made.write("new folder/new *.txt", "new\n")
        try made.write("empty", "")
        try made.write("binary", "\u{0}\u{3}\u{0}")
        try made.write("other binary", "\u{0}\u{7}")
        try made.git("rm -q gone")
        try made.git("mv moved renamed")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: made.place.path + "/script")
        try FileManager.default.createSymbolicLink(
            atPath: made.place.path + "/link", withDestinationPath: "unstaged")
        let before = try (made.git("status --porcelain"), made.repository.tree())

        let tree = try worktree(try state())
        #expect(before.1 != nil && Git(folder: tree.path).tree() == before.1)
        #expect(try made.git("status --porcelain") == before.0)
        #expect(made.repository.tree() == before.1)
        tree.remove()
        #expect(try made.git("worktree list").split(separator: "\n").count == 1)
        #expect(!FileManager.default.fileExists(atPath: tree.path))
    }

    @Test func `a tree is used again while it holds the state, and made anew when it does not`() throws {
        let state = try state()
        let path = try worktree(state).path
        try made.write(".bench/worktrees/\(state.name)/.build/kept", "")
        #expect(try worktree(state).path == path)
        #expect(FileManager.default.fileExists(atPath: path + "/.build/kept"))
        try made.write(".bench/worktrees/\(state.name)/lines.txt", "changed\n")
        _ = try worktree(state)
        #expect(!FileManager.default.fileExists(atPath: path + "/.build/kept"))
        try FileManager.default.removeItem(atPath: path)
        #expect(try worktree(state).path == path)
    }

    @Test func `what cannot be recreated is refused in words`() throws {
        let commit = try #require(made.repository.head?.commit)
        #expect(throws: WorktreeError.noRepository(folder: "/")) {
            try Worktree(SourceState(commit: commit), in: folder, repository: Git(folder: "/"))
        }
        let absent = String(repeating: "0", count: 40)
        #expect(throws: WorktreeError.noCommit(absent, isShallow: false)) {
            try worktree(SourceState(commit: absent))
        }
        try made.commit("second")
        let clone = try Workplace()
        #expect(
            programOutput(["git", "clone", "-q", "--depth", "1", "file://\(made.place.path)", clone.path + "/c"]) != nil
        )
        #expect(throws: WorktreeError.noCommit(commit, isShallow: true)) {
            try Worktree(
                SourceState(commit: commit), in: clone.path, repository: Git(folder: clone.path + "/c"))
        }
        var build = Provenance.current().build
        build.commit = "none"
        #expect(throws: WorktreeError.uncommitted) { try SourceState(of: build) }
        (build.commit, build.patchDigest, build.patch) = (commit, "ab", nil)
        #expect(throws: WorktreeError.patchNotStored(commit: commit)) { try SourceState(of: build) }
        var state = SourceState(commit: commit)
        state.patch = Array("no patch".utf8)
        #expect(throws: WorktreeError.self) { try worktree(state) }
        try made.write("broken", "")
        try made.commit("broken")
    }

    @Test(arguments: [
        (
            WorktreeError.noRepository(folder: "/x"),
            "/x: this is no git repository, or git is missing; go to the repository, or install git."
        ),
        (
            .noCommit("0123456789", isShallow: true),
            "commit 01234567: this clone is shallow and does not hold it; run 'git fetch --unshallow'."
        ),
        (
            .noCommit("0123456789", isShallow: false),
            "commit 01234567: this repository does not hold it; fetch it from where the run was made."
        ),
        (.noRevision("x"), "'x': git knows no such revision; 'git log --oneline' shows them."),
        (
            .noAncestor("a", of: "b"),
            "'a' does not lie before 'b'; give the older revision first, and one of the same branch."
        ),
        (.uncommitted, "the run was made outside of any repository; there is no commit to recreate."),
        (
            .patchNotStored(commit: "0123456789"),
            "commit 01234567: the run's uncommitted changes were not kept; commit changes before a run."
        ),
        (.noFolder(path: "/x"), "/x: the folder cannot be made; check the path and its permissions."),
        (
            .notRecreated(commit: "0123456789", folder: "/x"),
            "commit 01234567: could not be recreated in /x; remove that folder and try again."
        ),
        (.doesNotBuild(commit: "0123456789", log: "/l"), "commit 01234567: does not build; see /l."),
        (
            .notLaidOut(commit: "0123456789", folder: "/x"),
            "commit 01234567: cannot be laid out anew in /x; check that clang is in the PATH, and the disk."
        ),
        (
            .noCase(["a.b", "a.c"], commit: "0123456789"),
            "commit 01234567: its program has no case a.b, a.c; choose others."
        ),
        (
            .notRun(commit: "0123456789", exit: 4, log: "/l"),
            "commit 01234567: its program ended with 4 and no results; see /l."
        ),
    ])
    func `every error says where, what and what to do`(_ error: WorktreeError, _ sentence: String) {
        #expect(error.description == sentence)
    }
}

@Suite struct OtherCommitTests {
    let made: MadeUpRepository

    init() throws { made = try MadeUpRepository() }

    @Test func `two commits are compared in one go, and then from what is stored`() throws {
        try made.write("lines.txt", "1\n2\n3\n4\n")
        try made.commit("second")
        try made.write("lines.txt", "uncommitted\n")
        #expect(try made.bench("compare", "HEAD~1", "HEAD", "tree.lines", "--stored").code == 2)
        let planned = try made.bench("compare", "HEAD~1", "HEAD", "tree.lines", "--dry-run")
        #expect(planned.lastLine == "VERDICT planned | cases=2 seconds=1 | run=00000000 | exit=0")
        #expect(made.place.latest == nil)
        let first = try made.bench("compare", "HEAD~1", "HEAD", "tree.lines")
        #expect(first.code == 1, "\(first.errors)")  // The exact metric counts the lines: 3, then 4.
        #expect(first.lastLine.hasPrefix("VERDICT worse | worse=1 "))
        #expect(first.errors.contains("building") && first.errors.contains("running 1 of 1 cases"))
        let again = try made.bench("compare", "HEAD~1", "HEAD", "tree.lines")
        #expect(again.output == first.output)
        #expect(again.errors == "")
        #expect(try made.git("status --porcelain") == " M lines.txt\n")
        #expect(try made.git("worktree list").split(separator: "\n").count == 1)
    }

    @Test func `what a stored run lacks is measured with its seed, and both count as one`() throws {
        #expect(try made.bench("run", "good.smoke", "--seed", "5", "--threads", "1").code == 0)
        try made.commit("same")
        let ended = try made.bench("compare", "HEAD~1", "HEAD", "good.smoke", "tree.lines", "--keep-worktree")
        // Four values that are no costs, and whichever cost happens to be the same twice.
        #expect(
            ended.lastLine.hasPrefix("VERDICT identical | worse=0 better=0 same="), "\(ended.output)\(ended.errors)")
        #expect(ended.output.contains("good.smoke.score") && ended.output.contains("tree.lines."), "\(ended.output)")
        #expect(made.place.latest?.seed == 5)
        let again = try made.bench("compare", "HEAD~1", "HEAD", "good.smoke", "tree.lines")
        #expect(again.lastLine == ended.lastLine)
        #expect(again.errors == "")
        #expect(try made.git("worktree list").split(separator: "\n").count == 3)
    }

    @Test func `a commit that does not build is told with its log`() throws {
        try made.write("broken", "")
        try made.commit("broken")
        let ended = try made.bench("compare", "HEAD~1", "HEAD", "tree.lines")
        #expect(ended.code == 2)
        let log = try #require(ended.errors.firstMatch(of: #/does not build; see (.*)\.\n/#)).1
        #expect(try String(contentsOfFile: String(log), encoding: .utf8) == "building\n")
    }

    @Test func `a run with uncommitted changes is reproduced after they are gone`() throws {
        try made.write("lines.txt", "7\n8\n")
        #expect(try made.bench("run", "tree.lines", "good.smoke", "bad.throw").code == 2)
        let run = try #require(made.place.latest)
        try made.git("checkout -q lines.txt")
        let ended = try made.bench("repro", run.shortID)
        #expect(ended.code == 0, "\(ended.output)\(ended.errors)")
        #expect(ended.lastLine == "VERDICT reproduced | cases=2 diverged=0 absent=0 | run=\(run.shortID) | exit=0")
        #expect(try made.place.run("show", "@last").lastLine.contains(run.shortID))
    }

    @Test func `a run that gives another result is not reproduced`() throws {
        #expect(try made.bench("run", "fault.clock", "good.smoke").code == 0)
        let ended = try made.bench("repro", "@last")
        #expect(ended.code == 5)
        #expect(ended.lastLine.hasPrefix("VERDICT diverged | cases=2 diverged=1 absent=0 | "), "\(ended.output)")
        #expect(ended.output.contains("fault.clock.score  item-1"))
    }

    /// Seven commits after the first; from the sixth on there is a line more, or every line but the first is less by one.
    private func history(brokenAt broken: Int, addsLine: Bool = true) throws {
        for number in 1...7 {
            let isChanged = number >= 6
            let lines =
                (1...20).map { $0 == 1 || !isChanged || addsLine ? $0 : $0 - 1 } + (isChanged && addsLine ? [0] : [])
            try made.write("lines.txt", lines.map { "\($0)" }.joined(separator: "\n"))
            try made.git("rm -q -f --ignore-unmatch broken")
            if number == broken { try made.write("broken", "") }
            try made.commit("number-\(number)")
        }
    }

    @Test func `the commit that changed a quality metric is found by its items`() throws {
        try history(brokenAt: 5, addsLine: false)
        let ended = try made.bench("bisect", "tree.lines.score", "HEAD~3", "HEAD~1")
        #expect(ended.code == 3, "\(ended.output)\(ended.errors)")
        #expect(ended.lastLine.hasPrefix("VERDICT undecided | commits=2 looked=3 suspects=2 "))
        #expect(ended.output.contains("number-6"))
        #expect(ended.output.contains("WORSE"))
    }

    @Test func `a commit that made items worse is worse, by name and with the items`() throws {
        try history(brokenAt: 0, addsLine: false)
        let ended = try made.bench("compare", "HEAD~2", "HEAD~1", "tree.lines")
        #expect(ended.code == 1, "\(ended.output)\(ended.errors)")
        #expect(ended.lastLine.hasPrefix("VERDICT worse | worse=1 better=0 "))
        #expect(try ended.output.contains(Regex(#"tree\.lines\.score +10\.500 +9\.550 .* WORSE"#)))
        #expect(ended.output.contains("tree.lines.score, items that moved, by group: 5 of 19, of 20 in all"))
        #expect(try ended.output.contains(Regex(#"item-1 +1 +2\.000 +1\.000 +-1\.000  lost"#)))
    }

    @Test func `the commit that changed an exact metric is found, and one that does not build is skipped`() throws {
        try history(brokenAt: 4)
        let ended = try made.bench("bisect", "tree.lines.count", "HEAD~6", "HEAD")
        #expect(ended.code == 0, "\(ended.output)\(ended.errors)")
        #expect(ended.lastLine.hasPrefix("VERDICT found | commits=6 looked=6 suspects=1 "))
        #expect(ended.output.contains("does not build"))
        let evidence = try #require(ended.output.split(separator: "the commit that changed it\n").last)
        #expect(evidence.contains("number-6") && evidence.contains("tree.lines.count  20  21      +1"))
        // Everything is stored now but what does not build.
        let again = try made.bench("bisect", "tree.lines.count", "HEAD~6", "HEAD")
        #expect(again.code == 0)
        #expect(!again.errors.contains("running"))
    }

    @Test func `where a cost took its step is found by interleaved pairs`() throws {
        for (number, lines) in [1, 2, 2, 60, 61].enumerated() {
            try made.write("lines.txt", String(repeating: "1\n", count: lines))
            try made.git("rm -q -f --ignore-unmatch broken")
            if number == 2 { try made.write("broken", "") }
            try made.commit("number-\(number)")
        }
        let ended = try made.bench("bisect", "tree.held.peak_rss", "HEAD~4", "HEAD", "--pairs", "6")
        #expect(ended.code == 3, "\(ended.output)\(ended.errors)")
        #expect(ended.lastLine.hasPrefix("VERDICT undecided | commits=4 looked=5 suspects=2 "), "\(ended.output)")
        for (mark, number, pairs) in [("good", 1, 5), ("bad", 3, 5), ("bad", 4, 6)] {
            let row = try Regex("\(mark) +number-\(number)\n +\\(\(pairs) pairs\\)\n")
            #expect(ended.output.contains(row), "\(ended.output)")
        }
        #expect(ended.output.contains("does not build"))
        // Sides in turn, and one pair more at each commit to warm up: 14 runs at the end, 12 at two others.
        let runs = try RunStore(path: made.place.database, mode: .reading).runs(last: 100)
        #expect(runs.count == 38 && runs.allSatisfy { $0.kind == .confirm })
        let first = try #require(runs.last?.build.commit)
        #expect(runs.reversed().prefix(6).map { $0.build.commit == first } == [true, false, false, true, true, false])
        #expect(try made.git("worktree list").split(separator: "\n").count == 1)
    }

    @Test func `equal programs in other layouts enter the floors of costs`() throws {
        let ended = try made.bench(
            "calibrate", "good.smoke", "--pairs", "3", "--seeds", "0", "--layout", "3", "--threads", "1")
        #expect(ended.code == 0, "\(ended.output)\(ended.errors)")
        // Three pairs of equal runs, and two of each of the two other layouts.
        for cost in ["cpu", "peak_rss", "wall"] {
            #expect(ended.output.contains(try Regex("good\\.smoke\\.\(cost) +layout +7 ")), "\(ended.output)")
        }
        let builds = try String(contentsOfFile: made.place.path + "/.bench/builds", encoding: .utf8).split(
            separator: "\n")
        let padded = builds.map { $0.contains("-Xlinker --undefined=bench_layout_padding") }
        #expect(padded == [false, false, true, true], "\(builds)")
        #expect(builds[2].contains("layout-1.o") && builds[3].contains("layout-3.o"))
        // A layout takes a pair to warm up; every run is one of the calibration.
        let runs = try RunStore(path: made.place.database, mode: .reading).runs(last: 100)
        #expect(runs.count == 2 * 3 + 2 * 2 * 3 && runs.allSatisfy { $0.kind == .calibrate })
    }

    @Test func `nothing is searched where nothing changed, and not against the direction of time`() throws {
        try made.commit("same")
        let ended = try made.bench("bisect", "tree.lines.count", "HEAD~1", "HEAD")
        #expect(ended.code == 3)
        #expect(ended.lastLine.hasPrefix("VERDICT unchanged | commits=1 looked=2 suspects=0 "), "\(ended.output)")
        let reversed = try made.bench("bisect", "tree.lines.count", "HEAD", "HEAD~1")
        #expect(reversed.errors.contains("'HEAD' does not lie before 'HEAD~1'"))
    }
}

@Suite struct BisectionTests {
    @Test func `the first bad commit is always found, in as many steps as halving takes`() {
        for count in 2...40 {
            for culprit in 1..<count {
                var (search, steps) = (Bisection(commits: (0..<count).map { "\($0)" }), 0)
                while let index = search.next() {
                    search.mark(index, index < culprit ? .good : .bad)
                    steps += 1
                }
                #expect(search.suspects == culprit...culprit)
                // Halving count − 1 steps takes the logarithm to base 2, rounded up.
                #expect(steps <= (count - 1).bitWidth - (count - 2).leadingZeroBitCount)
            }
        }
    }

    @Test func `the culprit is among the suspects whatever is skipped`() {
        for skipped in 0..<256 {
            for culprit in 1...9 {
                var search = Bisection(commits: (0...9).map { "\($0)" })
                while let index = search.next() {
                    let isSkipped = skipped >> (index - 1) & 1 == 1
                    search.mark(index, isSkipped ? .skipped("") : index < culprit ? .good : .bad)
                }
                #expect(search.suspects.contains(culprit))
                let open = search.suspects.dropLast().filter { skipped >> ($0 - 1) & 1 == 0 }
                #expect(open.isEmpty)
            }
        }
    }

    @Test func `commits that are preferred come first`() {
        var search = Bisection(commits: (0...10).map { "\($0)" })
        #expect(search.next(preferring: ["2", "9"]) == 2)
        search.mark(2, .good)
        #expect(search.next(preferring: ["2", "9"]) == 9)
        search.mark(9, .bad)
        #expect(search.next(preferring: ["2", "9"]) == 5)
    }
}
