// The estimators against exact expectations: the specification's table of 3.3, and enumerations of all samples.

import Glibc
import Tensors
import Testing

@testable import Dialogue

// Three queries: p(z|x) and p(y|x, D(z)).
private let prior = [0.5, 0.3, 0.2]
private let likelihoods = [0.1, 0.4, 0.05]

/// Every K-tuple of the three queries with its probability.
private func tuples(_ count: Int) -> [(queries: [Int], probability: Double)] {
    (0..<count).reduce([([], 1)]) { tuples, _ in
        tuples.flatMap { tuple in (0..<3).map { (tuple.0 + [$0], tuple.1 * prior[$0]) } }
    }
}

/// The exact expectation of an estimator's gradient on the logits of the queries: Σ_tuple p Σ_k a_k ∇log p(z_k), where
/// a_k is the weight of query k and ∇log p(z) = one-hot(z) − p.
private func expectedGradient(_ count: Int, _ coefficients: ([Double]) -> [Double]) -> [Double] {
    tuples(count).reduce([0, 0, 0]) { sum, tuple in
        let weights = coefficients(tuple.queries.map { likelihoods[$0] })
        return (0..<3).map { logit in
            sum[logit]
                + tuple.probability
                * zip(tuple.queries, weights).reduce(0) { $0 + $1.1 * (($1.0 == logit ? 1 : 0) - prior[logit]) }
        }
    }
}

private func coefficients(_ estimator: QueryEstimator) -> ([Double]) -> [Double] {
    { values in
        let total = values.reduce(0, +)
        let count = Double(values.count)
        switch estimator {
        case .snis: return values.map { $0 / total - 1 / count }
        case .em: return values.map { $0 / total }
        case .vimco:
            return values.map { value in
                // The mean of the others' logarithms is the logarithm of their geometric mean.
                let others = exp((values.reduce(0) { $0 + log($1) } - log(value)) / (count - 1))
                return log(total / count) - log((total - value + others) / count)
            }
        case .beamSet: return []
        }
    }
}

private struct EstimatorCase: Sendable, CustomTestStringConvertible {
    let estimator: QueryEstimator
    let count: Int
    var testDescription: String { "\(estimator.rawValue), K = \(count)" }
}

@Suite struct LossesTests {
    @Test(arguments: [
        (1, [0, 0, 0], -2.02533), (2, [-0.05667, 0.13667, -0.08], -1.89088),
        (4, [-0.13119, 0.24829, -0.1171], -1.80412), (8, [-0.17891, 0.31171, -0.13279], -1.75805),
    ])
    func `enumeration gives the specification's table`(_ count: Int, _ gradient: [Double], _ bound: Double) {
        let exact = expectedGradient(count, coefficients(.snis))
        for (a, b) in zip(exact, gradient) { #expect(abs(a - b) < 6e-6) }
        let expectation = tuples(count).reduce(0) { sum, tuple in
            sum + tuple.probability * log(tuple.queries.reduce(0) { $0 + likelihoods[$1] } / Double(count))
        }
        #expect(abs(expectation - bound) < 6e-6)
    }

    @Test(
        arguments: [1, 2, 4, 8].map { EstimatorCase(estimator: .snis, count: $0) }
            + [2, 4].flatMap { count in [.em, .vimco].map { EstimatorCase(estimator: $0, count: count) } })
    fileprivate func `the mean gradient on the queries lies within three standard errors of its expectation`(
        _ c: EstimatorCase
    ) {
        let rowCount = 20_000
        var generator = Philox(seed: 33, stream: "\(c.testDescription)")
        let drawn = (0..<(rowCount * c.count)).map { _ -> Int32 in
            let u = generator.uniform(in: 0..<1)
            return u < 0.5 ? 0 : u < 0.8 ? 1 : 2
        }
        let replies = Tensor(drawn.map { Float(log(likelihoods[Int($0)])) }, shape: [rowCount, c.count])
        let logits = Tensor(prior.map { Float(log($0)) }, shape: [1, 3]).tiled(rowCount, along: 0)
        // The loss is a mean over rows: times their number, each row has its own estimate.
        let gradients = gradient(at: logits) { logits in
            let queries = logits.logSoftmax().taken(at: Indices(drawn, shape: [rowCount, c.count]), along: 1)
            return latentQueryLoss(c.estimator, replies: replies, queries: queries) * Float(-rowCount)
        }
        let expected = expectedGradient(c.count, coefficients(c.estimator))
        for logit in 0..<3 {
            let values = gradients.selected(logit, along: 1).scalars.map(Double.init)
            let mean = values.reduce(0, +) / Double(rowCount)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rowCount)
            #expect(abs(mean - expected[logit]) <= 3 * (variance / Double(rowCount)).squareRoot() + 1e-6)
        }
    }

    @Test func `a set of all queries has the exact gradient and the exact marginal`() {
        let logits = Tensor(prior.map { Float(log($0)) }, shape: [1, 3])
        let replies = Tensor(likelihoods.map { Float(log($0)) }, shape: [1, 3])
        let (value, gradient) = valueAndGradient(at: logits) {
            latentQueryLoss(.beamSet, replies: replies, queries: $0.logSoftmax())
        }
        #expect(abs(value.item - 1.714798) < 1e-5)
        for (a, b) in zip(gradient.scalars, [0.222222, -0.366667, 0.144444]) { #expect(abs(Double(a) - b) < 1e-5) }
    }

    @Test func `two queries as a set get the posterior less the prior among them`() {
        let logits = Tensor(prior.map { Float(log($0)) }, shape: [1, 3])
        let replies = Tensor(likelihoods.prefix(2).map { Float(log($0)) }, shape: [1, 2])
        let gradient = gradient(at: logits) {
            latentQueryLoss(.beamSet, replies: replies, queries: $0.logSoftmax().sliced(along: 1, 0..<2))
        }
        // p̃ = (.625, .375), w̃ ∝ (.0625, .15) = (.294118, .705882); the third query is not in the set.
        for (a, b) in zip(gradient.scalars, [0.330882, -0.330882, 0]) { #expect(abs(Double(a) - b) < 1e-5) }
    }

    @Test(arguments: [QueryEstimator.snis, .em, .vimco])
    func `the reply's gradient is the share of its query`(_ estimator: QueryEstimator) {
        let replies = Tensor([0.1, 0.4, 0.05, 0.1].map { Float(log($0)) }, shape: [1, 4])
        let gradient = gradient(at: replies) {
            latentQueryLoss(estimator, replies: $0, queries: .zeros([1, 4]))
        }
        for (a, b) in zip(gradient.scalars, [0.1, 0.4, 0.05, 0.1]) { #expect(abs(Double(a) + b / 0.65) < 1e-5) }
    }

    /// p(yes) = .6; ℓ of the null document log .2; two searches with .1 and .4: posterior (.03, .12, .08)/.23.
    @Test func `with a null document the decision gets its posterior`() {
        let replies = Tensor([0.1, 0.4].map { Float(log($0)) }, shape: [1, 2])
        let answers = Tensor([0.6, 0.4].map { Float(log($0)) }, shape: [1, 2])
        let (_, gradients) = valueAndGradients(at: [answers, .zeros([1, 2])]) {
            latentSearchLoss(
                replies: replies, nothing: Tensor([Float(log(0.2))], shape: [1, 1]), queries: $0[1],
                decision: $0[0].logSoftmax(), searchCost: 0)
        }
        // Decision: prior less posterior of searching, .6 − .15/.23; queries: half of .15/.23 less each share.
        for (a, b) in zip(gradients[0].scalars, [-0.052174, 0.052174]) { #expect(abs(Double(a) - b) < 1e-5) }
        for (a, b) in zip(gradients[1].scalars, [0.195652, -0.195652]) { #expect(abs(Double(a) - b) < 1e-5) }
    }

    @Test func `settings that teach nothing are refused with a reason`() {
        func problem(_ change: (inout DialogueConfiguration) -> Void) -> String? {
            var configuration = DialogueConfiguration.probe
            change(&configuration)
            do { try configuration.validate() } catch { return error.description }
            return nil
        }
        #expect(problem { _ in } == nil)
        #expect(
            problem { $0.candidateCount = 1 }
                == "candidateCount: 1 under snis gives queries no gradient; take 2 or more.")
        #expect(problem { $0.temperature = 0 } == "temperature: 0.0 does not weigh queries; take one above 0.")
        #expect(
            problem { $0.labelShare = 0 }
                == "labelShare: 0.0 is no share of labels; take one in 0...1, above 0.")
        #expect(
            problem { ($0.estimator, $0.searchCost) = (.vimco, 0.1) }
                == "searchCost: vimco has no null document; take snis.")
        #expect(
            DialogueConfigurationError.tooLong(tokens: 63, positions: 64).description
                == "model.learnedPositionCount: 64 are too few for texts of 63 tokens; take two more than these.")
    }
}
