// The search for the first commit that changed something, over commits that cannot all be looked at.

/// A line of commits, oldest first, of which the first is good and the last bad.
///
/// It assumes that what went bad stayed bad.
public struct Bisection: Sendable, Equatable {
    /// What was found at a commit.
    public enum Mark: Sendable, Equatable {
        /// As at the beginning.
        case good
        /// As at the end.
        case bad
        /// Nothing can be said: it does not build, or gives no clear answer. The reason in words.
        case skipped(String)
    }

    /// The commits, at least two.
    public let commits: [String]
    /// What is known of each; `nil` where nothing is yet.
    public private(set) var marks: [Mark?]

    /// A search over `commits`, of which nothing but the two ends is known.
    public init(commits: [String]) {
        self.commits = commits
        marks = Array(repeating: nil, count: commits.count)
        marks[0] = .good
        marks[commits.count - 1] = .bad
    }

    /// Whether the last commit is bad, without which there is nothing to search.
    public var isBadAtTheEnd: Bool { marks[commits.count - 1] == .bad }

    /// The last commit known to be good.
    public var lastGood: Int { marks.lastIndex(of: .good) ?? 0 }

    /// The first commit known to be bad.
    public var firstBad: Int { marks.firstIndex(of: .bad) ?? commits.count - 1 }

    /// The commits of which one is the first bad one: a single commit unless neighbours were skipped.
    public var suspects: ClosedRange<Int> { lastGood + 1...firstBad }

    /// The commit to look at next: the one nearest to the middle of those that are open, of those in `preferred` if any
    /// is; `nil` when the search has ended.
    public func next(preferring preferred: Set<String> = []) -> Int? {
        let open = (lastGood + 1..<max(firstBad, lastGood + 1)).filter { marks[$0] == nil }
        let favoured = open.filter { preferred.contains(commits[$0]) }
        let (good, bad) = (lastGood, firstBad)
        return (favoured.isEmpty ? open : favoured).min { abs(2 * $0 - good - bad) < abs(2 * $1 - good - bad) }
    }

    /// Records what was found at a commit.
    public mutating func mark(_ index: Int, _ mark: Mark) { marks[index] = mark }
}
