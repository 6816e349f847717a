// Whole small models against their PyTorch twins in ci/references/learning_models.py.

import Foundation
import Learning
import TensorTesting
import Tensors
import Testing

/// A convolutional network with every convolutional block of this module.
private struct Network: Module {
    let stem: Convolution
    let stemNorm = BatchNorm(8)
    let slope = PReLU(8)
    let separable: DepthwiseSeparableConvolution
    let difference: CentralDifferenceConvolution
    let group = GroupNorm(groups: 3, 12)
    let excitation: SqueezeExcitation
    let head: Linear

    init(using generator: inout Philox) {
        stem = Convolution(
            3, 8, size: 3, sliding: Sliding(stride: 2, padding: .both(1)), usesBias: false, using: &generator)
        separable = DepthwiseSeparableConvolution(8, 12, stride: 2, using: &generator)
        difference = CentralDifferenceConvolution(12, 12, using: &generator)
        excitation = SqueezeExcitation(12, using: &generator)
        head = Linear(24, 3, using: &generator)
    }

    /// `[batch, 3, 16, 16]` to `[batch, 3]`.
    func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        let start = slope(stemNorm(stem(x), isTraining: isTraining))  // [batch, 8, 8, 8]
        let y = separable(start, isTraining: isTraining)  // [batch, 12, 4, 4]
        let z = y + excitation(group(difference(y)), isTraining: isTraining)
        let pooled = Tensor.concatenated(
            [z.maxPooled(2, 2, sliding: Sliding(stride: 2)), z.adaptiveAveragePooled(height: 2, width: 2)], along: 1)
        return head(pooled.mean(along: [2, 3]))
    }
}

/// Tokens through a table and a recurrence.
private struct Recurrent: Module {
    let table: Embedding
    let recurrence: GRU
    let head: Linear

    init(using generator: inout Philox) {
        table = Embedding(7, 5, using: &generator)
        recurrence = GRU(5, hiddenSize: 6, using: &generator)
        head = Linear(6, 4, using: &generator)
    }

    func callAsFunction(_ tokens: Indices) -> Tensor { head(recurrence(table(tokens))) }
}

private func golden() throws -> Golden {
    let file = try #require(Bundle.module.url(forResource: "Golden/models", withExtension: "safetensors"))
    return try Golden(file, madeBy: "ci/references/learning_models.py", version: 1)
}

private func indices(_ tensor: Tensor) -> Indices { Indices(tensor.scalars.map(Int32.init), shape: tensor.shape) }

@Suite struct TwinTests {
    @Test func `a convolutional network predicts and learns as its twin, and remembers the same statistics`() throws {
        let golden = try golden()
        var generator = Philox(seed: 1)
        let model = Network(using: &generator)
        let x = try golden["convolutional.inputs"]
        let fresh = model.buffers.map(\.box.value)
        let problems = try differencesFromTwin(
            model, golden, prefix: "convolutional.",
            optimiser: SGD(learningRate: 0.1, momentum: 0.9, isNesterov: true, weightDecay: 5e-4)
        ) {
            defer { for (buffer, value) in zip(model.buffers, fresh) { buffer.box.value = value } }
            return $0(x, isTraining: true)
        } loss: {
            crossEntropy($0(x, isTraining: true), labels: Indices([0, 2, 1, 1, 0, 2]), smoothing: 0.1)
        }
        #expect(problems == [])
        for (name, box) in model.buffers {
            // After eleven passes; the tolerance is that of the ten losses.
            let bound = Tolerance(absolute: 1e-5, relative: 1e-4)
            #expect(
                difference(of: box.value, from: try golden["convolutional.buffer.\(name)"], within: bound) == nil,
                "\(name)")
        }
        let inference = model(x, isTraining: false)
        let bound = Tolerance(absolute: 1e-4, relative: 1e-4)
        #expect(difference(of: inference, from: try golden["convolutional.inference"], within: bound) == nil)
    }

    @Test func `a recurrent network predicts and learns as its twin`() throws {
        let golden = try golden()
        var generator = Philox(seed: 1)
        let (tokens, labels) = (indices(try golden["recurrent.inputs"]), indices(try golden["recurrent.labels"]))
        let problems = try differencesFromTwin(
            Recurrent(using: &generator), golden, prefix: "recurrent.",
            optimiser: Adam(learningRate: 1e-2, weightDecay: 0.01)
        ) {
            $0(tokens)
        } loss: {
            crossEntropy($0(tokens), labels: labels, smoothing: 0.1)
        }
        #expect(problems == [])
    }

    @Test func `a recurrence goes on from the state it left`() {
        var generator = Philox(seed: 1)
        let layer = GRU(3, hiddenSize: 4, using: &generator)
        let x = Tensor.normal([2, 5, 3], using: &generator)
        let whole = layer(x)
        let first = layer(x.sliced(along: 1, 0..<2))
        let rest = layer(x.sliced(along: 1, 2..<5), from: first.selected(1, along: 1))
        #expect(difference(of: .concatenated([first, rest], along: 1), from: whole, within: .exact) == nil)
        #expect(layer(.zeros([2, 0, 3])).shape == [2, 0, 4])
    }

    @Test func `a central difference is the specification's number`() {
        var generator = Philox(seed: 1)
        let layer = CentralDifferenceConvolution(1, 1, sliding: Sliding(), using: &generator)
        layer.weight = Tensor((1...9).map(Float.init), shape: [1, 1, 3, 3])
        // Plain 51, difference term 0.7·3·45 = 94.5.
        let x = Tensor([1, 2, 1, 0, 3, 1, 2, 1, 0], shape: [1, 1, 3, 3])
        #expect(difference(of: layer(x).scalars, from: [-43.5]) == nil)
    }
}
