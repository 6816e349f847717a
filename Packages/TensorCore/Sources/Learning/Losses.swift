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
    let weights = Tensor(labels.scalars.map { $0 == ignored ? 0 : 1 }, shape: labels.shape)
    let keptCount = max(weights.sum().item, 1)
    let safe = Indices(labels.scalars.map { $0 == ignored ? 0 : $0 }, shape: labels.shape)
    let logProbabilities = logits.logSoftmax()
    let hit = logProbabilities.picked(at: safe) * (smoothing - 1)  // […]
    let loss = smoothing == 0 ? hit : hit - logProbabilities.mean(along: -1) * smoothing
    return loss.selected(where: weights, else: Tensor(0)).sum() / keptCount
}
