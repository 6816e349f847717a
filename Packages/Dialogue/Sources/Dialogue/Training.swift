// Training of query and reply together, by any method, on dialogues without annotations unless the method asks for them.
//
// Source: line specification, sections 3.2 to 3.4 and 5.

public import Learning
internal import Sequences
internal import Tensors

/// A training in progress.
public struct DialogueTraining: Sendable {
    /// What is trained.
    public let model: ModularDialogue
    /// The loss of each step so far.
    public private(set) var losses: [Float] = []
    /// The number of steps before queries became latent; `nil` if they are not.
    public private(set) var warmStepCount: Int?
    /// The gate's measurements so far, by step: shares of sampled queries that find somebody named.
    public private(set) var gateShares: [Int: Double] = [:]
    private let method: DialogueMethod
    private let configuration: DialogueConfiguration
    private let world: SyntheticWorld
    private let search: WorldSearch
    private let annotations: [GoldAnnotation?]
    private let contexts: [[Int32]]
    /// The end of each context that its reply is made from, where that is not all.
    private let heard: [[Int32]]?
    private let replies: [[Int32]]
    private let documents: [[Int32]]
    /// For each dialogue the documents about whoever is named in its context.
    private let named: [[Int]]
    private var optimiser: Adam
    private let streams: Philox

    /// Starts from fresh parameters.
    ///
    /// - Parameters:
    ///   - method: Who makes the queries.
    ///   - configuration: Model and training.
    ///   - world: Its training dialogues and its documents.
    ///   - search: A search over the world's documents.
    ///   - annotations: Of the training dialogues, for the methods that use them; empty for the others.
    ///   - seed: Decides parameters, batches and samples; the batches are those of any other method.
    /// - Throws: `DialogueConfigurationError` for a setting under which nothing would be learned.
    public init(
        _ method: DialogueMethod, _ configuration: DialogueConfiguration, on world: SyntheticWorld, search: WorldSearch,
        annotations: [GoldAnnotation?] = [], seed: UInt64
    ) throws(DialogueConfigurationError) {
        try configuration.validate()
        shapeCheck(
            annotations.count == (method.usesAnnotations ? world.train.count : 0), "DialogueTraining (annotations)",
            [annotations.count])
        self.method = method
        self.configuration = configuration
        (self.world, self.search, self.annotations) = (world, search, annotations)
        streams = Philox(seed: seed, stream: "dialogue/training")
        contexts = world.train.map { world.vocabulary.tokens(ofTurns: $0.context) }
        heard = configuration.replyTurns.map { count in
            world.train.map { world.vocabulary.tokens(ofTurns: $0.context.suffix(count)) }
        }
        replies = world.train.map { world.vocabulary.tokens(of: $0.reply) }
        documents = world.documents.map { world.vocabulary.tokens(ofDocument: $0.text) }
        named = world.train.map { search.namedDocuments(in: $0.context) }
        var initial = streams.stream("parameters")
        var shape = configuration.model
        shape.vocabularySize = world.vocabulary.count
        model = ModularDialogue(shape, using: &initial)
        optimiser = Adam(learningRate: configuration.learningRate, weightDecay: configuration.weightDecay)
        let asked = world.test.map { world.vocabulary.tokens(ofTurns: $0.context) }
        let longest = (contexts + documents + asked).map(\.count).max() ?? 0
        if let positions = shape.learnedPositionCount, shape.firstPosition + longest > positions {
            throw .tooLong(tokens: longest, positions: positions)
        }
    }

    /// Whether all steps are done.
    public var isFinished: Bool { losses.count >= configuration.steps }

    /// One optimiser step.
    ///
    /// - Throws: `NonFiniteLoss`; nothing has changed then.
    public mutating func step() throws(NonFiniteLoss) {
        let index = losses.count + 1
        var generator = streams.stream("batch/\(index)")
        let batch = (0..<configuration.batchSize).map { _ in generator.integer(below: world.train.count) }
        passGate(before: index)
        let (loss, gradients) =
            warmStepCount == nil
            ? guidedStep(batch, step: index, using: &generator) : latentStep(batch, step: index, using: &generator)
        let value = try loss.finiteLoss(atStep: index)
        optimiser.update(
            model, gradients: gradients, factor: configuration.rateFactor(index), maximumNorm: configuration.maximumNorm
        )
        losses.append(value)
    }

    /// Queries become latent once enough of them find somebody named: a starved start gives no gradient.
    private mutating func passGate(before index: Int) {
        guard method == .latent, warmStepCount == nil, index > configuration.warmSteps,
            (index - configuration.warmSteps) % 50 == 1
        else { return }
        var generator = streams.stream("gate/\(index)")
        let probes = (0..<64).map { _ in generator.integer(below: world.train.count) }
        var inference: Philox?
        let source = model.encode(probes.map { contexts[$0] }, dropout: &inference)
        let sampled = model.sampled(
            .searchQuery, count: 1, given: source, maximumLength: configuration.queryLength, using: &generator)
        let found = zip(probes, sampled).count { probe, queries in
            let document = queries.first.flatMap { search.document(for: world.vocabulary.text(of: $0.tokens)) }
            return document.map(named[probe].contains) ?? false
        }
        gateShares[index - 1] = Double(found) / Double(probes.count)
        if Double(found) >= configuration.gate * Double(probes.count) { warmStepCount = index - 1 }
    }

    /// Cross-entropy of replies on documents and of queries on targets that the method gives.
    private func guidedStep(_ batch: [Int], step: Int, using generator: inout Philox) -> (Tensor, [Tensor]) {
        let found = batch.map { guidedDocument($0, using: &generator) }
        let labelled = method == .supervised ? Int(configuration.labelShare * Double(annotations.count)) : 0
        // Rare labels have a batch of their own.
        let asked =
            method == .supervised ? batch.map { $0 < labelled ? $0 : generator.integer(below: labelled) } : batch
        let targets = method.generatesQueries ? asked.map { queryTarget($0, using: &generator) } : []
        return valueAndGradient(of: model) { model in
            var dropout: Philox? = streams.stream("dropout/\(step)")
            let source = model.encode(batch.map { contexts[$0] }, dropout: &dropout)
            let told = fused(model, batch, source, found.map { [$0] }, dropout: &dropout)
            let reply = model.logLikelihoods(
                of: batch.map { replies[$0] }, as: .response, given: told, dropout: &dropout)
            guard !targets.isEmpty else { return -reply.mean() }
            let ask = asked == batch ? source : model.encode(asked.map { contexts[$0] }, dropout: &dropout)
            let query = model.logLikelihoods(of: targets, as: .searchQuery, given: ask, dropout: &dropout)
            return -(reply + query).mean()
        }
    }

    /// The weighted samples' loss.
    private func latentStep(_ batch: [Int], step: Int, using generator: inout Philox) -> (Tensor, [Tensor]) {
        let count = configuration.candidateCount
        var inference: Philox?
        let frozen = model.encode(batch.map { contexts[$0] }, dropout: &inference)
        let queries = samples(given: frozen, using: &generator)
        let decides = configuration.searchCost != nil
        let found = queries.map { queries in
            queries.map { search.document(for: world.vocabulary.text(of: $0)) } + (decides ? [nil] : [])
        }
        let width = count + (decides ? 1 : 0)
        let share = Float(step - (warmStepCount ?? 0)) / Float(configuration.steps - (warmStepCount ?? 0))
        let temperature = configuration.temperature + (1 - configuration.temperature) * share
        return valueAndGradient(of: model) { model in
            var dropout: Philox? = streams.stream("dropout/\(step)")
            let source = model.encode(batch.map { contexts[$0] }, dropout: &dropout)
            let told = fused(model, batch, source, found, dropout: &dropout)
            let targets = batch.flatMap { [[Int32]](repeating: replies[$0], count: width) }
            let reply = model.logLikelihoods(of: targets, as: .response, given: told, dropout: &dropout)
                .reshaped(to: [batch.count, width])
            let query = model.logLikelihoods(
                of: queries.flatMap(\.self), as: .searchQuery, given: source, dropout: &dropout
            ).reshaped(to: [batch.count, count])
            guard let cost = configuration.searchCost else {
                return latentQueryLoss(
                    configuration.estimator, replies: reply, queries: query, temperature: temperature)
            }
            let parts = reply.split(along: 1, [count, 1])
            let decision = model.decision(
                .searchDecision, between: ("__do-search__", "__do-not-search__"), given: source, dropout: &dropout)
            return latentSearchLoss(
                replies: parts[0], nothing: parts[1], queries: query, decision: decision, temperature: temperature,
                searchCost: cost)
        }
    }

    /// K queries per context: drawn, or for `beamSet` the different ones of a beam.
    private func samples(given source: EncodedSource, using generator: inout Philox) -> [[[Int32]]] {
        let (count, length) = (configuration.candidateCount, configuration.queryLength)
        let drawn =
            configuration.estimator == .beamSet
            ? model.best(.searchQuery, given: source, maximumLength: length, beamSize: count)
            : model.sampled(.searchQuery, count: count, given: source, maximumLength: length, using: &generator)
        return drawn.map { $0.map(\.tokens) }
    }

    /// The document that a method replies from while queries are not latent.
    private func guidedDocument(_ dialogue: Int, using generator: inout Philox) -> Int? {
        let (context, reply) = (world.train[dialogue].context, world.train[dialogue].reply)
        let drop = generator.uniform(in: 0..<1) < configuration.documentDropProbability
        let random = generator.integer(below: documents.count)
        let isBlind = generator.integer(below: 2) == 0
        let header = headerDocument(dialogue, using: &generator)
        if method != .noSearch && drop { return random }
        switch method {
        case .noSearch: return nil
        case .lastTurn: return search.document(for: context.last ?? "")
        case .fullContext: return search.document(for: unrepeatedWords(context))
        case .oracle: return annotations[dialogue].flatMap { search.document(for: $0.query) }
        case .supervised:
            let isLabelled = Double(dialogue) < configuration.labelShare * Double(annotations.count)
            let query = isLabelled ? annotations[dialogue]?.query : nil
            return search.document(for: query ?? unrepeatedWords(context + [reply]))
        case .header, .hindsightDistillation, .latent:
            if configuration.searchCost != nil && isBlind && generator.integer(below: 2) == 0 { return nil }
            // Half of the replies see what a blind query finds, so that ℓ tells documents apart before w needs it.
            return isBlind ? header : search.document(for: unrepeatedWords(context + [reply]))
        }
    }

    /// A random document about somebody named; `nil` if nobody is.
    private func headerDocument(_ dialogue: Int, using generator: inout Philox) -> Int? {
        let named = named[dialogue]
        return named.isEmpty ? nil : named[generator.integer(below: named.count)]
    }

    /// What the query generator learns while queries are not latent.
    private func queryTarget(_ dialogue: Int, using generator: inout Philox) -> [Int32] {
        let (context, reply) = (world.train[dialogue].context, world.train[dialogue].reply)
        if let query = annotations.isEmpty ? nil : annotations[dialogue]?.query {
            return world.vocabulary.tokens(of: query)
        }
        let document: Int?
        if method == .header || method == .latent && configuration.warmQuery == .header {
            document = headerDocument(dialogue, using: &generator)
        } else {
            document = search.document(for: unrepeatedWords(context + [reply]))
        }
        return document.map { world.vocabulary.tokens(of: world.documents[$0].header) } ?? []
    }

    /// What the reply of each dialogue is made from, with each of its documents: `[dialogue · candidate]`.
    private func fused(
        _ model: ModularDialogue, _ batch: [Int], _ source: EncodedSource, _ found: [[Int?]], dropout: inout Philox?
    ) -> EncodedSource {
        let end = heard.map { heard in model.encode(batch.map { heard[$0] }, dropout: &dropout) }
        return model.fused(
            end ?? source, found.map { $0.map { $0.map { documents[$0] } ?? [Vocabulary.end] } }, dropout: &dropout)
    }
}
