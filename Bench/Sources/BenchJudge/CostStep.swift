// Whether a cost has taken a step, from as few interleaved pairs as decide it.

internal import BenchStatistics
public import BenchRecords

/// A change of a cost between two commits, to be looked for at those in between.
public struct CostStep: Sendable {
    /// What pairs at a commit show.
    public enum Finding: Sendable, Equatable {
        /// No step.
        case absent
        /// The step.
        case present
        /// Neither, after so many pairs.
        case underpowered(pairs: Int)
        /// The new side gave no such cost, for a reason.
        case failed(String)
    }

    private let caseID: String
    private let metric: String
    private let test: SequentialTest

    /// The step that the pairs of the two ends show, if they show any: the Hodges–Lehmann estimate of ln(B/A).
    public init(of metric: String, in caseID: String, between ends: [RunPair]) {
        (self.caseID, self.metric) = (caseID, metric)
        test = SequentialTest(step: hodgesLehmann(logRatios(of: metric, in: caseID, ends)).estimate)
    }

    /// What the pairs so far show; `nil` while it takes more.
    public func finding(in pairs: [RunPair]) -> Finding? {
        let ratios = logRatios(of: metric, in: caseID, pairs)
        if ratios.count < pairs.count {
            let item = pairs.lazy.compactMap { $0.new.caseRecord(caseID) }.first { $0.state != .done }
            return .failed(item.map { "\($0.state.rawValue): \($0.reason)" } ?? "no \(metric) in every pair")
        }
        switch test.answer(ratios) {
        case .nothing: return .absent
        case .step: return .present
        case .underpowered: return .underpowered(pairs: ratios.count)
        case nil: return nil
        }
    }
}
