// Every layer under the checks that hold for all; a new layer is a row here.

import Learning
import TensorTesting
import Tensors
import Testing

/// A layer and what the common checks found wrong with it.
private struct LayerCase: Sendable, CustomTestStringConvertible {
    let name: String
    let problems: @Sendable () -> [String]
    var testDescription: String { name }

    /// A layer on normal numbers of a shape.
    init<L: Layer>(_ name: String, _ input: [Int], to output: [Int], _ make: @escaping @Sendable (inout Philox) -> L) {
        self.name = name
        problems = { checkLayer(make, { $0(.normal(input, using: &$1)) }, gives: output) }
    }

    init(_ name: String, _ problems: @escaping @Sendable () -> [String]) {
        self.name = name
        self.problems = problems
    }
}

private let training = TransformerStyle(
    norm: .after, activation: .relu, residualDropoutProbability: 0.1, attentionDropoutProbability: 0.1,
    activationDropoutProbability: 0.1)

private let layerCases: [LayerCase] = [
    .init("CentralDifferenceConvolution", [2, 3, 5, 4], to: [2, 4, 5, 4]) {
        CentralDifferenceConvolution(3, 4, using: &$0)
    },
    .init("Convolution", [2, 4, 5, 4], to: [2, 6, 3, 2]) {
        Convolution(4, 6, size: 3, sliding: Sliding(stride: 2, padding: .both(1)), groups: 2, using: &$0)
    },
    .init("DepthwiseSeparableConvolution") {
        checkLayer(
            { DepthwiseSeparableConvolution(3, 4, stride: 2, using: &$0) },
            { $0(.normal([2, 3, 5, 4], using: &$1), isTraining: true) }, gives: [2, 4, 3, 2])
    },
    .init("BatchNorm") {
        checkLayer({ _ in BatchNorm(3) }, { $0(.normal([4, 3, 2], using: &$1), isTraining: true) }, gives: [4, 3, 2])
    },
    .init("Embedding") {
        checkLayer(
            { Embedding(4, 3, using: &$0) }, { embedding, _ in embedding(Indices([3, 0, 3], shape: [3, 1])) },
            gives: [3, 1, 3])
    },
    .init("GRU") {
        checkLayer({ GRU(3, hiddenSize: 4, using: &$0) }, { $0(.normal([2, 5, 3], using: &$1)) }, gives: [2, 5, 4])
    },
    .init("GroupNorm", [2, 4, 3], to: [2, 4, 3]) { _ in GroupNorm(groups: 2, 4) },
    .init("LayerNorm", [2, 3, 5], to: [2, 3, 5]) { _ in LayerNorm(5) },
    .init("Linear", [2, 3, 5], to: [2, 3, 4]) { Linear(5, 4, using: &$0) },
    .init("Linear without bias", [3, 5], to: [3, 4]) { Linear(5, 4, usesBias: false, activation: .relu, using: &$0) },
    .init("PReLU", [2, 3, 4], to: [2, 3, 4]) { _ in PReLU(3) },
    .init("SelfAttention", [2, 5, 8], to: [2, 5, 8]) { SelfAttention(8, headCount: 2, using: &$0) },
    .init("SqueezeExcitation") {
        checkLayer(
            { SqueezeExcitation(8, using: &$0) }, { $0(.normal([3, 8, 2, 3], using: &$1), isTraining: true) },
            gives: [3, 8, 2, 3])
    },
    .init("TransformerBlock", [2, 5, 8], to: [2, 5, 8]) {
        TransformerBlock(8, headCount: 2, hiddenSize: 12, using: &$0)
    },
    .init("TransformerEncoder", [2, 5, 8], to: [2, 5, 8]) {
        TransformerEncoder(8, layerCount: 2, headCount: 4, hiddenSize: 12, isCausal: true, using: &$0)
    },
    .init("TransformerEncoder in training, post-norm and padded") {
        checkLayer(
            { TransformerEncoder(8, layerCount: 2, headCount: 2, hiddenSize: 12, style: training, using: &$0) },
            { encoder, generator in
                let x = Tensor.normal([2, 5, 8], using: &generator)
                var dropout: Philox? = generator.stream("dropout")
                return encoder(x, mask: paddingMask(lengths: [5, 3], keyCount: 5), dropout: &dropout)
            }, gives: [2, 5, 8])
    },
    .init("TransformerDecoder in training, post-norm and padded") {
        checkLayer(
            { TransformerDecoder(8, layerCount: 2, headCount: 2, hiddenSize: 12, style: training, using: &$0) },
            { decoder, generator in
                let x = Tensor.normal([4, 3, 8], using: &generator)
                let source = Tensor.normal([2, 5, 8], using: &generator)
                var dropout: Philox? = generator.stream("dropout")
                let mask = paddingMask(lengths: [5, 3], keyCount: 5)
                return decoder(x, decoder.memories(of: source, mask: mask), dropout: &dropout)
            }, gives: [4, 3, 8])
    },
]

@Suite struct LayerTests {
    @Test(arguments: layerCases)
    private func `shape, a gradient for every parameter, and equal bits from an equal seed`(_ layer: LayerCase) {
        #expect(layer.problems() == [])
    }

    @Test func `a causal encoder's output does not depend on later tokens`() {
        var generator = Philox(seed: 2)
        let encoder = TransformerEncoder(
            8, layerCount: 2, headCount: 2, hiddenSize: 12, isCausal: true, using: &generator)
        let x = Tensor.normal([1, 6, 8], using: &generator)
        let changed = Tensor.concatenated(
            [x.sliced(along: 1, 0..<4), .normal([1, 2, 8], using: &generator)], along: 1)
        let (a, b) = (encoder(x), encoder(changed))
        func difference(_ range: Range<Int>) -> String? {
            TensorTesting.difference(of: b.sliced(along: 1, range), from: a.sliced(along: 1, range), within: .exact)
        }
        #expect(difference(0..<4) == nil)
        #expect(difference(4..<6) != nil)
    }

    @Test func `Linear starts uniform within one over the root of its inputs`() {
        var generator = Philox(seed: 3)
        let linear = Linear(16, 500, using: &generator)
        let values = linear.weight.scalars + (linear.bias?.wrappedValue.scalars ?? [])
        #expect(values.count == 16 * 500 + 500)
        #expect(values.allSatisfy { abs($0) <= 0.25 })
        #expect((values.max() ?? 0) > 0.249 && (values.min() ?? 0) < -0.249)
    }
}
