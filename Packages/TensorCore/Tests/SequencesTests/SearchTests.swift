// Beam search and sampling on tables small enough to be enumerated, and on a model.

import Foundation
import Learning
import TensorTesting
import Tensors
import Testing

@testable import Sequences

/// A model that is a function from the tokens so far, the start token first, to the weights of the next.
private struct TableModel: NextTokenModel, Sendable {
    let weights: @Sendable ([Int32]) -> [Double]
    private(set) var rows: [[Int32]]
    private(set) var rowCounts: [Int] = []

    init(sourceCount: Int = 1, _ weights: @escaping @Sendable ([Int32]) -> [Double]) {
        self.weights = weights
        rows = [[Int32]](repeating: [], count: sourceCount)
    }

    mutating func logProbabilities(appending tokens: [Int32], to parents: [Int]) -> Tensor {
        rows = zip(parents, tokens).map { rows[$0] + [$1] }
        rowCounts.append(rows.count)
        let values = rows.map { logs($0) }
        return Tensor(values.flatMap { $0.map(Float.init) }, shape: [rows.count, values[0].count])
    }

    /// ln of the normalised weights.
    func logs(_ row: [Int32]) -> [Double] {
        let row = weights(row)
        return row.map { log($0 / row.reduce(0, +)) }
    }

    /// Independent weights for every prefix, the square of a uniform number so that few tokens are likely.
    static func random(seed: UInt64, sourceCount: Int = 1, vocabularySize: Int = 4) -> TableModel {
        TableModel(sourceCount: sourceCount) { row in
            var generator = Philox(seed: seed, stream: row.map(String.init).joined(separator: " "))
            return (0..<vocabularySize).map { _ in
                let u = Double(generator.integer(below: 1000) + 1) / 1000
                return u * u
            }
        }
    }
}

/// In the small tables 2 ends a sequence, 0 starts it and is forbidden.
private let rules = GenerationRules(end: 2, forbidden: [0])

private func search(
    _ model: TableModel, beamSize: Int, lengthPenalty: Double = 1, maximumLength: Int = 4,
    rules: GenerationRules = rules, context: [Int32] = []
) -> [Hypothesis] {
    var model = model
    return BeamSearch(rules, beamSize: beamSize, lengthPenalty: lengthPenalty)(
        &model, [GenerationRequest(start: 0, maximumLength: maximumLength, context: context)])[0]
}

/// Every sequence of one to four tokens out of 1 and 3, the best first.
private func enumerated(_ model: TableModel, lengthPenalty: Double) -> [Hypothesis] {
    var (prefixes, all): ([[Int32]], [Hypothesis]) = ([[]], [])
    for length in 1...4 {
        prefixes = prefixes.flatMap { prefix in [1, 3].map { prefix + [$0] } }
        for tokens in prefixes {
            let values = (tokens + [2]).indices.map { Float(model.logs([0] + tokens[..<$0])[Int((tokens + [2])[$0])]) }
            let sum = values.reduce(0) { $0 + Double($1) }
            all.append(
                Hypothesis(
                    tokens: tokens, logProbabilities: values, score: sum / pow(Double(length + 1), lengthPenalty)))
        }
    }
    return all.sorted { $0.score > $1.score }
}

@Suite struct BeamSearchTests {
    @Test func `fairseq finds the same beams`() throws {
        let file = try #require(Bundle.module.url(forResource: "Golden/searches", withExtension: "safetensors"))
        let golden = try Golden(file, madeBy: "ci/references/searches.py", version: 1)
        let (tables, settings) = (try golden["tables"], try golden["settings"])
        for index in 0..<settings.shape[0] {
            let setting = settings.selected(index, along: 0).scalars
            let search = BeamSearch(
                GenerationRules(end: 2, forbidden: [1], minimumLength: Int(setting[2])), beamSize: Int(setting[0]),
                lengthPenalty: Double(setting[1]))
            var model = GoldenTables(tables)
            let request = GenerationRequest(start: 0, maximumLength: Int(setting[3]))
            let found = search(&model, [GenerationRequest](repeating: request, count: tables.shape[0]))
            let (tokens, scores) = (try golden["\(index).tokens"], try golden["\(index).scores"])
            for (source, hypotheses) in found.enumerated() {
                // With their end; −1 fills.
                let rows = tokens.selected(source, along: 0)
                let expected = (0..<rows.shape[0]).map { rows.selected($0, along: 0).scalars.filter { $0 >= 0 } }
                let values = scores.selected(source, along: 0).scalars.filter { !$0.isNaN }
                #expect(
                    hypotheses.map { $0.tokens.map(Float.init) + [2] } == expected.filter { $0 != [] }, "\(setting)")
                #expect(
                    difference(of: hypotheses.map { Float($0.score) }, from: values) == nil, "\(setting)")
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5], [0, 0.5, 1, 2])
    func `a beam as wide as all sequences finds them all, in order`(_ seed: UInt64, _ lengthPenalty: Double) {
        let model = TableModel.random(seed: seed)
        let expected = enumerated(model, lengthPenalty: lengthPenalty)
        #expect(expected.count == 2 + 4 + 8 + 16)
        #expect(search(model, beamSize: 30, lengthPenalty: lengthPenalty) == expected)
        // Half the beam holds every prefix of a length and its ends, so it still finds the best.
        #expect(search(model, beamSize: 16, lengthPenalty: lengthPenalty).first == expected.first)
    }

    /// a = 1, b = 3: after a .6 the end has .4, after b .4 it has .9.
    private static let garden = TableModel { row in
        switch row {
        case [0]: [0, 0.6, 0, 0.4]
        case [0, 1]: [0, 0.3, 0.4, 0.3]
        case [0, 3]: [0, 0.05, 0.9, 0.05]
        default: [0, 0, 1, 0]
        }
    }

    @Test func `two beams find what the greedy search walks past`() {
        let greedy = search(Self.garden, beamSize: 1)
        #expect(greedy.map(\.tokens) == [[1]])
        #expect(abs(greedy[0].score - log(0.6 * 0.4) / 2) < 1e-6)
        let two = search(Self.garden, beamSize: 2)
        #expect(two.map(\.tokens) == [[3], [1]])
        #expect(abs(two[0].score - log(0.4 * 0.9) / 2) < 1e-6)
        #expect(abs(two[0].logProbability - log(0.4 * 0.9)) < 1e-6)
    }

    @Test func `an end among the second half of the candidates is neither finished nor continued`() {
        // With one beam the end is second at first, then first.
        let model = TableModel { $0.count == 1 ? [0, 0.6, 0.4, 0] : [0, 0.1, 0.8, 0.1] }  // means: ln .4, ln .48 / 2
        var rules = rules
        rules.minimumLength = 0
        #expect(search(model, beamSize: 1, rules: rules).map(\.tokens) == [[1]])
        #expect(search(model, beamSize: 2, rules: rules).map(\.tokens) == [[1], []])
    }

    @Test func `the length penalty decides between a short and a long sequence`() {
        // b then end: .5 · .4 = .2, two tokens. a a a then end: .5 · .2 = .1, four tokens. All others are below .02.
        let model = TableModel { row in
            switch row {
            case [0]: [0, 0.5, 0, 0.5]
            case [0, 3]: [0, 0.3, 0.4, 0.3]
            case [0, 1], [0, 1, 1]: [0, 1, 0, 0]
            case [0, 1, 1, 1]: [0, 0.8, 0.2, 0]
            default: [0, 0.45, 0.1, 0.45]
            }
        }
        // ln .2 = −1.609 against ln .1 = −2.303; divided by 2 and 4: −0.805 against −0.576.
        let sums = search(model, beamSize: 4, lengthPenalty: 0, maximumLength: 3)
        #expect(sums.first?.tokens == [3])
        #expect(abs((sums.first?.score ?? 0) - -1.6094379) < 1e-6)
        let means = search(model, beamSize: 4, lengthPenalty: 1, maximumLength: 3)
        #expect(means.first?.tokens == [1, 1, 1])
        #expect(abs((means.first?.score ?? 0) - -0.5756463) < 1e-6)
    }

    @Test func `a maximum length forces the end and a minimum length forbids it`() {
        let endless = TableModel { _ in [0, 0.9, 0.01, 0.09] }
        #expect(search(endless, beamSize: 1, maximumLength: 3).map(\.tokens) == [[1, 1, 1]])
        let shy = TableModel { _ in [0, 0.05, 0.9, 0.05] }
        for length in 0...3 {
            var rules = rules
            rules.minimumLength = length
            #expect(search(shy, beamSize: 1, rules: rules)[0].tokens.count == length)
        }
        var impossible = rules
        impossible.minimumLength = 5
        #expect(search(shy, beamSize: 3, rules: impossible) == [])
    }

    /// a .6, b .3, end .1 wherever one is.
    private static let parrot = TableModel { _ in [0, 0.6, 0.1, 0.3] }

    @Test(arguments: [
        (0, 0, [Int32](), [1, 1, 1, 1, 1]),
        (1, 0, [], [1, 3]),  // a, b, and then nothing new
        (2, 0, [], [1, 1, 3, 1]),  // after "a a b a" both "a a" and "a b" have been
        (3, 0, [], [1, 1, 1, 3, 1]),
        (0, 2, [1, 1], [1, 3, 1, 3, 1]),
        (0, 1, [1], [3, 3, 3, 3, 3]),
        (0, 1, [1, 2, 3], []),  // the end is in the context, and stays allowed
        (2, 2, [3, 1], [1, 1, 3, 3]),  // then "b b" and "b a" are blocked
        (0, 3, [1, 1], [1, 1, 1, 1, 1]),
    ])
    func `n-grams of the sequence and of its context are blocked`(
        _ repetition: Int, _ fromContext: Int, _ context: [Int32], _ expected: [Int32]
    ) {
        let rules = GenerationRules(
            end: 2, forbidden: [0], minimumLength: 0, repetitionBlock: repetition, contextBlock: fromContext)
        let found = search(Self.parrot, beamSize: 1, maximumLength: 5, rules: rules, context: context)
        #expect(found.map(\.tokens) == [expected])
    }

    @Test func `forbidden tokens and tokens without a number never come`() {
        let model = TableModel { _ in [0.7, 0.1, 0.1, .nan] }
        let found = search(model, beamSize: 4, maximumLength: 2)
        #expect(found == [])  // a NaN spoils the whole normalised row
        var partly = NaNModel()
        let sequences = BeamSearch(rules, beamSize: 4)(&partly, [GenerationRequest(start: 0, maximumLength: 2)])[0]
        #expect(sequences.map(\.tokens) == [[1], [1, 1]])
    }

    @Test func `equal scores prefer the lower token`() {
        // a, b; then in order aa ba a. b. ab bb, of which a. ends among the first three; then aa. ba. ab.
        let level = TableModel { _ in [1, 1, 1, 1] }
        #expect(search(level, beamSize: 3, maximumLength: 2).map(\.tokens) == [[1], [1, 1], [3, 1]])
    }

    @Test(arguments: [1, 2, 5])
    func `a batch gives what its requests give alone`(_ beamSize: Int) {
        let requests = (0..<6).map {
            GenerationRequest(start: Int32($0), maximumLength: [4, 1, 7, 3, 0, 5][$0], context: [1, 4, 3])
        }
        let rules = GenerationRules(end: 2, forbidden: [0], repetitionBlock: 3, contextBlock: 2)
        let search = BeamSearch(rules, beamSize: beamSize)
        var model = TableModel.random(seed: 9, sourceCount: requests.count, vocabularySize: 6)
        let together = search(&model, requests)
        // Nothing is asked about a source that is done: at most the beam of each whose maximum is not reached.
        for (step, count) in model.rowCounts.enumerated() {
            #expect(count <= (step == 0 ? 6 : requests.count { $0.maximumLength >= step } * beamSize))
        }
        for (index, request) in requests.enumerated() {
            var model = TableModel.random(seed: 9, vocabularySize: 6)
            #expect(search(&model, [request])[0] == together[index])
        }
        #expect(together[4] == [])  // one token is asked for and none is allowed
        #expect(together.filter { $0.count == beamSize }.count >= 4)
        var empty = TableModel.random(seed: 9)
        #expect(search(&empty, []) == [])
    }

    @Test func `a model's translations do not depend on the batch`() {
        var generator = Philox(seed: 1)
        var inference: Philox?
        let configuration = EncoderDecoderConfiguration(
            vocabularySize: 12, channels: 16, hiddenSize: 24, headCount: 4, encoderLayerCount: 1, decoderLayerCount: 2)
        let model = EncoderDecoder(configuration, using: &generator)
        let sources: [[Int32]] = [[5, 3, 9], [4], [7, 8, 9, 10, 11, 3], [6, 6]]
        let search = BeamSearch(GenerationRules(end: 2, forbidden: [0, 1], minimumLength: 2), beamSize: 3)
        func translate(_ sources: [[Int32]]) -> [[Hypothesis]] {
            let encoded = model.encode(PaddedTokens(sources, padding: 1), dropout: &inference)
            var decoder = CachedDecoder(model, given: encoded)
            return search(&decoder, sources.map { GenerationRequest(start: 0, maximumLength: 2 * $0.count + 4) })
        }
        let together = translate(sources)
        for (source, found) in zip(sources, together) {
            #expect(translate([source]) == [found])
            #expect(found.count == 3)
        }
        #expect(Set(together.map { $0[0].tokens }).count > 1)
        // The score of a search is the one teacher forcing gives to its sequence.
        let best = together[2][0]
        let source = model.encode(PaddedTokens([sources[2]], padding: 1), dropout: &inference)
        let scores = model(PaddedTokens([[0] + best.tokens], padding: 1).indices, given: source, dropout: &inference)
            .logSoftmax().picked(at: PaddedTokens([best.tokens + [2]], padding: 1).indices)
        #expect(best.logProbabilities == scores.scalars)
    }
}

/// Log-probabilities `[source, step, last token, next token]` of the golden file.
private struct GoldenTables: NextTokenModel {
    let tables: [Float]
    let shape: [Int]
    private var sources: [Int]
    private var step = 0

    init(_ tables: Tensor) {
        self.tables = tables.scalars
        shape = tables.shape
        sources = Array(0..<tables.shape[0])
    }

    mutating func logProbabilities(appending tokens: [Int32], to parents: [Int]) -> Tensor {
        defer { step += 1 }
        sources = parents.map { sources[$0] }
        let rows = zip(sources, tokens).flatMap { source, token in
            let start = ((source * shape[1] + step) * shape[2] + Int(token)) * shape[3]
            return tables[start..<(start + shape[3])]
        }
        return Tensor(rows, shape: [tokens.count, shape[3]])
    }
}

/// a ½, end ½ and no number for b.
private struct NaNModel: NextTokenModel {
    mutating func logProbabilities(appending tokens: [Int32], to parents: [Int]) -> Tensor {
        let row: [Float] = [0, -0.693147, -0.693147, .nan]
        return Tensor(tokens.flatMap { _ in row }, shape: [tokens.count, 4])
    }
}

@Suite struct SamplingTests {
    private static let dice = TableModel { _ in [0, 0.5, 0.2, 0.3] }

    /// How often each first token comes in 4000 draws; a mean's deviation is below √(.25/4000) = 0.008.
    private func shares(_ sampling: Sampling) -> [Double] {
        var model = TableModel { $0.count == 1 ? [0.4, 0.3, 0.1, 0.15, 0.05] : [0, 0, 1, 0, 0] }
        var generator = Philox(seed: 3)
        let found = sampling(
            &model, [GenerationRequest(start: 0, maximumLength: 1)], count: 4000, using: &generator)[0]
        var shares = [Double](repeating: 0, count: 5)
        for hypothesis in found { shares[Int(hypothesis.tokens.first ?? 2)] += 1 / 4000 }
        return shares
    }

    /// Weights of the five first tokens that `shares` must approach.
    struct Cut: Sendable {
        var temperature: Float = 1
        var topK: Int?
        var topP = 1.0
        let weights: [Double]
    }

    @Test(arguments: [
        Cut(weights: [0.4, 0.3, 0.1, 0.15, 0.05]),
        Cut(topK: 2, weights: [0.4, 0.3, 0, 0, 0]),
        Cut(topP: 0.65, weights: [0.4, 0.3, 0, 0, 0]),
        Cut(topP: 0.75, weights: [0.4, 0.3, 0, 0.15, 0]),
        Cut(topK: 3, topP: 0.75, weights: [0.4, 0.3, 0, 0, 0]),  // .75 of the three's .85 is reached by two
        Cut(topP: 0, weights: [1, 0, 0, 0, 0]),
        Cut(temperature: 0.5, weights: [0.16, 0.09, 0.01, 0.0225, 0.0025]),  // squares
    ])
    func `first tokens come as often as temperature and cuts say`(_ cut: Cut) {
        let rules = GenerationRules(end: 2, minimumLength: 0)
        let found = shares(Sampling(rules, temperature: cut.temperature, topK: cut.topK, topP: cut.topP))
        for (token, (share, weight)) in zip(found, cut.weights).enumerated() {
            let expected = weight / cut.weights.reduce(0, +)
            #expect(abs(share - expected) < 0.03, "token \(token)")
            #expect((share == 0) == (weight == 0), "token \(token)")
        }
    }

    @Test func `rules hold, and log-probabilities are the model's`() {
        var (model, generator) = (Self.dice, Philox(seed: 4))
        let rules = GenerationRules(end: 2, forbidden: [0], minimumLength: 2, repetitionBlock: 2)
        let found = Sampling(rules, temperature: 3)(
            &model, [GenerationRequest(start: 0, maximumLength: 4)], count: 50, using: &generator)[0]
        #expect(found.count == 50)
        for hypothesis in found {
            #expect(2...4 ~= hypothesis.tokens.count)
            let pairs = zip(hypothesis.tokens, hypothesis.tokens.dropFirst()).map { [$0, $1] }
            #expect(Set(pairs).count == pairs.count)
            let expected = (hypothesis.tokens + [2]).map { [0, log(0.5), log(0.2), log(0.3)][Int($0)] }
            #expect(difference(of: hypothesis.logProbabilities, from: expected.map(Float.init)) == nil)
            #expect(abs(hypothesis.score - expected.reduce(0, +)) < 1e-5)
        }
        #expect(Set(found.map(\.tokens)).count > 5)
    }

    @Test func `a batch gives what its requests give one after the other`() {
        let requests = (0..<4).map { GenerationRequest(start: Int32($0), maximumLength: 3 + $0) }
        let sampling = Sampling(GenerationRules(end: 2, forbidden: [0]), topP: 0.9)
        var generator = Philox(seed: 5)
        var model = TableModel.random(seed: 6, sourceCount: 4, vocabularySize: 6)
        let together = sampling(&model, requests, count: 3, using: &generator)
        var again = Philox(seed: 5)
        for (request, found) in zip(requests, together) {
            var model = TableModel.random(seed: 6, vocabularySize: 6)
            #expect(sampling(&model, [request], count: 3, using: &again) == [found])
        }
        #expect(again == generator)
        #expect(Set(together.flatMap { $0 }.map(\.tokens)).count > 6)
    }
}
