// What the metrics consume: one score per presentation, and what it belongs to.

/// The score of one presentation.
public struct ScoredPresentation: Sendable, Equatable {
    /// In −1...1; higher means more likely an attack.
    public var score: Double
    /// The attack's species; `nil` for a bona fide presentation.
    public var species: String?
    /// The person who is there, or who the instrument shows.
    public var subject: Int
    /// The instrument among its species; 0 for a bona fide presentation.
    public var instrument: Int

    /// A score from its parts.
    public init(score: Double, species: String?, subject: Int, instrument: Int) {
        self.score = score
        self.species = species
        self.subject = subject
        self.instrument = instrument
    }
}
