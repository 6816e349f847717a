// bench gate

internal import ArgumentParser
internal import BenchJudge
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Measurements

struct GateCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "gate", abstract: "Runs a tier and fails if anything became worse.",
        discussion: """
            bench gate                                    the smoke tier against @baseline
            bench gate --against main --tier nightly      another reference, more cases
            bench gate --accept inr.smoke.flops --why "wider network, 2 % better"
            git bisect run bench gate --bisect

            A quality value that seems to have changed is measured again: the case must
            repeat its scores, and the seeds 1001, 1002 and 1003 must agree, which the
            reference must have stored ('bench run CASE --seed 1001' at its commit).
            What cannot be measured a second time is 'unconfirmed' and does not fail.
            Costs are judged where the reference's program is at hand (--reference-program):
            11 interleaved pairs, and 21 of what stands out; the first pair warms up.
            """)

    @Option(help: "The run to compare against.") var against = "@baseline"
    @Option(help: "smoke, nightly, full or paper. (default: smoke)", transform: tier(named:)) var tier = Tier.smoke
    @Flag(help: "Ends with exit code 3 if something cannot be decided.") var strict = false
    @Option(help: "Cases that may become worse.") var allow: [String] = []
    @Option(help: "A metric, case.metric, that became worse on purpose; for ever.") var accept: [MetricName] = []
    @Option(help: "The reason for --accept.") var why: String?
    @Option(help: "The program that measured the reference: judges costs, too.") var referenceProgram: String?
    @Flag(help: "Exit codes for 'git bisect run': 0, 1, and 125 for all else.") var bisect = false
    @OptionGroup var options: RunOptions

    func validate() throws {
        let hasReason = why.map { !$0.allSatisfy(\.isWhitespace) } ?? false
        guard accept.isEmpty || hasReason else { throw ValidationError("--accept: give a reason with --why.") }
        guard why == nil || !accept.isEmpty else { throw ValidationError("--why: goes with --accept.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        do {
            return try gate(all.filter { $0.tier <= tier })
        } catch let error where bisect && !(error is Interrupted) {
            throw TrialRefused(because: error, exit: ExitCode.untestable.rawValue)
        }
    }

    private func gate(_ cases: [any BenchCase]) throws -> Int32 {
        guard !cases.isEmpty else { throw RunnerError.noCase(tier: tier.rawValue) }
        let allowed = try allow.isEmpty ? [] : selected(allow, from: cases, id: \.id).map(\.id)
        for name in accept { _ = try selected([name.caseID], from: cases, id: \.id) }
        // A reader says that there is no store, and that no such run is in it, before a writer makes one.
        var reference = try storedRun(against, [], in: options.store.opened())
        reference.cases = reference.cases.filter { $0.tier <= tier }
        let session = try options.session()
        let earlier = try referenceProgram.map {
            EarlierProgram(path: $0, provenance: try session.provenance.of(program: $0, builtAs: reference.build))
        }
        let new = try session.measured(cases, kind: .gate)
        let floors = try session.store.floors()
        let samples = try earlier.map { try session.pairs(10, cases, earlier: $0) } ?? []
        var judgement = judge(new, against: reference, samples: samples, floors: floors, confirmation: [])
        let second = try session.confirmation(of: judgement, cases, against: reference, earlier: earlier)
        judgement = judge(new, against: reference, samples: samples, floors: floors, confirmation: second.pairs)
        for change in try accept.map({ try accepted($0, in: judgement, by: new) }) {
            try session.store.accept(change)
        }
        judgement.pardon(cases: Set(allowed), changes: try session.store.acceptedChanges())
        var report = Report.gate(judgement, a: reference, b: new, strict: strict, unconfirmed: second.unconfirmed)
        if bisect { report.verdict.exit = report.verdict.exit.forBisect }
        return try options.output.show(report)
    }

    /// The metric's change, which was wanted; what did not become worse needs no such thing.
    private func accepted(_ name: MetricName, in judgement: Judgement, by new: RunRecord) throws -> AcceptedChange {
        guard let found = judgement.comparisons.first(where: { $0.name == name.description }),
            found.verdict == .worse || found.verdict == .unconfirmed, let a = found.a, let b = found.b
        else { throw TrialRefused(because: NothingToAccept(name: name.description), exit: 64) }
        return AcceptedChange(
            metric: found.name, from: a, to: b, why: why ?? "", at: new.started, commit: new.build.commit)
    }
}

extension Session {
    /// Seeds that nothing but a confirmation may use.
    private static let reservedSeeds: [UInt64] = [1001, 1002, 1003]

    /// The candidates' cases once more, and those of quality whose reserved seeds the reference has not all stored.
    ///
    /// Costs come in pairs of fresh processes; quality with the same seed, and with the reserved ones.
    fileprivate func confirmation(
        of judgement: Judgement, _ cases: [any BenchCase], against reference: RunRecord, earlier: EarlierProgram?
    ) throws -> (pairs: [RunPair], unconfirmed: [String]) {
        func candidates(_ isCost: Bool) -> [any BenchCase] {
            let found = judgement.comparisons.filter { $0.isCandidate && ($0.metric?.metricClass == .cost) == isCost }
            return cases.filter { item in found.contains { $0.caseID == item.id } }
        }
        let (slow, moved) = (candidates(true), candidates(false))
        var pairs = try earlier.map { slow.isEmpty ? [] : try self.pairs(20, slow, earlier: $0) } ?? []
        if moved.isEmpty { return (pairs, []) }
        pairs.append(RunPair(reference: reference, new: try measured(moved, kind: .confirm)).withoutCosts)
        var unconfirmed: [String] = []
        var stored: [String: [RunRecord]] = [:]
        for item in moved {
            stored[item.id] = try Self.reservedSeeds.compactMap {
                try store.run(like: reference, seed: $0, caseID: item.id)
            }
            if stored[item.id]?.count != Self.reservedSeeds.count { unconfirmed.append(item.id) }
        }
        let known = moved.filter { !unconfirmed.contains($0.id) }
        for (index, seed) in Self.reservedSeeds.enumerated() where !known.isEmpty {
            let after = try measured(known, kind: .confirm, seed: seed)
            // One pair a case: each may come from another run of the reference.
            for item in known {
                guard let before = stored[item.id]?[index] else { continue }
                pairs.append(RunPair(reference: before, new: after).of(item.id).withoutCosts)
            }
        }
        return (pairs, unconfirmed)
    }

    /// So many pairs of fresh processes, sides in turn A B | B A; one more pair before them only warms up.
    fileprivate func pairs(_ count: Int, _ cases: [any BenchCase], earlier: EarlierProgram) throws -> [RunPair] {
        try (0...count).map { index in
            let first = try measured(cases, kind: .confirm, earlier: index % 2 == 0 ? earlier : nil)
            let second = try measured(cases, kind: .confirm, earlier: index % 2 == 0 ? nil : earlier)
            return index % 2 == 0
                ? RunPair(reference: first, new: second) : RunPair(reference: second, new: first)
        }.dropFirst().map(\.self)
    }
}

extension RunPair {
    /// The pair with nothing but one case.
    fileprivate func of(_ caseID: String) -> RunPair {
        var pair = self
        pair.reference.cases.removeAll { $0.id != caseID }
        pair.new.cases.removeAll { $0.id != caseID }
        return pair
    }

    /// The pair without costs, which only interleaved runs may compare.
    fileprivate var withoutCosts: RunPair {
        var pair = self
        for index in pair.new.cases.indices {
            pair.new.cases[index].measurements.removeAll { $0.metric.metricClass == .cost }
        }
        return pair
    }
}

private struct NothingToAccept: Error, CustomStringConvertible {
    let name: String
    var description: String { "--accept \(name): it did not become worse; leave it out." }
}
