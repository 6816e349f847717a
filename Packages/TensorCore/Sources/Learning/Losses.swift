// Losses that every line shares.

public import Tensors

/// The mean of squared differences over all elements.
///
/// - Parameters:
///   - prediction: Any shape.
///   - target: The same shape.
/// - Returns: A scalar `[]`.
public func meanSquaredError(_ prediction: Tensor, target: Tensor) -> Tensor {
    shapeCheck(prediction.shape == target.shape, "meanSquaredError", prediction.shape, target.shape)
    return (prediction - target).squared().mean()
}

/// The cross-entropy between predicted and true classes, averaged over positions that are not ignored.
///
/// Per position (1 − ε)·(−log p_label) + ε/C·Σ_c(−log p_c).
///
/// - Parameters:
///   - logits: Unnormalised scores, `[…, class]`.
///   - labels: Class indices, `[…]`, each in `0..<class`, or `ignored`.
///   - smoothing: ε in `0..<1`.
///   - ignored: The label of positions to skip.
/// - Returns: A scalar `[]` in nats per position; 0 with zero gradient if every label is ignored.
public func crossEntropy(_ logits: Tensor, labels: Indices, smoothing: Float = 0, ignored: Int32 = -100) -> Tensor {
    shapeCheck(Array(logits.shape.dropLast()) == labels.shape, "crossEntropy", logits.shape, labels.shape)
    let keptCount = labels.scalars.count { $0 != ignored }
    return logits.crossEntropies(labels: labels, smoothing: smoothing, ignored: ignored).sum()
        / Float(max(keptCount, 1))
}

/// The mean cross-entropy between probabilities σ(logits) and targets: max(x, 0) − x·t + log(1 + e^−|x|).
///
/// - Parameters:
///   - logits: Any shape.
///   - targets: In 0…1, the same shape.
/// - Returns: A scalar `[]` in nats per element.
public func binaryCrossEntropy(_ logits: Tensor, targets: Tensor) -> Tensor {
    shapeCheck(logits.shape == targets.shape, "binaryCrossEntropy", logits.shape, targets.shape)
    return (logits.softplus() - logits * targets).mean()
}

/// The loss of connectionist temporal classification: see `ctcLosses`.
///
/// - Parameters:
///   - logits: Unnormalised scores, `[batch, frame, class]`; their gradient is softmax minus the posterior.
///   - targets: Per sequence its labels without blanks.
///   - frameCounts: Per sequence its valid frames; all of them by default.
///   - blank: The class of a frame that says nothing.
///   - zeroesInfeasible: Whether a target that does not fit its frames costs 0 instead of +∞.
///   - reduction: `.sum`; `.batchMean`, per sequence; or `.mean`: every loss is divided by its target's length (1 if
///     empty) first.
/// - Returns: A scalar `[]` in nats.
public func ctcLoss(
    logits: Tensor, targets: [[Int32]], frameCounts: [Int]? = nil, blank: Int32 = 0, zeroesInfeasible: Bool = false,
    reduction: Reduction = .mean
) -> Tensor {
    let losses = ctcLosses(
        logits.logSoftmax(), targets: targets, frameCounts: frameCounts, blank: blank,
        zeroesInfeasible: zeroesInfeasible)
    switch reduction {
    case .sum: return losses.sum()
    case .batchMean: return losses.mean()
    case .mean: return (losses / Tensor(targets.map { Float(max($0.count, 1)) }, shape: [targets.count])).mean()
    }
}

/// How a loss over many positions becomes one number.
public enum Reduction: Sendable {
    /// The sum over all elements.
    case sum
    /// The sum divided by the extent of the first axis.
    case batchMean
    /// The sum divided by the number of elements.
    case mean
}

/// The Kullback–Leibler divergence Σ t·(log t − input) of predicted from true distributions.
///
/// - Parameters:
///   - logProbabilities: Predicted log-probabilities, any shape.
///   - target: True probabilities of the same shape; 0·log 0 = 0, and such an element has no gradient.
///   - reduction: `.batchMean` is the divergence per distribution; `.mean` also divides by the number of classes.
/// - Returns: A scalar `[]` in nats.
public func klDivergence(_ logProbabilities: Tensor, target: Tensor, reduction: Reduction = .batchMean) -> Tensor {
    shapeCheck(logProbabilities.shape == target.shape, "klDivergence", logProbabilities.shape, target.shape)
    let isZero = target.equals(Tensor(0))
    return divergence(
        target, logTarget: Tensor(1).selected(where: isZero, else: target).log(), logProbabilities, isZero: isZero,
        reduction)
}

/// The same divergence from the logarithms of the true probabilities, −∞ for probability 0.
public func klDivergence(_ logProbabilities: Tensor, logTarget: Tensor, reduction: Reduction = .batchMean) -> Tensor {
    shapeCheck(logProbabilities.shape == logTarget.shape, "klDivergence", logProbabilities.shape, logTarget.shape)
    let isZero = logTarget.exp().equals(Tensor(0))
    let finite = Tensor(0).selected(where: isZero, else: logTarget)
    return divergence(finite.exp(), logTarget: finite, logProbabilities, isZero: isZero, reduction)
}

/// The reduced sum; elements of probability 0 are left out of the product, where an infinity would make them NaN.
private func divergence(
    _ target: Tensor, logTarget: Tensor, _ logProbabilities: Tensor, isZero: Tensor, _ reduction: Reduction
) -> Tensor {
    let difference = Tensor(0).selected(where: isZero, else: logTarget - logProbabilities)
    let total = (target * difference).sum()
    switch reduction {
    case .sum: return total
    case .batchMean: return total / Float(target.rank == 0 ? 1 : target.shape[0])
    case .mean: return total / Float(target.count)
    }
}
