// Every way in which a case can end, each in a real child.

import BenchRecords
import Foundation
import Measurements
import Testing

@testable import BenchRunner

@Suite struct ChildProcessTests {
    struct Ending: Sendable, CustomTestStringConvertible {
        var id: String
        var state: CaseState
        var message: String
        var seconds = 20.0
        var testDescription: String { id }
    }

    @Test(arguments: [
        Ending(id: "good.smoke", state: .done, message: ""),
        Ending(id: "good.printing", state: .done, message: ""),
        Ending(id: "bad.abort", state: .crashed, message: "SIGABRT"),
        Ending(id: "bad.segfault", state: .crashed, message: "SIGSEGV"),
        Ending(id: "bad.fatal", state: .crashed, message: "SIGILL"),
        Ending(id: "bad.throw", state: .failed, message: "weights.npy: 3 values were found; give 4."),
        Ending(id: "bad.exit", state: .failed, message: "exited before its results were complete"),
        Ending(id: "bad.exit7", state: .failed, message: "exited before its results were complete"),
        Ending(id: "bad.close", state: .failed, message: "exited before its results were complete"),
        Ending(id: "bad.garbage", state: .failed, message: "line 1 of its results is none: 'not a message'"),
        Ending(id: "bad.loop", state: .timeout, message: "took longer than its limit of 1 s", seconds: 0.8),
        Ending(id: "bad.stubborn", state: .timeout, message: "took longer than its limit of 1 s", seconds: 0.8),
        Ending(id: "bad.grandchild", state: .done, message: ""),
    ])
    func `every ending has its state and sentence, and no process is left`(_ ending: Ending) throws {
        let place = try Workplace()
        let limits = ChildLimits(seconds: ending.seconds, graceSeconds: 0.3, memoryMiB: 2000)
        let observation = try child(ending.id, in: place, limits).wait(
            isStopRequested: { false }, onProgress: { _, _ in }, onTick: {})
        let conclusion = observation.conclusion(for: Declared(id: ending.id), limits: limits)
        #expect(conclusion.state == ending.state)
        #expect(conclusion.message == ending.message)
        #expect(try place.survivors() == [])
    }

    @Test func `a case that takes too much memory is stopped`() throws {
        let place = try Workplace()
        let limits = ChildLimits(seconds: 20, memoryMiB: 200)
        let observation = try child("bad.allocate", in: place, limits).wait(
            isStopRequested: { false }, onProgress: { _, _ in }, onTick: {})
        let conclusion = observation.conclusion(for: Declared(id: "bad.allocate"), limits: limits)
        #expect(conclusion.state == .oom)
        #expect(conclusion.message.hasSuffix(" MiB, more than its limit of 200 MiB"))
    }

    @Test func `an interruption ends a case at once`() throws {
        let place = try Workplace()
        let observation = try child("bad.stubborn", in: place, ChildLimits(seconds: 20, memoryMiB: 2000)).wait(
            isStopRequested: { true }, onProgress: { _, _ in }, onTick: {})
        #expect(observation.stop == .interruption)
        #expect(try place.survivors() == [])
    }

    @Test func `a score that is not a number comes over the pipe as it is`() throws {
        let place = try Workplace()
        let observation = try child("good.nan", in: place, ChildLimits(seconds: 20, memoryMiB: 2000)).wait(
            isStopRequested: { false }, onProgress: { _, _ in }, onTick: {})
        let values = observation.outcome?.measurements.first?.scores?.values
        #expect(values?.map(\.isNaN) == [false, false, false, false, true])
    }

    @Test func `a child reports its progress and its cost`() throws {
        let place = try Workplace()
        var fractions: [Double] = []
        let observation = try child("good.slow", in: place, ChildLimits(seconds: 20, memoryMiB: 2000)).wait(
            isStopRequested: { false }, onProgress: { fraction, _ in fractions.append(fraction) }, onTick: {})
        #expect(fractions.count > 2 && fractions == fractions.sorted())
        let costs = observation.costs(threads: 3)
        #expect(costs.map(\.metric.name) == ["wall", "cpu", "peak_rss"])
        #expect(costs.map(\.metric.unit) == ["s", "s", "MiB"])
        #expect(costs.map(\.metric.signature.description).first == "wall|v:1|threads:3")
        #expect(costs[0].value > 0.5)  // Ten pauses of 0.05 s.
        #expect(costs[2].value > 1 && costs[2].value < 2000)
    }

    @Test func `values cross the pipe bit for bit`() throws {
        let values = [
            0.1, -0.0, 1 / 3, 1e15, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity, -.infinity, .nan,
        ]
        let scores = Scores(items: values.indices.map { "\($0)" }, values: values)
        let sent = ChildMessage.outcome(CaseOutcome([Measurement(Metric("x", .quality), scores: scores)]))
        guard case .outcome(let outcome)? = ChildMessage(line: try sent.line().dropLast()) else {
            Issue.record("the message did not come back")
            return
        }
        #expect(outcome.measurements.first?.scores?.values.map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test func `a program that is not there cannot be started`() {
        #expect(throws: RunnerError.cannotStart(program: "/nowhere", detail: "No such file or directory")) {
            _ = try ChildProcess(
                program: "/nowhere", arguments: ["x"], environment: [:], logPath: "/tmp/none",
                limits: ChildLimits(seconds: 1, memoryMiB: 1))
        }
    }

    @Test(arguments: [
        ([Metric("score", .quality)], "declares 'count' and does not report it"),
        (
            [Metric("score", .quality), Metric("count", .exact), Metric("other", .exact)],
            "reports 'other', which it does not declare"
        ),
        ([Metric("score", .quality), Metric("count", .exact), Metric("count", .exact)], "reports a metric twice"),
    ])
    func `a case must report what it declares`(_ metrics: [Metric], _ message: String) {
        var observation = ChildObservation()
        (observation.hasEnded, observation.exitCode) = (true, 0)
        observation.outcome = CaseOutcome(metrics.map { Measurement($0, value: 1) })
        let conclusion = observation.conclusion(for: Declared(id: "x"), limits: ChildLimits(seconds: 1, memoryMiB: 1))
        #expect(conclusion.state == .failed)
        #expect(conclusion.message == message)
    }

    @Test(arguments: [
        (Scores(items: ["a", "b"], width: 2, values: [0, 1, 1, 0]), 0.5, ""),
        (
            Scores(items: ["a", "b"], width: 2, values: [0, 1, 1, 0]), 0.25,
            "says 'score' is 0.25, where its rows make 0.5"
        ),
        (Scores(items: ["a", "b"], values: [0, 1]), 0.5, "gives 'score' rows of 1 numbers, where 'meanRate' takes 2"),
    ])
    func `a value must be what its rows make`(_ scores: Scores, _ value: Double, _ message: String) {
        var observation = ChildObservation()
        (observation.hasEnded, observation.exitCode) = (true, 0)
        observation.outcome = CaseOutcome([
            Measurement(Metric("score", .quality, finaliser: .meanRate), value: value, scores: scores),
            Measurement(Metric("count", .exact), value: 1),
        ])
        let conclusion = observation.conclusion(for: Declared(id: "x"), limits: ChildLimits(seconds: 1, memoryMiB: 1))
        #expect(conclusion.state == (message.isEmpty ? .done : .failed) && conclusion.message == message)
    }

    /// The child's half is started as the runner would, by the fixture program.
    private func child(_ id: String, in place: Workplace, _ limits: ChildLimits) throws -> ChildProcess {
        try ChildProcess(
            program: Workplace.program,
            arguments: [
                "bench", "child", id, "--seed", "7", "--threads", "1", "--scratch", place.path, "--parent",
                "\(ProcessInfo.processInfo.processIdentifier)",
            ],
            environment: quietEnvironment.merging(["TMPDIR": place.path]) { _, ours in ours },
            logPath: place.path + "/log", limits: limits)
    }

    /// What the fixture's cases declare.
    private struct Declared: BenchCase {
        let id: String
        let summary = ""
        let tier = Tier.smoke
        let expectedSeconds = 1.0
        let version = 1
        let configuration: [String: String] = [:]
        let dataFolders: [String] = []
        let metrics = [Metric("score", .quality), Metric("count", .exact)]
        func run(in context: CaseContext) -> CaseOutcome { CaseOutcome([]) }
    }
}

@Suite struct CappedLogTests {
    @Test func `a log keeps the beginning and the end of what is printed`() throws {
        let place = try Workplace()
        var log = CappedLog(path: place.path + "/logs/x", half: 10)
        for digit in 0..<10 { log.append(Array(repeating: UInt8(48 + digit), count: 5)[...]) }
        log.close()
        let text = try String(contentsOfFile: place.path + "/logs/x", encoding: .utf8)
        #expect(text == "0000011111\n[30 bytes left out]\n8888899999")
    }

    @Test func `a short log is kept whole`() throws {
        let place = try Workplace()
        var log = CappedLog(path: place.path + "/x", half: 10)
        log.append(Array("fifteen letters".utf8)[...])
        log.close()
        #expect(try String(contentsOfFile: place.path + "/x", encoding: .utf8) == "fifteen letters")
    }
}
