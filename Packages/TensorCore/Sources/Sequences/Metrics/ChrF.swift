// chrF over a corpus: character n-grams, and word n-grams for chrF++.

internal import Tensors

/// The F-score of character n-grams of orders 1 to 6, recall weighted twice, in `0...100`.
///
/// Precision and recall are averaged over the orders that both sides have. White space does not count. Source: Popović
/// 2015 and 2017; sacreBLEU 2.6.
public struct ChrF: CorpusMetric, Equatable {
    /// The largest order of word n-grams: 0 is chrF2, 2 is chrF2++.
    public var wordOrder: Int

    private static let characterOrder = 6
    private static let beta = 2.0

    /// chrF2, or chrF2++ with `wordOrder` 2.
    public init(wordOrder: Int = 0) { self.wordOrder = wordOrder }

    /// For each order, characters first: n-grams of the hypothesis (0 if the reference has none), of the reference, of both.
    ///
    /// Of several references the one with the best score counts, the first of equals.
    ///
    /// - Precondition: There is a reference (`shapeCheck`).
    public func statistics(of hypothesis: String, against references: [String]) -> [Double] {
        shapeCheck(!references.isEmpty, "ChrF", [references.count])
        let all = references.map { statistics(of: hypothesis, against: $0) }
        return all.dropFirst().reduce(all[0]) { score(of: $1) > score(of: $0) ? $1 : $0 }
    }

    private func statistics(of hypothesis: String, against reference: String) -> [Double] {
        func counts<Item: Hashable>(_ hypothesis: [Item], _ reference: [Item], order: Int) -> [Double] {
            let (ours, theirs) = (nGrams(of: hypothesis, order: order), nGrams(of: reference, order: order))
            let total = theirs.isEmpty ? 0 : max(0, hypothesis.count - order + 1)
            return [Double(total), Double(max(0, reference.count - order + 1)), Double(overlap(ours, theirs))]
        }
        let (ours, theirs) = (words(of: hypothesis.unicodeScalars), words(of: reference.unicodeScalars))
        let characters = (Scalars(ours.joined()), Scalars(theirs.joined()))
        var result = (1...Self.characterOrder).flatMap { counts(characters.0, characters.1, order: $0) }
        if wordOrder > 0 {
            let words = (ours.flatMap(withoutPunctuation), theirs.flatMap(withoutPunctuation))
            result += (1...wordOrder).flatMap { counts(words.0, words.1, order: $0) }
        }
        return result
    }

    /// A word and a punctuation mark at its end, or else at its start, apart: `(hi)` is `(hi` and `)`.
    private func withoutPunctuation(_ word: Scalars) -> [Scalars] {
        if word.count == 1 { return [word] }
        if word[word.count - 1].isASCIIPunctuation { return [Scalars(word.dropLast()), [word[word.count - 1]]] }
        return word[0].isASCIIPunctuation ? [[word[0]], Scalars(word.dropFirst())] : [word]
    }

    /// chrF of summed statistics; 0 if no order has n-grams on both sides, or none matches.
    public func score(of statistics: [Double]) -> Double {
        let orders = stride(from: 0, to: statistics.count, by: 3).filter {
            statistics[$0] > 0 && statistics[$0 + 1] > 0
        }
        let precision = orders.reduce(0) { $0 + statistics[$1 + 2] / statistics[$1] }
        let recall = orders.reduce(0) { $0 + statistics[$1 + 2] / statistics[$1 + 1] }
        guard precision + recall > 0 else { return 0 }
        let factor = Self.beta * Self.beta
        return 100 * (1 + factor) * precision * recall / (factor * precision + recall) / Double(orders.count)
    }

    /// For example `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:swift-1`.
    public func signature(referenceCount: Int) -> String {
        "nrefs:\(referenceCount)|case:mixed|eff:yes|nc:\(Self.characterOrder)|nw:\(wordOrder)|space:no"
            + "|version:\(textMetricsVersion)"
    }
}
