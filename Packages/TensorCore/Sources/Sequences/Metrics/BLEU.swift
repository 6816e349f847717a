// BLEU over a corpus.

internal import Glibc
internal import Tensors

/// The geometric mean of clipped n-gram precisions, times a penalty for being short, in `0...100`.
///
/// A corpus without a match at some order gets the exponential smoothing of mteval. Source: Papineni et al. 2002; Post
/// 2018 (sacreBLEU 2.6); speech-translation specification, section 6.2.
public struct BLEU: CorpusMetric, Equatable, Codable {
    /// How text becomes tokens.
    public enum Tokenisation: String, Sendable, Codable {
        /// That of mteval-v13a.
        case mteval13a = "13a"
        /// At white space.
        case none
    }

    /// How text becomes tokens.
    public var tokenisation: Tokenisation
    /// Whether orders above the corpus's longest n-gram are left out; without it a corpus of short sentences gets 0.
    public var usesEffectiveOrder: Bool

    /// sacreBLEU's defaults; sentence scores want the effective order.
    public init(tokenisation: Tokenisation = .mteval13a, usesEffectiveOrder: Bool = false) {
        self.tokenisation = tokenisation
        self.usesEffectiveOrder = usesEffectiveOrder
    }

    /// The hypothesis's length, the closest reference's, matches of orders 1 to 4, n-grams of orders 1 to 4.
    ///
    /// - Precondition: There is a reference (`shapeCheck`).
    public func statistics(of hypothesis: String, against references: [String]) -> [Double] {
        shapeCheck(!references.isEmpty, "BLEU", [references.count])
        let tokens = tokens(of: hypothesis)
        let counts = NGramMatches(tokens, references.map(self.tokens))
        return ([tokens.count, counts.referenceLength] + counts.matches + counts.totals).map(Double.init)
    }

    /// BLEU of summed statistics; 0 without any match.
    public func score(of statistics: [Double]) -> Double {
        let (length, referenceLength) = (statistics[0], statistics[1])
        let (matches, totals) = (statistics[2..<6], statistics[6..<10])
        guard matches.contains(where: { $0 > 0 }) else { return 0 }
        var halving = 1.0
        let logPrecisions = zip(matches, totals).prefix { $1 > 0 }.map { matched, total in
            if matched == 0 { halving /= 2 }
            return log((matched == 0 ? halving : matched) / total)
        }
        guard usesEffectiveOrder || logPrecisions.count == 4 else { return 0 }
        let penalty = length < referenceLength ? exp(1 - referenceLength / length) : 1
        return 100 * penalty * exp(logPrecisions.reduce(0, +) / Double(logPrecisions.count))
    }

    /// For example `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:swift-1`.
    public func signature(referenceCount: Int) -> String {
        "nrefs:\(referenceCount)|case:mixed|eff:\(usesEffectiveOrder ? "yes" : "no")|tok:\(tokenisation.rawValue)"
            + "|smooth:exp|version:\(textMetricsVersion)"
    }

    private func tokens(of text: String) -> [Scalars] {
        switch tokenisation {
        case .mteval13a: mteval13aTokens(of: text)
        case .none: words(of: text.unicodeScalars)
        }
    }
}
