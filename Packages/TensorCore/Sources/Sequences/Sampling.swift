// Sequences drawn from a model's own distribution, or from its likeliest part.

internal import Glibc
public import Tensors

/// Draws token after token from the model's distribution, sharpened and cut.
///
/// Tokens have the weights exp(log p / temperature). Of these the likeliest `topK` stay, then the fewest of them that
/// together reach the share `topP` (nucleus sampling, Holtzman et al. 2020).
public struct Sampling: Sendable, Equatable, Codable {
    /// What may be generated.
    public var rules: GenerationRules
    /// Above 0; below 1 sharpens, above 1 flattens.
    public var temperature: Float
    /// The tokens to draw from at most; `nil` for all.
    public var topK: Int?
    /// The probability to draw from at least, in `0...1`; the likeliest token is never cut.
    public var topP: Double

    /// Sampling from the whole distribution by default.
    public init(_ rules: GenerationRules, temperature: Float = 1, topK: Int? = nil, topP: Double = 1) {
        self.rules = rules
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
    }

    /// `count` sequences per request, in the order they were asked for.
    ///
    /// A sequence's numbers come from a generator of its own, seeded by one number of `generator` in that order: a batch
    /// gives what its requests give one after the other.
    ///
    /// - Parameters:
    ///   - model: Before its first token, with one source per request.
    ///   - requests: In the order of the model's sources.
    ///   - count: Sequences per request, at least 1.
    ///   - generator: The source of randomness.
    /// - Returns: Log-probabilities are the model's, before temperature and cuts; the score is their sum. A sequence that
    ///   comes to where the rules leave nothing is missing.
    public func callAsFunction(
        _ model: inout some NextTokenModel, _ requests: [GenerationRequest], count: Int = 1,
        using generator: inout Philox
    ) -> [[Hypothesis]] {
        var finished = requests.map { _ in [Hypothesis?](repeating: nil, count: count) }
        var live = requests.indices.map { index in
            (request: index, rows: (0..<count).map { _ in Row(generator: Philox(seed: generator.next())) })
        }
        var tokens = requests.flatMap { [Int32](repeating: $0.start, count: count) }
        var parents = requests.indices.flatMap { [Int](repeating: $0, count: count) }
        while !tokens.isEmpty {
            let scores = model.logProbabilities(appending: tokens, to: parents).scalars
            let vocabularySize = scores.count / tokens.count
            let sources = live
            (tokens, parents, live) = ([], [], [])
            var first = 0
            for (index, rows) in sources {
                var rows = rows
                for place in rows.indices where rows[place].isLive {
                    let start = (first + place) * vocabularySize
                    let prefix = rows[place].prefix
                    let allowed = rules.allowed(
                        scores[start..<(start + vocabularySize)], after: prefix.tokens, for: requests[index])
                    guard let token = draw(allowed, using: &rows[place].generator) else {
                        rows[place].isLive = false
                        continue
                    }
                    let value = allowed[token]
                    if token == rules.end {
                        finished[index][place] = prefix.ended(value, score: prefix.logProbability + Double(value))
                        rows[place].isLive = false
                    } else {
                        rows[place].prefix = prefix.appending(Int32(token), value)
                    }
                }
                // Sources have equally many rows: a finished one is carried on until its source's last.
                if rows.contains(where: \.isLive) {
                    tokens += rows.map { $0.prefix.tokens.last ?? requests[index].start }
                    parents += first..<(first + rows.count)
                    live.append((index, rows))
                }
                first += rows.count
            }
        }
        return finished.map { $0.compactMap(\.self) }
    }

    /// A token by its probability; `nil` if all have none.
    private func draw(_ logProbabilities: [Float], using generator: inout Philox) -> Int? {
        var tokens = logProbabilities.indices.filter { logProbabilities[$0] > -.infinity }
        if topK != nil || topP < 1 {
            tokens.sort { (-logProbabilities[$0], $0) < (-logProbabilities[$1], $1) }
        }
        if let topK { tokens = Array(tokens.prefix(topK)) }
        guard let largest = tokens.map({ logProbabilities[$0] }).max() else { return nil }
        var weights = tokens.map { exp(Double((logProbabilities[$0] - largest) / temperature)) }
        if topP < 1 {
            let enough = topP * weights.reduce(0, +)
            var (sum, kept) = (0.0, 0)
            while kept < weights.count && (kept == 0 || sum < enough) {
                sum += weights[kept]
                kept += 1
            }
            weights = Array(weights.prefix(kept))
        }
        // 53 bits in 0..<1, as the standard library does; the last token takes what rounding leaves.
        var left = Double(generator.next() >> 11) * 0x1p-53 * weights.reduce(0, +)
        for (token, weight) in zip(tokens, weights) {
            left -= weight
            if left < 0 { return token }
        }
        return tokens[weights.count - 1]
    }
}

/// A sequence in work with its own generator.
private struct Row {
    var prefix = Prefix()
    var generator: Philox
    var isLive = true
}
