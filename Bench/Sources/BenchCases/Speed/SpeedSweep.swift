// Single operations: how many floating-point operations, or bytes, a second.

public import BenchPeers
internal import Learning
public import Measurements
internal import TensorIO
internal import Tensors

/// One operation at one shape.
private struct SweptOperation: Sendable {
    let name: String
    /// Floating-point operations or bytes of one call.
    let amount: Double
    /// Calls in a turn.
    let repeats: Int
    let makeStep: @Sendable (WorkSize, inout Philox) -> SpeedWork.Step

    init(
        _ name: String, amount: Int, repeats: Int,
        _ makeStep: @escaping @Sendable (WorkSize, inout Philox) -> SpeedWork.Step
    ) {
        (self.name, self.amount, self.repeats, self.makeStep) = (name, Double(amount), repeats, makeStep)
    }
}

/// The operations of one kind, a metric each.
public struct SpeedSweep: PeerCase {
    /// What is swept.
    public enum Kind: String, CaseIterable, Sendable {
        /// Matrix products.
        case matmul
        /// What memory bounds.
        case elementwise
    }

    private let kind: Kind
    /// How often, how large, and beside whom.
    public var settings = SpeedSettings(warmUps: 1)

    /// The sweep of a kind.
    public init(_ kind: Kind) { self.kind = kind }

    /// `speed.<kind>`.
    public var id: String { "speed.\(kind.rawValue)" }

    /// What `bench list --long` says.
    public var summary: String {
        switch kind {
        case .matmul: "Matrix products m×n×k, and batches of them, in GFLOP/s; \(inWords(possiblePeers))."
        case .elementwise:
            "What memory bounds, in GB/s of operands read and written once; \(inWords(possiblePeers))."
        }
    }

    /// Nightly.
    public var tier: Tier { .nightly }
    /// Seconds on two cores.
    public var expectedSeconds: Double {
        5 + settings.peerSeconds(work: 5) + 10 * Double(operations.count * peers.count { $0.compiles })
    }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// The settings; the shapes are in the metrics' names, or the twins' files.
    public var configuration: [String: String] { ["preset": canonicalJSON(settings)] }
    /// None.
    public var dataFolders: [String] { [] }
    /// Those with a twin of every operation.
    public var possiblePeers: [Peer] { [.pytorch, .torchCompile, .jax, .mlx] }

    /// A rate an operation, and beside peers the ratios of each and their geometric means.
    public var metrics: [Metric] {
        operations.map { rate($0) }
            + peers.flatMap { peer in
                (operations.map(\.name) + means.map(\.name)).flatMap { name in
                    PeerColumn.ratios.map { ratio($0, peer, name) }
                }
            }
    }

    /// What is averaged: everything, and of the products those that the specification's section 8 names.
    private var means: [(name: String, operations: Set<String>)] {
        let all = ("mean", Set(operations.map(\.name)))
        guard kind == .matmul else { return [all] }
        return [
            all,
            (
                "mean_k256",
                ["2048x768x256", "2048x256x256", "2048x1024x256", "512x8000x256", "16384x256x256"]
            ), ("mean_batched", ["128x128x64x64", "32x32x64x64"]),
        ]
    }

    private var peers: [Peer] { settings.peers.filter(possiblePeers.contains) }

    private func rate(_ operation: SweptOperation) -> Metric {
        settings.cost(operation.name, kind == .matmul ? "GFLOP/s" : "GB/s", .higherIsBetter, 1)
    }

    private func ratio(_ column: PeerColumn, _ peer: Peer, _ operation: String) -> Metric {
        settings.cost(
            column, of: peer, at: operation.hasPrefix("mean") ? "\(kind.rawValue).\(operation)" : operation,
            suffix: "_" + operation)
    }

    /// Runs every operation in turns with the peers.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        let running = try RunningPeers(peers, size: settings.size)
        var measurements: [Measurement] = []
        var found: [Peer: [String: StepCost]] = [:]
        for (index, operation) in operations.enumerated() {
            context.report(Double(index) / Double(operations.count), operation.name)
            var generator = Philox(seed: context.seed, stream: "speed/\(operation.name)")
            let work = "\(kind.rawValue).\(operation.name)"
            var turns = MeasuredTurns(operation.makeStep(settings.size, &generator), repeats: operation.repeats)
            for _ in 0..<settings.warmUps { try turns.step() }
            _ = try running.start(work)
            try turns.take(settings.alternations, beside: running, work)
            measurements.append(
                Measurement(rate(operation), value: operation.amount / middle(turns.ours).wall / 1e9))
            for peer in peers {
                let ratio = ratios(of: turns.theirs[peer] ?? [], to: turns.ours)
                found[peer, default: [:]][operation.name] = ratio
                measurements += rows(peer, operation.name, ratio)
            }
        }
        for peer in peers {
            for mean in means {
                // Over what the peer can do.
                let ratios = (found[peer] ?? [:]).filter { mean.operations.contains($0.key) && $0.value.wall.isFinite }
                    .sorted { $0.key < $1.key }.map(\.value)
                measurements += rows(
                    peer, mean.name,
                    StepCost(wall: geometricMean(ratios.map(\.wall)), cpu: geometricMean(ratios.map(\.cpu))))
            }
        }
        return CaseOutcome(measurements, artefacts: running.artefacts)
    }

    private func rows(_ peer: Peer, _ operation: String, _ value: StepCost) -> [Measurement] {
        [
            Measurement(ratio(.wallRatio, peer, operation), value: value.wall),
            Measurement(ratio(.cpuRatio, peer, operation), value: value.cpu),
        ]
    }

    private var operations: [SweptOperation] { kind == .matmul ? Self.products : Self.elementwise }
}

extension SpeedSweep {
    private static let products: [SweptOperation] = [
        product(64, 64, 64), product(128, 128, 128), product(256, 256, 256), product(512, 512, 512),
        product(1024, 1024, 1024), product(2048, 2048, 2048), product(2048, 768, 256), product(2048, 256, 256),
        product(2048, 1024, 256), product(2048, 256, 1024), product(512, 8000, 256),
        product(256, 1024, 2048, isTransposed: true), product(16384, 256, 256), product(128, 1600, 576),
        product(1, 1024, 256), product(1, 8000, 256), product(5, 1024, 256), product(128, 128, 64, batch: 64),
        product(128, 64, 128, batch: 64), product(32, 32, 64, batch: 64), product(16, 16, 16, batch: 512),
        product(3, 3, 3, batch: 4096),
    ]

    /// m×n×k, so often in one call; `isTransposed` says how A lies in memory.
    private static func product(
        _ m: Int, _ n: Int, _ k: Int, batch: Int = 1, isTransposed: Bool = false
    ) -> SweptOperation {
        let flops = 2 * m * n * k * batch
        return SweptOperation(
            "\(m)x\(n)x\(k)" + (batch > 1 ? "x\(batch)" : ""), amount: flops,
            repeats: min(max(1_500_000_000 / flops, 1), 200)
        ) { size, generator in
            let lead = batch > 1 ? [size(batch, 2)] : []
            let (m, n, k) = (size(m, min(m, 8)), size(n, min(n, 8)), size(k, min(k, 8)))
            let a = Tensor.normal(lead + (isTransposed ? [k, m] : [m, k]), using: &generator)
            let left = isTransposed ? a.transposed(-1, -2) : a
            let b = Tensor.normal(lead + [k, n], using: &generator)
            return { _ = left.matmul(b) }
        }
    }

    /// The amounts are the operands of the whole call once each, four bytes a number: forward reads x and writes y;
    /// with its gradient it also reads x or y again and the cotangent, and writes the gradient.
    private static let elementwise: [SweptOperation] = [
        map("exp") { $0.exp() }, map("sin") { $0.sin() }, map("gelu") { $0.gelu() },
        gradientOfMap("gelu_gradient") { $0.gelu() },
        map("softmax", rows: 16_384, channels: 128) { $0.softmax() },
        gradientOfMap("softmax_gradient", rows: 16_384, channels: 128) { $0.softmax().squared() },
        normalisation("layer_norm", isBackward: false), normalisation("layer_norm_gradient", isBackward: true),
        pictures("batch_norm", channels: 64, isBackward: false) { normalised($0) },
        pictures("batch_norm_gradient", channels: 64, isBackward: true) { normalised($0) },
        pictures("depthwise", channels: 64, isBackward: false) { perChannel($0) },
        pictures("depthwise_gradient", channels: 64, isBackward: true) { perChannel($0) },
        adam,
    ]

    private static func map(
        _ name: String, rows: Int = 2048, channels: Int = 1024, _ body: @escaping @Sendable (Tensor) -> Tensor
    ) -> SweptOperation {
        SweptOperation(name, amount: 8 * rows * channels, repeats: 5) { size, generator in
            let x = Tensor.normal([size(rows, 8), channels], using: &generator)
            return { _ = body(x) }
        }
    }

    private static func gradientOfMap(
        _ name: String, rows: Int = 2048, channels: Int = 1024, _ body: @escaping @Sendable (Tensor) -> Tensor
    ) -> SweptOperation {
        SweptOperation(name, amount: 20 * rows * channels, repeats: 3) { size, generator in
            let x = Tensor.normal([size(rows, 8), channels], using: &generator)
            return { _ = gradient(at: x) { body($0).sum() } }
        }
    }

    /// Rows of 256, with a learned scale and offset; backward for all three, of the sum of squares.
    private static func normalisation(_ name: String, isBackward: Bool) -> SweptOperation {
        SweptOperation(name, amount: (isBackward ? 20 : 8) * 8192 * 256, repeats: 3) { size, generator in
            let x = Tensor.normal([size(8192, 8), 256], using: &generator)
            let norm = LayerNorm(256)
            let parameters = norm.parameters.map(\.box.value)
            guard isBackward else { return { _ = norm(x) } }
            return {
                _ = valueAndGradients(at: [x] + parameters) {
                    $0[0].layerNormalised(weight: $0[2], bias: $0[1]).squared().sum()
                }
            }
        }
    }

    /// 16 pictures of 80 × 80; backward for pictures and parameters, of the sum of squares.
    private static func pictures(
        _ name: String, channels: Int, isBackward: Bool, _ body: @escaping @Sendable ([Tensor]) -> Tensor
    ) -> SweptOperation {
        SweptOperation(name, amount: (isBackward ? 20 : 8) * 16 * channels * 6400, repeats: 2) { size, generator in
            let x = Tensor.normal([size(16, 1), channels, size(80, 8), size(80, 8)], using: &generator)
            let isNorm = name.hasPrefix("batch_norm")
            let scale = Tensor.normal(isNorm ? [channels] : [channels, 1, 3, 3], using: &generator)
            let arguments = [x, scale] + (isNorm ? [Tensor.zeros([channels])] : [])
            guard isBackward else { return { _ = body(arguments) } }
            return { _ = valueAndGradients(at: arguments) { body($0).squared().sum() } }
        }
    }

    private static func normalised(_ x: [Tensor]) -> Tensor {
        let running = RunningStatistics(mean: .zeros(x[1].shape), variance: .ones(x[1].shape))
        return x[0].batchNormalised(updating: running, weight: x[1], bias: x[2]).0
    }

    private static func perChannel(_ x: [Tensor]) -> Tensor {
        x[0].convolved(with: x[1], sliding: Sliding(padding: .both(1)), groups: x[0].shape[1])
    }

    /// AdamW on four million parameters: reads value, gradient and both moments, writes value and moments.
    private static let adam = SweptOperation("adamw", amount: 28 * 4_194_304, repeats: 2) { size, generator in
        let weights = Weights(Tensor.normal([size(4_194_304, 64)], using: &generator))
        let gradient = Tensor.normal(weights.weight.shape, using: &generator)
        var optimiser = Adam(learningRate: 1e-4, weightDecay: 0.01)
        return { optimiser.update(weights, gradients: [gradient]) }
    }
}

private struct Weights: Module {
    @Parameter var weight: Tensor

    init(_ weight: Tensor) { _weight = Parameter(wrappedValue: weight) }
}
