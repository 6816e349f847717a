// The same bits from any number of threads: every operation of the table, and operations large enough to be split.

import Learning
import TensorTesting
import Tensors
import Testing

/// A computation on normal numbers of given shapes.
private struct LargeCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shapes: [[Int]]
    let apply: @Sendable ([Tensor]) -> Tensor

    init(_ name: String, _ shapes: [[Int]], _ apply: @escaping @Sendable ([Tensor]) -> Tensor) {
        (testDescription, self.shapes, self.apply) = (name, shapes, apply)
    }
}

private let largeCases: [LargeCase] = [
    .init("attention", [[4, 4, 70, 32], [4, 4, 90, 32], [4, 4, 90, 32]]) {
        attention(query: $0[0], key: $0[1], value: $0[2], mask: .causal)
    },
    .init("batch norm", [[16, 24, 20, 20], [24], [24]]) {
        let start = RunningStatistics(mean: .zeros([24]), variance: .ones([24]))
        return $0[0].batchNormalised(updating: start, weight: $0[1], bias: $0[2]).normalised
    },
    .init("broadcast arithmetic", [[300, 1, 70], [31, 1]]) { ($0[0] + $0[1]) * $0[1] / ($0[0].squared() + 1) },
    .init("connectionist temporal classification", [[12, 40, 30]]) { x in
        ctcLosses(x[0].logSoftmax(), targets: (1...12).map { n in (0..<n).map { Int32($0 % 29 + 1) } })
    },
    .init("convolution", [[6, 16, 33, 31], [24, 16, 3, 3], [24]]) {
        $0[0].convolved(with: $0[1], bias: $0[2], sliding: Sliding(stride: 2, padding: .both(1)))
    },
    .init("cross-entropy", [[900, 211]]) { x in
        crossEntropy(x[0], labels: Indices((0..<900).map { Int32($0 % 211) }), smoothing: 0.1)
    },
    .init("cumulative product", [[60, 80, 20]]) { $0[0].cumulativeProduct(along: 1) },
    .init("depthwise convolution", [[6, 48, 33, 31], [48, 1, 3, 3]]) {
        $0[0].convolved(with: $0[1], sliding: Sliding(padding: .both(1)), groups: 48)
    },
    .init("elementwise functions", [[100_003]]) { $0[0].gelu() + $0[0].sin() * $0[0].tanh() + $0[0].sigmoid().log() },
    .init("gather of rows", [[500, 130]]) { x in
        x[0].gathered(at: Indices((0..<3000).map { Int32($0 * 7919 % 500) })).tanh()
    },
    .init("layer norm", [[700, 130], [130], [130]]) { $0[0].layerNormalised(weight: $0[1], bias: $0[2]) },
    .init("linear", [[300, 130], [190, 130], [190]]) { $0[0].linear($0[1], bias: $0[2], activation: .gelu) },
    .init("linear of few rows", [[5, 256], [7000, 256], [7000]]) {
        $0[0].linear($0[1], bias: $0[2], activation: .relu)
    },
    .init("max pooling", [[6, 24, 40, 40]]) { $0[0].maxPooled(3, 3, sliding: Sliding(stride: 2, padding: .both(1))) },
    .init("reductions", [[90, 110, 30]]) {
        $0[0].sum(along: 1).sum() + $0[0].variance(along: 0).sum() + $0[0].max(along: 2).sum()
            + $0[0].norm(along: 1).sum()
    },
    .init("resizing", [[6, 24, 30, 30]]) { $0[0].resized(height: 47, width: 41).squared() },
    .init("sampling", [[4, 16, 40, 40], [4, 50, 50, 2]]) { $0[0].sampled(at: $0[1] * 0.5, beyond: .reflected) },
    .init("self-attention", [[6, 60, 3, 4, 32]]) { selfAttention(packed: $0[0], mask: .causal) },
    .init("softmax", [[800, 130]]) { $0[0].softmax() * $0[0].logSoftmax() },
    .init("transposed convolution", [[6, 24, 17, 16], [24, 16, 3, 3]]) {
        $0[0].convolvedTransposed(with: $0[1], sliding: Sliding(stride: 2, padding: .both(1)))
    },
]

/// Value, gradients and second gradients on the worker pool's present threads.
private func bits(_ inputs: [Tensor], _ apply: ([Tensor]) -> Tensor) -> [[UInt32]] {
    var results = [apply(inputs)]
    let second = valueAndGradients(at: inputs) { outer in
        let first = valueAndGradients(at: outer) { x in
            let y = apply(x)
            var generator = Philox(seed: 4, stream: "cotangent")
            return (y * Tensor.normal(y.shape, using: &generator)).sum()
        }.gradients
        results += first.map(\.detached)
        return first.map { $0.squared().sum() }.reduce(Tensor(0), +)
    }
    return (results + second.gradients).map { $0.scalars.map(\.bitPattern) }
}

@Suite(.serialized) struct ThreadTests {
    @Test(arguments: operationCases.map(\.name))
    func `an operation gives the same bits on one thread, two, three and seven`(_ name: String) throws {
        let row = try #require(operationCases.first { $0.name == name })
        let golden = try operationGolden()
        let inputs = try (0...).prefix { golden.tensors["\(name).x\($0)"] != nil }.map { try golden["\(name).x\($0)"] }
        expectSameBits(inputs, row.apply)
    }

    @Test(arguments: largeCases)
    private func `a large operation gives the same bits on one thread, two, three and seven`(_ row: LargeCase) {
        var generator = Philox(seed: 8, stream: row.testDescription)
        expectSameBits(row.shapes.map { Tensor.normal($0, using: &generator) }, row.apply)
    }

    @Test func `a map over threads keeps the order, and may do what needs threads itself`() {
        let sums = Threads.map(100) { index in Tensor.filled(1, shape: [index, 1000]).sum().scalars[0] }
        #expect(sums == (0..<100).map { Float($0 * 1000) })
        #expect(Threads.map(0) { $0 }.isEmpty)
    }

    private func expectSameBits(_ inputs: [Tensor], _ apply: ([Tensor]) -> Tensor) {
        let before = Threads.count
        defer { Threads.count = before }
        Threads.count = 1
        let expected = bits(inputs, apply)
        for count in [2, 3, 7] {
            Threads.count = count
            #expect(bits(inputs, apply) == expected, "\(count) threads")
        }
    }
}
