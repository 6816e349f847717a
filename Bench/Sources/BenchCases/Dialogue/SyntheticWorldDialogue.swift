// The latent query on the synthetic world: one row per way to make queries, all of one size, schedule and number of steps.
// The setting is the dialogue specification's 8.3 and 13; the preset is DialogueConfiguration.probe.

public import Dialogue
internal import Learning
public import Measurements
internal import TensorIO
internal import Tensors

/// A row of the table.
public struct SyntheticWorldDialogue: VariableCase {
    /// What is varied.
    public enum Setting: Sendable, Equatable {
        /// A method on the easy world.
        case easy(DialogueMethod)
        /// Annotated queries for one in so many dialogues, in percent.
        case labels(Int)
        /// Replies share no word with their documents.
        case alias(DialogueMethod)
        /// The latent query from headers of random documents, through the gate.
        case header
        /// Small talk among the questions: the search decision without labels.
        case chat
    }

    private let setting: Setting
    /// The preset, changed as the row says.
    public var settings: DialogueConfiguration

    /// The row of one setting.
    public init(_ setting: Setting) {
        self.setting = setting
        settings = .probe
        switch setting {
        case .easy: break
        case .labels(let percent): settings.labelShare = Double(percent) / 100
        case .header, .alias:
            (settings.warmQuery, settings.gate, settings.steps) = (.header, 0.5, 2000)
            settings.replyTurns = setting == .header ? nil : 1
        case .chat: (settings.searchCost, settings.gate, settings.steps) = (0.3, 0.7, 1500)
        }
    }

    /// `dialogue.synth.<setting>.<method>`.
    public var id: String {
        switch setting {
        case .easy(let method): "dialogue.synth.easy.\(method.rawValue)"
        case .labels(let percent): "dialogue.synth.labels.\(percent)"
        case .alias(let method): "dialogue.synth.alias.\(method.rawValue)"
        case .header: "dialogue.synth.header.lat"
        case .chat: "dialogue.synth.chat"
        }
    }

    /// What `bench list --long` says.
    public var summary: String {
        switch setting {
        case .easy(.noSearch): "Floor: replies without documents; easy world."
        case .easy(.lastTurn): "BM25 on the last turn; easy world."
        case .easy(.fullContext): "BM25 on the whole context; easy world."
        case .easy(.header): "Label-free start only: headers of random documents; easy world."
        case .easy(.supervised): "Query generator on all annotated queries; easy world."
        case .easy(.hindsightDistillation): "Query generator on what the reply finds, no latent variable; easy world."
        case .easy(.latent): "Latent query from the hindsight start, no annotation; easy world."
        case .easy(.oracle): "Ceiling: annotated queries also at test; easy world."
        case .labels(let percent): "Query generator on annotated queries of \(percent) % of the dialogues; easy world."
        case .alias(let method): "Replies share no word with documents, method \(method.rawValue); easy world."
        case .header: "Latent query from random headers, through the gate; easy world."
        case .chat: "Search decision learned without labels: 30 % small talk; easy world."
        }
    }

    /// Nightly.
    public var tier: Tier { .nightly }

    /// Seconds on two cores.
    public var expectedSeconds: Double {
        switch (setting, method) {
        case (.alias, _), (.header, _): 110
        case (.chat, _): 90
        case (_, .latent): 55
        case (_, .noSearch), (_, .lastTurn), (_, .fullContext), (_, .oracle): 25
        default: 40
        }
    }

    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }

    /// Every setting of model, training and world.
    public var configuration: [String: String] {
        [
            "preset": canonicalJSON(settings), "method": method.rawValue,
            "world": canonicalJSON(worldSettings) + " \(Self.counts.train) to train, \(Self.counts.test) to test",
        ]
    }

    /// None.
    public var dataFolders: [String] { [] }

    /// Retrieval and reply, chance, the decision where there is one, exact counts and costs.
    public var metrics: [Metric] {
        WorldEvaluation.metrics(configuration: worldSettings)
            + [Self.chance, Self.knownR1, Self.parameters, Self.warmSteps, Self.trainSeconds]
            + (settings.searchCost == nil ? [] : [Self.balancedAccuracy])
    }

    private static let counts = (train: 10_000, test: 400)
    private static let chance = Metric("chance_r1", .exact, decimals: 3)
    /// R@1 on training dialogues, whose entities a model may know by heart.
    private static let knownR1 = Metric(
        "r1_known", .quality, direction: .higherIsBetter, finaliser: .mean, smallestEffect: 0.01)
    private static let parameters = Metric("params", .exact, decimals: 0)
    private static let warmSteps = Metric("warm_steps", .exact, decimals: 0)
    private static let trainSeconds = Metric(
        "train", .cost, unit: "s", direction: .lowerIsBetter, decimals: 1, smallestEffect: 0.05)
    private static let balancedAccuracy = Metric(
        "search_balanced_acc", .quality, direction: .higherIsBetter, finaliser: .meanRate, smallestEffect: 0.01)

    private var method: DialogueMethod {
        switch setting {
        case .easy(let method), .alias(let method): method
        case .labels: .supervised
        case .header, .chat: .latent
        }
    }

    private var worldSettings: SyntheticWorldConfiguration {
        var world = SyntheticWorldConfiguration.easy
        if case .alias = setting { world.alias = 1 }
        if setting == .chat { world.chatShare = 0.3 }
        return world
    }

    /// Trains, then searches and replies on dialogues about entities that training never asked about.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        context.report(0, "world")
        // The world is part of the benchmark, so it does not move with the run's seed.
        let (world, gold) = SyntheticWorld.generate(worldSettings, train: Self.counts.train, test: Self.counts.test)
        let search = WorldSearch(world.documents)
        var training = try DialogueTraining(
            method, settings, on: world, search: search, annotations: method.usesAnnotations ? gold.train : [],
            seed: context.seed)
        let clock = ContinuousClock()
        var seconds = 0.0
        var curve = "step\tloss\tr1\tvalue_acc\n"
        func evaluate(on world: SyntheticWorld, _ golds: [GoldAnnotation?]) -> WorldEvaluation {
            WorldEvaluation(
                training.model, method, decides: settings.searchCost != nil, queryLength: settings.queryLength,
                replyTurns: settings.replyTurns, on: world, search: search, golds: golds)
        }
        var evaluation = evaluate(on: world, gold.test)
        while !training.isFinished {
            seconds += try clock.measure { try training.step() } / .seconds(1)
            let step = training.losses.count
            context.trace.step(step, loss: training.losses.last, training.model)
            context.report(Double(step) / Double(settings.steps), "step \(step)/\(settings.steps)")
            guard step.isMultiple(of: 250) || training.isFinished else { continue }
            evaluation = evaluate(on: world, gold.test)
            let r1 = evaluation.measurements(configuration: worldSettings)[0].value
            curve += "\(step)\t\(training.losses.last ?? .nan)\t\(r1)\t\(evaluation.valueAccuracy)\n"
        }
        let known = evaluate(on: world.tested(on: Self.counts.test), Array(gold.train.prefix(Self.counts.test)))
            .questions
        let measurements =
            evaluation.measurements(configuration: worldSettings)
            + [
                Measurement(Self.chance, value: worldSettings.chance),
                Measurement(
                    Self.knownR1,
                    scores: Scores(items: known.map(\.name), values: known.map { $0.rank == 1 ? 1 : 0 })),
                Measurement(Self.parameters, value: Double(training.model.parameterCount)),
                Measurement(Self.warmSteps, value: Double(training.warmStepCount ?? settings.steps)),
                Measurement(Self.trainSeconds, value: seconds),
            ]
            + (settings.searchCost == nil
                ? [] : [evaluation.measurement(ofBalancedAccuracy: Self.balancedAccuracy)])
        return CaseOutcome(
            measurements, dataDigests: ["world": world.digest],
            artefacts: [
                Artefact(name: "curve.tsv", mediaType: "text/tab-separated-values", bytes: Array(curve.utf8)),
                Artefact(
                    name: "turns.tsv", mediaType: "text/tab-separated-values", bytes: Array(evaluation.table.utf8)),
            ])
    }
}

/// One seed, one world: the digest's first 48 bits twice.
public struct SyntheticWorldDeterminism: BenchCase {
    /// The case.
    public init() {}

    /// `dialogue.synth.determinism`.
    public var id: String { "dialogue.synth.determinism" }
    /// What `bench list --long` says.
    public var summary: String { "The same seed makes the same world: digests of two generations." }
    /// Smoke.
    public var tier: Tier { .smoke }
    /// Seconds on two cores.
    public var expectedSeconds: Double { 1 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// The world.
    public var configuration: [String: String] { ["world": canonicalJSON(SyntheticWorldConfiguration.medium)] }
    /// None.
    public var dataFolders: [String] { [] }
    /// Whether they are equal, and the digest.
    public var metrics: [Metric] { [Self.isEqual, Self.digest] }

    private static let isEqual = Metric("equal", .exact, direction: .higherIsBetter, decimals: 0)
    private static let digest = Metric("digest48", .exact, decimals: 0)

    /// Generates twice.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        let digests = (0..<2).map { _ in SyntheticWorld.generate(.medium, train: 500, test: 100).world.digest }
        return CaseOutcome(
            [
                Measurement(Self.isEqual, value: digests[0] == digests[1] ? 1 : 0),
                Measurement(Self.digest, value: Double(UInt64(digests[0].prefix(12), radix: 16) ?? 0)),
            ], dataDigests: ["world": digests[0]])
    }
}

/// Sampled gradients of the default estimator against the specification's exact table.
public struct LatentGradientGolden: BenchCase {
    /// The case.
    public init() {}

    /// `dialogue.elvm.gradient`.
    public var id: String { "dialogue.elvm.gradient" }
    /// What `bench list --long` says.
    public var summary: String { "snis over three queries, K = 1, 2, 4, 8: standard errors from the exact table." }
    /// Smoke.
    public var tier: Tier { .smoke }
    /// Seconds on two cores.
    public var expectedSeconds: Double { 1 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// The rows drawn.
    public var configuration: [String: String] { ["rows": "\(Self.rowCount)"] }
    /// None.
    public var dataFolders: [String] { [] }
    /// The largest distance in standard errors over K = 2, 4, 8 and three logits, and the largest value under K = 1.
    public var metrics: [Metric] { [Self.distance, Self.single] }

    private static let rowCount = 20_000
    private static let distance = Metric("distance", .exact, unit: "se", direction: .lowerIsBetter, decimals: 2)
    private static let single = Metric("k1", .exact, direction: .lowerIsBetter, decimals: 6)
    private static let prior: [Float] = [0.5, 0.3, 0.2]
    private static let likelihoods: [Float] = [0.1, 0.4, 0.05]
    private static let table: [(count: Int, gradient: [Double])] = [
        (2, [-0.05667, 0.13667, -0.08]), (4, [-0.13119, 0.24829, -0.1171]), (8, [-0.17891, 0.31171, -0.13279]),
    ]

    /// Draws and compares.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        var distances: [Double] = []
        for (count, expected) in Self.table {
            for (value, exact) in zip(gradients(count, seed: context.seed), expected) {
                distances.append(abs(value.mean - exact) / value.error)
            }
        }
        let single = gradients(1, seed: context.seed).map { abs($0.mean) }.max() ?? .nan
        for (what, value, bound) in [
            ("a gradient in standard errors", distances.max() ?? .nan, 3.0), ("the gradient under K = 1", single, 0.0),
        ] where !(value <= bound) {
            throw GoldenMissed(caseID: id, what: what, difference: value, bound: bound)
        }
        return CaseOutcome([
            Measurement(Self.distance, value: distances.max() ?? .nan), Measurement(Self.single, value: single),
        ])
    }

    /// The mean and its standard error of the gradient on each logit.
    private func gradients(_ count: Int, seed: UInt64) -> [(mean: Double, error: Double)] {
        var generator = Philox(seed: seed, stream: "elvm/\(count)")
        let drawn = (0..<(Self.rowCount * count)).map { _ -> Int32 in
            let share = generator.uniform(in: 0..<1)
            return share < 0.5 ? 0 : share < 0.8 ? 1 : 2
        }
        let shape = [Self.rowCount, count]
        let replies = Tensor(drawn.map { Self.likelihoods[Int($0)] }, shape: shape).log()
        let logits = Tensor(Self.prior, shape: [1, 3]).log().tiled(Self.rowCount, along: 0)
        let rows = gradient(at: logits) { logits in
            let queries = logits.logSoftmax().taken(at: Indices(drawn, shape: shape), along: 1)
            return latentQueryLoss(.snis, replies: replies, queries: queries) * Float(-Self.rowCount)
        }
        return (0..<3).map { logit in
            let values = rows.selected(logit, along: 1).scalars.map(Double.init)
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            return (mean, (variance / Double(values.count)).squareRoot())
        }
    }
}
