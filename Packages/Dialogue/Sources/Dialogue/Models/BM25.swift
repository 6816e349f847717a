// BM25: how well the words of a query fit each document of a store (Robertson et al. 1994, in five variants).
//
// Scores are summed in double precision in ascending order of terms, and equal scores put the earlier document first, so
// that the best k do not depend on k or on threads. Source: line specification, section 6.1.

internal import Foundation

/// The words of a text: maximal runs of letters or digits, in lower case.
public func plainTerms(of text: String) -> [String] {
    text.lowercased().unicodeScalars
        .split { !($0.properties.isAlphabetic || $0.properties.numericType == .decimal) }
        .map { String(String.UnicodeScalarView($0)) }
}

/// How rare words and long documents count.
public struct BM25Settings: Sendable, Equatable, Codable {
    /// The published formulas. With tf the count in the document, n = 1 − b + b·length/mean length and c = tf/n:
    public enum Variant: String, Sendable, Codable, CaseIterable {
        /// ln(1 + (N − df + ½)/(df + ½)) · tf/(tf + k₁n): never negative.
        case lucene
        /// ln((N − df + ½)/(df + ½)), at least 0, times lucene's second factor.
        case robertson
        /// ln(N/df) · (k₁ + 1)tf/(tf + k₁n).
        case atire
        /// ln((N + 1)/(df + ½)) · (k₁ + 1)(c + δ)/(k₁ + c + δ); also for words that are not there.
        case bm25l
        /// ln((N + 1)/df) · ((k₁ + 1)tf/(k₁n + tf) + δ); also for words that are not there.
        case bm25plus = "bm25+"
    }

    /// The formula.
    public var variant: Variant
    /// How soon repeats stop counting, above 0.
    public var k1: Double
    /// How much the length counts, in `0...1`.
    public var b: Double
    /// What `bm25l` and `bm25plus` add.
    public var delta: Double

    /// Lucene's formula with Anserini's numbers.
    public init(_ variant: Variant = .lucene, k1: Double = 0.9, b: Double = 0.4, delta: Double = 0.5) {
        (self.variant, self.k1, self.b, self.delta) = (variant, k1, b, delta)
    }

    /// What a word counts that is in `df` of `documentCount` documents.
    fileprivate func rarity(df: Int, documentCount: Int) -> Double {
        let (df, n) = (Double(df), Double(documentCount))
        switch variant {
        case .lucene: return log(1 + (n - df + 0.5) / (df + 0.5))
        case .robertson: return max(log((n - df + 0.5) / (df + 0.5)), 0)
        case .atire: return log(n / df)
        case .bm25l: return log((n + 1) / (df + 0.5))
        case .bm25plus: return log((n + 1) / df)
        }
    }

    /// What `tf` occurrences in a document of relative length n count.
    fileprivate func saturation(tf: Double, norm: Double) -> Double {
        switch variant {
        case .lucene, .robertson: return tf / (tf + k1 * norm)
        case .atire: return (k1 + 1) * tf / (tf + k1 * norm)
        case .bm25l:
            let c = tf / norm + delta
            return (k1 + 1) * c / (k1 + c)
        case .bm25plus: return (k1 + 1) * tf / (k1 * norm + tf) + delta
        }
    }
}

/// A document that fits a query.
public struct RankedDocument: Sendable, Equatable {
    /// Its place in the store.
    public let document: Int
    /// Its score, above 0.
    public let score: Double

    /// A document with its score.
    public init(document: Int, score: Double) { (self.document, self.score) = (document, score) }
}

/// A store of documents that can be searched.
public struct BM25Index: Sendable {
    /// How words and lengths count.
    public let settings: BM25Settings
    /// The number of documents.
    public let documentCount: Int
    /// The mean number of words of a document.
    public let meanLength: Double

    /// A word: its place in the ascending order of UTF-8 bytes, and what it adds to the documents that hold it.
    private struct Term {
        let rank: Int
        let postings: Postings
        let impacts: [Double]
        /// What it adds to every other document.
        let absence: Double
    }
    private let terms: [String: Term]
    /// The number of words of each document.
    let lengths: [Int]

    /// Where a word stands: documents in ascending order, and how often it is in each.
    struct Postings: Sendable, Equatable {
        var documents: [Int32] = []
        var counts: [Int32] = []
    }

    /// Indexes documents in their order.
    public init(_ documents: [String], settings: BM25Settings = BM25Settings()) {
        var postings: [String: Postings] = [:]
        let lengths = documents.enumerated().map { document, text in
            let words = plainTerms(of: text)
            let counts: [String: Int32] = words.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            for (word, count) in counts {
                postings[word, default: Postings()].documents.append(Int32(document))
                postings[word, default: Postings()].counts.append(count)
            }
            return words.count
        }
        let words = postings.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.init(words.map { ($0, postings[$0] ?? Postings()) }, lengths: lengths, settings: settings)
    }

    /// An index from what its file holds: words in ascending order of UTF-8 bytes, and the length of each document.
    init(_ words: [(word: String, postings: Postings)], lengths: [Int], settings: BM25Settings) {
        let mean = Double(lengths.reduce(0, +)) / Double(max(lengths.count, 1))
        var terms: [String: Term] = [:]
        for (rank, (word, postings)) in words.enumerated() {
            let rarity = settings.rarity(df: postings.documents.count, documentCount: lengths.count)
            let isAbsentCounted = [.bm25l, .bm25plus].contains(settings.variant)
            let absence = isAbsentCounted ? rarity * settings.saturation(tf: 0, norm: 1) : 0
            let impacts = zip(postings.documents, postings.counts).map { document, count in
                let norm = 1 - settings.b + settings.b * Double(lengths[Int(document)]) / mean
                return rarity * settings.saturation(tf: Double(count), norm: norm)
            }
            terms[word] = Term(rank: rank, postings: postings, impacts: impacts, absence: absence)
        }
        (self.settings, self.terms, self.lengths) = (settings, terms, lengths)
        (documentCount, meanLength) = (lengths.count, mean)
    }

    /// Every word with its documents, in ascending order of UTF-8 bytes.
    var words: [(word: String, postings: Postings)] {
        terms.sorted { $0.value.rank < $1.value.rank }.map { ($0.key, $0.value.postings) }
    }

    /// Whether a word is in some document.
    public func holds(_ word: String) -> Bool { terms[word] != nil }

    /// The number of different words.
    public var termCount: Int { terms.count }

    /// Every document's score; a word that is repeated in the query counts repeatedly.
    public func scores(of query: [String]) -> [Double] {
        var scores = [Double](repeating: 0, count: documentCount)
        for term in query.compactMap({ terms[$0] }).sorted(by: { $0.rank < $1.rank }) {
            if term.absence != 0 { for document in scores.indices { scores[document] += term.absence } }
            for (document, impact) in zip(term.postings.documents, term.impacts) {
                scores[Int(document)] += impact - term.absence
            }
        }
        return scores
    }

    /// The best documents for a query, the best first; equal scores in the order of the store.
    ///
    /// - Parameters:
    ///   - count: How many at most.
    ///   - query: The text; its words as `plainTerms(of:)` has them.
    ///   - candidates: The documents to choose from; all of them by default.
    /// - Returns: Only documents with a score above 0.
    public func best(_ count: Int, for query: String, among candidates: [Int]? = nil) -> [RankedDocument] {
        let scores = scores(of: plainTerms(of: query))
        return (candidates ?? Array(scores.indices)).filter { scores[$0] > 0 }
            .map { RankedDocument(document: $0, score: scores[$0]) }
            .sorted { ($1.score, $0.document) < ($0.score, $1.document) }
            .prefix(count).map(\.self)
    }
}
