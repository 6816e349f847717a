// Why a command cannot run anything, in words.

/// A reason why no case can be chosen or started.
public enum RunnerError: Error, Equatable, CustomStringConvertible {
    /// A name or pattern that no case has; the nearest valid name, if there are cases at all.
    case unknownCase(asked: String, nearest: String?)
    /// Patterns that exclude every case.
    case noCase(tier: String)
    /// Too little room where results are written.
    case noSpace(folder: String, freeMiB: Int, neededMiB: Int)
    /// The operating system refused to start a child process.
    case cannotStart(program: String, detail: String)
    /// A signal ended what takes several runs.
    case interrupted

    /// Where, what was found, what to do.
    public var description: String {
        switch self {
        case .unknownCase(let asked, let nearest?):
            "unknown case or suite '\(asked)'; did you mean '\(nearest)'? 'bench list' shows all."
        case .unknownCase(let asked, nil): "unknown case or suite '\(asked)'; this program has no cases."
        case .noCase(let tier): "no case is left in tier '\(tier)'; 'bench list' shows which tiers have any."
        case .noSpace(let folder, let free, let needed):
            "\(folder): \(free) MiB are free and \(needed) MiB are needed; free some space or use --db."
        case .cannotStart(let program, let detail):
            "\(program): cannot be started (\(detail)); check memory and limits."
        case .interrupted: "interrupted; what is stored stays, and the same command finishes the rest."
        }
    }
}
