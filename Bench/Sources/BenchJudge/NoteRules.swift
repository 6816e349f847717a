// What may be done to a note: results come after the prediction, and no note ends without a lesson.

public import BenchRecords

/// A reason why a note stays as it is.
public enum NoteError: Error, Equatable, CustomStringConvertible {
    /// The note is closed.
    case closed(note: String)
    /// The run began before the note was opened.
    case olderRun(note: String, run: String)
    /// A conclusion or a lesson is too short to be one.
    case tooShort(what: String, count: Int)
    /// The author's outcome differs from the clauses', without a reason.
    case overruled(note: String, computed: NoteOutcome)

    /// Where, what was found, what to do.
    public var description: String {
        switch self {
        case .closed(let note): "note \(note): it is closed and stays as it is; open another with 'bench note open'."
        case .olderRun(let note, let run):
            "note \(note): run \(run) began before the note was opened and cannot test its prediction; "
                + "add --exploratory to keep it as no test."
        case .tooShort(let what, let count):
            "the \(what) has \(count) characters; write at least \(NoteRecord.leastCharacters), "
                + "for who reads it in a year."
        case .overruled(let note, let computed):
            "note \(note): its clauses say \(computed.rawValue); say why not with --because."
        }
    }
}

extension NoteRecord {
    /// The fewest characters of a conclusion and of a lesson.
    public static let leastCharacters = 20

    /// Refuses a change to a closed note.
    public func checkOpen() throws(NoteError) {
        if closed != nil { throw .closed(note: shortID) }
    }

    /// Refuses a run, begun at `started` microseconds since 1970, that cannot test the prediction.
    public func checkTest(by run: String, started: Int64) throws(NoteError) {
        if started < opened { throw .olderRun(note: shortID, run: run) }
    }

    /// The closing that the findings and the author's words give.
    ///
    /// - Parameters:
    ///   - predictions: What was found about each clause of the prediction.
    ///   - refutations: The same of the refutation.
    ///   - asked: The author's outcome; `nil` for the clauses'.
    ///   - because: Why it is another than the clauses'; empty where it is not.
    ///   - conclusion: What the experiment says.
    ///   - lesson: What to do otherwise next time.
    ///   - surprise: 0...3.
    ///   - next: What follows; may be empty.
    /// - Returns: What to write into the note.
    /// - Throws: ``NoteError``.
    public func closing(
        predictions: [Finding], refutations: [Finding], asked: NoteOutcome?, because: String, conclusion: String,
        lesson: String, surprise: Int, next: String
    ) throws(NoteError) -> NoteClosing {
        try checkOpen()
        for (what, text) in [("conclusion", conclusion), ("lesson", lesson)] {
            let count = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").count
            if count < Self.leastCharacters { throw .tooShort(what: what, count: count) }
        }
        let computed = outcome(of: predictions, refutations: refutations)
        if let asked, asked != computed, because.isEmpty { throw .overruled(note: shortID, computed: computed) }
        return NoteClosing(
            outcome: asked ?? computed, computed: computed, because: because,
            findings: predictions.map { "predicted: \($0)" } + refutations.map { "refuting: \($0)" },
            conclusion: conclusion, lesson: lesson, surprise: surprise, next: next)
    }
}
