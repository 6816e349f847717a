// Which commit changed a case: stored runs are looked at first, then commits are measured in work trees.

public import BenchRecords
public import BenchStore
internal import Foundation

/// A search for the first commit at which a case is no longer what it was.
public struct CommitSearch: Sendable {
    /// The commits and what is known of them.
    public var bisection: Bisection
    /// What was measured at the commits that were looked at.
    public var runs: [String: RunRecord] = [:]
    /// The interleaved pairs with the first commit, where the search was for a cost.
    public var pairs: [String: [RunPair]] = [:]
    /// The first lines of the commits' messages.
    public var subjects: [String: String]

    /// The search from the revision `good` to the revision `bad` along first parents.
    ///
    /// - Throws: ``WorktreeError`` where they are no revisions, or `good` no ancestor of `bad`.
    public init(from good: String, to bad: String) throws(WorktreeError) {
        let git = Git(folder: FileManager.default.currentDirectoryPath)
        guard git.root != nil else { throw .noRepository(folder: git.folder) }
        guard let first = git.commit(of: good) else { throw .noRevision(good) }
        guard let last = git.commit(of: bad) else { throw .noRevision(bad) }
        guard let commits = git.line(from: first, to: last), !commits.isEmpty else {
            throw .noAncestor(good, of: bad)
        }
        bisection = Bisection(commits: [first] + commits.map(\.commit))
        subjects = [first: git.subject(of: first)]
        for item in commits { subjects[item.commit] = item.subject }
    }

    /// Searches until one commit is found or only commits that had to be skipped are left.
    ///
    /// `mark` says what a run means against the run at the first commit. The search ends at once where the last commit
    /// is not bad.
    ///
    /// - Returns: The runs of the first and the last commit.
    /// - Throws: ``RunnerError/interrupted``; ``WorktreeError`` where one of the two ends cannot be measured.
    public mutating func search(
        _ caseID: String, seed: UInt64, threads: Int, by runner: CommitRunner, store: RunStore?,
        mark: (_ run: RunRecord, _ good: RunRecord) -> Bisection.Mark
    ) throws -> (good: RunRecord, bad: RunRecord) {
        let (first, last) = (bisection.commits[0], bisection.commits[bisection.commits.count - 1])
        let model = try stored(caseID, at: first, seed: nil, in: store)
        let (seed, threads) = (model?.seed ?? seed, model?.threads ?? threads)
        var known: [String: RunRecord] = [:]
        for commit in bisection.commits { known[commit] = try stored(caseID, at: commit, seed: seed, in: store) }
        func run(_ commit: String) throws -> RunRecord {
            try known[commit]
                ?? runner.run(SourceState(commit: commit), cases: [caseID], seed: seed, threads: threads, kind: .adhoc)
        }
        let good = try run(first)
        let bad = try run(last)
        (runs[first], runs[last]) = (good, bad)
        bisection.mark(bisection.commits.count - 1, mark(bad, good))
        while bisection.isBadAtTheEnd, let index = bisection.next(preferring: Set(known.keys)) {
            let commit = bisection.commits[index]
            do {
                let run = try run(commit)
                runs[commit] = run
                bisection.mark(index, mark(run, good))
            } catch let error as WorktreeError {
                bisection.mark(index, .skipped(error.description))
            }
        }
        return (good, bad)
    }

    /// Searches for what changed a cost, of which no run says anything alone, by pairs of runs with the first commit.
    ///
    /// `mark` says what the pairs so far mean, `nil` if it takes more. The last commit comes first, and the search ends
    /// at once where it is not bad.
    ///
    /// - Returns: The last pair of the first and the last commit.
    /// - Throws: as ``search(_:seed:threads:by:store:mark:)``.
    public mutating func searchCost(
        _ caseID: String, seed: UInt64, threads: Int, by runner: CommitRunner,
        mark: (_ pairs: [RunPair]) -> Bisection.Mark?
    ) throws -> RunPair {
        let last = bisection.commits.count - 1
        return try runner.withProgram(of: SourceState(commit: bisection.commits[0])) { good in
            func look(at index: Int) throws -> RunPair {
                let commit = bisection.commits[index]
                return try runner.withProgram(of: SourceState(commit: commit)) { new in
                    let ids = try new.known(of: [caseID])
                    let found = try new.paired(
                        with: good, ids, seed: seed, threads: threads, kind: .confirm, answer: mark)
                    (pairs[commit], runs[commit]) = (found.pairs, found.last.new)
                    bisection.mark(index, found.answer)
                    return found.last
                }
            }
            let ends = try look(at: last)
            while bisection.isBadAtTheEnd, let index = bisection.next() {
                do {
                    _ = try look(at: index)
                } catch let error as WorktreeError {
                    bisection.mark(index, .skipped(error.description))
                }
            }
            return ends
        }
    }

    /// The latest complete run of the case at the commit, without uncommitted changes.
    private func stored(_ caseID: String, at commit: String, seed: UInt64?, in store: RunStore?) throws -> RunRecord? {
        try store?.runs(at: commit).first { run in
            !run.build.isDirty && (seed == nil || run.seed == seed) && run.caseRecord(caseID)?.state == .done
        }
    }
}
