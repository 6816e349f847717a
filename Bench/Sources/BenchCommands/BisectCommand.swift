// bench bisect

internal import ArgumentParser
internal import BenchJudge
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Measurements

struct BisectCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "bisect", abstract: "Finds the commit that changed a metric.",
        discussion: """
            bench bisect inr.smoke.psnr main~40 main      a quality metric, by its items
            bench bisect inr.smoke.params v1.0 HEAD       an exact metric, by equality
            bench bisect inr.smoke.wall main~40 main      a cost, by interleaved pairs
            bench bisect inr.smoke.psnr v1.0 HEAD --keep-worktree

            Stored runs are looked at first; what is missing is built and run below
            .bench/worktrees. A commit that does not build, or of which nothing can be
            said, is skipped. Exit code 3 if more than one commit is left.

            A cost is measured anew, in pairs of fresh processes of the good commit and
            another: --pairs of them show the step between the ends, then at each commit
            5 to 60, as many as tell the step from nothing (errors of 5 to 9 in 100, the
            more the noisier the cost). One more pair each only warms up. Leave the
            machine alone meanwhile.
            """)

    @Argument(help: "The metric: a case's id, a dot, the metric's name.") var metric: String
    @Argument(help: "A revision where the metric was as it should be.") var good: String
    @Argument(help: "A later revision where it is not.") var bad: String
    @Option(help: "The seed of what is run, unless the good commit's stored run has another.") var seed = usualSeed
    @Option(help: "Pairs that must show the step of a cost between the two ends, 6...60.") var pairs = 10
    @OptionGroup var worktree: WorktreeOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (6...60).contains(pairs) else { throw ValidationError("--pairs \(pairs): give 6 to 60.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let (item, metric) = try named(metric, in: all)
        Interruption.listen()
        var search = try CommitSearch(from: good, to: bad)
        let runner = worktree.runner(store, output)
        if metric.metricClass == .cost {
            let ends = try searchCost(of: metric, in: item.id, &search, by: runner)
            return try output.show(report(search, (ends.reference, ends.new), item.id, metric))
        }
        let ends = try search.search(
            item.id, seed: seed, threads: usualThreads(), by: runner, store: store.openedIfThere()
        ) { run, good in mark(compared(run, good, item.id, metric).comparisons.first?.verdict) }
        return try output.show(report(search, ends, item.id, metric))
    }

    private func searchCost(
        of metric: Metric, in caseID: String, _ search: inout CommitSearch, by runner: CommitRunner
    ) throws -> RunPair {
        let floors = try store.openedIfThere()?.floors() ?? []
        var step: CostStep?
        return try search.searchCost(caseID, seed: seed, threads: usualThreads(), by: runner) { pairs in
            if let step { return step.finding(in: pairs).map { mark($0) } }
            guard pairs.count == self.pairs else { return nil }
            let found = compared(pairs[0].new, pairs[0].reference, caseID, metric, samples: pairs, floors: floors)
                .comparisons.first
            if found?.isCandidate != true { return mark(found?.verdict) }
            step = CostStep(of: metric.name, in: caseID, between: pairs)
            return .bad
        }
    }

    private func report(
        _ search: CommitSearch, _ ends: (good: RunRecord, bad: RunRecord), _ caseID: String, _ metric: Metric
    ) -> Report {
        let bisection = search.bisection
        func commit(_ index: Int) -> SearchedCommit {
            let commit = bisection.commits[index]
            let (mark, reason) = bisection.marks[index]?.inWords ?? ("not looked at", "")
            return SearchedCommit(
                commit: commit, subject: search.subjects[commit] ?? "", run: search.runs[commit], mark: mark,
                reason: search.pairs[commit].map { pairs in
                    ["\(pairs.count) pairs", reason].filter { !$0.isEmpty }.joined(separator: "; ")
                } ?? reason)
        }
        let suspects = bisection.isBadAtTheEnd ? bisection.suspects.map(commit) : []
        // The few pairs that place a step are too few to show it.
        let bad = metric.metricClass == .cost ? ends.bad : suspects.last?.run ?? ends.bad
        return .bisect(
            caseID, metric: metric.name, count: bisection.commits.count - 1,
            looked: bisection.commits.indices.filter { bisection.marks[$0] != nil }.map(commit), suspects: suspects,
            evidence: .compare(
                compared(bad, ends.good, caseID, metric, samples: search.pairs[bad.build.commit] ?? []), a: ends.good,
                b: bad, strict: false))
    }
}

/// The judgement about one metric alone, so that nothing is corrected for others.
private func compared(
    _ run: RunRecord, _ good: RunRecord, _ caseID: String, _ metric: Metric, samples: [RunPair] = [],
    floors: [NoiseFloor] = []
) -> Judgement {
    func alone(_ run: RunRecord) -> RunRecord {
        var run = run
        run.cases = run.cases.filter { $0.id == caseID }.map { item in
            var item = item
            item.measurements.removeAll { $0.metric.name != metric.name }
            return item
        }
        return run
    }
    return judge(alone(run), against: alone(good), samples: samples, floors: floors)
}

/// Good is what is shown to be unchanged, bad what is shown to have changed.
private func mark(_ verdict: Verdict?) -> Bisection.Mark {
    switch verdict {
    case .identical, .withinNoise: .good
    case .worse, .better: .bad
    case .failed(let reason): .skipped("failed: \(reason)")
    case let other?: .skipped(other.word)
    case nil: .skipped("not measured")
    }
}

private func mark(_ finding: CostStep.Finding) -> Bisection.Mark {
    switch finding {
    case .absent: .good
    case .present: .bad
    case .underpowered(let pairs): .skipped("underpowered: \(pairs) pairs tell no step from nothing")
    case .failed(let reason): .skipped(reason)
    }
}

extension Bisection.Mark {
    fileprivate var inWords: (mark: String, reason: String) {
        switch self {
        case .good: ("good", "")
        case .bad: ("bad", "")
        case .skipped(let reason): ("skipped", reason)
        }
    }
}

/// The case and metric that `name` joins with a dot.
private func named(_ name: String, in cases: [any BenchCase]) throws -> (any BenchCase, Metric) {
    let costs = runnerCosts(threads: usualThreads())
    for item in cases {
        if let metric = (item.metrics + costs).first(where: { "\(item.id).\($0.name)" == name }) {
            return (item, metric)
        }
    }
    // The nearest case is told, or the case itself if its metric is wrong.
    let id = name.split(separator: ".").dropLast().joined(separator: ".")
    let known = try selected([id], from: cases, id: \.id).flatMap { item in
        (item.metrics + costs).map { "\(item.id).\($0.name)" }
    }
    throw ValidationError("unknown metric '\(name)'; there is \(known.joined(separator: ", ")).")
}
