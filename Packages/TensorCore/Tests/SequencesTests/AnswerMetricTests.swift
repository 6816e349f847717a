// F1, ROUGE-L, distinct-n, ParlAI's BLEU and perplexity: the tables of the dialogue specification, section 7.

import Sequences
import Testing

private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 5e-7 * max(1, abs(b)) }

@Suite struct AnswerMetricTests {
    @Test(arguments: [
        ("The Cat's hat, isn't a U.S. thing!", "cat s hat isn t u s thing"),
        ("a an the", ""),
        ("x_y 3.5% (approx)", "x y 3 5 approx"),
        ("It’s fine - okay", "it’s fine okay"),
        // The typographic apostrophe is no letter, so Python's \b finds an article before it.
        ("the’s aa An1 β", "’s aa an1 β"),
    ])
    func `ParlAI puts spaces for punctuation`(text: String, normal: String) {
        #expect(AnswerNormalisation.parlAI.words(of: text).joined(separator: " ") == normal)
    }

    @Test(arguments: [
        ("The Cat's hat, isn't a U.S. thing!", "cats hat isnt us thing"),
        ("a-n the", ""),
        ("x_y 3.5% (approx)", "xy 35 approx"),
    ])
    func `SQuAD deletes punctuation`(text: String, normal: String) {
        #expect(AnswerNormalisation.squad.words(of: text).joined(separator: " ") == normal)
    }

    @Test(arguments: [
        ("The quick brown fox.", "a quick red fox jumps", 2.0 / 3, 2.0 / 4, 0.571429),
        ("to be to be", "be to", 0.5, 1, 0.666667),
        ("I don't know", "i don t know", 1, 1, 1),
        ("the", "a", 0, 0, 0),
        ("", "word", 0, 0, 0), ("word", "", 0, 0, 0),
    ])
    func `F1 is the overlap of words`(guess: String, gold: String, precision: Double, recall: Double, f1: Double) {
        let score = tokenF1(of: guess, against: [gold])
        #expect((score.precision, score.recall) == (precision, recall))
        #expect(abs(score.f1 - f1) < 5e-7)
    }

    @Test func `each part is the best over gold answers`() {
        // "x" has precision 1/2 and recall 1; "x y z w" precision 1 and recall 1/2.
        let score = tokenF1(of: "x y", against: ["x", "x y z w"])
        #expect((score.precision, score.recall) == (1, 1))
        #expect(isClose(score.f1, 2.0 / 3))
        #expect(tokenF1(of: "x", against: []).f1 == 0)
    }

    @Test func `SQuAD's words give another F1`() {
        // u.s. is one word, us, and equals it; ParlAI has u and s.
        #expect(tokenF1(of: "U.S.", against: ["us"], normalisation: .squad).f1 == 1)
        #expect(tokenF1(of: "U.S.", against: ["us"]).f1 == 0)
    }

    @Test func `rare F1 drops frequent and unknown words`() {
        let metric = RareF1(corpus: ["a b b c c c", "d d d d e f g"])
        #expect(metric.cutoff == 3)
        #expect(metric.score(of: "d e f zzz c", against: "e g c") == 0.5)
        #expect(metric.score(of: "e", against: "c d zzz") == nil)
        #expect(metric.score(of: "c", against: "e") == 0)
        #expect(RareF1(corpus: []).score(of: "e", against: "e") == nil)
    }

    @Test func `ROUGE-L is the longest common subsequence`() {
        let score = rougeL(of: "there is cat on mat", against: ["cat is on mat"])
        #expect((score.recall, score.precision) == (0.75, 0.6))
        #expect(abs(score.f1 - 0.666667) < 5e-7)
        #expect(rougeL(of: "", against: ["cat"]).f1 == 0)
    }

    @Test func `ParlAI's BLEU is smoothed by a tiny number`() {
        #expect(abs(parlAIBLEU(of: "the cat sat on a mat today", against: ["the cat sat on a mat"]) - 0.668740) < 5e-7)
        let worse = parlAIBLEU(of: "there is a cat on the mat", against: ["a cat is on the mat"])
        #expect(abs(worse - 4.2729e-7) < 5e-12)
        #expect(parlAIBLEU(of: "dog", against: ["cat"]) == 0)
        #expect(parlAIBLEU(of: "the", against: ["a"]) == 0)
        // One word of two: the penalty exp(1 - 2/1); orders 2 to 4 count as 1e-12 of 1.
        #expect(isClose(parlAIBLEU(of: "cat", against: ["cat sat"]) * 1e9, 0.36787944117))
    }

    @Test func `distinct-n counts different n-grams`() {
        let utterances = ["a b c", "b c d", "b c"]
        #expect(Distinct(1, of: utterances, normalisation: .none).inter == 4.0 / 8)
        #expect(Distinct(2, of: utterances, normalisation: .none).inter == 3.0 / 5)
        #expect(Distinct(1, of: utterances).inter == 3.0 / 7)
        #expect(Distinct(2, of: utterances).inter == 2.0 / 4)
        // x x y has 2 of 3; z z has 1 of 2; the empty one has none.
        #expect(isClose(Distinct(1, of: ["x x y", "z z", ""]).intra, (2.0 / 3 + 1.0 / 2) / 2))
        #expect(Distinct(3, of: ["x"]) == Distinct(1, of: []))
    }

    @Test func `perplexity compares by word and byte across tokenisers`() {
        var perplexity = Perplexity()
        perplexity.add(nats: 5, tokenCount: 3, text: "a bc")
        perplexity.add(nats: 7, tokenCount: 5, text: "d é  f")
        #expect(abs(perplexity.perToken - 4.481689) < 5e-7)
        #expect(abs(perplexity.perWord - 11.023176) < 5e-7)
        // 4 + 7 bytes; a bit is ln 2 nats.
        #expect(isClose(perplexity.bitsPerByte, 12 / 0.69314718056 / 11))
    }
}
