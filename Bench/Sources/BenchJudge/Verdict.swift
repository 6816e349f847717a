// What can be said about one value against another: a value for every answer, doubt and failure included.

/// The answer for one metric, from the worst to the best news.
public enum Verdict: Sendable, Equatable {
    /// Changed for the worse, beyond the floor and beyond chance; exact values: changed, and not in the good direction.
    case worse
    /// The new run has no value because the case failed, or has none where it should: the reason in words.
    case failed(String)
    /// The reference planned it and the new run has no value: the reason in words.
    case missing(String)
    /// A change that screening found and that did not hold after correction for the number of metrics.
    case unconfirmed
    /// Too little data to tell; what would be needed, if that can be said.
    case underpowered(Need?)
    /// Not the same quantity on the two sides.
    case notComparable(Mismatch)
    /// Changed for the better, by the same rules as `worse`.
    case better
    /// Shown to have changed by less than the smallest effect of interest.
    case withinNoise
    /// The reference did not have it.
    case new
    /// Equal bit for bit.
    case identical

    /// The word that outputs print.
    public var word: String {
        switch self {
        case .worse: "worse"
        case .failed: "failed"
        case .missing: "missing"
        case .unconfirmed: "unconfirmed"
        case .underpowered: "underpowered"
        case .notComparable: "not-comparable"
        case .better: "better"
        case .withinNoise: "within-noise"
        case .new: "new"
        case .identical: "identical"
        }
    }

    /// 0 for `worse` to 9 for `identical`: the order in which a run takes its word from its metrics.
    public var rank: Int {
        switch self {
        case .worse: 0
        case .failed: 1
        case .missing: 2
        case .unconfirmed: 3
        case .underpowered: 4
        case .notComparable: 5
        case .better: 6
        case .withinNoise: 7
        case .new: 8
        case .identical: 9
        }
    }
}

/// What an underpowered comparison lacks.
public enum Need: Sendable, Equatable {
    /// Independent groups of items, in total.
    case groups(Int)
    /// Interleaved pairs of cost samples.
    case pairs(Int)
    /// Scores of the items: only their summary was kept.
    case itemScores
}

/// The first field in which two sides differ that must agree before their values may be subtracted.
public struct Mismatch: Error, Sendable, Equatable {
    /// The field's name, for example `configuration.steps`.
    public var field: String
    /// The reference's value in words.
    public var a: String
    /// The new side's value in words.
    public var b: String

    init(_ field: String, _ a: String, _ b: String) {
        self.field = field
        self.a = a
        self.b = b
    }
}
