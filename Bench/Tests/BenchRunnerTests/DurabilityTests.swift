// What must survive: kills at any moment, readers beside a writer, folders that cannot be written, git in any state.

import BenchRecords
import BenchStore
import Foundation
import Testing

@Suite struct KillTests {
    /// Quick ends of every kind, two slow cases among them.
    private let command = [
        "run", "good.smoke", "good.nan", "good.slow", "good.steps", "bad.throw", "bad.exit", "bad.exit7", "bad.garbage",
        "bad.close",
    ]
    private let question = [
        "sql",
        """
        SELECT case_id, metric, value, n FROM v_history JOIN result USING (value) WHERE class <> 'cost'
        GROUP BY case_id, metric ORDER BY case_id, metric
        """,
    ]

    @Test func `killed at twenty moments, a run loses nothing that ended and comes to the same results`() throws {
        let place = try Workplace()
        var generator = SplitMix(state: 20_231_110)
        var ended: [String: CaseRecord] = [:]
        for moment in 1...20 {
            let process = try place.started(command)
            Thread.sleep(forTimeInterval: Double.random(in: 0.05...0.6, using: &generator))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let store = try? RunStore(path: place.database, mode: .reading)
            #expect(try store?.integrityProblems() ?? [] == [])
            let cases = try store?.runs(last: 1).first?.cases ?? []
            for (id, record) in ended {
                let now = cases.first { $0.id == id }
                #expect(now.map { "\($0)" } == "\(record)", "kill \(moment)")
            }
            for item in cases where [.done, .failed].contains(item.state) { ended[item.id] = item }
        }
        let resumed = try place.ended(try place.started(command))
        let undisturbed = try Workplace()
        let whole = try undisturbed.ended(try undisturbed.started(command))
        #expect(resumed.lastLine.dropRunID == whole.lastLine.dropRunID)
        #expect(resumed.lastLine.hasPrefix("VERDICT incomplete | ok=4 failed=5 "))
        let answers = try [place, undisturbed].map { try $0.ended(try $0.started(question)).output }
        #expect(answers[0].contains("good.steps") && answers[0] == answers[1])
        let doctor = try place.run("doctor")
        #expect(doctor.lastLine.contains("bad=0"), "\(doctor.output)")
        // The ledger alone gives the same run.
        let rebuilt = try place.ended(try place.started(["import", "--rebuild"]))
        #expect(rebuilt.code == 0)
        #expect(try place.ended(try place.started(question)).output == answers[1])
    }
}

extension String {
    /// The last line without what differs from run to run.
    fileprivate var dropRunID: String { replacing(#/run=[0-9a-f]{8}/#, with: "") }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

@Suite struct PlaceTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    private func shell(_ line: String) throws -> Ended {
        try place.ended(
            try place.started(["-c", line.replacing("BENCH", with: Workplace.program)], program: "/bin/bash"))
    }

    @Test func `without git, runs are stored and revisions are refused in words`() throws {
        #expect(try shell("PATH=/nowhere exec BENCH run good.smoke").code == 0)
        #expect(place.latest?.build.commit == "none")
        let ended = try shell("PATH=/nowhere exec BENCH show HEAD")
        #expect(ended.code == 2)
        #expect(ended.errors == "bench: 'HEAD': no stored run fits; 'bench show @last' shows the latest one.\n")
    }

    @Test func `a shallow clone runs, and a commit that it lacks is refused in words`() throws {
        let made = try shell(
            """
            set -e; git init -q a; cd a; git config user.email a@b; git config user.name a
            git commit -q --allow-empty -m one; git commit -q --allow-empty -m two; cd ..
            git clone -q --depth 1 "file://$PWD/a" b; cd b; exec BENCH run good.smoke --db ../.bench/bench.sqlite
            """)
        #expect(made.code == 0, "\(made.errors)")
        #expect(place.latest?.build.commit.count == 40)
        #expect(try shell("cd b; exec BENCH show HEAD --db ../.bench/bench.sqlite").code == 0)
        let ended = try shell("cd b; exec BENCH compare HEAD~1 HEAD --db ../.bench/bench.sqlite")
        #expect(ended.code == 2)
        #expect(ended.errors.hasPrefix("bench: 'HEAD~1': no stored run fits;"))
    }

    @Test func `a work tree whose repository is gone is a folder without git`() throws {
        try Data("gitdir: /nowhere/x\n".utf8).write(to: URL(fileURLWithPath: place.path + "/.git"))
        #expect(try place.run("run", "good.smoke").code == 0)
        #expect(place.latest?.build.commit == "none")
    }

    @Test func `a folder that is gone is refused with 4 before anything runs`() throws {
        let ended = try shell("mkdir x; cd x; rmdir ../x; exec BENCH run good.smoke")
        #expect(ended.code == 4, "\(ended.errors)")
        #expect(ended.lastLine == "VERDICT error | errors=1 | run=00000000 | exit=4")
    }

    @Test func `where nothing can be written, writing is refused with 4`() throws {
        for verb in [["run", "good.smoke"], ["import", "--rebuild"]] {
            let ended = try place.ended(try place.started(verb + ["--db", "/proc/none/bench.sqlite"]))
            #expect(ended.code == 4)
            #expect(ended.errors.hasPrefix("bench: /proc/none/bench.sqlite"), "\(ended.errors)")
        }
    }

    /// The superuser may write everywhere; only without those powers is a folder read-only.
    @Test(.enabled(if: getuid() == 0 && FileManager.default.fileExists(atPath: "/usr/bin/setpriv")))
    func `every reading verb works on a read-only copy, and writing ones are refused with 4`() throws {
        #expect(try place.run("run", "good.smoke").code == 0)
        #expect(try shell("chmod -R a-w,a+rX . && chmod a+rX,a-w .bench").code == 0)
        let powerless = "exec setpriv --bounding-set=-dac_override,-dac_read_search BENCH "
        for verb in ["show", "list", "sql", "triage", "compare @last @last", "doctor"] {
            let ended = try shell(powerless + verb)
            #expect(ended.code == 0, "\(verb): \(ended.errors)\(ended.output)")
        }
        for verb in ["run good.smoke", "import --rebuild"] {
            #expect(try shell(powerless + verb).code == 4, "\(verb)")
        }
        _ = try shell("chmod -R u+w .")
    }
}
