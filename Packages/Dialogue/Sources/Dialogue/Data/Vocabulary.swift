// Words as tokens, behind the marks that no text may contain: ends, speakers, and one control token per module.
//
// Source: line specification, sections 2.1 and 2.5. Subword pieces are the business of Sequences' `Tokeniser`.

/// What the one network can be asked for; the raw value is BlenderBot 3's control token.
///
/// In the order of the specification's table; the replies of all kinds are one module, told apart by what is in their input.
public enum DialogueModule: String, CaseIterable, Sendable, Codable {
    /// Whether to search: one of two tokens.
    case searchDecision = "__is-search-required__"
    /// Whether to use a memory: one of two tokens.
    case memoryDecision = "__is-memory-required__"
    /// What to search for.
    case searchQuery = "__generate-query__"
    /// A sentence to remember of an utterance.
    case memoryGeneration = "__generate-memory__"
    /// The memory to use.
    case memoryAccess = "__access-memory__"
    /// An entity of the context.
    case entityExtraction = "__extract-entity__"
    /// A sentence of the documents.
    case knowledgeGeneration = "__generate-knowledge__"
    /// The reply; BlenderBot 3 has no token for it, but a decoder has to start with one.
    case response = "__generate-response__"

    /// The token the decoder starts with.
    public var startToken: Int32 { Vocabulary.token(ofMark: rawValue) }
}

/// The words of a world by token.
public struct Vocabulary: Sendable, Equatable {
    /// What fills short sequences.
    public static let padding: Int32 = 0
    /// After the last token of a text.
    public static let end: Int32 = 1
    /// A word that is none of these.
    public static let unknown: Int32 = 2
    /// Before a turn of the user.
    public static let user: Int32 = 3
    /// Before a turn of the bot.
    public static let bot: Int32 = 4
    /// The marks of all vocabularies by token; no text is ever read as one.
    public static let marks =
        ["__pad__", "__end__", "__unk__", "__user__", "__bot__"] + DialogueModule.allCases.map(\.rawValue) + [
            "__do-search__", "__do-not-search__", "__do-access-memory__", "__do-not-access-memory__",
            "__knowledge__", "__endknowledge__", "__memory__", "__endmemory__", "__entity__", "__endentity__",
        ]

    /// Marks, then words, by token.
    public let words: [String]
    private let tokens: [String: Int32]

    /// A vocabulary of words, which get tokens in their order; a word twice is one.
    public init(_ words: [String]) {
        var seen = Set(Self.marks)
        let own = words.filter { seen.insert($0).inserted }
        self.words = Self.marks + own
        tokens = Dictionary(uniqueKeysWithValues: own.enumerated().map { ($1, Int32(Self.marks.count + $0)) })
    }

    /// Marks and words together.
    public var count: Int { words.count }

    /// The token of a mark; stops if there is no such mark.
    public static func token(ofMark mark: String) -> Int32 {
        guard let token = marks.firstIndex(of: mark) else { fatalError("Vocabulary: '\(mark)' is no mark.") }
        return Int32(token)
    }

    /// The tokens of a text's words; a word that looks like a mark is unknown, so that no document can give orders.
    public func tokens(of text: String) -> [Int32] {
        text.split(separator: " ").map { tokens[String($0)] ?? Self.unknown }
    }

    /// The words of tokens with spaces between them.
    public func text(of tokens: some Sequence<Int32>) -> String {
        tokens.map { words[Int($0)] }.joined(separator: " ")
    }

    /// Turns, each behind its speaker's mark, and an end; the last turn is the user's, the one before the bot's.
    public func tokens(ofTurns turns: [String]) -> [Int32] {
        turns.enumerated().flatMap { index, turn in
            [(turns.count - index).isMultiple(of: 2) ? Self.bot : Self.user] + tokens(of: turn)
        } + [Self.end]
    }

    /// A document or a memory, with its end; one without words stands for none at all.
    public func tokens(ofDocument text: String) -> [Int32] { tokens(of: text) + [Self.end] }
}
