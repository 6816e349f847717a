// What every way of generating tokens shares: what is asked for, what is allowed, what comes out.

/// A sequence to be generated, one per source of a model.
public struct GenerationRequest: Sendable, Equatable {
    /// The token before the first generated one, for instance a language or a task.
    public var start: Int32
    /// The most tokens before the end token: fairseq's a·source + b.
    public var maximumLength: Int
    /// Tokens whose n-grams may not be repeated where `GenerationRules.contextBlock` says so.
    public var context: [Int32]

    /// A request; without a context, no n-gram of it is blocked.
    public init(start: Int32, maximumLength: Int, context: [Int32] = []) {
        self.start = start
        self.maximumLength = maximumLength
        self.context = context
    }
}

/// What a generated sequence may contain.
public struct GenerationRules: Sendable, Equatable, Codable {
    /// The token that ends a sequence.
    public var end: Int32
    /// Tokens that are never generated: padding, for one.
    public var forbidden: [Int32]
    /// The fewest tokens before the end token.
    public var minimumLength: Int
    /// n of the n-grams that may occur only once in a sequence; 0 allows all.
    public var repetitionBlock: Int
    /// n of the n-grams that may not be taken from the request's context; 0 allows all.
    public var contextBlock: Int

    /// Rules that allow every n-gram and ask for one token by default.
    public init(
        end: Int32, forbidden: [Int32] = [], minimumLength: Int = 1, repetitionBlock: Int = 0, contextBlock: Int = 0
    ) {
        self.end = end
        self.forbidden = forbidden
        self.minimumLength = minimumLength
        self.repetitionBlock = repetitionBlock
        self.contextBlock = contextBlock
    }

    /// What may follow `tokens`: the tokens of a range but those excluded.
    ///
    /// At the maximum length only the end is allowed, which no n-gram forbids.
    func choices(
        of vocabularySize: Int, after tokens: [Int32], for request: GenerationRequest
    ) -> (range: Range<Int>, excluded: [Int32]) {
        let mayEnd = tokens.count >= minimumLength && !forbidden.contains(end)
        let last = mayEnd ? [] : [end]
        if tokens.count >= request.maximumLength { return (Int(end)..<Int(end) + 1, last) }
        let repeated = blocked(repetitionBlock, after: tokens, in: tokens)
        let copied = blocked(contextBlock, after: tokens, in: request.context)
        return (0..<vocabularySize, (forbidden + repeated + copied).filter { $0 != end } + last)
    }

    /// The log-probabilities of what may follow `tokens`: those given, −∞ for what is not allowed and for NaN.
    func allowed(
        _ logProbabilities: ArraySlice<Float>, after tokens: [Int32], for request: GenerationRequest
    ) -> [Float] {
        let (range, excluded) = choices(of: logProbabilities.count, after: tokens, for: request)
        var result = [Float](repeating: -.infinity, count: logProbabilities.count)
        for token in range {
            let value = logProbabilities[logProbabilities.startIndex + token]
            if !value.isNaN { result[token] = value }
        }
        for token in excluded { result[Int(token)] = -.infinity }
        return result
    }

    /// The tokens that would complete an n-gram of `text`.
    private func blocked(_ n: Int, after tokens: [Int32], in text: [Int32]) -> [Int32] {
        guard n > 0, text.count >= n, tokens.count >= n - 1 else { return [] }
        let recent = tokens.suffix(n - 1)
        return (n - 1..<text.count).filter { text[($0 - n + 1)..<$0] == recent }.map { text[$0] }
    }
}

/// A finished sequence.
public struct Hypothesis: Sendable, Equatable {
    /// What was generated, without start and end.
    public var tokens: [Int32]
    /// The model's log-probability of each token and of the end, in nats.
    public var logProbabilities: [Float]
    /// What hypotheses about one source are ordered by, the best being the largest.
    public var score: Double

    /// The log-probability of the whole sequence with its end, in nats.
    public var logProbability: Double { logProbabilities.reduce(0) { $0 + Double($1) } }
}

/// A sequence in work.
struct Prefix {
    var tokens: [Int32] = []
    var logProbabilities: [Float] = []
    var logProbability = 0.0

    func appending(_ token: Int32, _ value: Float) -> Prefix {
        Prefix(
            tokens: tokens + [token], logProbabilities: logProbabilities + [value],
            logProbability: logProbability + Double(value))
    }

    func ended(_ value: Float, score: Double) -> Hypothesis {
        Hypothesis(tokens: tokens, logProbabilities: logProbabilities + [value], score: score)
    }
}
