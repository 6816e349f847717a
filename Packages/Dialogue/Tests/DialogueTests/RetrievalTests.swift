// Retrieval metrics by hand, and the readers of real conversations.

import Dialogue
import Foundation
import Measurements
import TensorIO
import TensorTesting
import Testing

private let folder = Golden.repository.appendingPathComponent("../shared/data/dialogue").path
private let isPresent = FileManager.default.fileExists(atPath: folder)

@Suite struct RetrievalTests {
    @Test func `the best of several gold documents counts`() {
        let ranking = [4, 2, 7].map { RankedDocument(document: $0, score: 1) }
        #expect(rank(of: [7, 2], in: ranking) == 2)
        #expect(rank(of: [1], in: ranking) == nil)
    }

    @Test func `rates and reciprocal ranks of five turns`() {
        let ranks = RetrievalRanks([1, 5, 10, 11, nil], items: ["a", "b", "c", "d", "e"], groups: [0, 0, 1, 1, 2])
        let measured = ranks.measurements(configuration: [String: String]())
        #expect(measured.map(\.metric.name) == ["r1", "r5", "mrr10"])
        // 1/5, 2/5 and (1 + 1/5 + 1/10)/5.
        for (a, b) in zip(measured.map(\.value), [0.2, 0.4, 0.26]) { #expect(abs(a - b) < 1e-12) }
        #expect(measured[0].scores?.groups == [0, 0, 1, 1, 2])
    }

    @Test(.enabled(if: isPresent, "needs ../shared/data/dialogue"))
    func `CAsT has its turns once each, with all that was said before`() throws {
        let data = try CAsT(folder: folder)
        // 445 turns have an answer; 72 of them repeat one on another path.
        #expect(data.passages.count == 369 && data.turns.count == 373)
        #expect(Set(data.turns.map(\.name)).count == 373)
        let second = try #require(data.turns.first { $0.name.hasPrefix("2022/132/2-1/") })
        #expect(second.userTurns.count == 3)
        #expect(second.userTurns[1] == "Interesting. What are the effects of these changes?")
        #expect(second.rewrite.contains("climate change"))
    }

    @Test(.enabled(if: isPresent, "needs ../shared/data/dialogue"))
    func `CMU_DoG has its sentences and labelled turns`() throws {
        let data = try CMUDoG(folder: folder, split: "test")
        #expect(data.sentences.count == 1202 && Set(data.movies).count == 30)
        #expect(data.turns.allSatisfy { !$0.context.isEmpty && data.movies[$0.sentence] == $0.movie })
        #expect(Set(data.turns.map(\.dialogue)).count <= 617 && data.turns.count > 2000)
    }

    @Test func `a line that is no turn is named`() throws {
        let folder =
            FileManager.default.temporaryDirectory.path + "/dialogue-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: TensorIOError.self) { try CAsT(folder: folder) }
        // `gzip` of "{}\n".
        let object: [UInt8] =
            [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 0xFF, 0xAB, 0xAE, 0xE5, 2, 0]
            + [0x06, 0xB0, 0xA1, 0xDD, 3, 0, 0, 0]
        try writeFile(object, to: folder + "/cast_passages.jsonl.gz")
        #expect(
            throws: TensorIOError.damaged(
                file: folder + "/cast_passages.jsonl.gz", what: "line 1 is not the JSON object it should be")
        ) { try CAsT(folder: folder) }
    }
}
