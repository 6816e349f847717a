// Beam search as fairseq does it, ties broken by the lower token.

internal import Glibc
internal import Tensors

/// The most probable sequences, looked for among the best few of each length.
///
/// Each step takes the best 2·`beamSize` continuations of a source. Those among the first `beamSize` that end are finished
/// with the score Σ log p / (length with its end)^`lengthPenalty`; the best `beamSize` that do not end go on. A source is
/// done with `beamSize` finished sequences or at its maximum length. With `beamSize` 1 the search is greedy. Source: fairseq
/// `sequence_generator.py`; ours: equal scores prefer the lower token, then the better prefix, and a maximum length is a
/// source's own, so that a batch gives what its sources give alone.
public struct BeamSearch: Sendable, Equatable, Codable {
    /// What may be generated.
    public var rules: GenerationRules
    /// The sequences in work per source, at least 1.
    public var beamSize: Int
    /// 0 compares sums, 1 means; more favours longer sequences.
    public var lengthPenalty: Double

    /// A search; greedy by default.
    public init(_ rules: GenerationRules, beamSize: Int = 1, lengthPenalty: Double = 1) {
        self.rules = rules
        self.beamSize = beamSize
        self.lengthPenalty = lengthPenalty
    }

    /// The finished sequences per request, the best first.
    ///
    /// - Parameters:
    ///   - model: Before its first token, with one source per request.
    ///   - requests: In the order of the model's sources.
    /// - Returns: At most `beamSize` each; none where the rules leave no sequence with a probability above 0.
    public func callAsFunction(_ model: inout some NextTokenModel, _ requests: [GenerationRequest]) -> [[Hypothesis]] {
        var finished = requests.map { _ in [Hypothesis]() }
        var live = requests.indices.map { (request: $0, beam: [Prefix()]) }
        var (tokens, parents) = (requests.map(\.start), Array(requests.indices))
        while !live.isEmpty {
            let scores = model.logProbabilities(appending: tokens, to: parents)  // [row, vocabulary]
            let sources = live
            (tokens, parents, live) = ([], [], [])
            var row = 0
            for (index, beam) in sources {
                let request = requests[index]
                var next: [(prefix: Prefix, parent: Int)] = []
                let found = candidates(scores.sliced(along: 0, row..<row + beam.count), beam, request)
                for (rank, candidate) in found.enumerated() {
                    let prefix = beam[candidate.row]
                    if candidate.column != rules.end {
                        if next.count < beamSize {
                            next.append((prefix.appending(candidate.column, candidate.value), row + candidate.row))
                        }
                    } else if rank < beamSize && finished[index].count < beamSize {
                        let score = candidate.sum / pow(Double(prefix.tokens.count + 1), lengthPenalty)
                        finished[index].append(prefix.ended(candidate.value, score: score))
                    }
                }
                row += beam.count
                guard let best = next.first, finished[index].count < beamSize else { continue }
                // Sources have equally many rows: a beam that is not full is filled with rows that nothing continues.
                while next.count < beamSize { next.append((best.prefix.dead, best.parent)) }
                tokens += next.map { $0.prefix.tokens.last ?? request.start }
                parents += next.map(\.parent)
                live.append((index, next.map(\.prefix)))
            }
        }
        return finished.map { $0.sorted { $0.score > $1.score } }
    }

    /// The best 2·`beamSize` continuations of the prefixes of a beam, the best first: their columns are tokens.
    private func candidates(_ scores: Tensor, _ beam: [Prefix], _ request: GenerationRequest) -> [RankedSum] {
        let choices = beam.map { rules.choices(of: scores.shape[1], after: $0.tokens, for: request) }
        // Prefixes are equally long, so all are at the maximum length or none is.
        let range = choices[0].range
        return scores.sliced(along: 1, range).largestSums(
            with: beam.map(\.logProbability), excluding: choices.map(\.excluded), count: 2 * beamSize,
            from: range.lowerBound)
    }
}

extension Prefix {
    /// The same tokens with probability 0.
    fileprivate var dead: Prefix {
        Prefix(tokens: tokens, logProbabilities: logProbabilities, logProbability: -.infinity)
    }
}
