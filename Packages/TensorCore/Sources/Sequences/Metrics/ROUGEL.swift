// ROUGE-L of an answer.

/// Precision, recall and F1 of the longest common subsequence of words; a corpus's score is the mean over answers.
///
/// ParlAI prints the recall. Of several gold answers the largest of each counts. Source: Lin 2004; dialogue
/// specification, section 7.
public func rougeL(
    of guess: String, against golds: [String], normalisation: AnswerNormalisation = .parlAI
) -> OverlapScore {
    let guess = normalisation.scalarWords(of: guess)
    return OverlapScore(
        bestOf: golds.map { gold in
            let gold = normalisation.scalarWords(of: gold)
            return OverlapScore(
                shared: longestCommonSubsequence(guess, gold), guess: guess.count, gold: gold.count)
        })
}

private func longestCommonSubsequence(_ a: [Scalars], _ b: [Scalars]) -> Int {
    var row = Array(repeating: 0, count: b.count + 1)
    for word in a {
        var diagonal = 0
        for (index, other) in b.enumerated() {
            let above = row[index + 1]
            row[index + 1] = word == other ? diagonal + 1 : max(above, row[index])
            diagonal = above
        }
    }
    return row[b.count]
}
