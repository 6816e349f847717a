// A trained model on the test dialogues of a synthetic world: what it searches for, finds and replies.
//
// Source: line specification, sections 7 and 8.3. This is the scorer: it alone sees the gold of test dialogues.

public import Measurements
public import Sequences
internal import Tensors

/// What a model did with each test dialogue.
public struct WorldEvaluation: Sendable {
    /// A dialogue's outcome.
    public struct Turn: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// The query; `nil` where the method or the decision makes none.
        public let query: String?
        /// The gold document's place among ten; `nil` if it is not there.
        public let rank: Int?
        /// The reply.
        public let reply: String
        /// The gold reply.
        public let gold: String
        /// The gold value; `nil` where nothing had to be searched for.
        public let value: String?
        /// The gold query.
        public let goldQuery: String?
        /// The probability of searching; 1 where no decision is made.
        public let searchProbability: Double
        /// The likelihood of the gold reply given what was found.
        public let likelihood: Perplexity
    }

    /// In the order of the world's test dialogues.
    public let turns: [Turn]

    /// Searches and replies greedily; queries are the best of a beam of four.
    ///
    /// - Parameters:
    ///   - model: The trained network.
    ///   - method: Who makes the query.
    ///   - decides: Whether a decision not to search is obeyed.
    ///   - queryLength: The most tokens of a query.
    ///   - replyTurns: The last turns that a reply is made from, as in training.
    ///   - world: The test dialogues and documents.
    ///   - search: A search over them.
    ///   - golds: Of the test dialogues.
    public init(
        _ model: ModularDialogue, _ method: DialogueMethod, decides: Bool = false, queryLength: Int, replyTurns: Int?,
        on world: SyntheticWorld, search: WorldSearch, golds: [GoldAnnotation?]
    ) {
        let vocabulary = world.vocabulary
        var turns: [Turn] = []
        for first in stride(from: 0, to: world.test.count, by: 50) {
            let range = first..<min(first + 50, world.test.count)
            let (dialogues, golds) = (Array(world.test[range]), Array(golds[range]))
            var inference: Philox?
            let source = model.encode(dialogues.map { vocabulary.tokens(ofTurns: $0.context) }, dropout: &inference)
            let searching = model.decision(
                .searchDecision, between: ("__do-search__", "__do-not-search__"), given: source, dropout: &inference
            ).exp().scalars
            let generated =
                method.generatesQueries
                ? model.best(.searchQuery, given: source, maximumLength: queryLength, beamSize: 4)
                    .map { $0.first.map { vocabulary.text(of: $0.tokens) } } : []
            let queries = dialogues.indices.map { row -> String? in
                if decides && searching[2 * row] < 0.5 { return nil }
                switch method {
                case .noSearch: return nil
                case .lastTurn: return dialogues[row].context.last
                case .fullContext: return unrepeatedWords(dialogues[row].context)
                case .oracle: return golds[row]?.query
                case .header, .supervised, .hindsightDistillation, .latent: return generated[row]
                }
            }
            let rankings = queries.map { query in query.map { search.index.best(10, for: $0) } ?? [] }
            let documents = rankings.map {
                [vocabulary.tokens(ofDocument: $0.first.map { world.documents[$0.document].text } ?? "")]
            }
            let heard = replyTurns.map { count in
                model.encode(
                    dialogues.map { vocabulary.tokens(ofTurns: $0.context.suffix(count)) }, dropout: &inference)
            }
            let told = model.fused(heard ?? source, documents, dropout: &inference)
            let targets = dialogues.map { vocabulary.tokens(of: $0.reply) }
            let nats = (-model.logLikelihoods(of: targets, as: .response, given: told, dropout: &inference)).scalars
            let replies = model.best(.response, given: told, maximumLength: 12)
            for row in dialogues.indices {
                let dialogue = dialogues[row]
                var likelihood = Perplexity()
                likelihood.add(nats: Double(nats[row]), tokenCount: targets[row].count + 1, text: dialogue.reply)
                turns.append(
                    Turn(
                        name: dialogue.name, query: queries[row],
                        rank: golds[row].flatMap { rank(of: [$0.document], in: rankings[row]) },
                        reply: replies[row].first.map { vocabulary.text(of: $0.tokens) } ?? "", gold: dialogue.reply,
                        value: golds[row]?.value, goldQuery: golds[row]?.query,
                        searchProbability: decides ? Double(searching[2 * row]) : 1, likelihood: likelihood))
            }
        }
        self.turns = turns
    }

    /// The turns that need a search.
    public var questions: [Turn] { turns.filter { $0.value != nil } }

    /// The likelihood of all gold replies.
    public var perplexity: Perplexity { turns.reduce(into: Perplexity()) { $0.add($1.likelihood) } }

    /// The share of questions whose reply has the value.
    public var valueAccuracy: Double { mean(of: questions) { $0.hasValue } }

    /// The mean of the share of questions that are searched for and the share of small talk that is not; not a number
    /// without either.
    public var balancedAccuracy: Double {
        (mean(of: questions) { $0.searchProbability >= 0.5 ? 1 : 0 }
            + mean(of: turns.filter { $0.value == nil }) { $0.searchProbability < 0.5 ? 1 : 0 }) / 2
    }

    /// `balancedAccuracy` with its turns: whether each is a question, and whether the decision is right.
    public func measurement(ofBalancedAccuracy metric: Metric) -> Measurement {
        let rows = turns.flatMap { turn in
            let isQuestion = turn.value != nil
            return [isQuestion ? 1.0 : 0, isQuestion == (turn.searchProbability >= 0.5) ? 1 : 0]
        }
        return Measurement(
            metric, value: balancedAccuracy, scores: Scores(items: turns.map(\.name), width: 2, values: rows))
    }

    /// What `measurements` reports.
    public static func metrics(configuration: some Encodable) -> [Metric] {
        RetrievalRanks.metrics(configuration: configuration)
            + [("value_acc", 3), ("f1", 3), ("query_exact", 3)].map {
                Metric(
                    $0.0, .quality, direction: .higherIsBetter, decimals: $0.1, finaliser: .mean, smallestEffect: 0.01,
                    configuration: configuration)
            }
            + ["ppl_token", "ppl_word"].map {
                Metric(
                    $0, .quality, direction: .lowerIsBetter, finaliser: .perplexity, smallestEffect: 0.02,
                    configuration: configuration)
            }
    }

    /// Ranks, value accuracy, F1 of the reply and exact queries of the questions, per dialogue; perplexities of all replies.
    public func measurements(configuration: some Encodable) -> [Measurement] {
        let items = questions.map(\.name)
        let ranks = RetrievalRanks(questions.map(\.rank), items: items, groups: Array(items.indices))
        let scores: [[Double]] = [
            questions.map(\.hasValue), questions.map { tokenF1(of: $0.reply, against: [$0.gold]).f1 },
            questions.map { $0.query == $0.goldQuery ? 1 : 0 },
        ]
        let metrics = Self.metrics(configuration: configuration).dropFirst(3)
        let all = perplexity
        let likelihoods = zip([all.perToken, all.perWord], [\Perplexity.tokenCount, \.wordCount]).map { value, unit in
            (value, turns.flatMap { [$0.likelihood.nats, Double($0.likelihood[keyPath: unit])] })
        }
        return ranks.measurements(configuration: configuration)
            + zip(metrics, scores).map { Measurement($0, scores: Scores(items: items, values: $1)) }
            + zip(metrics.suffix(2), likelihoods).map { metric, likelihood in
                Measurement(
                    metric, value: likelihood.0,
                    scores: Scores(items: turns.map(\.name), width: 2, values: likelihood.1))
            }
    }

    /// Query, gold query, place, reply and gold reply of each turn, tab-separated.
    public var table: String {
        turns.reduce("name\tquery\tgold_query\tplace\treply\tgold_reply\n") { table, turn in
            let fields = [
                turn.name, turn.query ?? "", turn.goldQuery ?? "", turn.rank.map(String.init) ?? "", turn.reply,
                turn.gold,
            ]
            return table + fields.joined(separator: "\t") + "\n"
        }
    }

    private func mean(of turns: [Turn], _ score: (Turn) -> Double) -> Double {
        turns.reduce(0) { $0 + score($1) } / Double(turns.count)
    }
}

extension WorldEvaluation.Turn {
    /// 1 if the reply has the gold value, else 0.
    fileprivate var hasValue: Double {
        value.map { reply.split(separator: " ").contains(Substring($0)) ? 1 : 0 } ?? 0
    }
}
