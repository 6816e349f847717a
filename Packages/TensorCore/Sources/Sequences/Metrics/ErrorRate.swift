// Word and character error rates over a corpus.

internal import Tensors

/// Substitutions, deletions and insertions per hundred reference words (WER) or characters (CER).
///
/// A sentence whose reference is empty is left out and counted. Source: speech-translation specification, section 6.3.
public struct ErrorRate: CorpusMetric, Equatable {
    /// What is counted.
    public enum Unit: String, Sendable {
        /// Words between white space.
        case words
        /// Code points that are not white space.
        case characters
    }

    /// What is counted.
    public var unit: Unit
    /// Whether text is first tokenised by `13a` and lower-cased, and tokens of nothing but punctuation are dropped.
    public var isNormalised: Bool

    /// The word or character error rate, of raw text unless it is to be normalised.
    public init(_ unit: Unit = .words, isNormalised: Bool = false) {
        self.unit = unit
        self.isNormalised = isNormalised
    }

    /// Substitutions, deletions, insertions, units of the reference, sentences left out.
    ///
    /// Of equal distances the one with most units kept or substituted counts.
    ///
    /// - Precondition: There is one reference (`shapeCheck`).
    public func statistics(of hypothesis: String, against references: [String]) -> [Double] {
        shapeCheck(references.count == 1, "ErrorRate", [references.count])
        let (ours, theirs) = (units(of: hypothesis), units(of: references[0]))
        if theirs.isEmpty { return [0, 0, 0, 0, 1] }
        let (substitutions, deletions, insertions) = edits(from: ours, to: theirs)
        return [substitutions, deletions, insertions, theirs.count, 0].map(Double.init)
    }

    /// The rate of summed statistics in percent, which can exceed 100; not a number if every sentence was left out.
    public func score(of statistics: [Double]) -> Double {
        100 * (statistics[0] + statistics[1] + statistics[2]) / statistics[3]
    }

    /// For example `nrefs:1|unit:words|text:raw|version:swift-1`.
    public func signature(referenceCount: Int) -> String {
        "nrefs:\(referenceCount)|unit:\(unit.rawValue)|text:\(isNormalised ? "norm" : "raw")|version:\(textMetricsVersion)"
    }

    private func units(of text: String) -> [Scalars] {
        let words = isNormalised ? normalisedWords(of: text) : words(of: text.unicodeScalars)
        return unit == .words ? words : words.joined().map { [$0] }
    }

    private func normalisedWords(of text: String) -> [Scalars] {
        mteval13aTokens(of: text)
            .map { token in lowercased(String(String.UnicodeScalarView(token))) }
            .filter { !$0.allSatisfy(\.isPunctuation) }
    }

    private func edits(from ours: [Scalars], to theirs: [Scalars]) -> (Int, Int, Int) {
        /// A cell of the distance table: fewer edits first, then fewer insertions.
        struct Path {
            var substitutions = 0, deletions = 0, insertions = 0
            var order: (Int, Int) { (substitutions + deletions + insertions, insertions) }
        }
        var row = (0...theirs.count).map { Path(deletions: $0) }
        for word in ours {
            var diagonal = row[0]
            row[0].insertions += 1
            for (index, other) in theirs.enumerated() {
                var kept = diagonal, inserted = row[index + 1], deleted = row[index]
                if word != other { kept.substitutions += 1 }
                inserted.insertions += 1
                deleted.deletions += 1
                diagonal = row[index + 1]
                if inserted.order < kept.order { kept = inserted }
                row[index + 1] = deleted.order < kept.order ? deleted : kept
            }
        }
        let best = row[theirs.count]
        return (best.substitutions, best.deletions, best.insertions)
    }
}

extension Unicode.Scalar {
    /// Whether its general category is punctuation; `$` and `+` are symbols.
    fileprivate var isPunctuation: Bool {
        switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }
}
