// Variants tried against a case as it is: which one wins, who is dropped, and what is not run twice.

import BenchRecords
import BenchStore
import Foundation
import Measurements
import Testing

@testable import BenchRunner

@Suite struct ExploreTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    private func trials() throws -> [RunRecord] { try RunStore(path: place.database, mode: .reading).runs(last: 100) }

    /// The first words of the ranking's rows, best first.
    private func names(in output: String) -> [String] {
        output.split(separator: "\n").map { $0.split(separator: " ")[0] }.filter { $0.contains("=") }.map(String.init)
    }

    @Test func `the better settings come first, and what changes nothing is not marked`() throws {
        let ended = try place.run(
            "explore", "vary.line", "--grid", "training.steps=1,3,9", "--grid", "comment=0,1", "--width", "120")
        #expect(ended.code == 0, "\(ended.output)\(ended.errors)")
        #expect(ended.lastLine.hasPrefix("VERDICT explored | variants=6 better=4 worse=2 dropped=0 | "))
        let expected = [9, 3, 1].flatMap { steps in (0...1).map { ("steps=\(steps)", "comment=\($0)") } }
        let rows = ended.output.split(separator: "\n").filter { $0.hasPrefix("steps=") }
        #expect(zip(rows, expected).allSatisfy { $0.hasPrefix("\($1.0) \($1.1) ") } && rows.count == 6, "\(rows)")
        // 12 items in 12 groups, each better by 7 (1 + 0, 0.1 or 0.2).
        #expect(rows[0].contains("+7.700"), "\(rows[0])")
        #expect(rows[0].contains("3/3") && rows[0].hasSuffix("BETTER"), "\(rows[0])")
        #expect(rows[5].hasSuffix("WORSE"))
        // Two steps are better than one and worse than three.
        let lines = ended.output.split(separator: "\n")
        let middle = try #require(lines.firstIndex { $0.hasPrefix("reference   ") })
        #expect(lines[middle - 1] == rows[3] && lines[middle + 1] == rows[4], "\(ended.output)")
        let equal = try place.run("explore", "vary.line", "--grid", "comment=0,1")
        #expect(equal.lastLine.hasPrefix("VERDICT explored | variants=2 better=0 worse=0 dropped=0 | "))
    }

    @Test func `every quality metric is ranked on request, and a loss the other way round`() throws {
        let ended = try place.run("explore", "vary.line", "--grid", "training.steps=1,3", "--seeds", "1", "--all")
        let rows = ended.output.split(separator: "\n")
        #expect(rows.count { $0.hasPrefix("vary.line.score ") || $0.hasPrefix("vary.line.loss ") } == 2)
        #expect(
            names(in: ended.output) == ["steps=3", "steps=1", "steps=3", "steps=1"])
    }

    @Test func `a tight budget halves the variants after each seed and says who was dropped`() throws {
        // One run should take 6 s: 4 variants, 2, then 1, each time beside the reference, take 60 s; all would take 90.
        let ended = try place.run("explore", "vary.line", "--grid", "training.steps=1,3,5,7", "--budget", "1")
        #expect(
            ended.lastLine.hasPrefix("VERDICT explored | variants=4 better=3 worse=1 dropped=3 | "), "\(ended.output)")
        #expect(try trials().count == 4 + 2 + 1 + 3)
        let words = ended.output.split(separator: "\n").joined(separator: " ")
        #expect(
            words.contains("budget 1 min: 4 with seed 20231110, 2 with seed 20231111, 1 with seed 20231112"), "\(words)"
        )
        #expect(ended.output.split(separator: "dropped after 1 of 3 seeds, in place").count == 3)
        #expect(ended.output.contains("(dropped after 2 of 3 seeds, in place 2)"))
        #expect(names(in: ended.output) == [7, 5, 3, 1].map { "steps=\($0)" })
        // The seeds that each ran with: it is the better half that goes on.
        for (name, seeds) in [("steps=7", " 3/3 "), ("steps=5", " 2/2 "), ("steps=3", " 1/1 "), ("steps=1", " 1/1 ")] {
            #expect(ended.output.split(separator: "\n").contains { $0.hasPrefix(name) && $0.contains(seeds) })
        }
    }

    @Test func `what ran before is taken from the store`() throws {
        let command = ["explore", "vary.line", "--grid", "training.steps=1,3", "--seeds", "2"]
        let first = try place.ended(try place.started(command))
        #expect(try trials().count == 6)
        #expect(try place.ended(try place.started(command)).output == first.output)
        #expect(try trials().count == 6)
        #expect(try place.ended(try place.started(command + ["--seeds", "3"])).code == 0)
        #expect(try trials().count == 9)
        // A run by hand with the same settings counts, too.
        #expect(try place.run("run", "vary.line", "--set", "training.steps=4").code == 0)
        #expect(try place.run("explore", "vary.line", "--grid", "training.steps=4", "--seeds", "1").code == 0)
        #expect(try trials().count == 10)
        #expect(try place.ended(try place.started(command + ["--resume", "never"])).code == 0)
        #expect(try trials().count == 16)
    }

    @Test func `a variant that fails is told, and the others are ranked`() throws {
        let ended = try place.run("explore", "vary.line", "--grid", "training.steps=-1,3", "--seeds", "2")
        #expect(
            ended.lastLine.hasPrefix("VERDICT explored | variants=2 better=1 worse=0 dropped=0 | "), "\(ended.output)")
        #expect(
            ended.output.contains("(the variant failed: weights.npy: 3 values were found; give 4."), "\(ended.output)")
    }

    @Test func `runs with other settings stay out of everything that runs as usual`() throws {
        #expect(try place.run("run", "vary.line").code == 0)
        let usual = try #require(place.latest)
        #expect(try place.run("run", "vary.line", "--set", "training.steps=5").code == 0)
        let varied = try #require(place.latest)
        #expect(varied.settings?.map(\.description) == ["training.steps=5"])
        #expect(try place.run("show", "@last").lastLine.contains(usual.shortID))
        #expect(try place.run("show", varied.shortID).output.contains("set training.steps=5"))
        #expect(try place.run("history", "vary.line.score").lastLine.contains(" points=1 "))
        #expect(try place.run("baseline", "set", "@last", "--why", "x").lastLine.contains(usual.shortID))
        let compared = try place.run("compare", "@last", varied.shortID, "--stored")
        #expect(compared.output.contains("configuration.training:") && compared.lastLine.contains(" nocmp="))
        // A partial run is taken up by the same settings alone.
        let digests = [usual, varied].map(\.planDigest)
        #expect(digests[0] != digests[1])
    }

    @Test(
        arguments: [
            (4, 3, nil, [4, 4, 4]), (4, 3, 15.0, [4, 4, 4]), (4, 3, 14.9, [4, 2, 1]), (4, 3, 10, [4, 2, 1]),
            (4, 3, 9.9, [4, 2]), (4, 3, 5, [4]), (4, 3, 4.9, nil), (5, 4, 15, [5, 3, 2, 1]), (1, 3, 4, [1, 1]),
        ] as [(Int, Int, Double?, [Int]?)])
    func `rounds fit their budget`(_ variants: Int, _ seeds: Int, _ budget: Double?, _ expected: [Int]?) {
        #expect(halvingRounds(variants: variants, seeds: seeds, secondsEach: 1, budget: budget) == expected)
    }
}

@Suite struct ExploredSourcesTests {
    let made: MadeUpRepository

    init() throws {
        made = try MadeUpRepository()
        try made.write("lines.txt", lines(plus: 0))
        try made.commit("ten")
    }

    private func lines(plus change: Int) -> String { (1...10).map { "\($0 + change)\n" }.joined() }

    @Test func `patches and commits are tried beside the program at hand, and their trees go away`() throws {
        try made.write("lines.txt", lines(plus: 2))
        try made.write("ideas/up.diff", try made.git("diff"))
        try made.write("ideas/up.json", #"{"name": "up", "patch": "up.diff"}"#)
        try made.git("checkout -q lines.txt")
        try made.write("lines.txt", lines(plus: -1))
        try made.commit("down")
        try made.git("tag down")
        try made.write("lines.txt", lines(plus: 0))
        try made.commit("back")
        try made.write("ideas/down.json", #"{"name": "down", "commit": "down"}"#)
        try made.write("broken", "")
        try made.git("add broken")
        try made.write("ideas/broken.diff", try made.git("diff --cached"))
        try made.git("rm -q -f broken")
        try made.write("ideas/none.json", #"{"name": "none", "commit": "HEAD", "patch": "broken.diff"}"#)
        let command = [
            "tree.lines", "--seeds", "1", "--variant", "ideas/up.json", "ideas/down.json", "ideas/none.json",
        ]
        let ended = try made.bench(["explore"] + command)
        #expect(
            ended.lastLine.hasPrefix("VERDICT explored | variants=3 better=1 worse=1 dropped=0 | "),
            "\(ended.output)\(ended.errors)")
        #expect(ended.output.contains("does not build"))
        let rows = ended.output.split(separator: "\n").map { $0.split(separator: " ")[0] }
        #expect(try #require(rows.firstIndex(of: "up")) < #require(rows.firstIndex(of: "down")))
        #expect(try made.git("worktree list").split(separator: "\n").count == 1)
        let again = try made.bench(["explore"] + command)
        #expect(again.output == ended.output && !again.errors.contains("running"), "\(again.errors)")
        let against = try made.bench([
            "explore", "tree.lines", "--seeds", "1", "--variant", "ideas/up.json", "--against", "down",
        ])
        #expect(against.output.contains("+3.000"), "\(against.output)\(against.errors)")
    }

    @Test func `a variant's file is refused in words`() throws {
        func refused(_ text: String) throws -> String {
            try made.write("v.json", text)
            do {
                _ = try Variant(file: made.place.path + "/v.json", repository: made.repository)
                return ""
            } catch { return "\(error)".replacing(made.place.path + "/", with: "") }
        }
        #expect(try refused("[]") == #"v.json: is no JSON object; write {"name": "wide", "set": {"width": 64}}."#)
        #expect(
            try refused(#"{"name": "a", "sets": {}}"#)
                == "v.json: nothing reads 'sets'; there are name, set, commit, patch.")
        #expect(try refused("{}") == "v.json: 'name' is no text; write one.")
        #expect(try refused(#"{"name": "a", "set": 3}"#) == #"v.json: 'set' is no object; write {"path": value}."#)
        #expect(
            try refused(#"{"name": "a", "commit": "x"}"#)
                == "'x': git knows no such revision; 'git log --oneline' shows them.")
        let head = try #require(made.repository.head?.commit.prefix(8))
        #expect(
            try refused(#"{"name": "a", "patch": "no.diff"}"#)
                == "no.diff: git cannot apply it to commit \(head); make it there with 'git diff'.")
        #expect(try refused(#"{"name": "a", "set": {"b.c": 1}, "commit": "HEAD"}"#) == "")
    }

    @Test func `settings are replaced in other sources, too`() throws {
        try made.write("both.json", #"{"name": "both", "set": {"training.steps": 9}, "commit": "HEAD"}"#)
        let ended = try made.bench("explore", "vary.line", "--seeds", "1", "--variant", "both.json")
        #expect(ended.output.contains("+7.700"), "\(ended.output)\(ended.errors)")
    }

    @Test func `axes are named by the last words of their paths, or by the whole where these are alike`() {
        let steps = [Setting("a.steps", .number(1)), Setting("a.steps", .number(2))]
        #expect(
            Variant.grid([steps, [Setting("b.rate", .number(3))]]).map(\.name) == ["steps=1 rate=3", "steps=2 rate=3"])
        #expect(Variant.grid([steps, [Setting("b.steps", .number(3))]]).map(\.name).first == "a.steps=1 b.steps=3")
        #expect(Variant.grid([steps]).map(\.settings) == steps.map { [$0] })
    }

    @Test func `a run with other settings is reproduced with them`() throws {
        #expect(try made.bench("run", "vary.line", "--set", "training.steps=5").code == 0)
        let run = try #require(made.place.latest)
        let ended = try made.bench("repro", run.shortID)
        #expect(ended.lastLine.hasPrefix("VERDICT reproduced | cases=1 "), "\(ended.output)\(ended.errors)")
    }
}
