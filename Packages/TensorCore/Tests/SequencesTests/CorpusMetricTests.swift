// BLEU, chrF, TER and error rates: the tables of the speech-translation specification, sections 6.2 and 6.3, and sacreBLEU's
// own scores of odd sentences.

import Foundation
@testable import Sequences
import TensorIO
import TensorTesting
import Testing

/// A row of the table: hypotheses, per hypothesis its references, scores in the order BLEU, chrF2, chrF2++, TER.
private struct Row: Sendable, CustomTestStringConvertible {
    var name: String, hypotheses: [String], references: [[String]], scores: [Double]
    var testDescription: String { name }
}

private let table = [
    Row(
        name: "B1", hypotheses: ["the cat sat on the mat"], references: [["the cat sat on the mat"]],
        scores: [100, 100, 100, 0]),
    Row(
        name: "B2", hypotheses: ["the cat is on the mat"], references: [["the cat sat on the mat"]],
        scores: [37.9918, 61.9252, 64.3703, 16.6667]),
    Row(
        name: "B3", hypotheses: ["the the the the the the the"], references: [["the cat is on the mat"]],
        scores: [7.8098, 14.2324, 14.7153, 83.3333]),
    Row(
        name: "B4", hypotheses: ["Two dogs run.", "A man eats an apple."],
        references: [["Two dogs are running."], ["A man is eating an apple."]],
        scores: [24.7369, 43.3250, 46.3697, 40]),
    Row(name: "B5", hypotheses: ["a b"], references: [["a b c d"]], scores: [0, 47.1698, 47.1698, 50]),
    Row(
        name: "B6", hypotheses: ["Ein Mann, der 3,5 km läuft."], references: [["Ein Mann , der 3,5 km läuft ."]],
        scores: [100, 100, 100, 50]),
    Row(name: "B7", hypotheses: [""], references: [["a b c d"]], scores: [0, 0, 0, 100]),
    Row(
        name: "B8", hypotheses: ["the cat sat on the mat", "dogs bark"],
        references: [
            ["the cat sat on a mat", "a cat sat on the mat"], ["dogs are barking", "the dogs bark"],
        ], scores: [85.3523, 81.2147, 80.0626, 22.2222]),
    Row(
        name: "B9", hypotheses: ["It's the U.S.-based man's \"dog\" & cat <skipped> don't"],
        references: [["It's the US-based man's dog & cat don't"]], scores: [14.4589, 59.0928, 56.3324, 37.5]),
]

private let metrics: [any CorpusMetric] = [BLEU(), ChrF(), ChrF(wordOrder: 2), TER()]

/// sacreBLEU's scores as ci/references/text_metrics.py wrote them.
private struct SacreBLEUScores: Decodable {
    struct Corpus: Decodable {
        var hypotheses: [String], references: [[String]], scores: [String: Double]
    }
    var maker: String, makerSHA256: String, version: Int, corpora: [Corpus]

    init() throws {
        let url = try #require(Bundle.module.url(forResource: "Golden/text_metrics", withExtension: "json"))
        self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
        let script = try Data(contentsOf: Golden.repository.appendingPathComponent(maker))
        try #require(version == 1 && makerSHA256 == SHA256.hexDigest(of: [UInt8](script)), "run \(maker)")
    }
}

@Suite struct CorpusMetricTests {
    @Test(arguments: table)
    private func `the table's scores are reached`(_ row: Row) {
        for (metric, expected) in zip(metrics, row.scores) {
            let score = metric.score(of: row.hypotheses, against: row.references)
            #expect(abs(score - expected) < 5e-5, "\(metric)")
        }
    }

    @Test(
        arguments: [
            ("bleu", BLEU()), ("bleuNone", BLEU(tokenisation: .none)),
            ("bleuEffective", BLEU(usesEffectiveOrder: true)),
            ("chrF2", ChrF()), ("chrF2++", ChrF(wordOrder: 2)), ("ter", TER()),
        ] as [(String, any CorpusMetric)])
    func `odd sentences score as with sacreBLEU`(name: String, metric: any CorpusMetric) throws {
        for corpus in try SacreBLEUScores().corpora {
            let score = metric.score(of: corpus.hypotheses, against: corpus.references)
            let expected = try #require(corpus.scores[name])
            #expect(abs(score - expected) < 1e-9 * max(1, expected), "\(corpus.hypotheses) \(corpus.references)")
        }
    }

    @Test func `signatures are sacreBLEU's with our version`() {
        #expect(
            metrics.map { $0.signature(referenceCount: 2) } == [
                "nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:swift-1",
                "nrefs:2|case:mixed|eff:yes|nc:6|nw:0|space:no|version:swift-1",
                "nrefs:2|case:mixed|eff:yes|nc:6|nw:2|space:no|version:swift-1",
                "nrefs:2|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:swift-1",
            ])
        #expect(
            BLEU(tokenisation: .none, usesEffectiveOrder: true).signature(referenceCount: 1)
                == "nrefs:1|case:mixed|eff:yes|tok:none|smooth:exp|version:swift-1")
        #expect(
            ErrorRate(.characters, isNormalised: true).signature(referenceCount: 1)
                == "nrefs:1|unit:characters|text:norm|version:swift-1")
    }

    @Test func `statistics add up to the corpus's score`() {
        // The table's hand check of B4: 8/10, 4/8, 1/6 and 0/4 n-grams, 10 tokens against 12.
        let row = table[3]
        let all = zip(row.hypotheses, row.references).map { BLEU().statistics(of: $0, against: $1) }
        let sum = zip(all[0], all[1]).map(+)
        #expect(sum == [10, 12, 8, 4, 1, 0, 10, 8, 6, 4])
        #expect(abs(BLEU().score(of: sum) - 24.7369) < 5e-5)
    }

    @Test func `a sentence shorter than four words scores only with the effective order`() {
        #expect(BLEU().score(of: ["a b c"], against: [["a b c"]]) == 0)
        #expect(BLEU(usesEffectiveOrder: true).score(of: ["a b c"], against: [["a b c"]]) == 100)
    }

    @Test func `without tokenisation punctuation stays attached`() {
        let score = BLEU(tokenisation: .none).score(of: table[5].hypotheses, against: table[5].references)
        #expect(abs(score - 23.2635) < 5e-5)
    }

    @Test(arguments: [
        ("Ein Mann, der 3,5 km läuft.", "Ein Mann , der 3,5 km läuft ."),
        (
            "Hello,world! (test) [x] a-b 5-6 1.5 .5 5. $4.50 &amp; &quot;q&quot; <skipped>x",
            "Hello , world ! ( test ) [ x ] a-b 5 - 6 1.5 . 5 5 . $ 4.50 & \" q \" x"
        ),
        ("don't John's e.g. U.S.A. 10,000", "don't John's e . g . U . S . A . 10,000"),
    ])
    func `13a splits as mteval does`(text: String, tokens: String) {
        #expect(mteval13aTokens(of: text).map { String(String.UnicodeScalarView($0)) }.joined(separator: " ") == tokens)
    }

    @Test func `composed and decomposed letters are different text`() {
        #expect("caf\u{E9}" == "cafe\u{301}")
        #expect(ErrorRate().score(of: ["caf\u{E9}"], against: [["cafe\u{301}"]]) == 100)
    }

    @Test(
        arguments: [
            ("a b c", "a x c d", [1, 1, 0, 4, 0]),
            ("", "a b c", [0, 3, 0, 3, 0]),
            ("a b c d", "", [0, 0, 0, 0, 1]),
            ("", " ", [0, 0, 0, 0, 1]),
            ("a b c d", "b c", [0, 0, 2, 2, 0]),
            // Two substitutions, not a deletion and an insertion.
            ("a b", "b a", [2, 0, 0, 2, 0]),
            ("Hello, world", "hello world", [1, 0, 0, 2, 0]),
        ] as [(String, String, [Double])])
    func `word errors are substitutions, deletions and insertions`(
        hypothesis: String, reference: String, counts: [Double]
    ) {
        #expect(ErrorRate().statistics(of: hypothesis, against: [reference]) == counts)
    }

    @Test func `an error rate is errors over reference words`() {
        #expect(ErrorRate().score(of: ["a b c"], against: [["a x c d"]]) == 50)
        #expect(ErrorRate().score(of: [""], against: [["a b c"]]) == 100)
        #expect(ErrorRate().score(of: ["a b c", "a b c d"], against: [["a x c d"], [""]]) == 50)
        #expect(ErrorRate().score(of: ["a"], against: [[""]]).isNaN)
    }

    @Test func `normalised text has no case and no tokens of punctuation`() {
        let metric = ErrorRate(isNormalised: true)
        // hello world 5 $ 3.5 — against hello word 5 $ 3.5: the dash is punctuation, the dollar a symbol.
        #expect(metric.statistics(of: "Hello, WORLD! 5 – $3.5 ...", against: ["hello word 5 $3.5"]) == [1, 0, 0, 5, 0])
        #expect(metric.statistics(of: "a", against: ["?!"]) == [0, 0, 0, 0, 1])
    }

    @Test func `character errors do not count spaces`() {
        // "ab cd" against "abd": c is too much.
        #expect(ErrorRate(.characters).statistics(of: "ab cd", against: ["abd"]) == [0, 0, 1, 3, 0])
        #expect(ErrorRate(.characters, isNormalised: true).score(of: ["A, b."], against: [["ab"]]) == 0)
    }
}
