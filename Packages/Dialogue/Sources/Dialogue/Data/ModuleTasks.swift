// What each module is taught, scene by scene: facts that have to be searched for, small talk, and sentences about the user
// that are worth remembering. Source: line specification, 2.4; the sentences are ours.

internal import Tensors

/// Scenes of a world.
struct ModuleTasks: Sendable {
    let vocabulary: Vocabulary
    private let world: SyntheticWorld
    private let gold: [GoldAnnotation?]
    private let index: BM25Index
    /// What a sentence about the user can say.
    private let things: [String]

    init(_ world: SyntheticWorld, _ gold: WorldGold) {
        (self.world, self.gold) = (world, gold.train)
        index = BM25Index(world.documents.map(\.text))
        vocabulary = Self.vocabulary(of: world)
        // "… is a THING ."
        let introductions = world.train.flatMap { dialogue in
            dialogue.context.dropLast().filter { $0.contains(" is a ") }
        }
        things = Set(introductions.compactMap { $0.split(separator: " ").dropLast().last.map(String.init) }).sorted()
    }

    /// The world's words and those of the sentences about the user.
    static func vocabulary(of world: SyntheticWorld) -> Vocabulary {
        let sentences =
            personas.flatMap { [$0.said, $0.remembered, $0.question, $0.reply] } + [nice, unknown, noPersona]
        return Vocabulary(world.vocabulary.words + sentences.flatMap { $0.split(separator: " ").map(String.init) })
    }

    /// The examples of one turn: six in ten need a search.
    func scene(using generator: inout Philox) -> [ModuleExample] {
        let place = generator.integer(below: world.train.count)
        let dialogue = world.train[place]
        let memories = generator.sample(generator.integer(below: Self.personas.count + 1), of: Self.personas.count)
            .map { Persona(kind: $0, thing: things[generator.integer(below: things.count)]) }
        // Introductions and their replies; all of them, or some, or none.
        let before = Array(dialogue.context.dropLast())
        let told = Array(before.prefix(2 * generator.integer(below: before.count / 2 + 1)))
        switch generator.integer(below: 10) {
        case 0..<6:
            guard let gold = gold[place] else { return talk(dialogue.context, dialogue.reply, memories) }
            return search(dialogue, gold, memories)
        case 6: return talk(Array(before.prefix(told.count + 1)), "i see .", memories)
        case 7:
            let persona = Persona(
                kind: generator.integer(below: Self.personas.count),
                thing: things[generator.integer(below: things.count)])
            return talk(told + [persona.said], Self.nice, memories, remembered: persona.remembered)
        default:
            return recall(told, kind: generator.integer(below: Self.personas.count), memories)
        }
    }

    private func search(
        _ dialogue: GeneratedDialogue, _ gold: GoldAnnotation, _ memories: [Persona]
    ) -> [ModuleExample] {
        let found = index.best(ModuleTrainingConfiguration.documentCount, for: gold.query).map(\.document)
        // Without the filler words behind the value.
        let knowledge = words(world.documents[gold.document].text).prefix(4).joined(separator: " ")
        return decisions(dialogue.context, memories, search: true, memory: false) + [
            example(.searchQuery, dialogue.context, gold.query),
            example(.knowledgeGeneration, dialogue.context, knowledge, reading: found.map { world.documents[$0].text }),
            reply(dialogue.context, [Knowledge(from: .knowledgeGeneration, knowledge)], dialogue.reply),
            example(.memoryGeneration, dialogue.context.suffix(1), Self.noPersona),
            example(.memoryGeneration, [dialogue.reply], Self.noPersona),
        ]
    }

    /// A turn that needs neither search nor memory; the entity is the last one introduced.
    private func talk(
        _ turns: [String], _ said: String, _ memories: [Persona], remembered: String = noPersona
    ) -> [ModuleExample] {
        let entity =
            turns.last { $0.hasSuffix(" .") && words($0).dropFirst(2).starts(with: ["is", "a"]) }
            .map { words($0).prefix(2).joined(separator: " ") } ?? ""
        let knowledge = entity.isEmpty ? [] : [Knowledge(from: .entityExtraction, entity)]
        return decisions(turns, memories, search: false, memory: false) + [
            example(.entityExtraction, turns, entity), reply(turns, knowledge, said),
            example(.memoryGeneration, turns.suffix(1), remembered),
        ]
    }

    /// A question about the user, which a memory answers or none does.
    private func recall(_ told: [String], kind: Int, _ memories: [Persona]) -> [ModuleExample] {
        let turns = told + [Self.personas[kind].question]
        guard let known = memories.first(where: { $0.kind == kind }) else { return talk(turns, Self.unknown, memories) }
        return decisions(turns, memories, search: false, memory: true) + [
            example(.memoryAccess, turns, known.remembered, reading: memories.map(\.remembered)),
            reply(turns, [Knowledge(from: .memoryAccess, known.remembered)], known.reply),
            example(.memoryGeneration, turns.suffix(1), Self.noPersona),
        ]
    }

    private func decisions(
        _ turns: [String], _ memories: [Persona], search: Bool, memory: Bool
    ) -> [ModuleExample] {
        [(DialogueModule.searchDecision, search, []), (.memoryDecision, memory, memories.map(\.remembered))].map {
            module, decision, documents in
            let answer = module.answers.map { decision ? $0.yes : $0.no } ?? ""
            return ModuleExample(
                module: module, turns: vocabulary.tokens(ofTurns: turns),
                documents: documents.map(vocabulary.tokens(ofDocument:)), target: [Vocabulary.token(ofMark: answer)])
        }
    }

    private func reply(_ turns: [String], _ knowledge: [Knowledge], _ said: String) -> ModuleExample {
        ModuleExample(
            module: .response, turns: vocabulary.tokens(ofTurns: turns),
            documents: knowledge.map(vocabulary.tokens(ofKnowledge:)), target: vocabulary.tokens(of: said))
    }

    private func example(
        _ module: DialogueModule, _ turns: some Collection<String>, _ target: String,
        reading documents: [String] = []
    ) -> ModuleExample {
        ModuleExample(
            module: module, turns: vocabulary.tokens(ofTurns: Array(turns)),
            documents: documents.map(vocabulary.tokens(ofDocument:)), target: vocabulary.tokens(of: target))
    }

    private func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
}

extension ModuleTasks {
    static let noPersona = "no persona"
    private static let nice = "that is nice ."
    private static let unknown = "i do not know ."
    /// `*` is the thing.
    private static let personas = [
        (said: "i like * .", remembered: "i like *", question: "what do i like ?", reply: "you like * ."),
        (
            said: "my pet is a * .", remembered: "my pet is a *", question: "what is my pet ?",
            reply: "your pet is a * ."
        ),
        (
            said: "i work as a * .", remembered: "i work as a *", question: "what is my work ?",
            reply: "you work as a * ."
        ),
    ]

    /// Something about the user.
    private struct Persona {
        let kind: Int
        let thing: String

        var said: String { personas[kind].said.replacing("*", with: thing) }
        var remembered: String { personas[kind].remembered.replacing("*", with: thing) }
        var reply: String { personas[kind].reply.replacing("*", with: thing) }
    }
}

extension Vocabulary {
    /// Knowledge in its module's brackets, as the reply reads it.
    func tokens(ofKnowledge knowledge: Knowledge) -> [Int32] {
        let text = tokens(of: knowledge.text)
        guard let (open, close) = knowledge.source.brackets else { return text + [Self.end] }
        return [Self.token(ofMark: open)] + text + [Self.token(ofMark: close), Self.end]
    }
}
