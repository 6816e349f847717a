// The bytes of scores and items, against the specification's golden numbers (section 3.4).

import Measurements
import Testing

@testable import BenchStore

@Suite struct ScoresPayloadTests {
    @Test func `the payload of three doubles has the golden bytes and digest`() {
        let payload = ScoresPayload([0.25, 1, -0.5])
        #expect(hex(payload.bytes.prefix(20)) == "4253434f52455331010002000300000001000000")
        #expect(hex(payload.bytes.dropFirst(20)) == "000000000000d03f000000000000f03f000000000000e0bf")
        #expect(payload.digest == "a5579738799b4e5bf5b8c8a6689e85ee4116bb3ef95bd5e3d61fda3ec8aead21")
    }

    @Test func `the order digest of three items is the golden one`() throws {
        let scores = Scores(items: ["utt-0003", "utt-0001", "utt-0002"], values: [1, 2, 3])
        let expected = "6ac7208e0c0c20f55aba1a1034c623f651af7bf9aef28429c0ce7c705ae6d59e"
        #expect(try ItemSet(scores, metric: "bleu").orderDigest == expected)
    }

    @Test func `values come back bit for bit, and every NaN as the one`() throws {
        let odd = Double(nan: 5, signaling: false)
        let values = [0.1, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, odd]
        let back = try #require(ScoresPayload.rows(in: ScoresPayload(values, width: 2).bytes))
        #expect(back.width == 2)
        #expect(back.values.map(\.bitPattern) == values.dropLast().map(\.bitPattern) + [Double.nan.bitPattern])
        #expect(ScoresPayload([odd]).digest == ScoresPayload([.nan]).digest)
    }

    @Test(arguments: [
        [], Array("BSCORES2".utf8), Array(ScoresPayload([1, 2]).bytes.dropLast()), ScoresPayload([1]).bytes + [0],
    ])
    func `bytes that are no payload give nothing`(_ bytes: [UInt8]) {
        #expect(ScoresPayload.rows(in: bytes) == nil)
    }

    @Test(arguments: [
        (Scores(items: ["a", "b"], values: [1]), "2 items, 2 groups and 1 values do not pair"),
        (Scores(items: ["a", "a"], values: [1, 2]), "item 'a' comes twice"),
        (Scores(items: ["a\nb"], values: [1]), "item name 'a\nb' is empty or has a line feed"),
        (Scores(items: [""], values: [1]), "item name '' is empty or has a line feed"),
        (Scores(items: ["a"], groups: [-1], values: [1]), "group -1 is not in 0...4294967295"),
    ])
    func `scores that would not come back are refused`(_ scores: Scores, _ detail: String) {
        #expect(throws: StoreError.badScores(metric: "psnr", detail: detail)) { try ItemSet(scores, metric: "psnr") }
    }

    @Test func `compressed text comes back and damaged streams do not`() {
        let text = Array(String(repeating: "utt-0001\n", count: 20_000).utf8)
        let small = Deflate.compressed(text)
        #expect(small.count < 1000)
        #expect(Deflate.expanded(small) == text)
        #expect(Deflate.expanded([1, 2, 3]) == nil)
        #expect(Deflate.expanded(Deflate.compressed([])) == [])
    }

    private func hex(_ bytes: some Collection<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
