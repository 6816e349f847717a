// What a verb has to say, apart from how it is written: facts, tables and the verdict line.

public import BenchJudge

/// The content of one verb's output; every format is written from it.
public struct Report: Sendable, Equatable {
    /// What the numbers rest on: run, commit, machine.
    public var facts: [Fact]
    /// The results.
    public var tables: [Table]
    /// The last line.
    public var verdict: VerdictLine
}

/// One named statement about everything in the report.
public struct Fact: Sendable, Equatable, Encodable {
    /// One or two words.
    public var name: String
    /// The statement.
    public var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Rows under named columns.
public struct Table: Sendable, Equatable {
    /// What the rows have in common.
    public var title: String
    /// At least one; names are unique.
    public var columns: [Column]
    /// Each with one cell a column.
    public var rows: [Row]
    /// Sentences about the whole table.
    public var notes: [String] = []
}

/// The head of a column.
public struct Column: Sendable, Equatable, Encodable {
    /// On which side its cells line up.
    public enum Alignment: String, Sendable, Encodable {
        /// Words; may be shortened in the middle to fit a line.
        case left
        /// Numbers; never shortened while they fit a line.
        case right
    }

    /// The name, unique in its table.
    public var name: String
    /// The unit of its values, or empty.
    public var unit: String
    /// Words or numbers.
    public var alignment: Alignment

    init(_ name: String, unit: String = "", _ alignment: Alignment = .right) {
        self.name = name
        self.unit = unit
        self.alignment = alignment
    }
}

/// A line of a table.
public struct Row: Sendable, Equatable {
    /// In the order of the columns.
    public var cells: [Cell]
    /// What to add about this row, or empty.
    public var note: String
    /// How it ended, where the row is about something that can end well or badly.
    public var outcome: Outcome?

    init(_ cells: [Cell], note: String = "", outcome: Outcome? = nil) {
        self.cells = cells
        self.note = note
        self.outcome = outcome
    }
}

/// What a row means to programs that know only tests: JUnit's readers and GitHub's annotations.
public struct Outcome: Sendable, Equatable {
    /// The words that JUnit has.
    public enum Kind: Sendable {
        /// Measured, and not worse.
        case passed
        /// Worse.
        case failed
        /// No result where there should be one.
        case error
        /// Nothing can be said.
        case skipped
    }

    /// The case, or `case.metric`.
    public var subject: String
    /// How it ended.
    public var kind: Kind
    /// Why, in words; empty where it passed.
    public var message: String

    init(_ subject: String, _ kind: Kind, _ message: String = "") {
        (self.subject, self.kind, self.message) = (subject, kind, message)
    }
}

/// A value as people read it and, if it is a number, as programs do.
public struct Cell: Sendable, Equatable, Encodable {
    /// The rounded text, with its own suffix or interval if it has one.
    public var text: String
    /// The number at full precision; `nil` for words and for what is not finite.
    public var value: Double?
    /// Its 95 % interval.
    public var interval: ClosedRange<Double>?

    init(_ text: String, value: Double? = nil, interval: ClosedRange<Double>? = nil) {
        self.text = text
        self.value = value.flatMap { $0.isFinite ? $0 : nil }
        self.interval = interval
    }

    /// Nothing to say.
    static let empty = Cell("")
}
