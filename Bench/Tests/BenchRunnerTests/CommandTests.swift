// The program as a whole, from outside: exit codes, last lines, interruption, resumption, a full disk.

import BenchRecords
import BenchStore
import Foundation
import Measurements
import Testing

@Suite struct CommandTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    @Test(arguments: [
        (["list"], 0, "VERDICT listed | cases=27 |"),
        (["list", "good", "--tier", "smoke", "--long"], 0, "VERDICT listed | cases=1 |"),
        (["run", "good.smoek"], 2, "VERDICT error |"), (["show"], 2, "VERDICT error |"),
        (["show", "beef"], 2, "VERDICT error |"),
        (["compare", "@last", "@last~1"], 2, "VERDICT error |"), (["run", "data.needed"], 2, "VERDICT incomplete |"),
        (["flips", "@last", "@last", "good.smoke"], 2, "VERDICT error |"),
        (["history", "good.smoke.score"], 2, "VERDICT error |"), (["baseline", "list"], 2, "VERDICT error |"),
        (["baseline", "set", "@last", "--why", "x"], 2, "VERDICT error |"), (["gate"], 2, "VERDICT error |"),
        (["gate", "--bisect"], 125, "VERDICT error |"), (["calibrate", "--show"], 2, "VERDICT error |"),
        (["calibrate", "--pairs", "1", "--seeds", "2"], 0, "VERDICT calibrated | floors=4 |"),
        (["run", "good.smoke"], 0, "VERDICT complete | ok=1 "),
        (["all", "--tier", "smoke"], 0, "VERDICT complete | ok=1 "),
        (["run", "bad.throw", "good.smoke"], 2, "VERDICT incomplete | ok=1 failed=1 "),
        (["export", "@last"], 2, "VERDICT error |"), (["import", "nowhere"], 4, "VERDICT error |"),
        (["import", "--rebuild"], 0, "VERDICT rebuilt | new=0 "),
        (["import", ".", "--dry-run"], 0, "VERDICT dry-run | new=0 "),
        (["note", "list"], 2, "VERDICT error |"), (["note", "show", "beef"], 2, "VERDICT error |"),
        (
            ["note", "open", "t", "--question", "q", "--hypothesis", "h", "--predict", "x", "--refute", "x"], 64,
            "VERDICT error |"
        ),
        (["triage"], 2, "VERDICT error |"), (["sql"], 2, "VERDICT error |"),
        (["doctor", "--fix"], 0, "VERDICT "),
        (["verify", "good.smoke"], 0, "VERDICT identical | replays=2 "),
        (["verify", "fault.clock"], 5, "VERDICT diverged | "), (["verify", "bad.throw"], 2, "VERDICT incomplete | "),
        (["verify", "good.smoek"], 2, "VERDICT error | "), (["repro", "@last"], 2, "VERDICT error | "),
        (["bisect", "good.smoke.count", "HEAD~1", "HEAD"], 2, "VERDICT error | "),
        (["data", "list", "--long"], 0, "VERDICT listed | sets=2 there=0 "),
        (["data", "get", "secrets", "--data", "d"], 2, "VERDICT absent | fetched=0 faults=0 "),
        (["data", "get", "pictures", "--data", "d"], 2, "VERDICT error | "),
        (["data", "get", "picture", "--data", "d"], 2, "VERDICT error | "),
        (["data", "check", "."], 2, "VERDICT absent | sets=0 damaged=0 absent=1 "),
        (["data", "where"], 2, "VERDICT absent | sets=0 "),
        (["compare", "HEAD~1", "HEAD", "--stored"], 2, "VERDICT error | "),
        (["run", "good.smoke", "--dry-run"], 0, "VERDICT planned | cases=1 seconds=1 |"),
        (["all", "--tier", "smoke", "--seeds", "1,2", "--dry-run"], 0, "VERDICT planned | cases=2 seconds=1 |"),
        (["run", "good.smoke", "--seeds", "1,2"], 0, "VERDICT complete | ok=2 "),
        (["run", "bad.throw", "--seeds", "1,2"], 2, "VERDICT incomplete | ok=0 failed=2 "),
        (["run", "vary.line", "--set", "training.steps=5"], 0, "VERDICT complete | ok=1 "),
        (["run", "vary.line", "--set", "training.steps=5", "--dry-run"], 0, "VERDICT planned | cases=1 seconds=6 |"),
        (["run", "vary.line", "--set", "training.stepz=5"], 64, "VERDICT error | "),
        (["run", "good.smoke", "--set", "training.steps=5"], 64, "VERDICT error | "),
        (
            ["explore", "vary.line", "--grid", "training.steps=1,5"], 0,
            "VERDICT explored | variants=2 better=1 worse=1 dropped=0 |"
        ),
        (
            ["explore", "vary.line", "--grid", "training.steps=-1"], 2,
            "VERDICT incomplete | variants=1 better=0 worse=0 dropped=0 |"
        ),
        (["explore", "vary.line", "--variant", "nowhere.json"], 64, "VERDICT error | "),
        (["explore", "vary.line", "--grid", "training=7"], 64, "VERDICT error | "),
    ])
    func `every verb ends with its code and a last line that says so`(
        _ arguments: [String], _ code: Int32, _ start: String
    ) throws {
        let ended = try place.ended(try place.started(arguments))
        #expect(ended.code == code)
        #expect(ended.lastLine.hasPrefix(start), "\(ended.output)\(ended.errors)")
        let grammar = #/VERDICT [a-z-]+ \| [a-z]+=\d+( [a-z]+=\d+)* \| run=[0-9a-f]{8} \| exit=\d+/#
        #expect(ended.lastLine.wholeMatch(of: grammar) != nil, "\(ended.lastLine)")
        #expect(ended.lastLine.hasSuffix("exit=\(code)"))
    }

    @Test(arguments: [
        ["run"], ["run", "good", "--threads", "0"], ["all", "--tier", "weekly"], ["list", "--width", "3"], ["nothing"],
        ["show", "--format", "xml"], ["export"], ["import"], ["import", "--rebuild", "--dry-run"],
        ["note", "open", "t"],
        ["note", "add", "beef"], ["note", "close", "beef", "--conclusion", "c", "--lesson", "l", "--surprise", "4"],
        ["triage", "--week", "2026-W54"], ["sql", "SELECT 1", "--file", "x"],
        ["history", "psnr"], ["history", "a.b", "--last", "0"],
        ["gate", "--accept", "a.b"],
        ["baseline", "set", "@last"], ["baseline", "set", "@last", "--why", " "], ["calibrate", "--seeds", "1"],
        ["calibrate", "--layout", "1"], ["calibrate", "--layout", "5"], ["calibrate", "--layout", "2", "--pairs", "0"],
        ["flips", "a", "b", "c", "--limit", "0"],
        ["verify", "good"], ["verify", "good.smoke", "--times", "1"],
        ["verify", "good.smoke", "--threads", "1,x"], ["verify", "good.smoke", "--threads", "0"],
        ["verify", "good.smoke", "--trace", "3"],
        ["run", "good.smoke", "--seeds", "1,2,1"], ["run", "good.smoke", "--seeds", "1,,2"],
        ["bisect", "good.smoke.cost", "HEAD~1", "HEAD"],
        ["bisect", "good.smoke.wall", "HEAD~1", "HEAD", "--pairs", "5"], ["completions", "csh"],
        ["data", "get", "pictures"],
        ["run", "vary.line", "--set", "steps"], ["explore", "vary.line"], ["explore", "--grid", "a=1"],
        ["explore", "vary.line", "--grid", "comment=1", "--seeds", "0"],
        ["explore", "vary.line", "--grid", "comment=1", "--grid", "name=a,a"],
        ["explore", "vary.line", "--grid", "comment=1,2,3,4", "--budget", "0.3"],
    ])
    func `bad usage is 64`(_ arguments: [String]) throws {
        #expect(try place.ended(try place.started(arguments)).code == 64)
    }

    @Test func `seeds are runs of their own, and their spread is told`() throws {
        let ended = try place.run("run", "good.smoke", "--seeds", "1,2", "--format", "csv")
        #expect(try RunStore(path: place.database, mode: .reading).runs(last: 3).map(\.seed) == [2, 1])
        #expect(ended.output.contains("values over 2 seeds,good.smoke.count,deviation,,0.0,,,0"), "\(ended.output)")
    }

    @Test(arguments: [
        ("bash", "complete -o filenames -F _bench bench"), ("zsh", "#compdef bench"), ("fish", "complete -c 'bench'"),
        ("man", ".SH VERIFY"),
    ])
    func `every form of completions is what its reader expects`(_ form: String, _ line: String) throws {
        let ended = try place.run("completions", form)
        #expect(ended.code == 0)
        #expect(ended.output.contains(line), "\(ended.output.prefix(2000))")
        if form != "man" { #expect(ended.output.contains("bench list --format csv")) }
    }

    @Test func `an unknown case is answered with the nearest`() throws {
        let ended = try place.run("run", "good.smok")
        #expect(
            ended.errors
                == "bench: unknown case or suite 'good.smok'; did you mean 'good.smoke'? 'bench list' shows all.\n")
    }

    @Test func `a file that is no store is refused with 4 before anything runs`() throws {
        try Data("nonsense nonsense nonsense".utf8).write(to: URL(fileURLWithPath: place.path + "/x.sqlite"))
        for arguments in [["show"], ["run", "good.smoke"]] {
            let ended = try place.ended(try place.started(arguments + ["--db", "x.sqlite"]))
            #expect(ended.code == 4)
            #expect(ended.errors == "bench: x.sqlite: this file is no store of bench; name another with --db.\n")
        }
    }

    @Test func `a case without its data is skipped in words and run once the data is there`() throws {
        let ended = try place.run("run", "data.needed", "good.smoke")
        #expect(ended.code == 0)
        let skipped = try #require(place.latest?.caseRecord("data.needed"))
        #expect(skipped.state == .skipped)
        #expect(skipped.message == "needs pictures below --data")
        try FileManager.default.createDirectory(atPath: place.path + "/d/pictures", withIntermediateDirectories: true)
        #expect(try place.run("run", "data.needed", "--data", "d").code == 0)
    }

    @Test func `failures of cases do not touch the others`() throws {
        let ended = try place.run("run", "bad", "good.smoke", "!bad.loop", "!bad.stubborn", "--mem", "300")
        #expect(ended.code == 2)
        let states = Dictionary(uniqueKeysWithValues: try #require(place.latest).cases.map { ($0.id, $0.state) })
        let expected: [String: CaseState] = [
            "bad.abort": .crashed, "bad.allocate": .oom, "bad.close": .failed, "bad.exit": .failed,
            "bad.exit7": .failed,
            "bad.fatal": .crashed, "bad.garbage": .failed, "bad.grandchild": .done, "bad.segfault": .crashed,
            "bad.throw": .failed,
            "good.smoke": .done,
        ]
        #expect(states == expected)
        #expect(place.latest?.caseRecord("bad.fatal")?.message == "SIGILL: the invariant does not hold")
        #expect(try place.survivors() == [])
    }

    @Test func `two runs of the same cases are identical, and costs are there`() throws {
        for _ in 0..<2 { #expect(try place.run("run", "good.smoke", "--threads", "1").code == 0) }
        let runs = try RunStore(path: place.database, mode: .reading).runs(last: 2)
        #expect(runs[0].uuid != runs[1].uuid)
        let scores = runs.map { $0.cases[0].measurement("score")?.scores?.values.map(\.bitPattern) }
        #expect(scores[0] != nil && scores[0] == scores[1])
        #expect(runs[0].cases[0].measurements.map(\.metric.name) == ["score", "count", "wall", "cpu", "peak_rss"])
        let ended = try place.run("compare", "@last~1", "@last")
        #expect(ended.code == 0)
        #expect(ended.lastLine.hasPrefix("VERDICT identical"), "\(ended.output)")
    }

    @Test func `another seed gives other scores`() throws {
        for seed in ["1", "2"] { #expect(try place.run("run", "good.smoke", "--seed", seed).code == 0) }
        let runs = try RunStore(path: place.database, mode: .reading).runs(last: 2)
        #expect(runs.map(\.seed) == [2, 1])
        #expect(
            runs[0].cases[0].measurement("score")?.scores?.values[0]
                != runs[1].cases[0].measurement("score")?.scores?.values[0])
    }

    @Test func `a lower instruction set is named in the environment, and stored with the run`() throws {
        func run(_ level: String) throws -> Ended {
            try place.ended(try place.started(["run", "good.smoke"], environment: ["TENSOR_KERNELS": level]))
        }
        #expect(try run("baseline").code == 0)
        #expect(place.latest?.build.libraries["kernels"] == "baseline")
        let ended = try run("sse9")
        #expect(ended.code == 2)
        #expect(ended.errors == "TENSOR_KERNELS is 'sse9'; use baseline, avx2 or avx512.\n")
    }
}

/// Verbs that look at several runs, each as a person would use it.
@Suite struct JudgementCommandTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    private func run(_ arguments: String..., shift: String = "0") throws -> Ended {
        try place.ended(try place.started(arguments, environment: ["BENCH_SHIFT": shift]))
    }

    @Test func `a history shows every run, and what is not there is incomplete`() throws {
        for _ in 0..<2 { #expect(try run("run", "good.smoke").code == 0) }
        let ended = try run("history", "good.smoke.score")
        #expect(ended.code == 0)
        #expect(ended.lastLine.hasPrefix("VERDICT steady | points=2 changes=0 | run="), "\(ended.output)")
        #expect(
            try run("history", "good.smoke.none").lastLine
                == "VERDICT missing | points=0 changes=0 | run=00000000 | exit=2")
        #expect(try run("history", "good.smoke.score", "--seed", "9").code == 2)
    }

    @Test func `flips names the items that moved`() throws {
        #expect(try run("run", "good.smoke").code == 0)
        #expect(try run("run", "good.smoke", shift: "-1").code == 0)
        let ended = try run("flips", "@last~1", "@last", "good.smoke")
        #expect(ended.code == 0)
        #expect(ended.lastLine.hasPrefix("VERDICT moved | moved=16 lost=16 gained=0 | run="), "\(ended.output)")
        #expect(try run("flips", "@last", "@last", "good.smoke").lastLine.hasPrefix("VERDICT identical | moved=0 "))
        #expect(try run("flips", "@last", "@last", "good.smoke", "-m", "count").code == 2)
    }

    @Test func `a pinned run is @baseline, and older pins stay in its history`() throws {
        for why in ["first", "second"] {
            #expect(try run("run", "good.smoke").code == 0)
            #expect(try run("baseline", "set", "@last", "--why", why).lastLine.hasPrefix("VERDICT pinned | pins=1 |"))
        }
        #expect(try run("compare", "@baseline", "@last").lastLine.hasPrefix("VERDICT identical |"))
        #expect(try run("baseline", "list").output.contains("(second)"))
        #expect(try run("baseline", "show", "none").code == 2)
        let history = try run("baseline", "history")
        #expect(history.code == 0 && history.lastLine.hasPrefix("VERDICT pinned | pins=2 |"))
        #expect(history.output.contains("(first)"))
    }

    @Test func `the gate passes what is identical and calls a change that nobody can repeat unconfirmed`() throws {
        #expect(try run("run", "good.smoke").code == 0)
        #expect(try run("baseline", "set", "@last", "--why", "start").code == 0)
        let same = try run("gate")
        #expect(same.code == 0 && same.lastLine.hasPrefix("VERDICT identical |"), "\(same.output)\(same.errors)")
        let changed = try run("gate", shift: "-1")
        #expect(changed.code == 0 && changed.lastLine.hasPrefix("VERDICT unconfirmed |"), "\(changed.output)")
        #expect(changed.output.contains("measured a second time)"))
        #expect(changed.output.contains("seeds 1001, 1002 and 1003 of A are not stored"))
        #expect(try run("gate", "--strict", shift: "-1").code == 3)
        #expect(try run("gate", "--strict", "--bisect", shift: "-1").lastLine.hasSuffix("| exit=125"))
    }

    @Test func `with the reference's program costs are measured in pairs, and no other program will do`() throws {
        #expect(try run("run", "good.smoke").code == 0)
        #expect(try run("baseline", "set", "@last", "--why", "start").code == 0)
        let other = try run("gate", "--reference-program", "/bin/true")
        #expect(other.code == 64 && other.errors.contains("/bin/true: its SHA-256 begins with "), "\(other.errors)")
        // Allowed, since a cost without a floor may seem worse by chance, once in some thousand times.
        let same = try run("gate", "--reference-program", Workplace.program, "--allow", "good")
        #expect(same.code == 0 && same.lastLine.hasPrefix("VERDICT "), "\(same.output)\(same.errors)")
        #expect(!same.output.contains("one sample a side decides nothing"))
        let runs = try RunStore(path: place.database, mode: .reading).runs(last: 100)
        #expect(runs.count { $0.kind == .gate } == 1 && runs.count { $0.kind == .confirm } >= 22)
        // What tries something out is not the latest run.
        #expect(try run("show", "@last").lastLine.contains(try #require(runs.first { $0.kind == .gate }).shortID))
    }

    @Test func `where the reserved seeds agree the gate fails, unless the change is allowed or accepted`() throws {
        for seed in ["1001", "1002", "1003"] { #expect(try run("run", "good.smoke", "--seed", seed).code == 0) }
        #expect(try run("run", "good.smoke").code == 0)
        #expect(try run("baseline", "set", "@last", "--why", "start").code == 0)
        let worse = try run("gate", "--bisect", shift: "-1")
        #expect(
            worse.code == 1 && worse.lastLine.hasPrefix("VERDICT worse | worse=1 "), "\(worse.output)\(worse.errors)")
        #expect(try run("gate", "--allow", "good", shift: "-1").code == 0)
        #expect(try run("gate", "--accept", "good.smoke.count", "--why", "no", shift: "-1").code == 64)
        let accepted = try run("gate", "--accept", "good.smoke.score", "--why", "wanted", shift: "-1")
        #expect(accepted.code == 0 && accepted.output.contains("accepted: wanted"), "\(accepted.output)")
        #expect(try run("gate", shift: "-1").code == 0)
        #expect(try run("gate", shift: "-2").code == 1)
        // What confirms is no history.
        #expect(try run("history", "good.smoke.score").lastLine.hasPrefix("VERDICT steady | points=7 "))
    }
}

@Suite struct InterruptionTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    @Test func `killed at any moment, a run goes on to the same results as one that was not`() throws {
        let command = ["run", "good.smoke", "good.slow", "good.steps", "bad.throw"]
        for milliseconds in [250, 900, 1500] {
            let process = try place.started(command)
            Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(try place.lastSurvivors() == [])
        }
        #expect(try place.ended(try place.started(command)).code == 2)
        let undisturbed = try Workplace()
        #expect(try undisturbed.ended(try undisturbed.started(command)).code == 2)
        let (resumed, whole) = (try #require(place.latest), try #require(undisturbed.latest))
        #expect(resumed.status == .complete)
        #expect(resumed.planDigest == whole.planDigest)
        #expect(resumed.cases.map(results) == whole.cases.map(results))
    }

    @Test func `after a kill the same command goes on with the same run and keeps what is done`() throws {
        let process = try place.started(["run", "good.slow", "good.steps"])
        try place.wait { $0.caseRecord("good.slow")?.state == .done && $0.caseRecord("good.steps")?.state == .running }
        let before = try #require(place.latest)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let ended = try place.run("run", "good.slow", "good.steps")
        #expect(ended.code == 0)
        #expect(ended.errors.contains("continuing run \(before.shortID): 1 of 2 cases have ended"))
        let after = try #require(place.latest)
        #expect(after.uuid == before.uuid)
        #expect(after.caseRecord("good.slow") == before.caseRecord("good.slow"))
        #expect(after.caseRecord("good.steps")?.attempt == 2)
        #expect(
            FileManager.default.fileExists(atPath: "\(place.path)/.bench/scratch/\(after.uuid)/good.steps") == false)
    }

    @Test func `a kill of the parent takes the case and what it started along`() throws {
        let process = try place.started(["run", "bad.stubborn"])
        try place.wait { _ in (try? place.survivors().count) == 2 }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(try place.lastSurvivors() == [])
    }

    @Test func `one interrupt finishes the case and saves, and the same command goes on`() throws {
        let process = try place.started(["run", "good.slow", "good.steps"])
        try place.wait { $0.caseRecord("good.slow")?.state == .running }
        process.interrupt()
        let ended = try place.ended(process)
        #expect(ended.code == 130)
        #expect(
            ended.lastLine == "VERDICT interrupted | ok=1 left=1 | run=\(try #require(place.latest).shortID) | exit=130"
        )
        #expect(place.latest?.cases.map(\.state) == [.done, .planned])
        #expect(place.latest?.status == .partial)
        #expect(try place.run("run", "good.slow", "good.steps", "--resume", "auto").code == 0)
        #expect(place.latest?.cases.map(\.attempt) == [1, 1])
    }

    @Test(arguments: [(SIGINT, 2, Int32(130)), (SIGTERM, 1, 143)])
    func `a second interrupt, or a request to end, stops the case at once`(_ signal: Int32, _ times: Int, _ code: Int32)
        throws
    {
        let process = try place.started(["run", "bad.loop"])
        try place.wait { $0.cases[0].state == .running }
        for _ in 0..<times {
            kill(process.processIdentifier, signal)
            Thread.sleep(forTimeInterval: 0.2)
        }
        #expect(try place.ended(process).code == code)
        #expect(place.latest?.cases.map(\.state) == [.interrupted])
        #expect(try place.survivors() == [])
    }

    @Test func `a second writer is told who writes`() throws {
        let first = try place.started(["run", "bad.loop"])
        try place.wait { $0.cases[0].state == .running }
        let second = try place.started(["run", "good.smoke"], name: "second")
        let ended = try place.ended(second, name: "second")
        #expect(ended.code == 75)
        #expect(ended.errors.contains("another process writes here (pid \(first.processIdentifier), since 2"))
        #expect(try place.ended(try place.started(["show"], name: "third"), name: "third").output.contains("bad.loop"))
        first.terminate()
        first.waitUntilExit()
    }

    /// A file-size limit stands for a full disk: both refuse to let the database grow.
    ///
    /// 100 KiB hold the log of about
    /// five cases of this run.
    @Test func `a full disk ends the run with 4, keeps what is stored, and the command goes on later`() throws {
        #expect(try place.run("run", "good.smoke").code == 0)
        let command = "run bad.throw bad.exit bad.exit7 bad.garbage good.nan good.smoke good.steps bad.close --seed 2"
        let line = "ulimit -f 100; exec \(Workplace.program) \(command)"
        let stopped = try place.ended(try place.started(["-c", line], program: "/bin/bash"))
        #expect(stopped.code == 4)
        #expect(stopped.errors.contains("bench: .bench/bench.sqlite: "), "\(stopped.errors)")
        let told = stopped.errors.split(separator: "\n").count { $0.hasPrefix("FAILED") }
        let stored = try #require(place.latest).cases.count { $0.state == .failed }
        #expect(told > 0 && told == stored)
        let ended = try place.ended(try place.started(command.split(separator: " ").map(String.init)))
        // The case that the database had no room for stands in the ledger.
        #expect(ended.errors.contains("1 lines were not in the database and are now"), "\(ended.errors)")
        #expect(ended.errors.contains(": \(stored + 1) of 8 cases have ended"), "\(ended.errors)")
        #expect(ended.lastLine.hasPrefix("VERDICT incomplete | ok=3 failed=5 "))
        #expect(place.latest?.status == .complete)
    }

    /// What must not depend on interruptions: all but times, attempts and costs.
    private func results(_ item: CaseRecord) -> [String] {
        [item.id, item.state.rawValue, item.message]
            + item.measurements.filter { $0.metric.metricClass != .cost }.map {
                "\($0.metric.name) \($0.value.bitPattern) \($0.scores?.values.map(\.bitPattern) ?? [])"
            }
    }
}
