// How the scores of items become one value; Bench computes it again from resampled items.

/// From rows of numbers, one an item, to the metric's value.
///
/// A class is a whole number from 0, a label 1 for an attack or another positive, else 0. A row whose class or label is
/// negative is not counted: it keeps an item's place where only the other side has it. Source: harness specification,
/// section 4.
public enum Finaliser: String, Codable, Sendable, CaseIterable {
    /// The value is given; there are no items.
    case given
    /// The mean of a score.
    case mean
    /// exp of all nats over all units (tokens, words). Row: nats, units.
    case perplexity
    /// BLEU of the corpus, 0...100, 0 where an order has no n-grams. Row: length, reference length, matches of orders 1 to
    /// 4, n-grams of orders 1 to 4.
    case corpusBLEU
    /// `corpusBLEU` of a row's first ten counts less that of its last ten.
    case corpusBLEULoss
    /// `corpusBLEU` of a row's last ten counts over that of its first ten.
    case corpusBLEUShare
    /// The mean over classes of a 0/1 score's rate, as balanced accuracy is. Row: class, score.
    case meanRate
    /// The largest such rate, as the worst species' APCER is. Row: class, score.
    case largestRate
    /// Half the rate of class 0 plus half the largest other one, as ACER is. Row: class, error.
    case halfTotal
    /// `halfTotal` of a row's last two numbers over that of its first two.
    case halfTotalRatio
    /// The probability that a positive scores higher than a negative, plus half that of a tie. Row: label, score.
    case rocArea
    /// Half the sum of both error rates at the lowest threshold, among the scores, where they are closest. Row: label, score.
    case equalErrorRate
    /// The equal error rate of a row's last score less that of its first. Row: label, score, score.
    case equalErrorRateChange
    /// The largest rate of a class above 0 at the lowest threshold that at most one in twenty of class 0 reaches. Row:
    /// class, score.
    case largestRateAtFivePercent

    /// Whether a row holds an item's two sides, so that the value is a difference or a ratio.
    public var isComparison: Bool {
        [.corpusBLEULoss, .corpusBLEUShare, .halfTotalRatio, .equalErrorRateChange].contains(self)
    }

    /// The numbers a row has.
    public var width: Int {
        switch self {
        case .given: 0
        case .mean: 1
        case .perplexity, .meanRate, .largestRate, .halfTotal, .rocArea, .equalErrorRate, .largestRateAtFivePercent: 2
        case .equalErrorRateChange: 3
        case .halfTotalRatio: 4
        case .corpusBLEU: 10
        case .corpusBLEULoss, .corpusBLEUShare: 20
        }
    }
}
