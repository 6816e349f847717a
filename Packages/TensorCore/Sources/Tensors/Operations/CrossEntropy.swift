// Cross-entropy of rows of logits in one pass: neither probabilities nor their logarithms are stored.

/// What rows of logits are compared with.
struct CrossEntropyLabels: Sendable {
    let indices: Indices
    let smoothing: Float
    let ignored: Int32

    /// Per row 1 where its label counts, else 0.
    var weights: Tensor { Tensor(indices.scalars.map { $0 == ignored ? 0 : 1 }, shape: indices.shape) }
}

extension Tensor {
    /// Per row (1 − ε)·(−log p_label) + ε/C·Σ_c(−log p_c), where p is the row's softmax; 0 where the label is `ignored`.
    ///
    /// - Parameters:
    ///   - labels: Of the shape of the rows, each in `0..<class`, or `ignored`.
    ///   - smoothing: ε in `0..<1`.
    ///   - ignored: The label of rows to skip.
    /// - Returns: In nats, of the shape of `labels`, for these logits `[…, class]`.
    public func crossEntropies(labels: Indices, smoothing: Float = 0, ignored: Int32 = -100) -> Tensor {
        shapeCheck(rank >= 1 && Array(shape.dropLast()) == labels.shape, "crossEntropies", shape, labels.shape)
        Indices(labels.scalars.filter { $0 != ignored }).check(below: rowLength, "crossEntropies")
        let labels = CrossEntropyLabels(indices: labels, smoothing: smoothing, ignored: ignored)
        return Kernels.crossEntropies(self, labels).recorded(from: [self], saving: [self]) { g, context in
            if !context.isRecording {
                return [Kernels.crossEntropyGradient(context[0], labels, cotangent: g)]
            }
            // g·(softmax − (1 − ε)·onehot − ε/C) in the rows that count.
            let (classes, kept) = (context[0].rowLength, labels.weights)
            let safe = Indices(labels.indices.scalars.map { $0 == ignored ? 0 : $0 }, shape: labels.indices.shape)
            let target = safe.oneHot(classes: classes) * (1 - smoothing) + smoothing / Float(classes)
            let counted = g.selected(where: kept, else: Tensor(0)).unsqueezed(at: -1)
            return [(context[0].softmax() - target) * counted]
        }
    }
}
