// Greedy translations of the four test sets, their BLEU, and what learning speech costs in text.
// Source: the specification's sections 2.7 and 6.

public import Measurements
public import Sequences
internal import Tensors

/// Translations of one test set beside their references.
public struct Translations: Sendable, Equatable {
    /// What was generated, in words.
    public let hypotheses: [String]
    /// What it should be.
    public let references: [String]

    /// Corpus BLEU over words, in 0…100.
    public var bleu: Double { BLEU.corpus.score(of: hypotheses, against: references.map { [$0] }) }

    /// Each sentence's counts of `BLEU`, whose sums score any resample of the sentences.
    public var statistics: [[Double]] {
        zip(hypotheses, references).map { BLEU.corpus.statistics(of: $0, against: [$1]) }
    }

    /// Sentence BLEU of each, with the effective order since numbers are short.
    public var sentenceScores: [Double] { statistics.map { BLEU.sentence.score(of: $0) } }

    /// The share translated exactly, in 0…1.
    public var exactShare: Double {
        Double(zip(hypotheses, references).count { $0 == $1 }) / Double(max(references.count, 1))
    }
}

/// How a translation came about and is scored.
public struct ScoredDecoding: Sendable, Codable {
    /// The score.
    public var bleu: BLEU
    /// The version of text metrics.
    public var version = textMetricsVersion
    /// Hypotheses kept while decoding; 1 is greedy.
    public var beamSize = 1
}

extension BLEU {
    fileprivate static let corpus = BLEU(tokenisation: .none)
    fileprivate static let sentence = BLEU(tokenisation: .none, usesEffectiveOrder: true)
}

/// The four test sets: speech and text, inside and outside the domain of the speech to learn from.
public enum TestSet: String, CaseIterable, Sendable {
    /// Spoken numbers of 2 and 3 digits.
    case speechIn = "st_in"
    /// Spoken numbers of 4 and 5 digits.
    case speechOut = "st_out"
    /// Written numbers of 2 and 3 digits.
    case textIn = "mt_in"
    /// Text outside the domain of speech, by `TextDomain`: numbers of 4 to 6 digits, or other words for shorter ones.
    case textOut = "mt_out"

    /// Those whose sources are text.
    public static let text: [TestSet] = [.textIn, .textOut]

    /// Corpus BLEU.
    public var bleu: Metric {
        Metric(
            rawValue, .quality, unit: "BLEU", direction: .higherIsBetter, decimals: 1, finaliser: .corpusBLEU,
            smallestEffect: 0.5,
            configuration: ScoredDecoding(bleu: .corpus))
    }

    /// Mean sentence BLEU, which pairs sentence by sentence.
    public var sentenceBLEU: Metric {
        Metric(
            rawValue + "_sentence", .quality, unit: "BLEU", direction: .higherIsBetter, decimals: 1, finaliser: .mean,
            smallestEffect: 0.5,
            configuration: ScoredDecoding(bleu: .sentence))
    }
}

extension Translations {
    /// One line per sentence: set, hypothesis, reference and the counts of `BLEU`, which any resample can sum.
    public func table(_ set: TestSet) -> String {
        zip(zip(hypotheses, references), statistics).map { texts, counts in
            ([set.rawValue, texts.0, texts.1] + counts.map { "\(Int($0))" }).joined(separator: "\t") + "\n"
        }.joined()
    }

    /// Each sentence's counts before and here, for what becomes of a text set along a training.
    public func scores(since start: Translations, _ set: TestSet) -> Scores {
        Scores(
            items: references.indices.map { "\(set.rawValue)/\($0)" }, width: 20,
            values: zip(start.statistics, statistics).flatMap { $0 + $1 })
    }

    /// Corpus BLEU and the sentences' scores as measurements of a test set.
    public func measurements(_ set: TestSet) -> [Measurement] {
        let items = references.indices.map { "\(set.rawValue)/\($0)" }
        return [
            Measurement(
                set.bleu, value: bleu, scores: Scores(items: items, width: 10, values: statistics.flatMap(\.self))),
            Measurement(set.sentenceBLEU, scores: Scores(items: items, values: sentenceScores)),
        ]
    }
}

extension EncoderDecoder {
    /// The best translation of each of `count` encoded sources; `nil` where none has a probability above 0.
    func best(
        _ source: EncodedSource, count: Int, beamSize: Int = 1, lengthPenalty: Double = 1
    ) -> [Hypothesis?] {
        let rules = GenerationRules(
            end: NumberVocabulary.end, forbidden: [NumberVocabulary.padding, NumberVocabulary.start])
        // The longest German number here has 12 morphemes.
        let request = GenerationRequest(start: NumberVocabulary.start, maximumLength: 16)
        let search = BeamSearch(rules, beamSize: beamSize, lengthPenalty: lengthPenalty)
        var decoder = CachedDecoder(self, given: source)
        return search(&decoder, [GenerationRequest](repeating: request, count: count)).map(\.first)
    }

    fileprivate func greedy(_ source: EncodedSource, count: Int) -> [String] {
        best(source, count: count).map { NumberVocabulary.text(of: $0?.tokens ?? []) }
    }

    /// Translations of text.
    public func translations(of pairs: [NumberPair], batchSize: Int = 50) -> Translations {
        let hypotheses = stride(from: 0, to: pairs.count, by: batchSize).flatMap { start in
            let part = Array(pairs[start..<min(start + batchSize, pairs.count)])
            var inference: Philox?
            return greedy(encode(PairBatch(part).sources, dropout: &inference), count: part.count)
        }
        return Translations(hypotheses: hypotheses, references: pairs.map(\.reference))
    }
}

extension SpeechTranslator {
    /// Translations of speech; the result does not depend on the size of batches beyond rounding.
    public func translations(of numbers: [SpokenNumber], batchSize: Int = 50) -> Translations {
        let hypotheses = stride(from: 0, to: numbers.count, by: batchSize).flatMap { start in
            let part = numbers[start..<min(start + batchSize, numbers.count)]
            var inference: Philox?
            let source = encode(PaddedFeatures(part.map(\.features)), dropout: &inference)
            return text.greedy(source, count: part.count)
        }
        return Translations(hypotheses: hypotheses, references: numbers.map(\.pair.reference))
    }

    /// Translations of the four test sets.
    public func translations(ofAll numbers: SpokenNumbers) -> [TestSet: Translations] {
        [
            .speechIn: translations(of: numbers.speechIn), .speechOut: translations(of: numbers.speechOut),
            .textIn: text.translations(of: numbers.textIn), .textOut: text.translations(of: numbers.textOut),
        ]
    }
}

/// BLEU of the four test sets along a training: what speech gains while text is forgotten.
public struct LearningCurve: Sendable, Equatable {
    /// BLEU after some steps.
    public struct Row: Sendable, Equatable {
        /// Steps of the speech stage done; 0 is before the first.
        public let step: Int
        /// BLEU by test set.
        public let bleu: [TestSet: Double]

        /// A row from its parts.
        public init(step: Int, bleu: [TestSet: Double]) { (self.step, self.bleu) = (step, bleu) }
    }

    /// From step 0 to the end.
    public private(set) var rows: [Row] = []

    /// A curve without rows.
    public init() {}

    /// Reads what `table` writes; `nil` if a line does not have its columns, or if there is no row.
    public init?(parsing table: String) {
        let lines = table.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        guard let header = lines.first, lines.count > 1, header.map(String.init) == Self.columns else { return nil }
        for line in lines.dropFirst() {
            let values = line.dropFirst().compactMap { Double($0) }
            guard let step = Int(line[0]), values.count == TestSet.allCases.count, line.count == header.count else {
                return nil
            }
            append(Row(step: step, bleu: Dictionary(uniqueKeysWithValues: zip(TestSet.allCases, values))))
        }
    }

    /// The mean of curves row by row; `nil` unless there is one and all were measured after the same steps.
    public init?(meanOf curves: [LearningCurve]) {
        guard let first = curves.first, curves.allSatisfy({ $0.rows.map(\.step) == first.rows.map(\.step) }) else {
            return nil
        }
        for (index, row) in first.rows.enumerated() {
            let means = TestSet.allCases.map { set in
                (set, curves.reduce(0) { $0 + value($1.rows[index], set) } / Double(curves.count))
            }
            append(Row(step: row.step, bleu: Dictionary(uniqueKeysWithValues: means)))
        }
    }

    /// Adds the row after some steps.
    public mutating func append(_ row: Row) { rows.append(row) }

    /// Adds the BLEU of translations after some steps.
    public mutating func append(_ translations: [TestSet: Translations], step: Int) {
        append(Row(step: step, bleu: translations.mapValues(\.bleu)))
    }

    /// F: the BLEU of a text set lost from the first row to the last.
    public func forgetting(_ set: TestSet) -> Double { value(rows.first, set) - value(rows.last, set) }

    /// R90: the share of a text set's BLEU that is left at the first row where `speech` reaches 90 % of its final BLEU.
    ///
    /// NaN without rows, or where there was nothing to keep.
    public func retention(_ set: TestSet, whileLearning speech: TestSet = .speechIn) -> Double {
        guard let reached = placeOfLearning(speech), value(rows.first, set) > 0 else { return .nan }
        return value(rows[reached], set) / value(rows.first, set)
    }

    /// The place of the first row where `speech` reaches 90 % of its final BLEU; `nil` without rows.
    public func placeOfLearning(_ speech: TestSet = .speechIn) -> Int? {
        let goal = 0.9 * value(rows.last, speech)
        return rows.firstIndex { value($0, speech) >= goal }
    }

    /// The rows as tab-separated text with a header.
    public var table: String {
        let lines = rows.map { row in
            (["\(row.step)"] + TestSet.allCases.map { "\(value(row, $0))" }).joined(separator: "\t")
        }
        return (Self.columns.joined(separator: "\t") + "\n") + lines.map { $0 + "\n" }.joined()
    }

    private static let columns = ["step"] + TestSet.allCases.map(\.rawValue)

    func value(_ row: Row?, _ set: TestSet) -> Double { row?.bleu[set] ?? .nan }
}
