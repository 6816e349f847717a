// A store of short titled documents with the searches that need no query: by the dialogue, by its reply, by names said.
//
// Source: line specification, sections 3.4 and 8.3.

internal import Synchronization

/// A store that remembers what it was asked.
public final class WorldSearch: Sendable {
    /// The documents.
    public let documents: [WorldDocument]
    /// The retriever.
    public let index: BM25Index
    private let ofTitle: [String: [Int]]
    private let found = Mutex<[String: Int?]>([:])

    /// Indexes documents.
    public init(_ documents: [WorldDocument]) {
        self.documents = documents
        index = BM25Index(documents.map(\.text))
        ofTitle = Dictionary(grouping: documents.indices) { documents[$0].title }
    }

    /// D(z) with k = 1: the best document, `nil` if none shares a word.
    public func document(for query: String) -> Int? {
        found.withLock { found in
            if let known = found[query] { return known }
            let best = index.best(1, for: query).first?.document
            found[query] = best
            return best
        }
    }

    /// The documents about whoever is named in turns, in the order of the store.
    public func namedDocuments(in turns: [String]) -> [Int] {
        Set(
            turns.flatMap { turn in
                let words = plainTerms(of: turn)
                return zip(words, words.dropFirst()).flatMap { ofTitle["\($0) \($1)"] ?? [] }
            }
        ).sorted()
    }
}

/// The words of turns, each once, in the order they were first said.
public func unrepeatedWords(_ turns: [String]) -> String {
    var seen: Set<String> = []
    return turns.flatMap(plainTerms).filter { seen.insert($0).inserted }.joined(separator: " ")
}
