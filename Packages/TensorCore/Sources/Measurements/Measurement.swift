// The values that a line returns and Bench stores.

/// Per-item scores of one metric, in a fixed order, with the group each item belongs to.
public struct Scores: Codable, Sendable, Equatable {
    /// Item names, unique, in stored order.
    public var items: [String]
    /// The group of each item (photograph, subject, dialogue): items of one group are not independent.
    public var groups: [Int]
    /// One score per item; NaN where the evaluation of that item failed.
    public var values: [Double]

    /// Scores of equal length; without groups each item is its own.
    public init(items: [String], groups: [Int]? = nil, values: [Double]) {
        self.items = items
        self.groups = groups ?? Array(items.indices)
        self.values = values
    }

    /// The mean over items; NaN when there are none.
    public var mean: Double { values.reduce(0, +) / Double(values.count) }
}

/// One metric's value in one run of a case.
public struct Measurement: Codable, Sendable, Equatable {
    /// What was measured.
    public var metric: Metric
    /// The value in the metric's unit.
    public var value: Double
    /// The items behind the value, for quality metrics.
    public var scores: Scores?

    /// A value without items: an exact count or a cost.
    public init(_ metric: Metric, value: Double) {
        self.metric = metric
        self.value = value
    }

    /// A quality value: the finaliser applied to the scores.
    public init(_ metric: Metric, scores: Scores) {
        self.metric = metric
        self.value = scores.mean
        self.scores = scores
    }
}

/// A number printed in a paper, kept apart from our own.
public struct Published: Codable, Sendable, Equatable {
    /// The value in the unit of the metric beside it.
    public var value: Double
    /// Where it stands: `LA-GINR, table 1, row CelebA`.
    public var source: String
    /// Whether it was read in the paper or only recalled.
    public var isVerified: Bool

    /// A published number with its source.
    public init(_ value: Double, source: String, isVerified: Bool) {
        self.value = value
        self.source = source
        self.isVerified = isVerified
    }
}
