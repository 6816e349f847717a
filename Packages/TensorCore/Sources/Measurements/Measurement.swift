// The values that a line returns and Bench stores.

/// Per-item scores of one metric, in a fixed order, with the group each item belongs to.
public struct Scores: Codable, Sendable, Equatable {
    /// Item names, unique, in stored order.
    public var items: [String]
    /// The group of each item (photograph, subject, dialogue): items of one group are not independent.
    public var groups: [Int]
    /// The numbers of an item; a single one is its score.
    public var width: Int
    /// The items' rows one after another; NaN where the evaluation of an item failed.
    public var values: [Double]

    /// One score an item; without groups each item is its own.
    public init(items: [String], groups: [Int]? = nil, values: [Double]) {
        self.init(items: items, groups: groups, width: 1, values: values)
    }

    /// Rows of `width` numbers an item, one after another, as a ``Finaliser`` wants them.
    public init(items: [String], groups: [Int]? = nil, width: Int, values: [Double]) {
        self.items = items
        self.groups = groups ?? Array(items.indices)
        self.width = width
        self.values = values
    }

    /// The numbers of the item at `index`.
    public func row(_ index: Int) -> ArraySlice<Double> { values[(width * index)..<(width * (index + 1))] }

    /// The mean over all values; NaN when there are none.
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
    /// What the items say about the value; Bench estimates it when the case has ended.
    public var uncertainty: Uncertainty?

    /// A value without items: an exact count or a cost.
    public init(_ metric: Metric, value: Double) {
        self.metric = metric
        self.value = value
    }

    /// A mean of scores.
    public init(_ metric: Metric, scores: Scores) {
        self.init(metric, value: scores.mean, scores: scores)
    }

    /// A value beside the rows behind it; Bench refuses a case whose value is not what the metric's finaliser makes of them.
    public init(_ metric: Metric, value: Double, scores: Scores) {
        self.metric = metric
        self.value = value
        self.scores = scores
    }
}

/// How well a value is known from its items.
public struct Uncertainty: Codable, Sendable, Equatable {
    /// The ends of the 95 % interval.
    public var lower: Double, upper: Double
    /// The distance from a given number that items like these would show four times in five.
    public var minimumDetectable: Double

    /// An interval and a distance.
    public init(lower: Double, upper: Double, minimumDetectable: Double) {
        (self.lower, self.upper, self.minimumDetectable) = (lower, upper, minimumDetectable)
    }
}

/// A number printed in a paper, kept apart from our own.
public struct Published: Codable, Sendable, Equatable {
    /// The value in the unit of the metric beside it.
    public var value: Double
    /// Where it stands: `LA-GINR, table 1, CelebA`.
    public var source: String
    /// Whether it was read in the paper or only recalled.
    public var isVerified: Bool
    /// What sets our measurement apart, so that the two must not be compared; empty where nothing does.
    public var difference: String

    /// A published number with its source.
    public init(_ value: Double, source: String, isVerified: Bool, difference: String) {
        self.value = value
        self.source = source
        self.isVerified = isVerified
        self.difference = difference
    }
}
