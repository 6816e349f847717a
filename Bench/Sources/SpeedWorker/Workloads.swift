// The steps whose speed is compared with PyTorch's: each is set up once and then run as often as asked.
// Their twins are in ci/peers/speed.py; shapes and names agree line by line.

import Learning
import Tensors

/// The shapes of the matrix-product sweep: m×n×k, how often in one call, and whether A is stored transposed.
struct ProductShape: Sendable {
    let (m, n, k): (Int, Int, Int)
    var batch = 1
    var isTransposed = false

    init(_ m: Int, _ n: Int, _ k: Int, batch: Int = 1, isTransposed: Bool = false) {
        (self.m, self.n, self.k) = (m, n, k)
        (self.batch, self.isTransposed) = (batch, isTransposed)
    }

    var name: String { "matmul.\(m)x\(n)x\(k)" + (batch > 1 ? "x\(batch)" : "") }

    static let sweep: [ProductShape] = [
        .init(64, 64, 64), .init(128, 128, 128), .init(256, 256, 256), .init(512, 512, 512), .init(1024, 1024, 1024),
        .init(2048, 2048, 2048), .init(2048, 768, 256), .init(2048, 256, 256), .init(2048, 1024, 256),
        .init(2048, 256, 1024), .init(512, 8000, 256), .init(256, 1024, 2048, isTransposed: true),
        .init(16384, 256, 256), .init(128, 1600, 576), .init(1, 1024, 256), .init(1, 8000, 256), .init(5, 1024, 256),
        .init(128, 128, 64, batch: 64), .init(128, 64, 128, batch: 64), .init(32, 32, 64, batch: 64),
        .init(16, 16, 16, batch: 512), .init(3, 3, 3, batch: 4096),
    ]
}

/// One named workload: a function that runs it once.
struct Workload: Sendable {
    let name: String
    let makeStep: @Sendable () -> () -> Void

    static let all: [Workload] = ProductShape.sweep.map(product) + [encoder, coordinateNetwork]

    private static func product(_ shape: ProductShape) -> Workload {
        Workload(name: shape.name) {
            var generator = Philox(seed: 1)
            let lead = shape.batch > 1 ? [shape.batch] : []
            let a = Tensor.normal(
                lead + (shape.isTransposed ? [shape.k, shape.m] : [shape.m, shape.k]), using: &generator)
            let left = shape.isTransposed ? a.transposed(-1, -2) : a
            let b = Tensor.normal(lead + [shape.k, shape.n], using: &generator)
            return { _ = left.matmul(b) }
        }
    }

    /// W1: 16 sequences of 128 tokens through six pre-norm blocks of 256 channels, forward, backward, AdamW.
    private static let encoder = Workload(name: "W1.encoder") {
        var generator = Philox(seed: 1)
        let model = TransformerEncoder(256, layerCount: 6, headCount: 4, hiddenSize: 1024, using: &generator)
        let x = Tensor.normal([16, 128, 256], using: &generator)
        return trainingStep(model) { $0(x).squared().mean() }
    }

    /// W3: 16,384 coordinates through a ReLU network with five hidden layers of 256, forward, backward, AdamW.
    private static let coordinateNetwork = Workload(name: "W3.relu") {
        var generator = Philox(seed: 1)
        let model = CoordinateNetwork(using: &generator)
        let x = Tensor.uniform([16384, 2], in: -1..<1, using: &generator)
        let target = Tensor.uniform([16384, 3], using: &generator)
        return trainingStep(model) { meanSquaredError($0(x), target: target) }
    }

    private static func trainingStep<Model: Module>(
        _ model: Model, _ loss: @escaping (Model) -> Tensor
    ) -> () -> Void {
        var optimiser = Adam(learningRate: 1e-4, weightDecay: 0.01)
        return {
            let (_, gradients) = valueAndGradient(of: model, loss)
            optimiser.update(model, gradients: gradients)
        }
    }
}

private struct CoordinateNetwork: Layer {
    let layers: [Linear]

    init(using generator: inout Philox) {
        let sizes = [2, 256, 256, 256, 256, 256]
        var layers: [Linear] = []
        for (inputs, outputs) in zip(sizes, sizes.dropFirst()) {
            layers.append(Linear(inputs, outputs, activation: .relu, using: &generator))
        }
        self.layers = layers + [Linear(256, 3, using: &generator)]
    }

    func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }
}
