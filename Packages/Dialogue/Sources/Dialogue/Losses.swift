// The query as a latent variable: estimators of −log p(y|x) = −log Σ_z p(z|x) p(y|x, D(z)) from K queries.
//
// Legend: ℓ = log p(y|x, D(z)) of each query's documents, π = log p(z|x); both `[batch, candidate]`. Gradients reach the
// reply through ℓ and the query through π. Source: line specification, section 3.3; not here: `elboPrior`, `posteriorNet`.

public import Tensors

/// How K queries stand for all.
public enum QueryEstimator: String, CaseIterable, Sendable, Codable {
    /// The self-normalised posterior of the samples, less its mean 1/K: low variance, biased by O(1/K).
    case snis
    /// The same without the control variate: reinforces whatever was sampled.
    case em
    /// The bound of K samples, each sample's share taken against the others': unbiased for the bound.
    case vimco
    /// A set of different queries as if there were no others, differentiated directly.
    case beamSet
}

/// The loss of `estimator`, averaged over the batch.
///
/// - Parameters:
///   - estimator: Which.
///   - replies: ℓ, `[batch, candidate]`, in nats.
///   - queries: π, `[batch, candidate]`, in nats; for `beamSet` of different queries, else of samples.
///   - temperature: What `snis` and `em` divide ℓ by in the weights, above 0: above 1 no example dominates.
///   - queryWeight: λ, how much the query's part counts.
/// - Returns: A scalar `[]` whose gradients are the estimates; its value is the bound only for `vimco`'s and `beamSet`'s
///   first terms.
public func latentQueryLoss(
    _ estimator: QueryEstimator, replies: Tensor, queries: Tensor, temperature: Float = 1, queryWeight: Float = 1
) -> Tensor {
    shapeCheck(replies.shape == queries.shape, "latentQueryLoss", replies.shape, queries.shape)
    let (batch, count) = replies.shape2
    let weights = (replies.detached / temperature).softmax()  // [batch, candidate]
    let loss: Tensor
    switch estimator {
    case .snis:
        loss = -(weights * replies).sum() - ((weights - 1 / Float(count)) * queries).sum() * queryWeight
    case .em: loss = -(weights * replies).sum() - (weights * queries).sum() * queryWeight
    case .vimco:
        let advantages = leaveOneOutAdvantages(replies.detached)
        let bound = replies.logSumExp(along: 1).sum() - logarithm(count) * Float(batch)
        loss = -bound - (advantages * queries).sum() * queryWeight
    case .beamSet: loss = -(queries.logSoftmax() + replies).logSumExp(along: 1).sum()
    }
    return loss / Float(batch)
}

/// L̂ − L̂₋ₖ of each sample: L̂ = log mean exp ℓ, and L̂₋ₖ the same with ℓₖ replaced by the mean of the others.
private func leaveOneOutAdvantages(_ replies: Tensor) -> Tensor {
    let count = replies.shape[1]
    let bound = replies.logSumExp(along: 1, keepsAxes: true)  // [batch, 1]
    let others = (replies.sum(along: 1, keepsAxes: true) - replies) / Float(count - 1)  // [batch, candidate]
    // [batch, left out, candidate]: the diagonal replaced.
    let diagonal = Indices((0..<Int32(count)).map(\.self)).oneHot(classes: count)
    let replaced = others.unsqueezed(at: 2).selected(where: diagonal, else: replies.unsqueezed(at: 1))
    return bound - replaced.logSumExp(along: 2)
}

/// The loss of `snis` with one more candidate, no document at all, averaged over the batch: the search decision is learned
/// without labels.
///
/// p(y|x) = p(no|x) p(y|x, ∅) + p(yes|x) Σ_z p(z|x) p(y|x, D(z)); a search costs `searchCost` nats, or replies that no
/// document helps would leave the decision undecided.
///
/// - Parameters:
///   - replies: ℓ, `[batch, candidate]`.
///   - nothing: ℓ of the null document, `[batch, 1]`.
///   - queries: π, `[batch, candidate]`.
///   - decision: log p(yes|x) and log p(no|x), `[batch, 2]`.
///   - temperature: As in `latentQueryLoss`.
///   - searchCost: At least 0.
/// - Returns: A scalar `[]`.
public func latentSearchLoss(
    replies: Tensor, nothing: Tensor, queries: Tensor, decision: Tensor, temperature: Float = 1, searchCost: Float
) -> Tensor {
    let (batch, count) = replies.shape2
    shapeCheck(
        nothing.shape == [batch, 1] && decision.shape == [batch, 2] && queries.shape == replies.shape,
        "latentSearchLoss", replies.shape, nothing.shape)
    let all = Tensor.concatenated([replies, nothing], along: 1)  // [batch, candidate + 1]
    let answers = decision.detached.split(along: 1, [1, 1])
    let searching = (replies.detached - searchCost) / temperature + answers[0] - logarithm(count)
    let weights = Tensor.concatenated([searching, nothing.detached / temperature + answers[1]], along: 1).softmax()
    let parts = weights.split(along: 1, [count, 1])
    let search = parts[0].sum(along: 1, keepsAxes: true)  // [batch, 1]: posterior of searching
    let queryPart = ((parts[0] - search / Float(count)) * queries).sum()
    let decisionPart = (Tensor.concatenated([search, parts[1]], along: 1) * decision).sum()
    return -((weights * all).sum() + queryPart + decisionPart) / Float(batch)
}

private func logarithm(_ count: Int) -> Float { Tensor(Float(count)).log().item }
