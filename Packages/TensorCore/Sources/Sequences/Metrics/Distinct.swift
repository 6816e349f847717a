// How much utterances repeat themselves.

/// The shares of n-grams that are different ones, in `0...1`.
public struct Distinct: Equatable, Sendable {
    /// Different n-grams of all utterances together over all n-grams; 0 if there is none.
    public var inter: Double
    /// The mean over utterances that have an n-gram of the same share within one; 0 if there is none.
    public var intra: Double

    /// Distinct-n of utterances.
    ///
    /// Source: Li et al. 2016; dialogue specification, section 7.
    public init(_ order: Int, of utterances: [String], normalisation: AnswerNormalisation = .parlAI) {
        let counts = utterances.map { nGrams(of: normalisation.scalarWords(of: $0), order: order) }
        let all = counts.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        func share(_ counts: [ArraySlice<Scalars>: Int]) -> Double {
            counts.isEmpty ? 0 : Double(counts.count) / Double(counts.values.reduce(0, +))
        }
        inter = share(all)
        let shares = counts.filter { !$0.isEmpty }.map(share)
        intra = shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count)
    }
}
