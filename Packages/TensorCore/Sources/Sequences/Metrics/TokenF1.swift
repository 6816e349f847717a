// F1 of the words of an answer.

/// Precision, recall and F1 in `0...1`.
public struct OverlapScore: Equatable, Sendable {
    /// The share of the guess's units that are right.
    public var precision: Double
    /// The share of the gold answer's units that were found.
    public var recall: Double
    /// Their harmonic mean, 0 if nothing is shared.
    public var f1: Double

    /// The score of `shared` units; all 0 if none is shared, also when a side is empty.
    init(shared: Int, guess: Int, gold: Int) {
        precision = shared == 0 ? 0 : Double(shared) / Double(guess)
        recall = shared == 0 ? 0 : Double(shared) / Double(gold)
        f1 = shared == 0 ? 0 : 2 * precision * recall / (precision + recall)
    }

    /// The largest of each, which may come from different gold answers; all 0 if there is none.
    init(bestOf scores: [OverlapScore]) {
        self.init(shared: 0, guess: 0, gold: 0)
        for score in scores {
            precision = max(precision, score.precision)
            recall = max(recall, score.recall)
            f1 = max(f1, score.f1)
        }
    }
}

/// The multiset overlap of the words of an answer and of gold answers; a corpus's score is the mean over answers.
///
/// With the gold knowledge sentence as the only gold this is knowledge F1 (KF1), which copying the document maximises.
/// Two texts of nothing but articles score 0. Source: ParlAI; dialogue specification, section 7.
public func tokenF1(
    of guess: String, against golds: [String], normalisation: AnswerNormalisation = .parlAI
) -> OverlapScore {
    let guess = normalisation.scalarWords(of: guess)
    return OverlapScore(bestOf: golds.map { overlapScore(guess, normalisation.scalarWords(of: $0)) })
}

/// The overlap of two lists of words as multisets.
func overlapScore(_ guess: [Scalars], _ gold: [Scalars]) -> OverlapScore {
    OverlapScore(
        shared: overlap(nGrams(of: guess, order: 1), nGrams(of: gold, order: 1)), guess: guess.count, gold: gold.count)
}
