// The value that models hand to Evaluation.swift: one presentation's score and where it comes from.

/// One presentation with the score a system gave it.
public struct ScoredPresentation: Sendable, Equatable {
    /// In -1...1, higher = more likely an attack; NaN where the system gave no decision.
    public var score: Double
    /// The attack's species; `nil` for a bona fide presentation.
    public var species: String?
    /// The person before the camera: presentations of one subject are not independent.
    public var subject: Int
    /// The instrument of the attack within its species; without meaning for a bona fide presentation.
    public var instrument: Int

    /// A presentation from its parts.
    public init(score: Double, species: String?, subject: Int, instrument: Int) {
        self.score = score
        self.species = species
        self.subject = subject
        self.instrument = instrument
    }
}
