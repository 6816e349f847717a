// What can go wrong between a program and its database, in words.

/// A reason why the store cannot be opened, read or written.
public enum StoreError: Error, Equatable, CustomStringConvertible {
    /// There is no database yet.
    case absent(path: String)
    /// The file is no SQLite database, or one of another program.
    case foreign(path: String)
    /// SQLite found the file damaged.
    case corrupt(path: String, detail: String)
    /// The file was written by a newer program.
    case newerSchema(path: String, found: Int, known: Int)
    /// Another process writes; the holder is described as its lock file describes itself.
    case locked(path: String, holder: String)
    /// The database lies on a file system without shared memory between hosts.
    case networkFileSystem(path: String)
    /// No room is left for what was to be written.
    case full(path: String)
    /// The operating system refused to open, read or write.
    case unusable(path: String, detail: String)
    /// No run fits what was asked for.
    case noRun(asked: String)
    /// No run was pinned by that name.
    case noBaseline(asked: String)
    /// Several runs fit what was asked for.
    case ambiguousRun(asked: String, runs: [String])
    /// No note fits what was asked for.
    case noNote(asked: String)
    /// Several notes fit what was asked for.
    case ambiguousNote(asked: String, notes: [String])
    /// A query that is none, or is not one that only reads.
    case badQuery(detail: String)
    /// Per-item scores that cannot be stored: uneven lengths, repeated or broken item names.
    case badScores(metric: String, detail: String)

    /// Where, what was found, what to do.
    public var description: String {
        switch self {
        case .absent(let path): "\(path): there is no store here; run 'bench all' first, or name another with --db."
        case .foreign(let path): "\(path): this file is no store of bench; name another with --db."
        case .corrupt(let path, let detail):
            "\(path): the store is damaged (\(detail)); put it aside and restore a copy of it."
        case .newerSchema(let path, let found, let known):
            "\(path): the store has schema \(found), this program knows \(known); use a newer bench."
        case .locked(let path, let holder):
            "\(path): another process writes here (\(holder)); try again when it has ended."
        case .networkFileSystem(let path):
            "\(path): the store lies on a network file system, where SQLite cannot lock; use --db on a local disk."
        case .full(let path): "\(path): no room is left to write; free some space and repeat the command to go on."
        case .unusable(let path, let detail): "\(path): cannot be used (\(detail)); check the path and its permissions."
        case .noRun(let asked): "'\(asked)': no stored run fits; 'bench show @last' shows the latest one."
        case .noBaseline(let asked):
            "'\(asked)': no run is pinned by this name; 'bench baseline set RUN --name NAME --why TEXT' pins one."
        case .ambiguousRun(let asked, let runs):
            "'\(asked)': \(runs.count) runs fit (\(runs.joined(separator: ", "))); give more digits."
        case .noNote(let asked): "'\(asked)': no note fits; 'bench note list' shows them."
        case .ambiguousNote(let asked, let notes):
            "'\(asked)': \(notes.count) notes fit (\(notes.joined(separator: ", "))); give more digits."
        case .badQuery(let detail): "query: \(detail); 'bench sql' without a query shows the views."
        case .badScores(let metric, let detail): "metric '\(metric)': \(detail); correct the case that reports it."
        }
    }
}
