// A night at its smallest: the same results twice, and bad input told in words.

import Foundation
import Testing

@Suite struct NightTests {
    @Test func `two runs in two processes, with one thread and with two, are identical`() throws {
        let place = try Workplace()
        for threads in ["1", "2"] {
            let ended = try place.bench("all", "--tier", "smoke", "--threads", threads)
            #expect(ended.code == 0, "\(ended.output)")
            #expect(ended.verdict.hasPrefix("VERDICT complete | ok=15 failed=0"), "\(ended.verdict)")
        }
        let compared = try place.bench("compare", "@last~1", "@last")
        #expect(compared.code == 0)
        #expect(compared.verdict.hasPrefix("VERDICT identical | worse=0 better=0 same=69"), "\(compared.output)")
        let table = compared.output.split(separator: "\n").dropLast()
        #expect(table.allSatisfy { $0.count <= 100 })
    }

    @Test func `without a data folder the cases that need one are skipped in words`() throws {
        let ended = try Workplace().bench("run", "inr.img32.natural64.mean-colour")
        #expect(ended.code == 2)
        #expect(ended.output.contains("(needs natural64 below --data)"), "\(ended.output)")
    }

    @Test(arguments: [
        // What lies in the folder `kodak`, and what bench says about it.
        ("cut.png", Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0]), "cut.png"),
        ("text.jpg", Data("This is a text file.".utf8), "text.jpg"),
        ("README.md", Data("No picture here.".utf8), "holds no PNG"),
    ])
    func `a bad picture fails its case in one sentence that names it`(
        _ name: String, _ content: Data, _ sentence: String
    ) throws {
        guard FileManager.default.fileExists(atPath: sharedData + "/natural64") else {
            try Test.cancel("needs natural64 in \(sharedData)")
        }
        let place = try Workplace()
        let data = place.path + "/data"
        try FileManager.default.createDirectory(atPath: data + "/kodak", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: data + "/natural64", withDestinationPath: sharedData + "/natural64")
        try content.write(to: URL(fileURLWithPath: "\(data)/kodak/\(name)"))
        let ended = try place.bench("run", "inr.img32.natural64.mean-colour", "--data", data)
        #expect(ended.code == 2)
        #expect(ended.verdict.hasPrefix("VERDICT incomplete | ok=0 failed=1"), "\(ended.verdict)")
        #expect(ended.output.contains(sentence), "\(ended.output)")
    }

    @Test func `a researcher's variants are ranked against the case as it is`() throws {
        let place = try Workplace()
        let ended = try place.bench(
            "explore", "inr.img32.smoke.la-ginr", "--grid", "training.steps=1,12", "--seeds", "1")
        // One step of training is worse than the case's twelve, which are what the other variant has, too.
        #expect(
            ended.verdict.hasPrefix("VERDICT explored | variants=2 better=0 worse=1 dropped=0 | "), "\(ended.output)")
        let rows = ended.output.split(separator: "\n")
        #expect(
            rows.contains { $0.hasPrefix("steps=1 ") && $0.hasSuffix("WORSE") } && rows.allSatisfy { $0.count <= 100 })
        #expect(try place.bench("show", "@last").code == 2)
        let refused = try place.bench("run", "st.snt.smoke.ft", "--set", "speechStage.steps=few")
        #expect(refused.code == 64 && refused.verdict == "VERDICT error | errors=1 | run=00000000 | exit=64")
    }

    @Test func `an unknown suite is answered with the nearest name`() throws {
        let ended = try Workplace().bench("run", "inr.img23")
        #expect(ended.code == 2)
        #expect(ended.verdict == "VERDICT error | errors=1 | run=00000000 | exit=2")
    }
}
