// Scores by hand, and the numbers that describe a trade-off.

import Foundation
import Measurements
import Sequences
import TensorTesting
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

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
        #expect(LearningCurve(parsing: curve.table) == curve)
    }

    @Test(
        arguments: [
            "", "step\tst_in\tst_out\tmt_in\tmt_out\n", "step\tst_in\n0\t1\n",
            "step\tst_in\tst_out\tmt_in\tmt_out\n0\t1\t2\t3\n", "step\tst_in\tst_out\tmt_in\tmt_out\n0\t1\t2\t3\tx\n",
            "step\tst_in\tst_out\tmt_in\tmt_out\n0.5\t1\t2\t3\t4\n",
        ])
    func `a text that is no curve is not read`(_ text: String) {
        #expect(LearningCurve(parsing: text) == nil)
    }

    @Test func `the mean of curves is taken row by row, and only where their steps agree`() {
        let (a, b) = (curve([(0, 2, 90), (10, 40, 60)]), curve([(0, 4, 100), (10, 60, 70)]))
        #expect(LearningCurve(meanOf: [a, b]) == curve([(0, 3, 95), (10, 50, 65)]))
        #expect(LearningCurve(meanOf: [a, curve([(0, 4, 100), (20, 60, 70)])]) == nil)
        #expect(LearningCurve(meanOf: []) == nil)
    }

    @Test func `the trade-off figure is XML with each method's points and name in place`() throws {
        let svg = tradeoffFigure(
            [
                TradeoffCurve("ft", curve([(0, 0, 80), (10, 50, 60), (20, 100, 40)])),
                TradeoffCurve("<kd & cl>", curve([(0, 0, 80), (10, .nan, 80), (20, 50, 80)])),
                TradeoffCurve("scratch", curve([(0, 0, 0), (10, 20, 0)])),
            ], title: "A & B")
        let seen = Elements()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = seen
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        // Shares 100, 75 and 50 % on an axis of 50 to 100 from 60 to 480; BLEU 0 at 420, 100 at 40.
        #expect(seen.lines == ["480,420 270,230 60,40", "480,420 480,230", ""])
        #expect(seen.discs == 3 + 2)
        #expect(seen.texts.contains("<kd & cl>") && seen.texts.contains("scratch") && seen.texts.contains("A & B"))
        #expect(seen.texts.contains("50") && seen.texts.contains("mt_in: BLEU left of step 0, %"))
    }

    /// Rows of a step, ST-in and MT-in; the other sets stay at 1.
    private func curve(_ rows: [(step: Int, speech: Double, text: Double)]) -> LearningCurve {
        var curve = LearningCurve()
        for row in rows {
            curve.append(
                LearningCurve.Row(
                    step: row.step, bleu: [.speechIn: row.speech, .speechOut: 1, .textIn: row.text, .textOut: 1]))
        }
        return curve
    }
}

/// What a reader of the figure finds.
private final class Elements: NSObject, XMLParserDelegate {
    var lines: [String] = []
    var discs = 0
    var texts: [String] = []
    private var text: String?

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        if name == "polyline" { lines.append(attributes["points"] ?? "none") }
        if name == "circle" { discs += 1 }
        text = name == "text" ? "" : nil
    }

    func parser(_ parser: XMLParser, foundCharacters characters: String) { text? += characters }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if let text { texts.append(text) }
        text = nil
    }
}

@Suite struct ScoreSignatureTests {
    /// A configuration that forgets one of its fields.
    private struct Forgetful: Codable {
        var kept = 1
        var lost = 2

        private enum CodingKeys: CodingKey { case kept }
    }

    @Test func `every field of a score's configuration moves its signature, and a forgotten one is named`() throws {
        let configuration = ScoredDecoding(bleu: BLEU(tokenisation: .none))
        #expect(try fieldsWithoutEffect(onSignatureOf: configuration, words: ["13a", "swift-2"]) == [])
        #expect(try fieldsWithoutEffect(onSignatureOf: Forgetful()) == ["lost"])
        #expect(TestSet.textIn.bleu.signature != TestSet.textIn.sentenceBLEU.signature)
    }
}
