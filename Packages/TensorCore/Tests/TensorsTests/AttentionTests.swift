// Fused attention equals the separate operations: values and slopes to the bit, with every mask and with dropout.

import TensorTesting
import Testing

@testable import Tensors

/// Attention written with separate operations.
private func plainAttention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, _ mask: AttentionMask, dropout: Float, using generator: inout Philox
) -> Tensor {
    let scores = q.matmul(k.transposed(2, 3))
    let scale = 1 / Float(q.shape[3]).squareRoot()
    let weights =
        switch mask {
        case .none: scores.rowSoftmax(scale: scale, causalPeriod: 0)
        case .causal: scores.rowSoftmax(scale: scale, causalPeriod: q.shape[2])
        case .additive(let bias): (scores * scale + bias).rowSoftmax(scale: 1, causalPeriod: 0)
        }
    return weights.dropout(dropout, using: &generator).matmul(v)
}

private let masks: [(name: String, make: @Sendable (Int) -> AttentionMask)] = [
    ("none", { _ in .none }), ("causal", { _ in .causal }),
    (
        "padding",
        { keys in
            .additive(
                Tensor((0..<2 * keys).map { $0 % keys < keys - $0 / keys ? 0 : -.infinity }, shape: [2, 1, 1, keys]))
        }
    ),
]

@Suite struct AttentionTests {
    @Test(arguments: masks.map(\.name), [Float(0), 0.3])
    func `values and slopes are those of separate operations`(_ name: String, _ dropout: Float) throws {
        let mask = try #require(masks.first { $0.name == name })
        // Within one tile of queries; over several, with keys and channels that no vector divides.
        for (queries, keys, dim, channels) in [(5, 7, 8, 8), (131, 1021, 6, 5)] {
            var generator = Philox(seed: 12)
            let inputs = [[2, 3, queries, dim], [2, 3, keys, dim], [2, 3, keys, channels]].map {
                Tensor.normal($0, using: &generator)
            }
            let g = Tensor.normal([2, 3, queries, channels], using: &generator)
            func bits(_ apply: ([Tensor]) -> Tensor) -> [[UInt32]] {
                let slopes = valueAndGradients(at: inputs) { (apply($0) * g).sum() }.gradients
                return ([apply(inputs)] + slopes).map { ($0 + 0).scalars.map(\.bitPattern) }
            }
            let fused = bits {
                var draws: Philox? = Philox(seed: 13)
                return attention(
                    query: $0[0], key: $0[1], value: $0[2], mask: mask.make(keys), dropoutProbability: dropout,
                    using: &draws)
            }
            let plain = bits {
                var draws = Philox(seed: 13)
                return plainAttention($0[0], $0[1], $0[2], mask.make(keys), dropout: dropout, using: &draws)
            }
            #expect(fused == plain)
        }
    }

    @Test func `a mask can be differentiated`() {
        var generator = Philox(seed: 14)
        let (q, bias) = (Tensor.normal([1, 2, 3, 4], using: &generator), Tensor.normal([3, 3], using: &generator))
        let slope = gradient(at: bias) {
            attention(query: q, key: q, value: q, mask: .additive($0)).squared().sum()
        }
        let plain = gradient(at: bias) {
            var none = Philox(seed: 0)
            return plainAttention(q, q, q, .additive($0), dropout: 0, using: &none).squared().sum()
        }
        #expect(slope.scalars == plain.scalars)
        #expect(slope.scalars.contains { abs($0) > 0.01 })
        let packed = Tensor.stacked([q, q, q].map { $0.transposed(1, 2) }, along: 2)
        let own = gradient(at: bias) { selfAttention(packed: packed, mask: .additive($0)).squared().sum() }
        #expect(difference(of: own.scalars, from: plain.scalars, within: .float32.times(4)) == nil)
    }

    @Test func `no query and no key are legal`() {
        let (none, some) = (Tensor.zeros([1, 2, 0, 4]), Tensor.ones([1, 2, 3, 4]))
        #expect(attention(query: none, key: some, value: some).shape == [1, 2, 0, 4])
        #expect(attention(query: some, key: none, value: none).scalars == [Float](repeating: 0, count: 24))
        let slope = gradient(at: some) { attention(query: none, key: $0, value: $0).sum() }
        #expect(slope.scalars == [Float](repeating: 0, count: 24))
    }
}
