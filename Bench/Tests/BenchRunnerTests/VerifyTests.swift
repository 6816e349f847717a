// `bench verify` on cases with planted faults: each is found, and named by what moves it.

import BenchRecords
import BenchStore
import Foundation
import Testing

@Suite struct VerifyTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    @Test(arguments: [
        ("fault.hash", "1", "moved by the hash seed:"), ("fault.clock", "1", "moved by plain repetition:"),
        ("fault.threads", "1,2", "moved by the number of threads:"),
        ("fault.order", "1,2", "moved by completion order:"), ("fault.order", "2", "moved by completion order:"),
        ("fault.memory", "1", "moved by uninitialised memory:"),
    ])
    func `a planted fault is found and named`(_ id: String, _ threads: String, _ words: String) throws {
        let ended = try place.run("verify", id, "--threads", threads)
        #expect(ended.code == 5)
        #expect(ended.output.contains(words), "\(ended.output)")
        #expect(ended.output.contains("\n\(id).score "))
        #expect(ended.lastLine.hasPrefix("VERDICT diverged | replays="))
    }

    @Test func `the first item that differs is told, in bits, decimals and steps`() throws {
        let ended = try place.run("verify", "fault.clock", "--format", "csv")
        let line = try #require(
            ended.output.split(whereSeparator: \.isNewline).first {
                $0.hasPrefix("where they part,fault.clock.score,item")
            })
        #expect(line.hasSuffix("item-1"))
    }

    @Test func `the first step that goes astray is told, though the results are equal`() throws {
        let ended = try place.run("verify", "fault.step", "--threads", "1")
        #expect(ended.code == 5)
        #expect(ended.output.contains("trace 4 rows"), "\(ended.output)")
        #expect(ended.output.contains("\nfault.step.loss   step 3  "), "\(ended.output)")
        #expect(ended.output.contains("moved by plain repetition:"))
        #expect(try place.run("verify", "fault.step", "--threads", "1", "--trace", "2").output.contains("trace 8 rows"))
        let without = try place.run("verify", "fault.step", "--threads", "1", "--trace", "0")
        #expect(without.code == 0 && without.output.contains("trace 0 rows"))
    }

    @Test func `a case that fails is not compared`() throws {
        let ended = try place.run("verify", "bad.throw")
        #expect(ended.code == 2)
        #expect(ended.lastLine.hasPrefix("VERDICT incomplete | replays=1 metrics=0 items=0 diverged=0 | "))
    }

    @Test func `replays are kept and never stand for the latest run or the commit's`() throws {
        #expect(try place.run("run", "good.smoke").code == 0)
        let run = try #require(place.latest)
        let ended = try place.run("verify", "good.smoke", "--times", "3")
        #expect(ended.code == 0)
        #expect(ended.lastLine.hasPrefix("VERDICT identical | replays=3 metrics=2 items=16 diverged=0 | "))
        let identifier = try #require(ended.lastLine.firstMatch(of: #/run=([0-9a-f]{8})/#)).1
        let store = try RunStore(path: place.database, mode: .reading)
        let replay = try store.run(matching: String(identifier)) { _ in nil }
        #expect(replay.kind == .verify)
        #expect(try store.run(matching: "@last") { _ in nil }.uuid == run.uuid)
        #expect(try store.run(matching: "HEAD", commit: { _ in run.build.commit }).uuid == run.uuid)
        #expect(replay.environment["SWIFT_DETERMINISTIC_HASHING"] == "1")
    }
}
