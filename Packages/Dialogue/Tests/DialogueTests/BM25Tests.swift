// BM25 against the specification's scores and against sums by hand.

import Dialogue
import Foundation
import Testing

private let documents = [
    "the cat sat on the mat", "the dog sat", "cats and dogs and cats", "a cat a cat a cat",
]

private func scores(_ query: String, _ settings: BM25Settings) -> [Double] {
    BM25Index(documents, settings: settings).scores(of: plainTerms(of: query))
}

@Suite struct BM25Tests {
    @Test(
        arguments: [
            ("cat", 0.9, 0.4, [0.351495, 0, 0, 0.523525]), ("cat", 1.2, 0.75, [0.291238, 0, 0, 0.474758]),
            ("cat sat", 0.9, 0.4, [0.702989, 0.394731, 0, 0.523525]),
            ("cat sat", 1.2, 0.75, [0.582477, 0.376710, 0, 0.474758]),
            ("cat cat sat", 0.9, 0.4, [1.054484, 0.394731, 0, 1.047050]),
            ("cat cat sat", 1.2, 0.75, [0.873715, 0.376710, 0, 0.949517]),
            ("dog the", 0.9, 0.4, [0.466452, 1.080364, 0, 0]), ("dog the", 1.2, 0.75, [0.410146, 1.031043, 0, 0]),
        ] as [(String, Double, Double, [Double])])
    func `four documents have the specification's scores`(
        _ query: String, _ k1: Double, _ b: Double, _ expected: [Double]
    ) {
        let found = scores(query, BM25Settings(k1: k1, b: b))
        for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-6, "\(found)") }
        #expect(BM25Index(documents).meanLength == 5)
    }

    /// "dog" is in one of four documents, document 1 of 3 words: n = 1 − 0.4 + 0.4·3/5 = 0.84.
    @Test(
        arguments: [
            (.robertson, log(3.5 / 1.5) / 1.756, 0), (.atire, log(4.0) * 1.9 / 1.756, 0),
            (.bm25l, log(5 / 1.5) * 1.9 * (1 / 0.84 + 0.5) / (1.4 + 1 / 0.84), log(5 / 1.5) * 1.9 * 0.5 / 1.4),
            (.bm25plus, log(5.0) * (1.9 / 1.756 + 0.5), log(5.0) * 0.5),
        ] as [(BM25Settings.Variant, Double, Double)])
    func `the other variants have their formulas' scores`(
        _ variant: BM25Settings.Variant, _ present: Double, _ absent: Double
    ) {
        let found = scores("dog", BM25Settings(variant))
        #expect(abs(found[1] - present) < 1e-12)
        for document in [0, 2, 3] { #expect(abs(found[document] - absent) < 1e-12, "document \(document)") }
    }

    @Test func `a word in most documents counts nothing in robertson and little in lucene`() {
        let common = ["a b", "a c", "a d"]
        #expect(BM25Index(common, settings: BM25Settings(.robertson)).scores(of: ["a"]) == [0, 0, 0])
        #expect(BM25Index(common).scores(of: ["a"]).allSatisfy { $0 > 0 })
    }

    @Test func `equal scores keep the order of the store, for any number asked for`() {
        let index = BM25Index(["x y", "y x", "z", "x y", "x x"])
        let all = index.best(10, for: "x").map(\.document)
        #expect(all == [4, 0, 1, 3])
        for count in 0...4 { #expect(index.best(count, for: "x").map(\.document) == Array(all.prefix(count))) }
        #expect(index.best(10, for: "x", among: [3, 1, 2]).map(\.document) == [1, 3])
    }

    @Test func `what no document holds, an empty query and an empty store find nothing`() {
        #expect(BM25Index(documents).best(3, for: "zebra").isEmpty)
        #expect(BM25Index(documents).best(3, for: " ,. ").isEmpty)
        #expect(BM25Index([]).best(3, for: "cat").isEmpty)
        #expect(BM25Index(["", "cat"]).best(3, for: "cat").map(\.document) == [1])
    }

    @Test func `terms are runs of letters and digits in lower case`() {
        #expect(
            plainTerms(of: "The U.S. cat's 3.5 kg — ÄRGER_x, 東京!") == [
                "the", "u", "s", "cat", "s", "3", "5", "kg", "ärger", "x", "東京",
            ])
        #expect(plainTerms(of: "").isEmpty)
    }
}
