// What the metrics of translations and transcripts have in common: counts per sentence, and a score of their sum.

internal import Tensors

/// A score of a corpus that depends on its sentences only through counts that add up.
///
/// Keeping each sentence's counts lets a bootstrap resample sentences and score each resample.
public protocol CorpusMetric: Sendable {
    /// The counts of one sentence; what each is, the metric says.
    ///
    /// Texts are as a reader would see them, neither tokenised nor in pieces; there is at least one reference.
    func statistics(of hypothesis: String, against references: [String]) -> [Double]

    /// The score of counts summed over sentences.
    func score(of statistics: [Double]) -> Double

    /// Everything that scores of different runs must share to be compared, in sacreBLEU's form.
    func signature(referenceCount: Int) -> String
}

extension CorpusMetric {
    /// The score of a corpus; `references[i]` are those of `hypotheses[i]`.
    ///
    /// - Precondition: As many lists of references as hypotheses, at least one (`shapeCheck`).
    public func score(of hypotheses: [String], against references: [[String]]) -> Double {
        shapeCheck(
            hypotheses.count == references.count && !hypotheses.isEmpty, "score", [hypotheses.count], [references.count]
        )
        let all = zip(hypotheses, references).map { statistics(of: $0, against: $1) }
        return score(of: all.dropFirst().reduce(all[0]) { zip($0, $1).map(+) })
    }
}

/// The version in signatures, raised when a score can change for equal text.
public let textMetricsVersion = "swift-1"
