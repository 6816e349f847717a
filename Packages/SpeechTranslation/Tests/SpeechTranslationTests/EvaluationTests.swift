// Scores by hand, and the numbers that describe a trade-off.

import Measurements
import Testing

@testable import SpeechTranslation

@Suite struct EvaluationTests {
    private let translations = Translations(
        hypotheses: ["zwei hundert drei und vierzig", "eins", ""],
        references: ["zwei hundert drei und vierzig", "ein und zwanzig", "null"])

    @Test func `corpus BLEU, sentence BLEU and exact matches`() {
        // Lengths 6 of 9; unigrams 5/6, bigrams 4/4, trigrams 3/3, 4-grams 2/2; penalty exp(1 − 9/6).
        #expect(abs(translations.bleu - 57.9505) < 1e-3)
        #expect(abs(translations.sentenceScores[0] - 100) < 1e-9)
        #expect(Array(translations.sentenceScores[1...]) == [0, 0])
        #expect(abs(translations.exactShare - 1.0 / 3) < 1e-12)
    }

    @Test func `a test set's measurements name their sentences`() {
        let measurements = translations.measurements(.speechOut)
        #expect(measurements.map(\.metric.name) == ["st_out", "st_out_sentence"])
        #expect(measurements[1].scores?.items == ["st_out/0", "st_out/1", "st_out/2"])
        #expect(abs(measurements[1].value - 100.0 / 3) < 1e-9)
        // Lengths 1 and 3, no match; one unigram and nothing longer against 3 words.
        let line = "st_out\teins\tein und zwanzig\t1\t3\t0\t0\t0\t0\t1\t0\t0\t0"
        #expect(translations.table(.speechOut).split(separator: "\n")[1] == line)
    }

    @Test func `forgetting, retention and the table of a curve`() {
        var curve = LearningCurve()
        #expect(curve.retention(.textIn).isNaN && curve.forgetting(.textIn).isNaN)
        // Speech ends at 80, so 90 % of it is 72, reached at step 20 where 60 of 96 are left.
        for (step, speech, text) in [(0, 1.0, 96.0), (10, 71.9, 80), (20, 72, 60), (30, 80, 48)] {
            curve.append(
                LearningCurve.Row(
                    step: step, bleu: [.speechIn: speech, .speechOut: 5, .textIn: text, .textOut: text / 2]))
        }
        #expect(curve.forgetting(.textIn) == 48 && curve.forgetting(.textOut) == 24)
        #expect(curve.retention(.textIn) == 0.625 && curve.retention(.textOut) == 0.625)
        #expect(curve.table.hasPrefix("step\tst_in\tst_out\tmt_in\tmt_out\n0\t1.0\t5.0\t96.0\t48.0\n"))
    }
}
