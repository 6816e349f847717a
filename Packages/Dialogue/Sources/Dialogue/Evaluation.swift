// How well a retriever finds the gold document of a turn, as the tables of the line have it.
//
// Source: line specification, section 7.

public import Measurements

/// Where a ranking has the gold document: 1 is the first place, `nil` if it is not there.
///
/// Of several gold documents the best counts.
public func rank(of golds: Set<Int>, in ranking: [RankedDocument]) -> Int? {
    ranking.firstIndex { golds.contains($0.document) }.map { $0 + 1 }
}

/// The places of gold documents over many turns.
public struct RetrievalRanks: Sendable, Equatable {
    /// Per turn the place of its gold document; `nil` where it was not found.
    public let ranks: [Int?]
    /// The turns' names, unique.
    public let items: [String]
    /// The conversation of each turn: the unit of resampling.
    public let groups: [Int]

    /// Places with the turns' names and conversations.
    public init(_ ranks: [Int?], items: [String], groups: [Int]) {
        (self.ranks, self.items, self.groups) = (ranks, items, groups)
    }

    /// What `measurements` reports.
    ///
    /// - Parameter configuration: What else the values depend on.
    /// - Returns: `r1`, `r5` and `mrr10`.
    public static func metrics(configuration: some Encodable) -> [Metric] {
        ["r1", "r5", "mrr10"].map {
            Metric(
                $0, .quality, direction: .higherIsBetter, finaliser: .mean, smallestEffect: 0.01,
                configuration: configuration)
        }
    }

    /// The share of turns whose gold document is first, or among the first five, and the mean of 1/place, 0 beyond ten.
    public func measurements(configuration: some Encodable) -> [Measurement] {
        let scores: [(Int) -> Double] = [{ $0 <= 1 ? 1 : 0 }, { $0 <= 5 ? 1 : 0 }, { $0 <= 10 ? 1 / Double($0) : 0 }]
        return zip(Self.metrics(configuration: configuration), scores).map { metric, score in
            Measurement(metric, scores: Scores(items: items, groups: groups, values: ranks.map { $0.map(score) ?? 0 }))
        }
    }

    /// The floor: what a random order of as many documents as `sizes` says is expected to give, turn by turn.
    public static func chance(
        of sizes: [Int], items: [String], groups: [Int], configuration: some Encodable
    ) -> [Measurement] {
        let expected: [(Double) -> Double] = [
            { 1 / $0 }, { min(5, $0) / $0 },
            { n in (1...10).reduce(0) { $0 + (Double($1) <= n ? 1 / Double($1) : 0) } / n },
        ]
        return zip(metrics(configuration: configuration), expected).map { metric, value in
            Measurement(metric, scores: Scores(items: items, groups: groups, values: sizes.map { value(Double($0)) }))
        }
    }
}
