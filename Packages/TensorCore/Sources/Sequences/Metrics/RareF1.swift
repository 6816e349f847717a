// F1 of rare words.

/// F1 of the words that are rare in a corpus: what is left when the words that fill half of it are dropped.
///
/// Source: ParlAI, parlai/tasks/wizard_of_wikipedia; dialogue specification, section 7.
public struct RareF1: Sendable {
    /// Words as frequent as this or more are not rare.
    public let cutoff: Int
    private let rareWords: Set<Scalars>

    /// Counts the normalised words of all dialogue text of all splits.
    ///
    /// The cutoff is the count at which the running sum of counts, largest first, first exceeds half of all words; 0 for
    /// an empty corpus.
    public init(corpus: some Sequence<String>) {
        var counts: [Scalars: Int] = [:]
        for text in corpus {
            for word in AnswerNormalisation.parlAI.scalarWords(of: text) { counts[word, default: 0] += 1 }
        }
        let total = counts.values.reduce(0, +)
        var sum = 0
        let cutoff =
            counts.values.sorted(by: >).first { count in
                sum += count
                return 2 * sum > total
            } ?? 0
        self.cutoff = cutoff
        rareWords = Set(counts.filter { $0.value < cutoff }.keys)
    }

    /// F1 on rare words, unknown ones dropped; nil, to be left out of the mean, if the gold answer has none.
    public func score(of guess: String, against gold: String) -> Double? {
        let gold = rare(gold)
        return gold.isEmpty ? nil : overlapScore(rare(guess), gold).f1
    }

    private func rare(_ text: String) -> [Scalars] {
        AnswerNormalisation.parlAI.scalarWords(of: text).filter(rareWords.contains)
    }
}
