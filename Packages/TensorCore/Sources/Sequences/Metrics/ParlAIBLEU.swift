// The sentence BLEU that ParlAI prints.

internal import Glibc

/// Sentence BLEU-4 on normalised text, in `0...1`; a corpus's score is the mean over answers.
///
/// A zero numerator becomes 1e-12, and an order longer than the guess has one n-gram; without a common word it is 0. Not
/// comparable with `BLEU`. Source: ParlAI, with NLTK's `sentence_bleu` and its smoothing method 1.
public func parlAIBLEU(of guess: String, against golds: [String]) -> Double {
    let guess = AnswerNormalisation.parlAI.scalarWords(of: guess)
    let counts = NGramMatches(guess, golds.map(AnswerNormalisation.parlAI.scalarWords))
    if counts.matches[0] == 0 { return 0 }
    let logs = zip(counts.matches, counts.totals).map { log(max(Double($0), 1e-12) / Double(max(1, $1))) }
    let penalty =
        guess.count < counts.referenceLength ? exp(1 - Double(counts.referenceLength) / Double(guess.count)) : 1
    return penalty * exp(logs.reduce(0, +) / 4)
}
