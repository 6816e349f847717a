// The store as its users meet it: what goes in comes out, and whoever comes at the wrong moment is told why.

import BenchRecords
import Foundation
import GRDB
import Measurements
import Testing

@testable import BenchStore

@Suite struct RunStoreTests {
    let folder: Folder
    let store: RunStore

    init() throws {
        folder = try Folder()
        store = try RunStore(path: folder.database, mode: .writing)
    }

    @Test func `a run comes back as it was stored`() throws {
        var run = exampleRun(0xabcd, cases: [exampleCase("inr.two"), exampleCase("inr.one")])
        try store.begin(run)
        #expect(try store.run(run.uuid) == run)
        let scores = Scores(items: ["i1", "i2", "i3"], groups: [4, 4, 9], values: [30.5, -0.0, 31])
        var quality = Measurement(psnr, scores: scores)
        quality.metric.published = Published(
            50.74, source: "a table", isVerified: false, difference: "other \"pictures\"")
        quality.uncertainty = Uncertainty(lower: 20.25, upper: 21, minimumDetectable: 0.5)
        let done = finished(measurements: [quality, Measurement(flops, value: 1e15), Measurement(wall, value: 2.25)])
        try store.start(exampleCase(state: .running), in: run.uuid)
        try store.finish(done, in: run.uuid)
        try store.end(run.uuid, status: .complete, at: 9_000_000)
        run.cases[1] = done
        (run.status, run.ended) = (.complete, 9_000_000)
        #expect(try store.run(run.uuid) == run)
    }

    @Test func `values without a number keep their kind, in the value and in the scores`() throws {
        let run = exampleRun(1)
        try store.begin(run)
        let scores = Scores(items: ["a", "b"], values: [.nan, 1])
        let measured = [
            Measurement(psnr, scores: scores), Measurement(Metric("hi", .exact), value: .infinity),
            Measurement(Metric("lo", .exact), value: -.infinity),
        ]
        try store.finish(finished(measurements: measured), in: run.uuid)
        let back = try #require(try store.run(run.uuid).caseRecord("inr.one"))
        #expect(back.measurement("psnr")?.value.isNaN == true)
        #expect(back.measurement("psnr")?.scores?.values.map(\.isNaN) == [true, false])
        #expect(back.measurement("hi")?.value == .infinity)
        #expect(back.measurement("lo")?.value == -.infinity)
    }

    @Test func `equal scores are stored once, and equal values of other items are not mixed up`() throws {
        let run = exampleRun(1, cases: ["a.x", "a.y", "a.z"].map { exampleCase($0) })
        try store.begin(run)
        for (id, items) in [("a.x", ["i", "j"]), ("a.y", ["i", "j"]), ("a.z", ["k", "l"])] {
            let scores = Scores(items: items, values: [1, 1])
            try store.finish(finished(id, measurements: [Measurement(psnr, scores: scores)]), in: run.uuid)
        }
        #expect(try count("scores") == 2)
        #expect(try store.run(run.uuid).caseRecord("a.z")?.measurement("psnr")?.scores?.items == ["k", "l"])
    }

    @Test func `a further attempt replaces the earlier one in the record and both stay in the database`() throws {
        let run = exampleRun(1)
        try store.begin(run)
        var second = finished()
        second.attempt = 2
        var first = exampleCase(state: .interrupted)
        first.message = "the program was stopped while the case ran"
        try store.start(first, in: run.uuid)
        try store.finish(second, in: run.uuid)
        #expect(try store.run(run.uuid).cases == [second])
        #expect(try count("run_case") == 2)
    }

    @Test func `bad scores leave nothing of the case behind`() throws {
        let run = exampleRun(1)
        try store.begin(run)
        let bad = Measurement(psnr, scores: Scores(items: ["a", "a"], values: [1, 2]))
        #expect(throws: StoreError.self) {
            try store.finish(finished(measurements: [Measurement(flops, value: 1), bad]), in: run.uuid)
        }
        #expect(try store.run(run.uuid) == run)
        #expect(try count("result") == 0)
    }

    @Test func `artefacts are kept inline when small and by digest in files when large`() throws {
        let run = exampleRun(1)
        try store.begin(run)
        let small = Artefact(name: "worst.png", mediaType: "image/png", bytes: [1, 2, 3])
        let large = Artefact(name: "curve.csv", mediaType: "text/csv", bytes: [UInt8](repeating: 7, count: 70_000))
        try store.finish(finished(), in: run.uuid, artefacts: [small, large])
        let rows = try store.read {
            try Row.fetchAll($0, sql: "SELECT kind, bytes, digest, inline FROM artefact ORDER BY pk")
        }
        #expect(rows.map { $0["kind"] as String } == ["image", "text"])
        #expect(rows[0]["inline"] as Data? == Data(small.bytes))
        #expect(rows[1]["inline"] as Data? == nil)
        let digest: String = rows[1]["digest"]
        let file = "\(folder.path)/cas/\(digest.prefix(2))/\(digest.dropFirst(2))"
        #expect(FileManager.default.contents(atPath: file) == Data(large.bytes))
        for artefact in [small, large] {
            #expect(try store.artefact(artefact.name, of: finished().id, in: run.uuid) == artefact.bytes)
        }
        #expect(try store.artefact("other.csv", of: finished().id, in: run.uuid) == nil)
        #expect(try store.artefact("curve.csv", of: "inr.other", in: run.uuid) == nil)
        try FileManager.default.removeItem(atPath: file)
        #expect(throws: StoreError.unusable(path: file, detail: "artefact 'curve.csv' cannot be read")) {
            try store.artefact("curve.csv", of: finished().id, in: run.uuid)
        }
    }

    @Test func `recent times are those of the last ten finished attempts, ascending`() throws {
        let usual = finished().configuration
        #expect(try store.recentSeconds(caseID: "inr.one", configuration: usual) == [])
        for number in 1...12 {
            try store.begin(exampleRun(number))
            var item = finished(seconds: Double(number * number))
            (item.started, item.ended) = (
                Int64(number) * 1_000_000_000, Int64(number) * 1_000_000_000 + Int64(number * number) * 1_000_000
            )
            try store.finish(item, in: identifier(number))
        }
        #expect(
            try store.recentSeconds(caseID: "inr.one", configuration: usual) == (3...12).map { Double($0 * $0) })
        // Other settings take other times, once any ran with them.
        let other = ["steps": "7"]
        #expect(try store.recentSeconds(caseID: "inr.one", configuration: other).count == 10)
        try store.begin(exampleRun(13))
        var varied = finished(seconds: 0.5)
        (varied.configuration, varied.started, varied.ended) = (other, 14_000_000_000, 14_000_500_000)
        try store.finish(varied, in: identifier(13))
        #expect(try store.recentSeconds(caseID: "inr.one", configuration: other) == [0.5])
        #expect(try store.recentSeconds(caseID: "inr.one", configuration: usual).first == 9)
    }

    @Test func `every table of the specification exists and is strict`() throws {
        let names = try store.read {
            try String.fetchAll(
                $0, sql: "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict AND schema = 'main'")
        }
        let expected = [
            "machine", "build", "run", "case_def", "metric", "run_case", "result", "scores", "item_set", "cost_sample",
            "artefact",
            "noise", "baseline", "verdict", "accept", "note", "note_event", "ledger_file", "conflict",
        ]
        #expect(Set(names).isSuperset(of: expected))
        #expect(try store.read { try Int.fetchOne($0, sql: "PRAGMA foreign_keys") } == 1)
        #expect(try store.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
    }

    private func count(_ table: String) throws -> Int? {
        try store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
    }
}

@Suite struct RunSearchTests {
    let folder: Folder
    let store: RunStore

    /// Runs that end in 0a1b2c, 0a1b2d and 0f00ff; the first two at commit c1, the last at c2 and unfinished.
    init() throws {
        folder = try Folder()
        store = try RunStore(path: folder.database, mode: .writing)
        for (number, commit, started) in [(0x0a_1b2c, "c1", Int64(10)), (0x0a_1b2d, "c1", 20), (0x0f_00ff, "c2", 30)] {
            try store.begin(exampleRun(number, commit: commit, started: started))
            try store.end(identifier(number), status: commit == "c1" ? .complete : .partial, at: started + 1)
        }
    }

    @Test(arguments: [
        ("1b2c", 0x0a_1b2c), ("1B2D", 0x0a_1b2d), ("@last", 0x0f_00ff), ("@last~2", 0x0a_1b2c), ("main", 0x0a_1b2d),
        ("0190a8c0-0000-7000-8000-0000000f00ff", 0x0f_00ff),
    ])
    func `a run is found by what a person types`(_ asked: String, _ number: Int) throws {
        #expect(try store.run(matching: asked) { $0 == "main" ? "c1" : nil }.uuid == identifier(number))
    }

    @Test(arguments: ["@last~3", "@last~-1", "@lastly", "beef", "nowhere", "b2d", "HEAD"])
    func `what names no run is refused`(_ asked: String) {
        #expect(throws: StoreError.noRun(asked: asked)) { try store.run(matching: asked) { $0 == "HEAD" ? "c2" : nil } }
    }

    @Test func `digits that fit several runs are refused with the runs`() {
        #expect(throws: StoreError.ambiguousRun(asked: "0190a8c0", runs: ["000a1b2c", "000a1b2d", "000f00ff"])) {
            try store.run(matching: "0190a8c0") { _ in nil }
        }
    }

    @Test(arguments: [
        ("plan", nil, "7be1a204", Int64(0), true), ("other", nil, "7be1a204", 0, false),
        ("plan", "x", "7be1a204", 0, false),
        ("plan", nil, "00000000", 0, false), ("plan", nil, "7be1a204", 30, false),
    ])
    func `an unfinished run is found by plan, build, machine and age`(
        _ plan: String, _ build: String?, _ machine: String, _ after: Int64, _ isFound: Bool
    ) throws {
        let digest = build ?? exampleRun(1, commit: "c2").build.digest
        let found = try store.unfinishedRun(
            planDigest: plan, buildDigest: digest, machineClass: machine, startedAfter: after)
        #expect((found != nil) == isFound)
    }
}

@Suite struct StoreOpeningTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test func `a second writer is told who holds the lock, and readers are not kept out`() throws {
        let first = try RunStore(path: folder.database, mode: .writing, start: 12_000_000)
        try first.begin(exampleRun(1))
        let holder = "pid \(ProcessInfo.processInfo.processIdentifier), since 1970-01-01T00:00:12Z"
        #expect(throws: StoreError.locked(path: folder.database + ".lock", holder: holder)) {
            try RunStore(path: folder.database, mode: .writing)
        }
        #expect(try RunStore(path: folder.database, mode: .reading).runs(last: 5).count == 1)
    }

    @Test func `what a killed writer left running is partial and interrupted for the next one`() throws {
        do {
            let killed = try RunStore(path: folder.database, mode: .writing)
            try killed.begin(exampleRun(1))
            try killed.start(exampleCase(state: .running), in: identifier(1))
        }
        let run = try RunStore(path: folder.database, mode: .writing).run(identifier(1))
        #expect(run.status == .partial)
        #expect(run.cases.map(\.state) == [.interrupted])
    }

    @Test func `reading needs a database`() {
        #expect(throws: StoreError.absent(path: folder.database)) {
            try RunStore(path: folder.database, mode: .reading)
        }
    }

    @Test(arguments: [RunStore.Mode.reading, .writing])
    func `a file that is no database is refused and kept`(_ mode: RunStore.Mode) throws {
        let content = Data(String(repeating: "not a database. ", count: 100).utf8)
        try content.write(to: URL(fileURLWithPath: folder.database))
        #expect(throws: StoreError.foreign(path: folder.database)) { try RunStore(path: folder.database, mode: mode) }
        #expect(FileManager.default.contents(atPath: folder.database) == content)
    }

    @Test(arguments: [RunStore.Mode.reading, .writing])
    func `a database of another program is refused`(_ mode: RunStore.Mode) throws {
        try DatabaseQueue(path: folder.database).write { try $0.execute(sql: "CREATE TABLE recipes (name TEXT)") }
        #expect(throws: StoreError.foreign(path: folder.database)) { try RunStore(path: folder.database, mode: mode) }
    }

    @Test(arguments: [RunStore.Mode.reading, .writing])
    func `a newer schema is refused in words`(_ mode: RunStore.Mode) throws {
        _ = try RunStore(path: folder.database, mode: .writing)
        let known = Migration.all.count
        try DatabaseQueue(path: folder.database).writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA user_version = \(known + 1)")
        }
        #expect(throws: StoreError.newerSchema(path: folder.database, found: known + 1, known: known)) {
            try RunStore(path: folder.database, mode: mode)
        }
    }

    @Test func `damage inside the file is reported as damage`() throws {
        do {
            let store = try RunStore(path: folder.database, mode: .writing)
            try store.begin(exampleRun(1))
        }
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.database))
        let size = try file.seekToEnd()
        for page in stride(from: UInt64(4096), to: size, by: 4096) {
            try file.seek(toOffset: page)
            try file.write(contentsOf: Data(repeating: 0xEE, count: 2048))
        }
        try file.close()
        #expect {
            try RunStore(path: folder.database, mode: .reading).runs(last: 1)
        } throws: {
            guard case .corrupt(folder.database, _) = $0 as? StoreError else { return false }
            return true
        }
    }

    @Test func `a migration keeps the data and leaves a copy of the file as it was`() throws {
        try writeFirstSchema()
        let migrated = try RunStore(path: folder.database, mode: .writing)
        #expect(try migrated.run(identifier(1)).shortID == "00000001")
        #expect(try version(of: folder.database) == Migration.all.count)
        #expect(try version(of: folder.database + ".before-v002") == 1)
    }

    @Test func `a reader of an older schema sees it brought up to date and leaves the file alone`() throws {
        try writeFirstSchema()
        let store = try RunStore(path: folder.database, mode: .reading)
        #expect(try store.run(identifier(1)).shortID == "00000001")
        #expect(try version(of: folder.database) == 1)
    }

    @Test func `a migration that fails leaves the database as it was`() throws {
        try RunStore(path: folder.database, mode: .writing).begin(exampleRun(1))
        let broken = Migration(name: "v999-broken", sql: "CREATE TABLE half (x); CREATE TABLE run (x)")
        #expect(throws: StoreError.self) {
            try RunStore(path: folder.database, mode: .writing, migrations: Migration.all + [broken])
        }
        #expect(try RunStore(path: folder.database, mode: .reading).runs(last: 2).count == 1)
    }

    /// A database as the first released schema left it, with one run.
    private func writeFirstSchema() throws {
        let first = try RunStore(path: folder.database, mode: .writing, migrations: [Migration.all[0]])
        try first.begin(exampleRun(1))
    }

    private func version(of path: String) throws -> Int? {
        try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "PRAGMA user_version") }
    }
}

@Suite struct StoreErrorTests {
    @Test(arguments: [
        (
            StoreError.absent(path: "a.db"),
            "a.db: there is no store here; run 'bench all' first, or name another with --db."
        ),
        (.foreign(path: "a.db"), "a.db: this file is no store of bench; name another with --db."),
        (
            .corrupt(path: "a.db", detail: "page 3"),
            "a.db: the store is damaged (page 3); put it aside and restore a copy of it."
        ),
        (
            .newerSchema(path: "a.db", found: 3, known: 1),
            "a.db: the store has schema 3, this program knows 1; use a newer bench."
        ),
        (
            .locked(path: "a.db.lock", holder: "pid 7"),
            "a.db.lock: another process writes here (pid 7); try again when it has ended."
        ),
        (
            .networkFileSystem(path: "a.db"),
            "a.db: the store lies on a network file system, where SQLite cannot lock; use --db on a local disk."
        ),
        (.full(path: "a.db"), "a.db: no room is left to write; free some space and repeat the command to go on."),
        (
            .unusable(path: "a.db", detail: "disk I/O error"),
            "a.db: cannot be used (disk I/O error); check the path and its permissions."
        ),
        (.noRun(asked: "abcd"), "'abcd': no stored run fits; 'bench show @last' shows the latest one."),
        (.ambiguousRun(asked: "abcd", runs: ["1", "2"]), "'abcd': 2 runs fit (1, 2); give more digits."),
        (.noNote(asked: "abcd"), "'abcd': no note fits; 'bench note list' shows them."),
        (.ambiguousNote(asked: "abcd", notes: ["1", "2"]), "'abcd': 2 notes fit (1, 2); give more digits."),
        (
            .badQuery(detail: "no such table: x"),
            "query: no such table: x; 'bench sql' without a query shows the views."
        ),
        (
            .badScores(metric: "psnr", detail: "item 'a' comes twice"),
            "metric 'psnr': item 'a' comes twice; correct the case that reports it."
        ),
    ])
    func `every error says where, what and what to do`(_ error: StoreError, _ sentence: String) {
        #expect(error.description == sentence)
    }

    @Test func `an identifier sorts by time and carries its version and variant`() {
        var generator = Counting()
        let early = RunIdentifier.make(microseconds: 1_700_000_000_000_000, using: &generator)
        let late = RunIdentifier.make(microseconds: 1_700_000_000_001_000, using: &generator)
        #expect(early < late)
        // 1 700 000 000 000 ms is 18bcfe56800 in hexadecimal.
        #expect(early.hasPrefix("018bcfe5-6800-7"))
        #expect("89ab".contains(early.dropFirst(19).prefix(1)))
        #expect(RunIdentifier.text(of: RunIdentifier.bytes(of: early)) == early)
    }

    private struct Counting: RandomNumberGenerator {
        var state: UInt64 = 0
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            return state
        }
    }
}
