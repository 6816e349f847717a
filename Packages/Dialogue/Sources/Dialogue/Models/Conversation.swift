// One turn after the other over the network of modules: decide, search, remember, reply. Every step is kept.
//
// The reduced form shares one encoding of the whole conversation between all modules that read turns; memories and documents
// are joined to it, the reply reads its knowledge in brackets. Source: line specification, 2.2 and 2.5 ("combined" replies;
// "separate" and "both" are not here).

internal import Sequences
internal import Tensors

/// When documents are searched.
public enum SearchRule: String, Sendable, Codable, CaseIterable {
    /// As the module decides.
    case auto
    /// In every turn.
    case always
    /// In none.
    case never
}

/// One module's part in a turn.
public struct ModuleStep: Sendable, Equatable, Codable {
    /// The module's published tag.
    public let module: String
    /// What it read, in the published form.
    public let input: String
    /// What it said.
    public let output: String
    /// The log-probability of what it said, in nats; of the answer among the two for a decision.
    public let logProbability: Double
    /// The time it took; left out of transcripts, which are equal from run to run.
    public var milliseconds: Double?
}

/// A document that a search returned.
public struct FoundDocument: Sendable, Equatable, Codable {
    /// Its place in the store.
    public let document: Int
    /// Its name.
    public let name: String
    /// Its text as the modules read it.
    public let text: String
    /// BM25.
    public let score: Double
}

/// All that happened in a turn.
public struct TurnRecord: Sendable, Equatable, Codable {
    /// From 1 on.
    public let number: Int
    /// What the user said, as the modules read it.
    public let user: String
    /// The modules' parts, in order.
    public var steps: [ModuleStep]
    /// What was found, the best first.
    public var documents: [FoundDocument]
    /// What the reply read.
    public var knowledge: [Knowledge]
    /// What was newly stored.
    public var remembered: [MemoryRecord]
    /// The reply.
    public var reply: String
}

/// A conversation with its memories and its store of documents.
public struct Conversation: Sendable {
    /// The turns so far, user and bot in turn.
    public private(set) var turns: [String] = []
    /// What is remembered.
    public var memories: MemoryStore
    let model: ModularDialogue
    let vocabulary: Vocabulary
    let placement: ControlPlacement
    let store: DocumentStore
    private let clock = ContinuousClock()

    /// A conversation that continues with earlier turns and memories.
    public init(
        _ model: ModularDialogue, _ vocabulary: Vocabulary, placement: ControlPlacement, store: DocumentStore,
        turns: [String] = [], memories: MemoryStore = MemoryStore()
    ) {
        (self.model, self.vocabulary, self.placement, self.store) = (model, vocabulary, placement, store)
        (self.turns, self.memories) = (turns, memories)
    }

    /// One turn.
    ///
    /// - Parameters:
    ///   - text: What the user said.
    ///   - search: Whether to search.
    ///   - query: What to search for instead of the module's query; also means a search.
    /// - Returns: All that happened.
    public mutating func reply(to text: String, search: SearchRule = .auto, query: String? = nil) -> TurnRecord {
        let said = Self.words(of: text)
        turns.append(said)
        var turn = TurnRecord(
            number: turns.count / 2 + 1, user: said, steps: [], documents: [], knowledge: [], remembered: [], reply: "")
        let available = memories.available(for: said)
        let isSearching = query != nil || search == .always || search == .auto && decide(.searchDecision, [], &turn)
        let isRemembering = !available.isEmpty && decide(.memoryDecision, available, &turn)
        if !isSearching, !isRemembering {
            let entity = generate(.entityExtraction, &turn)
            if !entity.isEmpty { turn.knowledge.append(Knowledge(from: .entityExtraction, entity)) }
        }
        var used: Int?
        if isRemembering {
            let memory = generate(.memoryAccess, documents: available.map(\.text), &turn)
            used = available.first { $0.text == memory }?.id
            turn.knowledge.append(Knowledge(from: .memoryAccess, memory))
        }
        if isSearching {
            let asked = query.map(Self.words) ?? generate(.searchQuery, &turn)
            turn.documents = found(asked)
            if !turn.documents.isEmpty {
                let knowledge = generate(.knowledgeGeneration, documents: turn.documents.map(\.text), &turn)
                turn.knowledge.append(Knowledge(from: .knowledgeGeneration, knowledge))
            }
        }
        turn.reply = generate(.response, knowledge: turn.knowledge, &turn)
        memories.grow(used: used)
        remember(generate(.memoryGeneration, of: [said], &turn), about: .user, &turn)
        remember(generate(.memoryGeneration, of: [turn.reply], &turn), about: .bot, &turn)
        turns.append(turn.reply)
        return turn
    }

    /// How much likelier a turn's reply is with knowledge than without, in nats per token; above 0 if it helps.
    ///
    /// Before anything else is said: the turn is the last one.
    public func gain(of knowledge: [Knowledge], in turn: TurnRecord) -> Double {
        let target = vocabulary.tokens(of: turn.reply)
        let values = [knowledge, []].map { knowledge in
            var inference: Philox?
            let source = source(.response, heard.dropLast(), knowledge.map(vocabulary.tokens(ofKnowledge:)))
            return Double(
                model.logLikelihoods(
                    of: [target], as: .response, given: source, dropout: &inference
                ).scalars[0])
        }
        return (values[0] - values[1]) / Double(target.count + 1)
    }

    /// What the last reply would have been with other knowledge.
    public func reply(with knowledge: [Knowledge]) -> String {
        output(.response, source(.response, heard.dropLast(), knowledge.map(vocabulary.tokens(ofKnowledge:)))).text
    }

    /// What the modules would take from one document for the last reply.
    public func knowledge(from document: FoundDocument) -> Knowledge {
        let documents = [vocabulary.tokens(ofDocument: document.text)]
        return Knowledge(
            from: .knowledgeGeneration,
            output(.knowledgeGeneration, source(.knowledgeGeneration, heard.dropLast(), documents)).text)
    }

    /// What the modules read of the turns; with the reply that has been given, one more.
    private var heard: ArraySlice<String> {
        turns.suffix(ModuleTrainingConfiguration.historyCount + (turns.count.isMultiple(of: 2) ? 1 : 0))
    }

    /// Text as the network reads it: lower case, marks of punctuation apart, no control tokens.
    static func words(of text: String) -> String {
        let spaced = text.lowercased().reduce(into: "") { $0 += ".,?!;:".contains($1) ? " \($1) " : String($1) }
        return escapingControlTokens(in: spaced)
    }

    private func found(_ query: String) -> [FoundDocument] {
        store.index.best(ModuleTrainingConfiguration.documentCount, for: query).map {
            FoundDocument(
                document: $0.document, name: store.names[$0.document], text: Self.words(of: store.texts[$0.document]),
                score: $0.score)
        }
    }

    private mutating func remember(_ text: String, about person: MemoryRecord.Person, _ turn: inout TurnRecord) {
        if case .stored(let record, _) = memories.add(text, about: person, turn: turn.number) {
            turn.remembered.append(record)
        }
    }

    private func decide(_ module: DialogueModule, _ memories: [MemoryRecord], _ turn: inout TurnRecord) -> Bool {
        guard let answers = module.answers else { return false }
        let start = clock.now
        let source = source(module, heard, memories.map { vocabulary.tokens(ofDocument: $0.text) })
        var inference: Philox?
        let values = model.decision(module.start(placement), between: answers, given: source, dropout: &inference)
            .scalars
        let output = values[0] > values[1] ? answers.yes : answers.no
        turn.steps.append(
            ModuleStep(
                module: module.tag, input: module.input(turns: Array(heard), memories: memories), output: output,
                logProbability: Double(max(values[0], values[1])), milliseconds: (clock.now - start) / .milliseconds(1))
        )
        return module.decision(in: output) ?? false
    }

    private func generate(
        _ module: DialogueModule, of ownTurns: [String]? = nil, documents: [String] = [], knowledge: [Knowledge] = [],
        _ turn: inout TurnRecord
    ) -> String {
        let start = clock.now
        let read = ownTurns ?? Array(heard)
        let apart =
            documents.map(vocabulary.tokens(ofDocument:))
            + knowledge.inReadingOrder.map(vocabulary.tokens(ofKnowledge:))
        let (text, logProbability) = output(module, source(module, read[...], apart))
        turn.steps.append(
            ModuleStep(
                module: module.tag, input: module.input(turns: read, knowledge: knowledge), output: text,
                logProbability: logProbability, milliseconds: (clock.now - start) / .milliseconds(1)))
        return text
    }

    private func source(_ module: DialogueModule, _ turns: ArraySlice<String>, _ documents: [[Int32]]) -> EncodedSource
    {
        var inference: Philox?
        return model.source(
            for: module, turns: [vocabulary.tokens(ofTurns: Array(turns))], documents: [documents], placement,
            dropout: &inference)
    }

    private func output(_ module: DialogueModule, _ source: EncodedSource) -> (text: String, logProbability: Double) {
        let decoding = ModuleDecoding.reduced(module)
        let rules = GenerationRules(
            end: Vocabulary.end, forbidden: (0..<Int32(Vocabulary.marks.count)).filter { $0 != Vocabulary.end },
            minimumLength: decoding.minimumLength, repetitionBlock: decoding.repetitionBlock,
            contextBlock: decoding.contextBlock)
        var decoder = CachedDecoder(model.network, given: source)
        let request = GenerationRequest(
            start: module.start(placement).startToken, maximumLength: decoding.maximumLength)
        guard let best = BeamSearch(rules, beamSize: decoding.beamSize)(&decoder, [request])[0].first else {
            return ("", -.infinity)
        }
        return (vocabulary.text(of: best.tokens), best.logProbability)
    }
}
