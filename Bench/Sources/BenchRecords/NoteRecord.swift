// An experiment's note: what was expected before it ran, what came of it, and the lesson. Source: harness
// specification, section 11.
//
// A note is the sum of its events; nothing is ever taken back, so that what was amended shows.

/// How an experiment ended.
public enum NoteOutcome: String, Codable, Sendable, CaseIterable {
    case confirmed, refuted, inconclusive, abandoned
}

/// What is written before any run.
public struct NoteOpening: Codable, Sendable, Equatable {
    /// One line.
    public var title: String
    /// What is to be found out.
    public var question: String
    /// What is believed.
    public var hypothesis: String
    /// Clauses that must all hold, joined by `and`.
    public var prediction: String
    /// Clauses that, all together, would show the hypothesis wrong.
    public var refutation: String
    /// How it is to be found out; may be empty.
    public var design: String
    /// HEAD when the note was opened, or `none`.
    public var commit: String

    /// An opening from its parts.
    public init(
        title: String, question: String, hypothesis: String, prediction: String, refutation: String, design: String,
        commit: String
    ) {
        (self.title, self.question, self.hypothesis) = (title, question, hypothesis)
        (self.prediction, self.refutation, self.design, self.commit) = (prediction, refutation, design, commit)
    }
}

/// What is written at the end.
public struct NoteClosing: Codable, Sendable, Equatable {
    /// How it ended, after the author's word.
    public var outcome: NoteOutcome
    /// How it ended, after the clauses alone.
    public var computed: NoteOutcome
    /// Why the author's word differs; empty where it does not.
    public var because: String
    /// Each clause and what was found, a sentence each.
    public var findings: [String]
    /// What the experiment says.
    public var conclusion: String
    /// What to do otherwise next time.
    public var lesson: String
    /// 0 for as expected to 3 for turned around.
    public var surprise: Int
    /// What follows; may be empty.
    public var next: String

    /// A closing from its parts.
    public init(
        outcome: NoteOutcome, computed: NoteOutcome, because: String, findings: [String], conclusion: String,
        lesson: String, surprise: Int, next: String
    ) {
        (self.outcome, self.computed, self.because, self.findings) = (outcome, computed, because, findings)
        (self.conclusion, self.lesson, self.surprise, self.next) = (conclusion, lesson, surprise, next)
    }
}

/// One thing that happened to a note.
public enum NoteChange: Codable, Sendable, Equatable {
    /// It was opened; `digest` is SHA-256 over prediction and refutation.
    case open(NoteOpening, digest: String)
    /// A remark, about a run if one is named (UUID).
    case add(text: String, run: String?)
    /// A run that was not begun for the note belongs to it; an exploratory one tests nothing.
    case link(run: String, isExploratory: Bool)
    /// The prediction was changed; `isAfterData` if a run was bound already.
    case amend(prediction: String, refutation: String, digest: String, isAfterData: Bool)
    /// It was closed.
    case close(NoteClosing)

    /// The word for it, as the database has it.
    public var kind: String {
        switch self {
        case .open: "open"
        case .add: "add"
        case .link: "link"
        case .amend: "amend"
        case .close: "close"
        }
    }
}

/// A change and when it was made to which note.
public struct NoteEvent: Codable, Sendable, Equatable {
    /// The note's UUID.
    public var note: String
    /// Microseconds since 1970 UTC.
    public var at: Int64
    /// What happened.
    public var change: NoteChange

    /// An event from its parts.
    public init(note: String, at: Int64, _ change: NoteChange) {
        (self.note, self.at, self.change) = (note, at, change)
    }
}

/// A note with everything that happened to it.
public struct NoteRecord: Sendable, Equatable {
    /// UUIDv7, lower-case hex with dashes.
    public let uuid: String
    /// What was written before any run.
    public let opening: NoteOpening
    /// SHA-256 over the first prediction and refutation.
    public let digest: String
    /// Microseconds since 1970 UTC.
    public let opened: Int64
    /// What was written at the end, and when; `nil` while it is open.
    public let closing: NoteClosing?
    /// Microseconds since 1970 UTC; `nil` while it is open.
    public let closed: Int64?
    /// All that happened, in order, the opening first.
    public let events: [NoteEvent]

    /// The sum of the events, in order; `nil` if the opening is not among them.
    public init?(_ events: [NoteEvent]) {
        guard let first = events.first, case .open(let opening, let digest) = first.change else { return nil }
        (uuid, self.opening, self.digest, opened, self.events) = (first.note, opening, digest, first.at, events)
        let end = events.first { $0.change.kind == "close" }
        closed = end?.at
        if case .close(let closing) = end?.change { self.closing = closing } else { closing = nil }
    }

    /// Eight hex digits that name the note in outputs.
    public var shortID: String { String(uuid.filter { $0 != "-" }.suffix(8)) }

    /// Prediction and refutation as last written.
    public var expectation: (prediction: String, refutation: String) {
        events.reduce((opening.prediction, opening.refutation)) { last, event in
            guard case .amend(let prediction, let refutation, _, _) = event.change else { return last }
            return (prediction, refutation)
        }
    }

    /// Whether the prediction was changed when there were results.
    public var isAmendedAfterData: Bool {
        events.contains { event in
            guard case .amend(_, _, _, let isAfterData) = event.change else { return false }
            return isAfterData
        }
    }

    /// The runs that were linked by hand, and whether they test nothing.
    public var links: [(run: String, isExploratory: Bool)] {
        events.compactMap { event in
            guard case .link(let run, let isExploratory) = event.change else { return nil }
            return (run, isExploratory)
        }
    }
}
