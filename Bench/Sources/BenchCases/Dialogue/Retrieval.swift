// Retrieval on real conversations: how much of the gold document's place BM25 finds from what was said, and from a human's
// query, beside chance. Source: dialogue specification, sections 6.1, 8.2 and 11.

internal import Dialogue
public import Measurements

/// A row of the table on TREC CAsT: one way to make a query.
public struct CAsTRetrieval: BenchCase {
    /// What is searched for.
    public enum Query: String, CaseIterable, Sendable {
        /// The user's turn as it was said.
        case raw
        /// All the user's turns of the conversation so far, every word once.
        case context
        /// The human rewrite that needs no context: the annotated query.
        case rewrite
        /// Floor: what a random order of the passages is expected to give.
        case chance
    }

    private let query: Query

    /// The row of one kind of query.
    public init(_ query: Query) { self.query = query }

    /// `dialogue.cast.<query>`.
    public var id: String { "dialogue.cast.\(query.rawValue)" }

    /// What `bench list --long` says.
    public var summary: String {
        switch query {
        case .raw: "BM25 on CAsT 2021-2022, query: the turn as said; 369 passages."
        case .context: "BM25 on CAsT 2021-2022, query: all the user's turns so far; 369 passages."
        case .rewrite: "BM25 on CAsT 2021-2022, query: the human rewrite; 369 passages."
        case .chance: "Floor: 369 passages in random order."
        }
    }

    /// Nightly.
    public var tier: Tier { .nightly }
    /// Seconds on two cores.
    public var expectedSeconds: Double { 2 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// The retriever and the query.
    public var configuration: [String: String] { ["bm25": "lucene k1=0.9 b=0.4", "query": query.rawValue] }
    /// Folders below `--data`.
    public var dataFolders: [String] { ["dialogue"] }
    /// R@1, R@5 and MRR@10.
    public var metrics: [Metric] { RetrievalRanks.metrics(configuration: documents) }
    private var documents: [String: String] { ["store": "cast-369"] }

    /// Searches for every turn's answer.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        guard let folder = context.dataFolder else { throw MissingDataFolder(caseID: id) }
        let data = try CAsT(folder: folder + "/dialogue")
        let index = BM25Index(data.passages)
        let (items, groups) = (data.turns.map(\.name), data.turns.map(\.conversation))
        let queries: [String]
        switch query {
        case .raw: queries = data.turns.map { $0.userTurns.last ?? "" }
        case .context: queries = data.turns.map { unrepeated($0.userTurns) }
        case .rewrite: queries = data.turns.map(\.rewrite)
        case .chance:
            let sizes = items.map { _ in data.passages.count }
            return CaseOutcome(
                RetrievalRanks.chance(of: sizes, items: items, groups: groups, configuration: documents))
        }
        let ranks = zip(data.turns, queries).map { turn, query in
            rank(of: [turn.passage], in: index.best(10, for: query))
        }
        return CaseOutcome(RetrievalRanks(ranks, items: items, groups: groups).measurements(configuration: documents))
    }
}

/// A row of the table on CMU_DoG: one query against one movie's sentences, or all movies'.
public struct CMUDoGRetrieval: BenchCase {
    /// Which sentences compete.
    public enum Store: String, CaseIterable, Sendable {
        /// Those of the movie that is talked about.
        case within
        /// All 1,202.
        case open
    }
    /// What is searched for.
    public enum Query: String, CaseIterable, Sendable {
        /// The other speaker's last turn.
        case lastTurn = "last-turn"
        /// All turns so far, every word once.
        case fullContext = "full-context"
        /// Floor: what a random order is expected to give.
        case chance
    }

    private let store: Store
    private let query: Query

    /// The row of one query on one store.
    public init(_ store: Store, _ query: Query) { (self.store, self.query) = (store, query) }

    /// `dialogue.cmudog.<store>.<query>`.
    public var id: String { "dialogue.cmudog.\(store.rawValue).\(query.rawValue)" }

    /// What `bench list --long` says.
    public var summary: String {
        let sentences = store == .within ? "the movie's sentences" : "all 1202 sentences"
        return switch query {
        case .lastTurn: "BM25 on CMU_DoG's test turns, query: the last turn; \(sentences)."
        case .fullContext: "BM25 on CMU_DoG's test turns, query: all turns so far; \(sentences)."
        case .chance: "Floor: \(sentences) in random order."
        }
    }

    /// Nightly.
    public var tier: Tier { .nightly }
    /// Seconds on two cores.
    public var expectedSeconds: Double { 4 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// The retriever, the query and the store.
    public var configuration: [String: String] {
        ["bm25": "lucene k1=0.9 b=0.4", "query": query.rawValue, "store": store.rawValue]
    }
    /// Folders below `--data`.
    public var dataFolders: [String] { ["dialogue"] }
    /// R@1, R@5 and MRR@10 on silver labels.
    public var metrics: [Metric] { RetrievalRanks.metrics(configuration: documents) }
    private var documents: [String: String] { ["labels": "silver", "store": "cmudog-\(store.rawValue)"] }

    /// Searches for every labelled turn's sentence.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        guard let folder = context.dataFolder else { throw MissingDataFolder(caseID: id) }
        let data = try CMUDoG(folder: folder + "/dialogue", split: "test")
        let index = BM25Index(data.sentences)
        let ofMovie = Dictionary(grouping: data.sentences.indices) { data.movies[$0] }
        let (items, groups) = (data.turns.map(\.name), data.turns.map(\.dialogue))
        let candidates = data.turns.map { store == .within ? ofMovie[$0.movie] : nil }
        if query == .chance {
            let sizes = candidates.map { $0?.count ?? data.sentences.count }
            return CaseOutcome(
                RetrievalRanks.chance(of: sizes, items: items, groups: groups, configuration: documents))
        }
        let ranks = zip(data.turns, candidates).map { turn, candidates in
            let text = query == .lastTurn ? turn.context.last ?? "" : unrepeated(turn.context)
            return rank(of: [turn.sentence], in: index.best(10, for: text, among: candidates))
        }
        return CaseOutcome(RetrievalRanks(ranks, items: items, groups: groups).measurements(configuration: documents))
    }
}

/// The words of turns, each once, in the order they were first said.
private func unrepeated(_ turns: [String]) -> String {
    var seen: Set<String> = []
    return turns.flatMap(plainTerms).filter { seen.insert($0).inserted }.joined(separator: " ")
}
