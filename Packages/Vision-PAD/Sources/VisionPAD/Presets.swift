// Settings of the reduced networks and protocols: the line's specification, section 10.1.

/// The number of people and presentations of each set.
public struct ProtocolSizes: Sendable, Equatable, Codable {
    /// One set's size.
    public struct Size: Sendable, Equatable, Codable {
        /// People, none of whom is in another set.
        public var people: Int
        /// Bona fide presentations.
        public var bonaFide: Int
        /// Attacks of each species.
        public var attacksPerSpecies: Int

        /// A size from its parts.
        public init(people: Int, bonaFide: Int, attacksPerSpecies: Int) {
            self.people = people
            self.bonaFide = bonaFide
            self.attacksPerSpecies = attacksPerSpecies
        }
    }

    /// The training set.
    public var training: Size
    /// The set that thresholds come from.
    public var development: Size
    /// Each test set.
    public var test: Size
}

/// The protocols' sizes and what is optimised, for how long and on how much at a time.
public struct PADConfiguration: Sendable, Equatable, Codable {
    /// People and presentations.
    public var sizes: ProtocolSizes
    /// Passes over the training set.
    public var epochs: Int
    /// Frames per step.
    public var batchSize: Int
    /// Adam's rate at the start of a half cosine that ends at 0.
    public var learningRate: Float
    /// Added to the gradient as a share of each parameter.
    public var weightDecay: Float
    /// Each channel is multiplied by 1 ± at most this.
    public var gainJitter: Float
    /// Added to each channel in 0...1: ± at most this.
    public var offsetJitter: Float

    /// The setting that shows the shift between E0 and E4 within minutes.
    public static let reduced = PADConfiguration(
        sizes: ProtocolSizes(
            training: .init(people: 36, bonaFide: 360, attacksPerSpecies: 90),
            development: .init(people: 15, bonaFide: 90, attacksPerSpecies: 30),
            test: .init(people: 15, bonaFide: 90, attacksPerSpecies: 30)),
        epochs: 10, batchSize: 32, learningRate: 2e-3, weightDecay: 5e-5, gainJitter: 0.15, offsetJitter: 0.1)

    /// A few people and steps of the same setting, to see that everything runs.
    public static let smoke: PADConfiguration = {
        var smoke = reduced
        smoke.sizes = ProtocolSizes(
            training: .init(people: 8, bonaFide: 32, attacksPerSpecies: 8),
            development: .init(people: 4, bonaFide: 8, attacksPerSpecies: 4),
            test: .init(people: 4, bonaFide: 8, attacksPerSpecies: 4))
        smoke.epochs = 2
        return smoke
    }()
}
