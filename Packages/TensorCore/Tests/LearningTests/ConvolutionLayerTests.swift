// Convolution, batch and group norm as layers, and the divergence loss.

import Learning
import TensorTesting
import Tensors
import Testing

@Suite struct ConvolutionLayerTests {
    @Test func `a depthwise convolution has one window per channel`() {
        var generator = Philox(seed: 1)
        let layer = Convolution(
            6, 6, size: 3, sliding: Sliding(stride: 2, padding: .both(1)), groups: 6, using: &generator)
        #expect(layer.parameterCount == 6 * 9 + 6)
        #expect(layer(.zeros([2, 6, 5, 7])).shape == [2, 6, 3, 4])
        #expect(layer(.zeros([1, 6, 1, 1])).scalars == layer.bias?.wrappedValue.scalars)
        let bound: Float = 1 / 3
        #expect(layer.weight.scalars.allSatisfy { abs($0) <= bound })
    }

    @Test func `batch norm trains on the batch and infers from what it remembers`() {
        let layer = BatchNorm(1)
        #expect(layer.buffers.map(\.name) == ["runningMean", "runningVariance"])
        #expect(layer.parameters.map(\.name) == ["bias", "weight"])
        let x = Tensor([1, 2, 4], shape: [3, 1])
        #expect(layer(x, isTraining: false).scalars.map { ($0 * 1000).rounded() } == [1000, 2000, 4000])
        #expect(layer.runningMean.item == 0)
        let y = layer(x, isTraining: true)
        #expect(difference(of: y.scalars, from: [-1.0690415, -0.2672604, 1.3363019]) == nil)
        #expect(difference(of: layer.runningMean.scalars, from: [0.2333333]) == nil)
        #expect(difference(of: layer.runningVariance.scalars, from: [1.1333333]) == nil)
    }

    @Test func `a training step leaves remembered statistics outside the graph`() {
        let layer = BatchNorm(2)
        let x = Tensor([1, 2, 3, 5, 4, 9, 8, 7], shape: [4, 2])
        let (_, gradients) = valueAndGradient(of: layer) { ($0(x, isTraining: true).squared() * x).sum() }
        #expect(gradients.allSatisfy { $0.scalars.allSatisfy(\.isFinite) })
        // Means 4 and 5.75, a tenth of each.
        #expect(difference(of: layer.runningMean.scalars, from: [0.4, 0.575]) == nil)
        let again = gradient(at: layer.runningMean) { $0.squared().sum() }
        #expect(difference(of: again.scalars, from: [0.8, 1.15]) == nil)
    }

    @Test func `every parameter of a small network gets a gradient`() {
        struct Network: Module {
            let first: Convolution
            let norm = BatchNorm(4)
            let second: Convolution
            let group = GroupNorm(groups: 2, 4)
        }
        var generator = Philox(seed: 3)
        let network = Network(
            first: Convolution(1, 4, size: 3, usesBias: false, using: &generator),
            second: Convolution(4, 4, size: 3, sliding: Sliding(padding: .both(1)), groups: 4, using: &generator))
        let x = Tensor.normal([2, 1, 6, 6], using: &generator)
        let target = Tensor.normal([2, 4, 4, 4], using: &generator)
        let (_, gradients) = valueAndGradient(of: network) { n in
            meanSquaredError(n.group(n.second(n.norm(n.first(x), isTraining: true).relu())), target: target)
        }
        for (parameter, g) in zip(network.parameters, gradients) {
            #expect(g.scalars.contains { abs($0) > 1e-6 }, "\(parameter.name)")
        }
    }
}

@Suite struct DivergenceTests {
    private let rows = Tensor([1, 2, 3, 4, 0, 0, 1, -1], shape: [2, 4])

    @Test func `the divergence per distribution is the specification's number`() {
        let (first, second) = (rows.sliced(along: 0, 0..<1), rows.sliced(along: 0, 1..<2))
        let value = klDivergence(first.logSoftmax(), target: second.softmax())
        #expect(difference(of: value.scalars, from: [0.7932898]) == nil)
        let logarithmic = klDivergence(first.logSoftmax(), logTarget: second.logSoftmax())
        #expect(difference(of: logarithmic.scalars, from: [0.7932898]) == nil)
    }

    @Test func `a class of probability zero adds nothing, even where its prediction is impossible`() {
        let input = Tensor([0, -.infinity], shape: [1, 2])
        let target = Tensor([1, 0], shape: [1, 2])
        let (value, gradients) = valueAndGradients(at: [input, target]) { klDivergence($0[0], target: $0[1]) }
        #expect(value.item == 0)
        #expect(gradients[0].scalars == [-1, 0])
        #expect(gradients[1].scalars == [1, 0])
        #expect(klDivergence(input, logTarget: Tensor([0, -.infinity], shape: [1, 2])).item == 0)
    }

    @Test func `the three reductions divide by one, the batch and the elements`() {
        let uniform = Tensor.filled(0.25, shape: [2, 4])
        let values = [Reduction.sum, .batchMean, .mean].map {
            klDivergence(Tensor.zeros([2, 4]), target: uniform, reduction: $0).item
        }
        // Σ ¼·log ¼ over 8 elements = −2·log 4.
        #expect(difference(of: values, from: [-2.7725887, -1.3862944, -0.3465736]) == nil)
    }
}
