// A metric over its runs, and the items that moved between two of them.

import BenchRecords
import Measurements
import Testing

@testable import BenchJudge

private func night(_ index: Int, _ measurement: Measurement, changed: (inout RunRecord) -> Void = { _ in }) -> RunRecord
{
    run(evaluation(measurement)) {
        $0.uuid = "018f0000-0000-7000-8000-0000000000" + String(index + 16, radix: 16)
        $0.started = Int64(index) * 24 * 3600 * 1_000_000
        $0.build.commit = "commit-\(index)"
        changed(&$0)
    }
}

private func nights(_ values: [Double], metric: Metric = quality) -> [RunRecord] {
    values.enumerated().map { night($0.offset, Measurement(metric, value: $0.element)) }
}

@Suite struct HistoryTests {
    /// Eight values about 30, unevenly.
    let level = [30.0, 30.01, 29.99, 30.02, 29.98, 30.01, 30, 29.99]

    @Test func `a change of level beyond the floor is found on its night, with both medians`() throws {
        let found = try #require(history(of: nights(level + level.map { $0 - 0.5 })))
        #expect(found.changes.map(\.index) == [8] && found.breaks.isEmpty)
        let change = try #require(found.changes.first)
        #expect(abs(change.before - 30) < 1e-9 && abs(change.after - 29.5) < 1e-9 && change.p == 0.005)
        #expect(try #require(history(of: nights(level + level.map { $0 - 0.04 }))).changes.isEmpty)
        #expect(history(of: []) == nil)
    }

    @Test func `another signature, configuration or machine begins a new segment, across which nothing is compared`()
        throws
    {
        var other = quality
        other.signature.version = 2
        let after = level.map { $0 - 5 }.enumerated().map {
            night($0.offset + 8, Measurement(other, value: $0.element))
        }
        let found = try #require(history(of: nights(level) + after))
        #expect(
            found.breaks == [.init(index: 8, mismatch: Mismatch("signature", "psnr|v:1|peak:1", "psnr|v:2|peak:1"))])
        #expect(found.changes.isEmpty && found.creeps.isEmpty)
        let timed = nights([1, 1, 1, 1], metric: seconds)
        let elsewhere = night(4, Measurement(seconds, value: 1)) { $0.machine.machineClass = "00000000" }
        #expect(try #require(history(of: timed + [elsewhere])).breaks.map(\.index) == [4])
        let longer = night(4, Measurement(quality, value: 1)) { $0.cases[0].configuration["steps"] = "200" }
        #expect(
            try #require(history(of: nights([1, 1, 1, 1]) + [longer])).breaks.map(\.mismatch.field) == [
                "configuration.steps"
            ])
    }

    @Test func `every change of an exact value is a change point`() throws {
        let found = try #require(history(of: nights([7, 7, 8, 8, 7], metric: count)))
        #expect(found.changes.map(\.index) == [2, 4] && found.changes.allSatisfy { $0.p == nil })
    }

    @Test func `a loss in steps below the floor is creep, against the pin and against the best level`() throws {
        // 0.5 % a night for twenty nights after ten level ones; the floor is 5 %.
        let values = [Double](repeating: 100, count: 10) + (1...20).map { 100 * (1 + 0.005 * Double($0)) }
        let runs = nights(values, metric: seconds)
        func creeps(_ last: Int) throws -> [History.Creep] {
            try #require(history(of: Array(runs[..<last]), baseline: runs[0])).creeps
        }
        #expect(try creeps(20).isEmpty)
        let reported = try #require((20...30).first { try creeps($0).contains { $0.origin == .baseline } })
        #expect(reported <= 22, "night \(reported - 10) of the creep")
        #expect(try creeps(30).map(\.origin) == [.baseline, .bestLevel])
        let last = try #require(try creeps(30).first)
        #expect(last.then == 100 && abs(last.now - 110) < 1e-9)
        // A gain is none, and a pin of another configuration says nothing.
        let faster = nights(values.map { 200 - $0 }, metric: seconds)
        #expect(try #require(history(of: faster, baseline: faster[0])).creeps.isEmpty)
        var other = runs[0]
        other.cases[0].version = 2
        #expect(try #require(history(of: runs, baseline: other)).creeps.map(\.origin) == [.bestLevel])
    }

    @Test func `a measured floor widens what is no change`() throws {
        let runs = nights(level + level.map { $0 - 0.5 })
        let floor = NoiseFloor(
            caseID: "inr.tiny.a", metric: quality, method: .seed, count: 8, sigma: 0.1, q95: nil, floor: 0.6, run: "",
            at: 0, machine: run().machine, toolchain: "")
        #expect(try #require(history(of: runs, floors: [floor])).changes.isEmpty)
    }
}

@Suite struct FlipsTests {
    private let right = Metric("right", .quality, direction: .higherIsBetter, finaliser: .mean)

    private func answers(_ values: [Double], groups: [Int]? = nil, metric: Metric? = nil) -> RunRecord {
        run(evaluation(Measurement(metric ?? right, scores: scores(values, groups: groups))))
    }

    @Test func `right and wrong are counted with McNemar's test where items are independent`() throws {
        let (a, b) = (answers([1, 1, 1, 0, 0, 1]), answers([0, 0, 1, 1, 0, 0]))
        let found = try flips(b, against: a, caseID: "inr.tiny.a").get()
        let counts = try #require(found.counts)
        #expect(counts.lost == 3 && counts.gained == 1)
        // 2 · (1 + 4)/16 of four, one or fewer; mid-p leaves out the 4/16 of exactly one.
        #expect(abs((counts.p ?? 0) - 0.625) < 1e-12 && abs((counts.midP ?? 0) - 0.375) < 1e-12)
        #expect(counts.a.value == 4.0 / 6 && counts.b.value == 2.0 / 6 && counts.b.interval.contains(1.0 / 3))
        #expect(found.moved.map(\.name) == ["item-0", "item-1", "item-3", "item-5"])
        #expect(found.moved.map(\.change) == [-1, -1, 1, -1])
        var wrong = right
        wrong.direction = .lowerIsBetter
        let errors = try flips(
            answers([0, 0, 1, 1, 0, 0], metric: wrong), against: answers([1, 1, 1, 0, 0, 1], metric: wrong),
            caseID: "inr.tiny.a"
        ).get()
        #expect(errors.counts?.lost == 1 && errors.counts?.gained == 3 && errors.counts?.a.value == 2.0 / 6)
    }

    @Test func `items of one group are together, the group that moved most first, and have no McNemar test`() throws {
        let groups = [0, 0, 1, 1, 1, 0]
        let (a, b) = (answers([1, 1, 1, 0, 1, 1], groups: groups), answers([0, 1, 0, 1, 1, 1], groups: groups))
        let found = try flips(b, against: a, caseID: "inr.tiny.a").get()
        #expect(found.moved.map(\.name) == ["item-2", "item-3", "item-0"])
        #expect(found.counts?.lost == 2 && found.counts?.p == nil && found.groupCount == 2)
    }

    @Test func `other scores are ordered by how far they moved`() throws {
        let changes = [0, 0.1, -0.5, 0, 0.2, 0, 0, 0, 0, -0.3]
        let found = try flips(
            run(evaluation(psnr(changes))), against: run(evaluation(psnr())), caseID: "inr.tiny.a"
        ).get()
        #expect(found.counts == nil && found.itemCount == 10)
        #expect(found.moved.map(\.name) == ["item-2", "item-9", "item-4", "item-1"])
    }

    @Test func `what cannot be subtracted is not, and the reason is given`() {
        let (a, b) = (run(evaluation(psnr())), run(evaluation(psnr())) { $0.cases[0].version = 2 })
        #expect(flips(b, against: a, caseID: "inr.tiny.a") == .failure(Mismatch("version", "1", "2")))
        #expect(flips(a, against: a, caseID: "inr.tiny.b") == .failure(Mismatch("scores", "absent", "absent")))
        let counted = run(evaluation(Measurement(count, value: 1)))
        #expect(
            flips(counted, against: counted, caseID: "inr.tiny.a", metric: "params")
                == .failure(Mismatch("scores an item of params", "none", "none")))
    }
}
