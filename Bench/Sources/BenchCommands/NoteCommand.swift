// bench note: an experiment is written down before it runs, and closed with what it taught.

internal import ArgumentParser
internal import BenchJudge
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements

struct NoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "note", abstract: "Remembers experiments: prediction, outcome, lesson.",
        discussion: """
            bench note open "Longer warm-up" --question "Does a longer warm-up help?" \\
              --hypothesis "The first steps are too large." \\
              --predict "st.mini.bleu > 0.5 vs main" --refute "upper st.mini.bleu < 0.5 vs main"
            bench run st.mini --note 91d07f3e
            bench note close 91d07f3e --conclusion "…" --lesson "…"
            """,
        subcommands: [
            NoteOpenCommand.self, NoteAddCommand.self, NoteCloseCommand.self, NoteListCommand.self,
            NoteShowCommand.self, NoteSearchCommand.self,
        ])
}

struct NoteOpenCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Writes down an experiment before it runs.",
        discussion: """
            bench note open "Wider decoder" --question "Is width what limits it?" \\
              --hypothesis "Twice the width gives half a decibel." \\
              --predict "inr.img32.natural64.la-ginr.psnr > 0.5 vs HEAD" \\
              --refute "upper inr.img32.natural64.la-ginr.psnr < 0.5 vs HEAD"

            A clause is [lower|upper] CASE.METRIC > NUMBER[%] [vs RUN], several are joined by
            'and'. With a RUN it is about the difference from it, and 'lower' and 'upper' are
            the ends of the 95 % interval. RUN is looked up when the note is closed.
            """)

    @Argument(help: "One line.") var title: String
    @Option(help: "What is to be found out.") var question: String
    @Option(help: "What is believed.") var hypothesis: String
    @Option(help: "Clauses that must all hold.") var predict: String
    @Option(help: "Clauses that together would show the hypothesis wrong.") var refute: String
    @Option(help: "How it is to be found out.") var design = ""
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        try checkClauses(predict, refute, all)
        let store = try store.openedForWriting()
        var generator = SystemRandomNumberGenerator()
        let time = now()
        let git = Git(folder: FileManager.default.currentDirectoryPath)
        let opening = NoteOpening(
            title: title, question: question, hypothesis: hypothesis, prediction: predict, refutation: refute,
            design: design, commit: git.commit(of: "HEAD") ?? "none")
        let event = NoteEvent(
            note: RunIdentifier.make(microseconds: time, using: &generator), at: time,
            .open(opening, digest: predictionDigest(predict, refute)))
        let lessons = try store.lessons(near: "\(title) \(question) \(hypothesis)", atMost: 5)
        try store.record(event)
        return try output.show(.opened(try store.note(matching: event.note), near: lessons))
    }
}

struct NoteAddCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Adds a remark, a run or a changed prediction to a note.",
        discussion: """
            bench note add 91d07f3e "The loss is flat after step 300."
            bench note add 91d07f3e --run @last          a run that belongs to it
            bench note add 91d07f3e --predict "…" --refute "…"
            """)

    @Argument(help: "The note.") var note: String
    @Argument(help: "The remark.") var text: String?
    @Option(help: "A run that the note is about; it must be younger than the note.") var run: String?
    @Flag(help: "The run, of any age, tests nothing.") var exploratory = false
    @Option(help: "Another prediction; it is shown if there were results already.") var predict: String?
    @Option(help: "Another refutation.") var refute: String?
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if text == nil && run == nil && predict == nil && refute == nil {
            throw ValidationError("give a remark, --run, --predict or --refute.")
        }
        if exploratory && run == nil { throw ValidationError("--exploratory is about a run; give --run.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let store = try store.openedForWriting()
        let found = try store.note(matching: note)
        try found.checkOpen()
        let run = try run.map { try storedRun($0, [], in: store) }
        if let run, !exploratory { try found.checkTest(by: run.shortID, started: run.started) }
        var changes: [NoteChange] = []
        if let run { changes.append(.link(run: run.uuid, isExploratory: exploratory)) }
        if let text { changes.append(.add(text: text, run: run?.uuid)) }
        if predict != nil || refute != nil {
            let (prediction, refutation) = (
                predict ?? found.expectation.prediction, refute ?? found.expectation.refutation
            )
            try checkClauses(prediction, refutation, all)
            let isAfterData = try !found.links.isEmpty || !store.runs(for: found).isEmpty
            changes.append(
                .amend(
                    prediction: prediction, refutation: refutation, digest: predictionDigest(prediction, refutation),
                    isAfterData: isAfterData))
        }
        for change in changes { try store.record(NoteEvent(note: found.uuid, at: now(), change)) }
        return try output.show(.note(try store.note(matching: found.uuid), runs: try boundRuns(to: found, in: store)))
    }
}

struct NoteCloseCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Ends an experiment with its outcome and its lesson.",
        discussion: """
            bench note close 91d07f3e --surprise 2 \\
              --conclusion "Width does not limit it: the interval excludes half a decibel." \\
              --lesson "Look at the latents' rank before widening what reads them."
            bench note close 91d07f3e --outcome abandoned --because "data was withdrawn" …

            The outcome follows from the clauses, in the latest complete run that was begun for
            the note or added to it as a test: confirmed if all predictions hold, else refuted
            if the whole refutation holds, else inconclusive.
            """)

    @Argument(help: "The note.") var note: String
    @Option(help: "What the experiment says, at least 20 characters.") var conclusion: String
    @Option(help: "What to do otherwise next time, at least 20 characters.") var lesson: String
    @Option(help: "0 for as expected to 3 for turned around.") var surprise = 0
    @Option(help: "What follows.") var next = ""
    @Option(help: "Another outcome than the clauses': \(outcomes).", transform: outcome(named:))
    var outcome: NoteOutcome?
    @Option(help: "Why the outcome is another.") var because = ""
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0...3).contains(surprise) else { throw ValidationError("--surprise \(surprise): give 0 to 3.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let store = try store.openedForWriting()
        let found = try store.note(matching: note)
        let runs = try boundRuns(to: found, in: store)
        func findings(_ text: String) throws -> [Finding] {
            try clauses(in: text).map { clause in
                let tests = runs.filter { $0.run.status == .complete && !$0.isExploratory }.map(\.run)
                guard let run = tests.first(where: { $0.caseRecord(clause.caseID)?.state == .done }) else {
                    return Finding(clause: clause, reason: "no complete run of it is bound to the note")
                }
                guard let name = clause.reference else { return clause.finding(in: run, against: nil) }
                guard let reference = try? storedRun(name, [], in: store) else {
                    return Finding(clause: clause, run: run.shortID, reason: "no stored run fits '\(name)'")
                }
                return clause.finding(in: run, against: reference)
            }
        }
        let closing = try found.closing(
            predictions: findings(found.expectation.prediction), refutations: findings(found.expectation.refutation),
            asked: outcome, because: because, conclusion: conclusion, lesson: lesson, surprise: surprise, next: next)
        try store.record(NoteEvent(note: found.uuid, at: now(), .close(closing)))
        return try output.show(.note(try store.note(matching: found.uuid), runs: runs))
    }
}

struct NoteListCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows all notes, the latest first.",
        discussion: """
            bench note list          every note and its outcome
            bench note list --open   what is not closed yet
            """)

    @Flag(help: "Only what is not closed yet.") var open = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        try output.show(.notes(try store.opened().notes().filter { !open || $0.closed == nil }))
    }
}

struct NoteShowCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one note with all that happened to it.",
        discussion: """
            bench note show 91d07f3e
            bench note show 91d07f3e --format md
            """)

    @Argument(help: "The note.") var note: String
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let store = try store.opened()
        let found = try store.note(matching: note)
        return try output.show(.note(found, runs: try boundRuns(to: found, in: store)))
    }
}

struct NoteSearchCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Finds notes by words in title, question and lesson.",
        discussion: """
            bench note search "modality gap"
            bench note search warm-up
            """)

    @Argument(help: "Words that must all be there.") var words: [String]
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        try output.show(.notes(try store.opened().notes(withWords: words.joined(separator: " "))))
    }
}

private let outcomes = NoteOutcome.allCases.map(\.rawValue).joined(separator: ", ")

private func outcome(named name: String) throws -> NoteOutcome {
    guard let outcome = NoteOutcome(rawValue: name) else {
        throw ValidationError("unknown outcome '\(name)'; give one of \(outcomes).")
    }
    return outcome
}

/// The runs begun for the note and those added to it, the latest first.
private func boundRuns(to note: NoteRecord, in store: RunStore) throws -> [(run: RunRecord, isExploratory: Bool)] {
    let begun = try store.runs(for: note).map { (run: $0, isExploratory: false) }
    let added = try note.links.map { (run: try store.run($0.run), isExploratory: $0.isExploratory) }
    return (begun + added).sorted { ($0.run.started, $0.run.uuid) > ($1.run.started, $1.run.uuid) }
}

/// Refuses clauses that are none, or are about cases that do not exist.
private func checkClauses(_ prediction: String, _ refutation: String, _ all: [any BenchCase]) throws {
    for clause in try clauses(in: prediction) + clauses(in: refutation) {
        _ = try selected([clause.caseID], from: all, id: \.id)
    }
}

extension StoreOptions {
    /// The open note that a new run is to be bound to.
    func noteToTest(_ asked: String, in store: RunStore) throws -> NoteRecord {
        let note = try store.note(matching: asked)
        try note.checkOpen()
        try note.checkTest(by: "to come", started: now())
        return note
    }
}
