// What happened when ledgers met, and what a store's own examination found: plain values for the reports.

/// A line of another ledger that says something else than the known line of the same identifier.
public struct ConflictRecord: Sendable, Equatable {
    /// The line's UUID.
    public var uuid: String
    /// The file it was found in.
    public var path: String
    /// Its number there, from 1 on.
    public var line: Int
    /// SHA-256 of the line that was kept.
    public var keptDigest: String
    /// SHA-256 of the line that was refused.
    public var refusedDigest: String

    /// A conflict from its parts.
    public init(uuid: String, path: String, line: Int, keptDigest: String, refusedDigest: String) {
        (self.uuid, self.path, self.line) = (uuid, path, line)
        (self.keptDigest, self.refusedDigest) = (keptDigest, refusedDigest)
    }
}

/// What an import found and did.
public struct ImportRecord: Sendable, Equatable {
    /// Files read.
    public var files = 0
    /// Lines that were not known.
    public var newLines = 0
    /// Lines that were known already, byte for byte.
    public var knownLines = 0
    /// Lines that were refused.
    public var conflicts: [ConflictRecord] = []
    /// Lines that cannot be read, a sentence each.
    public var damages: [String] = []
    /// What is not an error and should be known: lines cut off, files that were not there.
    public var remarks: [String] = []

    /// An import that has not begun.
    public init() {}
}

/// One thing that was examined.
public struct CheckRecord: Sendable, Equatable {
    /// How it was found.
    public enum State: String, Sendable {
        case fine, warning, bad
    }

    /// What was examined.
    public var name: String
    /// How it was found.
    public var state: State
    /// What was found, and what to do about it.
    public var finding: String

    /// A check from its parts.
    public init(_ name: String, _ state: State, _ finding: String) {
        (self.name, self.state, self.finding) = (name, state, finding)
    }
}
