// What BlenderBot 3's modules read and write, as text: control tokens, brackets of knowledge, decisions.
//
// One network does all of them; here the token that names the module stands at the end of the input, as the published
// model has it. Source: line specification, 2.1 and 2.2, after ParlAI, projects/bb3. Style-grounded and opening replies and
// the decoder-only variant are not here.

extension DialogueModule {
    /// The published name in three letters; all replies are srm, whatever knowledge they have ("combined").
    public var tag: String {
        switch self {
        case .searchDecision: "sdm"
        case .memoryDecision: "mdm"
        case .searchQuery: "sgm"
        case .memoryGeneration: "mgm"
        case .memoryAccess: "mkm"
        case .entityExtraction: "ckm"
        case .knowledgeGeneration: "skm"
        case .response: "srm"
        }
    }

    /// What stands around the module's output where the reply reads it; `nil` where the reply does not.
    var brackets: (open: String, close: String)? {
        switch self {
        case .entityExtraction: ("__entity__", "__endentity__")
        case .memoryAccess: ("__memory__", "__endmemory__")
        case .knowledgeGeneration: ("__knowledge__", "__endknowledge__")
        default: nil
        }
    }

    /// What a decision says if it is yes, and if it is no; `nil` for modules that decide nothing.
    public var answers: (yes: String, no: String)? {
        switch self {
        case .searchDecision: ("__do-search__", "__do-not-search__")
        case .memoryDecision: ("__do-access-memory__", "__do-not-access-memory__")
        default: nil
        }
    }

    /// Whether only the last turn is read.
    var readsOneTurn: Bool { [.searchDecision, .memoryDecision, .memoryGeneration].contains(self) }

    /// What an output decides; `nil` if it is neither answer, which counts as no.
    ///
    /// Each answer is recognised by its beginning. The published code looks for the yes twice, so that a no with anything
    /// behind it counts as an error there.
    public func decision(in output: String) -> Bool? {
        guard let answers else { return nil }
        if output.hasPrefix(answers.yes) { return true }
        return output.hasPrefix(answers.no) ? false : nil
    }

    /// The module's input, with its control token at the end; the reply has none there.
    ///
    /// - Parameters:
    ///   - turns: What was said, the last turn last; modules that read one turn read the last.
    ///   - memories: What `memoryDecision` reads before the turn. To `memoryAccess` memories are documents, read apart.
    ///   - knowledge: What the reply reads behind the conversation.
    /// - Returns: Turns with line breaks between them.
    public func input(
        turns: [String], memories: [MemoryRecord] = [], knowledge: [Knowledge] = []
    ) -> String {
        var text = readsOneTurn ? turns.last ?? "" : turns.joined(separator: "\n")
        if self == .memoryDecision, !memories.isEmpty {
            let persons = MemoryRecord.Person.allCases.map { person in
                let texts = memories.filter { $0.person == person }.map(\.text)
                return "\(person.rawValue): \(texts.joined(separator: " "))\n"
            }
            text = persons.joined() + text
        }
        if self == .response, !knowledge.isEmpty { text += "\n" + knowledge.inReadingOrder.map(\.bracketed).joined() }
        return self == .response ? text : "\(text) \(rawValue)"
    }
}

/// What one of the three knowledge modules found.
public struct Knowledge: Sendable, Equatable, Codable {
    /// `entityExtraction`, `memoryAccess` or `knowledgeGeneration`.
    public let source: DialogueModule
    /// A sentence or an entity.
    public let text: String

    /// Knowledge from a module.
    public init(from source: DialogueModule, _ text: String) { (self.source, self.text) = (source, text) }

    /// The text in its module's brackets.
    public var bracketed: String {
        guard let (open, close) = source.brackets else { return text }
        return "\(open) \(text) \(close)"
    }
}

extension [Knowledge] {
    /// Entity, memory, search, as the published code joins them.
    public var inReadingOrder: [Knowledge] {
        [DialogueModule.entityExtraction, .memoryAccess, .knowledgeGeneration].flatMap { source in
            filter { $0.source == source }
        }
    }
}

/// Text from outside as data: no control token is left in it, and no line break that could pass for a turn.
///
/// Every control token begins with two underscores, so runs of underscores become one. Removing the tokens by name would not
/// do: `____knowledge____` would leave one behind.
public func escapingControlTokens(in text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.reduce(into: "") { escaped, character in
        if character != "_" || escaped.last != "_" { escaped.append(character) }
    }
}
