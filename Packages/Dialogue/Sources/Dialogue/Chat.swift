// The chat as a person uses it: a line in, lines out; the same for the program, its transcripts and the bench case.
//
// Nothing is read or printed here. Source: line specification, section 12.

internal import Foundation
internal import TensorIO

/// What a line of the user led to.
public struct ChatAnswer: Sendable, Equatable {
    /// What to show.
    public var lines: [String] = []
    /// A new turn, or with `isAgain` another version of the last.
    public var turn: TurnRecord?
    /// Whether the turn takes the last one's place.
    public var isAgain = false
    /// What was forgotten.
    public var forgotten: MemoryRecord?
    /// Whether the chat is over.
    public var isOver = false
}

/// A conversation with commands.
public struct Chat: Sendable {
    /// The commands, one a line.
    public static let commands = [
        "/memory            what is remembered, with its number, age and turn",
        "/forget N          forgets memory N", "/remember TEXT     remembers a sentence about you",
        "/query TEXT        replies again, searching for TEXT", "/docs              the documents of the last reply",
        "/why               what each document and memory did to the last reply",
        "/export            this session's turns as JSON lines", "/quit",
    ]

    /// The conversation.
    public private(set) var conversation: Conversation
    /// The turns of this session.
    public private(set) var turns: [TurnRecord] = []
    private let search: SearchRule
    private let showsSteps: Bool
    /// The conversation before the last turn.
    private var before: Conversation

    /// A chat over a conversation.
    public init(_ conversation: Conversation, search: SearchRule = .auto, showsSteps: Bool = true) {
        (self.conversation, before, self.search, self.showsSteps) = (conversation, conversation, search, showsSteps)
    }

    /// What a line leads to: a command if it begins with `/`, otherwise a turn; nothing for an empty one.
    public mutating func answer(_ line: String) -> ChatAnswer {
        let line = line.trimmingCharacters(in: .whitespacesAndNewlines)
        if line.isEmpty { return ChatAnswer() }
        guard line.hasPrefix("/") else {
            before = conversation
            return said(conversation.reply(to: line, search: search), isAgain: false)
        }
        let name = String(line.prefix { !$0.isWhitespace })
        let rest = line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)
        switch name {
        case "/memory":
            return ChatAnswer(lines: conversation.memories.records.map(\.shown).orNote("Nothing is remembered."))
        case "/forget": return forget(rest)
        case "/remember": return remember(rest)
        case "/docs":
            let documents = turns.last?.documents ?? []
            return ChatAnswer(lines: shown(documents).orNote("The last reply has no documents."))
        case "/why": return ChatAnswer(lines: why())
        case "/query": return again(query: rest)
        case "/export": return ChatAnswer(lines: turns.map(\.json))
        case "/quit": return ChatAnswer(isOver: true)
        default: return ChatAnswer(lines: ["'\(name)' is no command; these are:"] + Self.commands)
        }
    }

    private mutating func said(_ turn: TurnRecord, isAgain: Bool) -> ChatAnswer {
        if isAgain { turns.removeLast() }
        turns.append(turn)
        return ChatAnswer(lines: (showsSteps ? steps(of: turn) : []) + [turn.reply], turn: turn, isAgain: isAgain)
    }

    private mutating func again(query: String) -> ChatAnswer {
        guard let last = turns.last else { return ChatAnswer(lines: ["There is no turn yet; say something first."]) }
        guard !query.isEmpty else { return ChatAnswer(lines: ["'/query' needs what to search for."]) }
        conversation = before
        return said(conversation.reply(to: last.user, query: query), isAgain: true)
    }

    private mutating func forget(_ number: String) -> ChatAnswer {
        guard let id = Int(number), let forgotten = conversation.memories.forget(id) else {
            return ChatAnswer(lines: ["There is no memory '\(number)'; '/memory' shows their numbers."])
        }
        _ = before.memories.forget(id)
        turns = turns.map { $0.without(forgotten.text) }
        return ChatAnswer(lines: ["Forgotten."], forgotten: forgotten)
    }

    private mutating func remember(_ text: String) -> ChatAnswer {
        let number = (turns.last?.number ?? 0)
        let outcome = conversation.memories.add(Conversation.words(of: text), about: .user, turn: number)
        before.memories = conversation.memories
        switch outcome {
        case .stored(let record, let superseded):
            return ChatAnswer(
                lines: ["Remembered as \(record.id)."] + superseded.map { "It takes the place of \($0.id)." })
        case .rejected(.empty), .rejected(.noPersona): return ChatAnswer(lines: ["'/remember' needs a sentence."])
        case .rejected(.known): return ChatAnswer(lines: ["Another memory says as much."])
        case .rejected(.personalData):
            return ChatAnswer(lines: ["Numbers of six or more digits and e-mail addresses are not remembered."])
        }
    }

    /// The gain of each document and memory, and the reply without any.
    private func why() -> [String] {
        guard let turn = turns.last else { return ["There is no turn yet; say something first."] }
        let pieces =
            turn.documents.map { ("document \($0.name)", conversation.knowledge(from: $0)) }
            + turn.knowledge.filter { $0.source != .knowledgeGeneration }.map { ($0.source.tag, $0) }
        return pieces.map { name, knowledge in
            "\(signed(conversation.gain(of: [knowledge], in: turn))) nats per token from \(name): \(knowledge.text)"
        } + ["without any knowledge: \(conversation.reply(with: []))"]
    }

    private func steps(of turn: TurnRecord) -> [String] {
        turn.steps.map { step in
            let time = step.milliseconds.map { "  \(Int($0.rounded())) ms" } ?? ""
            return
                "  \(step.module)  \(step.output.isEmpty ? "(nothing)" : step.output)  p \(rounded(step.probability))\(time)"
        } + shown(turn.documents) + turn.remembered.map { "  remembered \($0.id): \($0.text)" }
    }

    private func shown(_ documents: [FoundDocument]) -> [String] {
        documents.enumerated().map { "  \($0 + 1). \(rounded($1.score)) \($1.name): \($1.text.prefix(120))" }
    }
}

extension TurnRecord {
    /// One line of a transcript: everything but the times.
    public var json: String {
        var turn = self
        for index in turn.steps.indices { turn.steps[index].milliseconds = nil }
        return canonicalJSON(turn)
    }

    /// The turn without what its modules read and said of a memory.
    fileprivate func without(_ text: String) -> TurnRecord {
        var turn = self
        turn.steps.removeAll { $0.input.contains(text) || $0.output.contains(text) }
        turn.knowledge.removeAll { $0.text.contains(text) }
        turn.remembered.removeAll { $0.text == text }
        return turn
    }
}

extension ModuleStep {
    fileprivate var probability: Double { exp(logProbability) }
}

extension MemoryRecord {
    fileprivate var shown: String { "\(id)  \(prefixed)  (age \(age), turn \(turn))" }
}

extension [String] {
    fileprivate func orNote(_ note: String) -> [String] { isEmpty ? [note] : self }
}

private func rounded(_ value: Double) -> String { String(format: "%.3f", value) }
private func signed(_ value: Double) -> String { String(format: "%+.3f", value) }
