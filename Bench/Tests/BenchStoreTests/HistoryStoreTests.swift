// What is read over many runs, and what is kept beside them.

import BenchRecords
import Measurements
import Testing

@testable import BenchStore

@Suite struct HistoryStoreTests {
    let folder: Folder
    let store: RunStore

    init() throws {
        folder = try Folder()
        store = try RunStore(path: folder.database, mode: .writing)
    }

    /// A complete run with a value for `psnr` (with items) and `flops` of one case.
    @discardableResult
    private func add(
        _ number: Int, value: Double = 1, seed: UInt64 = 5, changed: (inout RunRecord) -> Void = { _ in }
    ) throws -> RunRecord {
        var run = exampleRun(number, started: Int64(number) * 1_000_000)
        run.seed = seed
        changed(&run)
        try store.begin(run)
        let scores = Scores(items: ["a", "b"], values: [value, value])
        try store.finish(
            finished(measurements: [Measurement(psnr, scores: scores), Measurement(flops, value: value)]), in: run.uuid)
        try store.end(run.uuid, status: .complete, at: run.started + 1)
        return try store.run(run.uuid)
    }

    @Test func `a history is oldest first, of one seed and machine, with one value a run and no items`() throws {
        for number in 1...5 { try add(number, value: Double(number)) }
        try add(6, seed: 6)
        try add(7) { ($0.machine.machineClass, $0.machine.cpu) = ("00000000", "Other") }
        for (index, kind) in [RunKind.explore, .calibrate, .confirm, .verify, .repro].enumerated() {
            try add(8 + index) { $0.kind = kind }
        }
        func values(_ machine: String?, _ last: Int) throws -> [Double] {
            let runs = try store.history(of: "inr.one", metric: "psnr", seed: 5, machineClass: machine, last: last)
            #expect(runs.allSatisfy { $0.cases.map(\.id) == ["inr.one"] && $0.cases[0].measurements.count == 1 })
            #expect(runs.allSatisfy { $0.cases[0].measurements[0].scores == nil })
            return runs.map { $0.cases[0].measurements[0].value }
        }
        #expect(try values("7be1a204", 60) == [1, 2, 3, 4, 5])
        #expect(try values("7be1a204", 2) == [4, 5])
        #expect(try values(nil, 60) == [1, 2, 3, 4, 5, 1])
        #expect(try store.history(of: "inr.one", metric: "none", seed: 5, machineClass: nil, last: 9) == [])
    }

    @Test func `the best run before one is of its kind, machine and seed, and the latest of equal ones`() throws {
        for (number, value) in [(1, 4), (2, 7), (3, 7), (4, 5)] { try add(number, value: Double(value)) }
        try add(5, value: 9, seed: 6)
        try add(6, value: 9) { ($0.machine.machineClass, $0.machine.cpu) = ("00000000", "Other") }
        try add(7, value: 9) { $0.kind = .smoke }
        let tonight = try add(8, value: 6)
        try add(9, value: 9)
        #expect(try store.bestRuns(before: tonight) == ["inr.one.psnr": identifier(3)])
        #expect(try store.bestRuns(before: try store.run(identifier(1))) == [:])
    }

    @Test func `the same program's run with another seed is found, the latest that has the case`() throws {
        let run = try add(1)
        try add(2, seed: 1001)
        let latest = try add(3, seed: 1001)
        try add(4, seed: 1001) { $0.build.patchDigest = "ffff" }
        try add(5, seed: 1001) { $0.build.commit = "c9" }
        #expect(try store.run(like: run, seed: 1001, caseID: "inr.one") == latest)
        #expect(try store.run(like: run, seed: 1002, caseID: "inr.one") == nil)
        #expect(try store.run(like: run, seed: 1001, caseID: "inr.two") == nil)
    }

    @Test func `the latest pin of a name holds and older ones stay`() throws {
        let (first, second) = (try add(1), try add(2))
        #expect(throws: StoreError.noBaseline(asked: "@baseline")) {
            try store.run(matching: "@baseline") { _ in nil }
        }
        let pins = [(first, "main"), (second, "main"), (first, "paper")].enumerated().map { index, pinned in
            BaselinePin(name: pinned.1, run: pinned.0.uuid, why: "because", at: Int64(index))
        }
        for pin in pins { try store.pin(pin) }
        #expect(try store.pins() == pins.reversed())
        #expect(try store.pins(named: "main") == [pins[1], pins[0]])
        #expect(try store.run(matching: "@baseline") { _ in nil } == second)
        #expect(try store.run(matching: "@baseline:paper") { _ in nil } == first)
        #expect(throws: StoreError.noBaseline(asked: "@baseline:none")) {
            try store.run(matching: "@baseline:none") { _ in nil }
        }
        #expect(
            StoreError.noBaseline(asked: "@baseline:none").description
                == "'@baseline:none': no run is pinned by this name; "
                + "'bench baseline set RUN --name NAME --why TEXT' pins one.")
    }

    @Test func `the latest floor of each metric and method comes back as it was stored`() throws {
        let run = try add(1)
        func floor(_ metric: Metric, _ method: NoiseFloor.Method, at time: Int64) -> NoiseFloor {
            NoiseFloor(
                caseID: "inr.one", metric: metric, method: method, count: 8, sigma: 0.25,
                q95: method == .aa ? 0.5 : nil,
                floor: 0.75, run: run.uuid, at: time, machine: run.machine, toolchain: run.build.toolchain)
        }
        try store.add([floor(psnr, .seed, at: 1), floor(flops, .aa, at: 1)])
        try store.add([floor(psnr, .seed, at: 2)])
        #expect(try store.floors() == [floor(psnr, .seed, at: 2), floor(flops, .aa, at: 1)])
    }

    @Test func `accepted changes are kept in order`() throws {
        let changes = (1...2).map {
            AcceptedChange(metric: "inr.one.psnr", from: 1, to: Double($0), why: "wider", at: Int64($0), commit: "c1")
        }
        for change in changes { try store.accept(change) }
        #expect(try store.acceptedChanges() == changes)
    }
}
