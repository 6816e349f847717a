// A small world to talk about: documents that hold facts, and dialogues whose replies need one of them.
//
// What is asked for never shares a word with the document that answers it, test facts are never seen in training, and what
// a scorer knows stands apart from what training may read. Source: line specification, section 8.3.

internal import TensorIO
internal import Tensors

/// How large a world is and how its dialogues go.
public struct SyntheticWorldConfiguration: Sendable, Equatable, Codable {
    /// First names, and as many last names.
    public var nameCount: Int
    /// Entities whose facts training dialogues ask for.
    public var trainEntityCount: Int
    /// Entities whose facts test dialogues ask for: new pairs of known names.
    public var testEntityCount: Int
    /// What can be asked about an entity.
    public var relationCount: Int
    /// How many words a question has for a relation.
    public var paraphraseCount: Int
    /// The values of each relation, its own.
    public var valueCount: Int
    /// Entities introduced in a dialogue.
    public var entitiesPerDialogue: Int
    /// The share of values that a reply calls by another word than the document, `0...1`.
    public var alias: Double
    /// The share of dialogues whose last turn needs no search, `0...1`.
    public var chatShare: Double

    /// 640 documents, two entities per dialogue.
    public static let easy = SyntheticWorldConfiguration(
        nameCount: 16, trainEntityCount: 120, testEntityCount: 40, relationCount: 4, paraphraseCount: 2, valueCount: 12,
        entitiesPerDialogue: 2, alias: 0, chatShare: 0)
    /// 3,200 documents, three entities per dialogue.
    public static let medium = SyntheticWorldConfiguration(
        nameCount: 50, trainEntityCount: 300, testEntityCount: 100, relationCount: 8, paraphraseCount: 3,
        valueCount: 20, entitiesPerDialogue: 3, alias: 0, chatShare: 0)

    /// What a document of an entity of the dialogue, picked blindly, has of being the right one.
    public var chance: Double { 1 / Double(entitiesPerDialogue * relationCount) }
}

/// A document: whom it is about, and one fact.
public struct WorldDocument: Sendable, Equatable {
    /// The entity's two names.
    public let title: String
    /// The relation's word, the value, two words without meaning.
    public let body: String

    /// All of it, as it is indexed and read.
    public var text: String { title + " " + body }
    /// How a document introduces itself: its title and its first word.
    public var header: String { title + " " + body.prefix { $0 != " " } }
}

/// A dialogue as training may see it.
public struct GeneratedDialogue: Sendable, Equatable {
    /// Unique in its world.
    public let name: String
    /// The turns so far, the user's last.
    public let context: [String]
    /// What was replied.
    public let reply: String
}

/// What a scorer knows about a dialogue.
public struct GoldAnnotation: Sendable, Equatable {
    /// A query that finds the document.
    public let query: String
    /// The document's place in the store.
    public let document: Int
    /// The value as the reply calls it.
    public let value: String
}

/// The annotations of a world, in the order of its dialogues; `nil` where nothing has to be searched for.
public struct WorldGold: Sendable, Equatable {
    /// Of the training dialogues: for scorers and supervised baselines.
    public let train: [GoldAnnotation?]
    /// Of the test dialogues: for scorers.
    public let test: [GoldAnnotation?]
}

/// Documents and dialogues.
public struct SyntheticWorld: Sendable {
    /// The size.
    public let configuration: SyntheticWorldConfiguration
    /// The store: entity by entity, relation by relation.
    public let documents: [WorldDocument]
    /// Dialogues about training entities.
    public let train: [GeneratedDialogue]
    /// Dialogues about test entities.
    public let test: [GeneratedDialogue]
    /// Every word of documents and dialogues.
    public let vocabulary: Vocabulary

    /// Makes a world with its annotations; both depend on nothing but the arguments.
    public static func generate(
        _ configuration: SyntheticWorldConfiguration, train trainCount: Int, test testCount: Int, seed: UInt64 = 2023
    ) -> (world: SyntheticWorld, gold: WorldGold) {
        let streams = Philox(seed: seed, stream: "synthetic-world")
        let words = WorldWords(configuration, streams.stream("words"))
        let facts = WorldFacts(configuration, words, streams.stream("facts"))
        func dialogues(_ kind: String, _ count: Int, _ entities: Range<Int>) -> [(GeneratedDialogue, GoldAnnotation?)] {
            (0..<count).map { index in
                var generator = streams.stream("\(kind)/\(index)")
                return facts.dialogue("\(kind)/\(index)", about: entities, using: &generator)
            }
        }
        let trainEntities = configuration.trainEntityCount
        let train = dialogues("train", trainCount, 0..<trainEntities)
        let test = dialogues("test", testCount, trainEntities..<(trainEntities + configuration.testEntityCount))
        let world = SyntheticWorld(
            configuration: configuration, documents: facts.documents, train: train.map(\.0), test: test.map(\.0),
            vocabulary: Vocabulary(words.all))
        return (world, WorldGold(train: train.map(\.1), test: test.map(\.1)))
    }

    /// The same world with the first `count` training dialogues in the place of the test's: what it knows by heart, too.
    public func tested(on count: Int) -> SyntheticWorld {
        SyntheticWorld(
            configuration: configuration, documents: documents, train: train, test: Array(train.prefix(count)),
            vocabulary: vocabulary)
    }

    /// SHA-256 of all texts.
    public var digest: String {
        let dialogues = (train + test).map { ([$0.name] + $0.context + [$0.reply]).joined(separator: "\t") }
        let lines = documents.map(\.text) + dialogues
        return SHA256.hexDigest(of: Array(lines.joined(separator: "\n").utf8))
    }
}

/// The words of a world: four letters each, by kind.
private struct WorldWords {
    let firstNames, lastNames, types, fillers, relations: [String]
    let paraphrases, values, replyForms: [[String]]
    let all: [String]

    init(_ configuration: SyntheticWorldConfiguration, _ generator: Philox) {
        var generator = generator
        let syllables = "bdfghjklmnprstvwxyz".flatMap { consonant in "aeiou".map { "\(consonant)\($0)" } }
        let known = Set(templateWords)
        var free = generator.sample(syllables.count * syllables.count, of: syllables.count * syllables.count)
            .map { syllables[$0 / syllables.count] + syllables[$0 % syllables.count] }
            .filter { !known.contains($0) }
        func take(_ count: Int) -> [String] {
            defer { free.removeFirst(count) }
            return Array(free.prefix(count))
        }
        func lists(_ count: Int) -> [[String]] { (0..<configuration.relationCount).map { _ in take(count) } }
        firstNames = take(configuration.nameCount)
        lastNames = take(configuration.nameCount)
        types = take(12)
        fillers = take(24)
        relations = take(configuration.relationCount)
        paraphrases = lists(configuration.paraphraseCount)
        values = lists(configuration.valueCount)
        let aliasCount = Int((configuration.alias * Double(configuration.valueCount)).rounded())
        replyForms = values.map { take(aliasCount) + $0.dropFirst(aliasCount) }
        all =
            templateWords + firstNames + lastNames + types + fillers + relations
            + [paraphrases, values, replyForms].flatMap { $0.joined() }
    }
}

/// The facts of a world, and how people talk about them.
private struct WorldFacts {
    let configuration: SyntheticWorldConfiguration
    let words: WorldWords
    /// The names of each entity, as documents have them.
    let titles: [String]
    /// The value of each document.
    let values: [Int]
    let documents: [WorldDocument]

    init(_ configuration: SyntheticWorldConfiguration, _ words: WorldWords, _ generator: Philox) {
        var generator = generator
        let (names, relations) = (configuration.nameCount, configuration.relationCount)
        let entityCount = configuration.trainEntityCount + configuration.testEntityCount
        let titles = generator.sample(entityCount, of: names * names)
            .map { words.firstNames[$0 / names] + " " + words.lastNames[$0 % names] }
        var values: [Int] = []
        documents = titles.flatMap { title in
            (0..<relations).map { relation in
                let value = generator.integer(below: configuration.valueCount)
                values.append(value)
                let fillers = (0..<2).map { _ in words.fillers[generator.integer(below: words.fillers.count)] }
                let body = [words.relations[relation], words.values[relation][value]] + fillers
                return WorldDocument(title: title, body: body.joined(separator: " "))
            }
        }
        (self.configuration, self.words, self.titles, self.values) = (configuration, words, titles, values)
    }

    /// Introductions, then a question about one of those introduced, or small talk.
    func dialogue(
        _ name: String, about entities: Range<Int>, using generator: inout Philox
    ) -> (GeneratedDialogue, GoldAnnotation?) {
        let count = configuration.entitiesPerDialogue
        let introduced = generator.sample(count, of: entities.count).map { entities.lowerBound + $0 }
        let types = generator.sample(count, of: words.types.count).map { words.types[$0] }
        var context: [String] = []
        for (entity, type) in zip(introduced, types) {
            context += ["\(titles[entity]) is a \(type) .", "i see ."]
        }
        if Double(generator.uniform(in: 0..<1)) < configuration.chatShare {
            let (said, replied) = smallTalk[generator.integer(below: smallTalk.count)]
            return (GeneratedDialogue(name: name, context: context + [said], reply: replied), nil)
        }
        let kind = generator.uniform(in: 0..<1)
        let place = kind < 0.7 ? generator.integer(below: count) : count - 1
        let reference = kind < 0.4 ? "the \(types[place])" : kind < 0.7 ? "the \(ordinals[place]) one" : "it"
        let relation = generator.integer(below: configuration.relationCount)
        let paraphrase = words.paraphrases[relation][generator.integer(below: configuration.paraphraseCount)]
        let document = introduced[place] * configuration.relationCount + relation
        let value = words.replyForms[relation][values[document]]
        let (before, after) = replies[generator.integer(below: replies.count)]
        return (
            GeneratedDialogue(
                name: name, context: context + ["what is the \(paraphrase) of \(reference) ?"],
                reply: before + value + after),
            GoldAnnotation(
                query: "\(titles[introduced[place]]) \(words.relations[relation])", document: document, value: value)
        )
    }
}

private let ordinals = ["first", "second", "third", "fourth"]
private let replies = [("it is ", " ."), ("i think that is ", " ."), ("the answer is ", " of course .")]
private let smallTalk = [
    ("how are you today ?", "i am fine thanks ."), ("do you like music ?", "yes i like music ."),
    ("thanks a lot .", "you are welcome ."), ("good bye .", "see you soon ."),
]
private let templateWords: [String] = {
    let sentences =
        ["is a . i see . what is the of the one it ?"] + ordinals + replies.map { $0 + $1 }
        + smallTalk.map { "\($0) \($1)" }
    return sentences.flatMap { $0.split(separator: " ").map(String.init) }
}()
