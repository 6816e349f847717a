// The ledger: what a line is, that nothing written is lost, and that ledgers meet in any order with one result.

import BenchRecords
import Foundation
import GRDB
import Measurements
import TensorIO
import Testing

@testable import BenchStore

@Suite struct LedgerLineTests {
    /// Computed with Python's `hashlib` from the specification's form of a line.
    private let golden = Array(
        (#"{"d":{},"h":"8b57ad884df0825aed927f37f62d968c25370bbfe9916b2f630ff53e4b5ab2d5","p":"","#
            + #""t":"end","u":"018bcfe5-6800-7000-9052-4e640866585e","v":1}"#).utf8)

    @Test func `a line has the form and the digest of the specification`() throws {
        let line = LedgerLine(.end, payload: "{}", at: 1_700_000_000_000_000, after: nil)
        #expect(line.bytes == golden)
        #expect(try LedgerLine(reading: golden) == line)
        #expect(Array(line.payload) == Array("{}".utf8))
    }

    @Test func `lines are chained and sort as they were written, even when the clock goes backwards`() {
        var lines: [LedgerLine] = []
        for time in [5_000_000, 5_000_000, 4_000_000, 5_000_500, 5_001_000, 9_000_000] {
            lines.append(
                LedgerLine(
                    .item, payload: "{\"n\":\(lines.count)}", at: Int64(time),
                    after: lines.last.map { ($0.uuid, $0.digest) }))
        }
        #expect(lines.map(\.uuid) == lines.map(\.uuid).sorted())
        #expect(lines.map(\.previous) == [""] + lines.dropLast().map(\.digest))
        #expect(Set(lines.map(\.uuid)).count == lines.count)
    }

    @Test func `any changed byte is found`() {
        for index in golden.indices {
            var changed = golden
            changed[index] ^= 1
            #expect(throws: LedgerLine.Damage.self, "byte \(index)") { try LedgerLine(reading: changed) }
        }
    }

    @Test(arguments: ["", "{", "{\"d\":{}}", #"{"d":,"h":"","p":"","t":"end","u":"","v":1}"#])
    func `what is no line is refused`(_ text: String) {
        #expect(throws: LedgerLine.Damage.form) { try LedgerLine(reading: Array(text.utf8)) }
    }
}

/// A run with everything that a line can hold, and what each of its cases kept.
private func fullRun(_ number: Int, in store: RunStore) throws {
    let run = exampleRun(
        number, started: Int64(number) * 1_000_000_000, cases: [exampleCase("a.x"), exampleCase("a.y")])
    try store.begin(run)
    let scores = Scores(items: ["ü\"1", "i2"], groups: [3, 1], values: [.nan, -0.0])
    var item = finished(
        "a.x",
        measurements: [
            Measurement(psnr, scores: scores), Measurement(wall, value: 0.1 + Double(number)),
            Measurement(flops, value: .infinity), Measurement(Metric("minus", .exact), value: -0.0),
            Measurement(Metric("ssim", .quality), scores: scores),
        ])
    try store.start(exampleCase("a.x", state: .running), in: run.uuid)
    let artefacts = [
        Artefact(name: "a.txt", mediaType: "text/plain", bytes: [UInt8(number)]),
        Artefact(name: "b.png", mediaType: "image/png", bytes: [UInt8](repeating: UInt8(number), count: 70_000)),
    ]
    try store.finish(item, in: run.uuid, artefacts: artefacts)
    item = exampleCase("a.y", state: .crashed)
    (item.signal, item.message, item.started, item.ended) = (11, "line one\nline two", 7, 8)
    try store.finish(item, in: run.uuid)
    try store.end(run.uuid, status: .complete, at: run.started + 5)
}

@Suite struct LedgerTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test func `what a line says comes back as it was`() throws {
        var run = exampleRun(1)
        run.note = identifier(7)
        var item = finished(measurements: [
            Measurement(wall, value: -0.0), Measurement(flops, value: 1e300),
            Measurement(wall, value: .leastNonzeroMagnitude),
            Measurement(psnr, scores: Scores(items: ["a/b \"ü\""], groups: [7], values: [-0.0])),
        ])
        item.measurements[3].uncertainty = Uncertainty(lower: -0.0, upper: 0.1, minimumDetectable: 1 / 3)
        item.message = "one\ntwo\u{2028}\u{7F}\0"
        let artefact = StoredArtefact(Artefact(name: "a.bin", mediaType: "x/y", bytes: [0, 255, 34]))
        let address = RunAddress(run)
        let event = NoteEvent(note: identifier(7), at: 5, .link(run: run.uuid, isExploratory: true))
        for entry in [
            .run(run), .item(item, [artefact], of: address), .end(.partial, at: nil, of: address), .note(event),
        ] as [LedgerEntry] {
            let line = try entry.line(after: nil)
            #expect(!line.bytes.contains(10))
            #expect(LedgerEntry(try LedgerLine(reading: line.bytes)) == entry)
        }
        guard case .item(let back, _, _) = LedgerEntry(try LedgerEntry.item(item, [], of: address).line(after: nil))
        else { return #expect(Bool(false)) }
        #expect(back.measurements[0].value.sign == .minus)
        #expect(back.measurements[3].scores?.values[0].sign == .minus)
    }

    @Test func `a database that is gone comes back from the ledger, to the bit`() throws {
        var before: [RunRecord] = []
        do {
            let store = try RunStore(path: folder.database, mode: .writing)
            for number in 1...3 { try fullRun(number, in: store) }
            before = try store.runs(last: 9)
            #expect(store.amendments.isEmpty)
        }
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.database + suffix) }
        let store = try RunStore(path: folder.database, mode: .writing)
        let after = try store.runs(last: 9)
        #expect(try after.map(described) == before.map(described))
        #expect(try store.artefact("a.txt", of: "a.x", in: identifier(2)) == [2])
        #expect(store.amendments.count == 3)
        #expect(store.amendments[0].hasSuffix("\(identifier(1)).ndjson: 5 lines were not in the database and are now"))
    }

    @Test func `what was written and not indexed is indexed by the next writer`() throws {
        do { try RunStore(path: folder.database, mode: .writing).begin(exampleRun(1)) }
        let address = RunAddress(exampleRun(1))
        let item = finished(measurements: [Measurement(flops, value: 7)])
        try Ledger(folder: folder.path + "/ledger").append(.item(item, [], of: address))
        #expect(try RunStore(path: folder.database, mode: .reading).run(identifier(1)).cases[0].state == .planned)
        let store = try RunStore(path: folder.database, mode: .writing)
        #expect(try store.run(identifier(1)).cases == [item])
        #expect(
            store.amendments == [
                "7be1a204/2024-07/\(identifier(1)).ndjson: 1 lines were not in the database and are now"
            ])
    }

    @Test(arguments: ["{\"d\":{\"at\"", "{\"d\":{}}\n"])
    func `a torn last line is cut off and told, and the file goes on`(_ torn: String) throws {
        do { try RunStore(path: folder.database, mode: .writing).begin(exampleRun(1)) }
        let path = LedgerEntry.path(of: RunAddress(exampleRun(1)))
        let file = try #require(FileHandle(forUpdatingAtPath: "\(folder.path)/ledger/\(path)"))
        try file.seekToEnd()
        try file.write(contentsOf: Data(torn.utf8))
        let store = try RunStore(path: folder.database, mode: .writing)
        #expect(store.amendments == ["\(path): line 2 was cut off while it was written and is removed"])
        try store.finish(finished(), in: identifier(1))
        let contents = try store.ledger.contents(of: path)
        #expect(contents.damages.isEmpty)
        #expect(contents.lines.map(\.line.kind) == [.run, .item])
        #expect(contents.lines[1].line.previous == contents.lines[0].line.digest)
    }

    @Test func `runs from before the ledger are written to it`() throws {
        var before: [RunRecord] = []
        do {
            let store = try RunStore(path: folder.database, mode: .writing)
            try fullRun(1, in: store)
            try store.begin(exampleRun(2))
            try store.write { try $0.execute(sql: "DELETE FROM ledger_file") }
            try FileManager.default.removeItem(atPath: folder.path + "/ledger")
        }
        before = try RunStore(path: folder.database, mode: .writing).runs(last: 9)
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.database + suffix) }
        let store = try RunStore(path: folder.database, mode: .writing)
        #expect(try store.runs(last: 9).map(described) == before.map(described))
        #expect(try store.artefact("b.png", of: "a.x", in: identifier(1))?.count == 70_000)
    }

    @Test func `bad scores reach neither the ledger nor the database`() throws {
        let store = try RunStore(path: folder.database, mode: .writing)
        try store.begin(exampleRun(1))
        let bad = Measurement(psnr, scores: Scores(items: ["a", "a"], values: [1, 2]))
        #expect(throws: StoreError.self) { try store.finish(finished(measurements: [bad]), in: identifier(1)) }
        #expect(try store.ledger.contents(of: LedgerEntry.path(of: RunAddress(exampleRun(1)))).lines.count == 1)
    }
}

@Suite struct LedgerUnionTests {
    let folder: Folder
    let target: Folder
    var exported: String { target.path }

    /// Three full runs, exported.
    init() throws {
        (folder, target) = (try Folder(), try Folder())
        let store = try RunStore(path: folder.database, mode: .writing)
        for number in 1...3 { try fullRun(number, in: store) }
        #expect(try store.export(store.runs(last: 9), to: exported) == 15)
        #expect(try store.export(store.runs(last: 9), to: exported) == 0)
    }

    @Test(arguments: 1...10)
    func `lines split, repeated and shuffled over files and imports give the same export`(_ seed: UInt64) throws {
        var generator = Counter(state: seed)
        let lines = try texts(below: exported).flatMap { $0.value.split(separator: "\n") }
        var files = [[Substring]](repeating: [], count: Int.random(in: 2...6, using: &generator))
        for line in lines + lines.filter({ _ in Bool.random(using: &generator) }) {
            files[Int.random(in: files.indices, using: &generator)].append(line)
        }
        let split = folder.path + "/split-\(seed)"
        try FileManager.default.createDirectory(atPath: split, withIntermediateDirectories: true)
        for (index, file) in files.enumerated() {
            // The last line of a file may lack its end: it is in another file, too, or here again.
            let text = file.shuffled(using: &generator).map { $0 + "\n" }.joined() + (lines.first?.prefix(80) ?? "")
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(split)/\(index).ndjson"))
        }
        let other = folder.path + "/other-\(seed)"
        let store = try RunStore(path: other + "/bench.sqlite", mode: .writing)
        var newLines = 0
        for index in files.indices.shuffled(using: &generator) + [0] {
            let record = try store.importLedger(["\(split)/\(index).ndjson"], isDryRun: false, at: 1)
            #expect(record.conflicts.isEmpty && record.damages.isEmpty, "seed \(seed)")
            newLines += record.newLines
        }
        #expect(newLines == lines.count)
        let again = other + "/exported"
        _ = try store.export(store.runs(last: 9), to: again)
        #expect(try texts(below: again) == texts(below: exported), "seed \(seed)")
        let original = try RunStore(path: folder.database, mode: .reading)
        #expect(try store.runs(last: 9).map(described) == original.runs(last: 9).map(described), "seed \(seed)")
    }

    @Test func `files of large artefacts travel along, and a missing one is told`() throws {
        let other = try Folder()
        let store = try RunStore(path: other.database, mode: .writing)
        #expect(try store.importLedger([exported], isDryRun: false, at: 1).remarks == [])
        #expect(try store.artefact("b.png", of: "a.x", in: identifier(3))?.count == 70_000)
        try FileManager.default.removeItem(atPath: exported + "/cas")
        let third = try Folder()
        let record = try RunStore(path: third.database, mode: .writing).importLedger([exported], isDryRun: false, at: 1)
        try #require(record.remarks.count == 3)
        #expect(record.remarks[0].contains("\(identifier(1)).ndjson:3: the file of artefact "))
    }

    @Test(arguments: [false, true])
    func `a changed line is refused, and what was known stays`(_ hasNewDigest: Bool) throws {
        let store = try RunStore(path: folder.database, mode: .writing)
        let before = try store.runs(last: 9).map(described)
        let path = LedgerEntry.path(of: RunAddress(exampleRun(2)))
        let old = try store.ledger.contents(of: path).lines[4].line
        let payload = String(decoding: old.payload, as: UTF8.self).replacing("complete", with: "aborted")
        var text = try String(contentsOfFile: "\(exported)/\(path)", encoding: .utf8)
        text = text.replacing("\"complete\"", with: "\"aborted\"")
        if hasNewDigest {
            let unsigned = #"{"d":\#(payload),"p":"\#(old.previous)","t":"end","u":"\#(old.uuid)","v":1}"#
            text = text.replacing(old.digest, with: SHA256.hexDigest(of: Array(unsigned.utf8)))
        }
        let file = folder.path + "/changed.ndjson"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let looked = try store.importLedger([file], isDryRun: true, at: 1)
        #expect(try store.conflicts().isEmpty)
        let record = try store.importLedger([file], isDryRun: false, at: 1)
        #expect(looked == record)
        #expect(record.knownLines == 4 && record.newLines == 0)
        #expect(record.conflicts.map(\.uuid) == [old.uuid] && record.conflicts.map(\.line) == [5])
        #expect(record.conflicts[0].keptDigest == old.digest)
        #expect(try store.conflicts() == record.conflicts)
        _ = try store.importLedger([file], isDryRun: false, at: 2)
        #expect(try store.conflicts() == record.conflicts)
        #expect(try store.runs(last: 9).map(described) == before)
    }

    @Test func `a rebuilt database says the same, and keeps what only the old one knew`() throws {
        var before: [[String]] = []
        do {
            let store = try RunStore(path: folder.database, mode: .writing)
            try store.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO baseline (name, run_uuid, why, who, at) VALUES ('main', x'01', 'why', 'who', 7);
                        INSERT INTO noise SELECT 1, pk, 'aa', 20, 0.1, 0.2, 0.3, x'01', 7 FROM metric WHERE name = 'wall'
                        """)
            }
            before = try store.runs(last: 9).map(described)
        }
        #expect(try RunStore.rebuild(path: folder.database, start: 1))
        let store = try RunStore(path: folder.database, mode: .writing)
        #expect(try store.runs(last: 9).map(described) == before)
        #expect(store.amendments.isEmpty)
        let kept = try store.read {
            try String.fetchAll(
                $0, sql: "SELECT name FROM baseline UNION SELECT name FROM noise JOIN metric ON pk = metric_pk")
        }
        #expect(kept == ["main", "wall"])
        #expect(FileManager.default.fileExists(atPath: folder.database + ".before-rebuild"))
    }

    @Test func `a damaged database is rebuilt`() throws {
        let before = try RunStore(path: folder.database, mode: .reading).runs(last: 9).map(described)
        try Data(String(repeating: "damaged. ", count: 1000).utf8).write(to: URL(fileURLWithPath: folder.database))
        #expect(try RunStore.rebuild(path: folder.database, start: 1) == false)
        #expect(try RunStore(path: folder.database, mode: .writing).runs(last: 9).map(described) == before)
    }

    private func texts(below folder: String) throws -> [String: String] {
        let files = ndjsonFiles(below: folder)
        return Dictionary(
            uniqueKeysWithValues: try files.map {
                ($0, try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8))
            })
    }
}

/// SplitMix64.
struct Counter: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

/// Everything in a run as the ledger would say it, which tells NaNs and zeros apart.
private func described(_ run: RunRecord) throws -> [String] {
    var bare = run
    bare.cases = []
    let entries = [.run(bare)] + run.cases.map { LedgerEntry.item($0, [], of: RunAddress(run)) }
    return try entries.map { String(decoding: try $0.line(after: nil).bytes, as: UTF8.self) }
}

@Suite struct ReaderTests {
    @Test func `readers beside a writer see whole cases`() async throws {
        let folder = try Folder()
        let ids = (0..<60).map { "a.c\($0)" }
        let store = try RunStore(path: folder.database, mode: .writing)
        try store.begin(exampleRun(1, cases: ids.map { exampleCase($0) }))
        let path = folder.database
        let seen = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var partial = 0
                    while true {
                        let cases = try RunStore(path: path, mode: .reading).run(identifier(1)).cases
                        for item in cases {
                            #expect(item.measurements.count == (item.state == .done ? 2 : 0))
                        }
                        let done = cases.count { $0.state == .done }
                        if done == ids.count { return partial }
                        if done > 0 { partial += 1 }
                        // The writer shares the threads of all tests, which are as many as cores.
                        await Task.yield()
                    }
                }
            }
            let scores = Scores(items: (0..<50).map { "i\($0)" }, values: (0..<50).map(Double.init))
            for id in ids {
                try store.start(exampleCase(id, state: .running), in: identifier(1))
                let measured = [Measurement(psnr, scores: scores), Measurement(flops, value: 1)]
                try store.finish(finished(id, measurements: measured), in: identifier(1))
                await Task.yield()
            }
            return try await group.reduce(0, +)
        }
        #expect(seen > 0)
    }
}
