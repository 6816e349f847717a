// What is decided before anything runs, and what is shown while it does.

import Foundation
import Testing

@testable import BenchRunner

private let ids = ["inr.img32.la-ginr", "inr.img32.trans-inr", "inr.smoke", "pad.mini"]

@Suite struct CaseSelectionTests {
    @Test(arguments: [
        ([], ids), (["inr"], Array(ids.prefix(3))), (["inr.*"], Array(ids.prefix(3))), (["*.smoke"], ["inr.smoke"]),
        (["inr.img32"], Array(ids.prefix(2))), (["!inr"], ["pad.mini"]), (["inr", "!*.trans-inr"], [ids[0], ids[2]]),
        (["pad.min?", "inr.smoke"], ["inr.smoke", "pad.mini"]), (["*"], ids), (["*a*-ginr"], [ids[0]]),
    ])
    func `patterns choose cases in the order of the list`(_ patterns: [String], _ expected: [String]) throws {
        #expect(try selected(patterns, from: ids, id: \.self) == expected)
    }

    @Test(arguments: [
        ("inr.smok", "inr.smoke"), ("imr", "inr"), ("inr.img23", "inr.img32"), ("padmini", "pad.mini"), ("!pat", "pad"),
    ])
    func `an unknown name is answered with the nearest one`(_ asked: String, _ nearest: String) {
        let name = asked.hasPrefix("!") ? String(asked.dropFirst()) : asked
        #expect(throws: RunnerError.unknownCase(asked: name, nearest: nearest)) {
            try selected([asked], from: ids, id: \.self)
        }
    }

    @Test func `a prefix of a word is no suite`() {
        #expect(throws: RunnerError.self) { try selected(["inr.img"], from: ids, id: \.self) }
    }

    // Hand-counted: k→s, e→i and +g; three insertions; equal.
    @Test(arguments: [("kitten", "sitting", 3), ("", "abc", 3), ("same", "same", 0)])
    func `the edit distance counts single edits`(_ a: String, _ b: String, _ distance: Int) {
        #expect(editDistance(a, b) == distance)
        #expect(editDistance(b, a) == distance)
    }
}

@Suite struct ProgressTests {
    /// Twelve cases of 10 s.
    private func progress(index: Int, fraction: Double = 0, caseSeconds: Double = 0) -> RunProgress {
        var progress = RunProgress(expectedSeconds: Array(repeating: 10, count: 12))
        (progress.index, progress.fraction, progress.caseSeconds) = (index, fraction, caseSeconds)
        (progress.caseID, progress.elapsedSeconds) = ("inr.img32.natural64.la-ginr", 42)
        return progress
    }

    @Test func `the line tells index, share, case, times and failures`() {
        var failed = progress(index: 2, fraction: 0.5, caseSeconds: 4)
        failed.failureCount = 1
        // (2 + 0.5) / 12 = 20.8 %; 4 s for the first half, then 9 cases of 10 s: 94 s.
        #expect(
            failed.line(width: 100) == "[ 3/12]  20%  inr.img32.natural64.la-ginr  0:42 elapsed  1:34 left  1 failed")
    }

    @Test func `the line fits its width`() {
        let line = progress(index: 2).line(width: 60)
        #expect(line.count == 60)
        #expect(line == "[ 3/12]  16%  inr.img32.…64.la-ginr  0:42 elapsed  1:40 left")
    }

    @Test(arguments: [(0.0, 5.0, 0.5), (0, 50, 0.99), (0.25, 5, 0.25), (1, 5, 1)])
    func `a case without reports moves with the clock and never quite to its end`(
        _ fraction: Double, _ seconds: Double, _ done: Double
    ) {
        #expect(abs(progress(index: 6, fraction: fraction, caseSeconds: seconds).share - (6 + done) / 12) < 1e-12)
    }

    @Test func `after the last case nothing is left`() {
        #expect(progress(index: 12).share == 1)
        #expect(progress(index: 12).secondsLeft == 0)
    }

    @Test(arguments: [(0.0, "0:00"), (59.6, "1:00"), (190, "3:10"), (3661, "1:01:01"), (-1, "0:00")])
    func `times are minutes and seconds`(_ seconds: Double, _ text: String) { #expect(clock(seconds) == text) }
}

@Suite struct RunnerErrorTests {
    @Test(arguments: [
        (
            RunnerError.unknownCase(asked: "inr.smok", nearest: "inr.smoke"),
            "unknown case or suite 'inr.smok'; did you mean 'inr.smoke'? 'bench list' shows all."
        ),
        (.unknownCase(asked: "x", nearest: nil), "unknown case or suite 'x'; this program has no cases."),
        (.noCase(tier: "smoke"), "no case is left in tier 'smoke'; 'bench list' shows which tiers have any."),
        (
            .noSpace(folder: ".bench", freeMiB: 3, neededMiB: 16),
            ".bench: 3 MiB are free and 16 MiB are needed; free some space or use --db."
        ),
        (
            .cannotStart(program: "x", detail: "Cannot allocate memory"),
            "x: cannot be started (Cannot allocate memory); check memory and limits."
        ),
        (.interrupted, "interrupted; what is stored stays, and the same command finishes the rest."),
    ])
    func `every error says where, what and what to do`(_ error: RunnerError, _ sentence: String) {
        #expect(error.description == sentence)
    }

    @Test func `a disk with too little room is refused`() throws {
        try requireSpace(in: "/tmp", neededMiB: 0)
        #expect(throws: RunnerError.self) { try requireSpace(in: "/tmp", neededMiB: 1 << 40) }
    }
}
