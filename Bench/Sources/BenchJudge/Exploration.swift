// Variants of a case against a reference that ran with the same seeds: what each changed, and which of it stands out.

internal import BenchStatistics
public import BenchRecords
public import Measurements

/// A variant of one case: for each seed the reference's run and its own.
public struct VariantRuns: Sendable, Equatable {
    /// What the variant is called.
    public var name: String
    /// The case.
    public var caseID: String
    /// One pair a seed, in the order of seeds.
    public var pairs: [RunPair]

    /// A variant's runs.
    public init(_ name: String, of caseID: String, pairs: [RunPair] = []) {
        (self.name, self.caseID, self.pairs) = (name, caseID, pairs)
    }

    /// The case in both runs of each pair that has it done.
    fileprivate var cases: [(reference: CaseRecord, new: CaseRecord)] {
        pairs.compactMap { pair in
            guard let a = pair.reference.caseRecord(caseID), let b = pair.new.caseRecord(caseID), a.state == .done,
                b.state == .done
            else { return nil }
            return (a, b)
        }
    }
}

/// A metric of a variant against the reference.
public struct VariantResult: Sendable, Equatable {
    /// What the variant is called.
    public var name: String
    /// The case.
    public var caseID: String
    /// The metric.
    public var metric: Metric
    /// The reference's mean over the seeds.
    public var a: Double
    /// The variant's mean over the same seeds.
    public var b: Double
    /// The statistics over the items of all seeds.
    public var evidence: Evidence
    /// The seeds that both ran with.
    public var seedCount: Int
    /// How many of them moved the way that the whole did.
    public var agreeingCount: Int
    /// The evidence's p after Benjamini and Hochberg over all results.
    public var falseDiscoveryRate = 1.0
    /// The smallest change that counts: of the metric's own and the measured one the larger.
    public var floor: Double
    /// What it cost, if both sides say: seconds of training, or of the whole case where nothing is trained.
    public var cost: Cost?

    /// A cost's mean over the seeds on both sides.
    public struct Cost: Sendable, Equatable {
        /// The metric.
        public var metric: Metric
        /// The reference's.
        public var a: Double
        /// The variant's.
        public var b: Double
    }

    /// `case.metric`.
    public var subject: String { "\(caseID).\(metric.name)" }

    /// Whether it stands out: of such results one in ten is chance, and its size counts.
    ///
    /// Source: harness specification, section 5.9, item 4; it is advice and decides nothing.
    public var isMarked: Bool { falseDiscoveryRate <= 0.10 && abs(evidence.effect) > floor }
}

/// What variants changed.
public struct Ranking: Sendable, Equatable {
    /// A variant of which nothing can be said.
    public struct Unmeasured: Sendable, Equatable {
        /// What the variant is called.
        public var name: String
        /// The case, or `case.metric`.
        public var subject: String
        /// Why, in words.
        public var reason: String

        /// A variant without a result.
        public init(_ name: String, _ subject: String, _ reason: String) {
            (self.name, self.subject, self.reason) = (name, subject, reason)
        }
    }

    /// Case by case and metric by metric, best first.
    public var results: [VariantResult] = []
    /// What cannot be compared.
    public var unmeasured: [Unmeasured] = []

    /// The ranking of `variants` by each case's first quality metric with scores, or by each of them if `isWhole`.
    public init(of variants: [VariantRuns], isWhole: Bool, floors: [NoiseFloor]) {
        for variant in variants {
            let names = variant.metricNames
            if names.isEmpty { unmeasured.append(.init(variant.name, variant.caseID, variant.reasonForNothing)) }
            for name in names.prefix(isWhole ? names.count : 1) {
                switch variant.result(name, floors) {
                case .success(let result): results.append(result)
                case .failure(let different):
                    let reason = "\(different.field): \(different.a) in the reference, \(different.b) in the variant"
                    unmeasured.append(.init(variant.name, "\(variant.caseID).\(name)", reason))
                }
            }
        }
        let adjusted = benjaminiHochbergAdjusted(results.map(\.evidence.p))
        for (index, q) in adjusted.enumerated() { results[index].falseDiscoveryRate = q }
        let places = Dictionary(zip(results.map(\.subject), results.indices)) { first, _ in first }
        // Equal ones stay in the order they were given in.
        results = results.enumerated().map { (places[$1.subject] ?? 0, -$1.evidence.effect, $0, $1) }
            .sorted { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }.map(\.3)
    }
}

extension VariantRuns {
    fileprivate var metricNames: [String] {
        (cases.last?.reference.measurements ?? [])
            .filter { $0.metric.metricClass == .quality && $0.scores != nil }.map(\.metric.name)
    }

    /// Why there is no metric at all.
    fileprivate var reasonForNothing: String {
        guard cases.isEmpty else { return "the case has no quality metric with scores" }
        guard let pair = pairs.last else { return "not run" }
        func reason(_ side: String, _ run: RunRecord) -> String? {
            guard let item = run.caseRecord(caseID) else { return "\(side) does not have the case" }
            return item.state == .done ? nil : "\(side) \(item.state.rawValue): \(item.reason)"
        }
        return reason("the reference", pair.reference) ?? reason("the variant", pair.new) ?? ""
    }

    fileprivate func result(_ name: String, _ floors: [NoiseFloor]) -> Result<VariantResult, Mismatch> {
        var measured: [(a: Measurement, b: Measurement)] = []
        for (before, after) in cases {
            guard let a = before.measurement(name), let b = after.measurement(name) else {
                return .failure(Mismatch(name, "reported", "absent"))
            }
            // Settings differ by intention; data, items and the metric's signature must not.
            if let different = mismatch("data", before.dataDigests, after.dataDigests) ?? mismatch(a, b) {
                return .failure(different)
            }
            measured.append((a, b))
        }
        return pairedEvidence(measured).map { evidence in
            let (metric, run) = (measured[0].b.metric, pairs[0].new)
            let changes = measured.map { metric.direction.sign * ($0.b.value - $0.a.value) }
            return VariantResult(
                name: self.name, caseID: caseID, metric: metric, a: mean(measured.map(\.a.value)),
                b: mean(measured.map(\.b.value)), evidence: evidence, seedCount: changes.count,
                agreeingCount: changes.count { $0 * evidence.effect > 0 },
                floor: max(metric.smallestEffect, floors.calibrated(metric, of: caseID, in: run)?.value ?? 0),
                cost: cost("train") ?? cost("wall"))
        }
    }

    private func cost(_ name: String) -> VariantResult.Cost? {
        let values = cases.compactMap { before, after in
            before.measurement(name).flatMap { a in after.measurement(name).map { (a: a, b: $0) } }
        }
        return values.last.map {
            .init(metric: $0.b.metric, a: mean(values.map(\.a.value)), b: mean(values.map(\.b.value)))
        }
    }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
