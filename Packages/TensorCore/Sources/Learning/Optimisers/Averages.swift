// Averages over a training: of parameters along its steps, of gradients over the parts of a batch.

public import Tensors

/// A slowly moving copy of a model's parameters: e ← d·e + (1−d)·p.
public struct ExponentialMovingAverage: Sendable {
    /// d, in `0...1`.
    public let decay: Float
    /// The averages, one per entry of `model.parameters`, in that order.
    public private(set) var averages: [Tensor]

    /// An average that starts at the model's parameters.
    public init(of model: some Module, decay: Float) {
        shapeCheck(decay >= 0 && decay <= 1, "ExponentialMovingAverage (the decay must lie in 0...1)")
        self.decay = decay
        averages = model.parameters.map(\.box.value)
    }

    /// Moves towards the model's present parameters.
    public mutating func update(from model: some Module) {
        averages = zip(averages, model.parameters).map { $0 * decay + $1.box.value * (1 - decay) }
    }

    /// Runs `body` while the model's parameters are the averages, and puts them back.
    public func applied<M: Module, Result>(to model: M, _ body: (M) throws -> Result) rethrows -> Result {
        let boxes = model.parameters.map(\.box)
        let values = boxes.map(\.value)
        defer { for (box, value) in zip(boxes, values) { box.value = value } }
        for (box, average) in zip(boxes, averages) { box.value = average }
        return try body(model)
    }
}

/// The gradient of a mean over a large batch from the gradients of means over its parts.
public struct GradientAccumulator: Sendable {
    private var sums: [Tensor] = []
    private var weight: Float = 0

    /// An accumulator without parts.
    public init() {}

    /// Adds a part.
    ///
    /// - Parameters:
    ///   - gradients: Of the mean loss over the part.
    ///   - weight: How many terms, for example tokens, that mean is over.
    public mutating func add(_ gradients: [Tensor], weight: Int) {
        shapeCheck(
            sums.isEmpty || sums.count == gradients.count, "GradientAccumulator", [sums.count], [gradients.count])
        let weighted = gradients.map { $0 * Float(weight) }
        sums = sums.isEmpty ? weighted : zip(sums, weighted).map { $0 + $1 }
        self.weight += Float(weight)
    }

    /// The gradients of the mean over all parts, which are then forgotten; of nothing, none.
    public mutating func average() -> [Tensor] {
        defer { self = GradientAccumulator() }
        return sums.map { $0 / max(weight, 1) }
    }
}
