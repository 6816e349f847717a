// The model's shape, padding that changes nothing, and what speech and text share.

import Foundation
import Learning
import Sequences
import TensorTesting
import Tensors
import Testing

@testable import SpeechTranslation

/// Utterances of 1 to 41 frames.
private func utterances(bands: Int) -> [Tensor] {
    var generator = Philox(seed: 5)
    return [17, 1, 41, 8, 30, 2, 23, 40].map { .normal([$0, bands], using: &generator) }
}

private func toy() -> SpeechTranslator {
    var generator = Philox(seed: 6)
    return SpeechTranslator(.toy, using: &generator)
}

@Suite struct ModelTests {
    @Test func `the nano model has the specification's 336,704 parameters`() {
        var generator = Philox(seed: 1)
        let model = SpeechTranslator(TransferConfiguration.nano.model, using: &generator)
        // Encoder layers 3 · 41,728, decoder layers 2 · 58,496, embedding 2,624, convolutions 91,520, three norms 384.
        #expect(model.parameterCount == 336_704)
    }

    @Test func `an utterance alone gives what it gives in a batch of eight`() {
        let (model, all) = (toy(), utterances(bands: 6))
        var inference: Philox?
        let inputs = Indices([0, 4, 7])
        let batch = model.encode(PaddedFeatures(all), dropout: &inference)
        let together = model.text(
            Indices(Array(repeatElement(inputs.scalars, count: 8).joined()), shape: [8, 3]), given: batch,
            dropout: &inference)
        for (index, utterance) in all.enumerated() {
            let alone = model.encode(PaddedFeatures([utterance]), dropout: &inference)
            let logits = model.text(Indices(inputs.scalars, shape: [1, 3]), given: alone, dropout: &inference)
            let tolerance = Tolerance(absolute: 1e-5, relative: 0)
            #expect(
                difference(of: logits, from: together.sliced(along: 0, index..<index + 1), within: tolerance) == nil)
        }
    }

    @Test(arguments: [(1, 1), (2, 1), (4, 1), (5, 2), (40, 10), (41, 11)])
    func `each convolution keeps every second frame`(_ frames: Int, _ keys: Int) {
        var inference: Philox?
        let state = toy().encode(PaddedFeatures([.ones([frames, 6])]), dropout: &inference).states
        // Twice ⌊(T − 1)/2⌋ + 1.
        #expect(state.shape == [1, keys, 16])
    }

    @Test func `a text translator's every parameter is taken over, and the front stays`() {
        var generator = Philox(seed: 9)
        let trained = EncoderDecoder(SpeechTranslatorConfiguration.toy.text, using: &generator)
        let model = toy()
        let front = model.front.parameters.map { $0.box.value.scalars }
        model.load(trained)
        for (own, new) in zip(model.text.parameters, trained.parameters) {
            #expect(own.name == new.name && own.box.value.scalars == new.box.value.scalars)
            #expect(own.box !== new.box)
        }
        #expect(model.front.parameters.map { $0.box.value.scalars } == front)
    }

    @Test func `two passes agree in inference and differ in training`() {
        var configuration = SpeechTranslatorConfiguration.toy
        configuration.text.style.residualDropoutProbability = 0.1
        var generator = Philox(seed: 6)
        let model = SpeechTranslator(configuration, using: &generator)
        let speech = PaddedFeatures(utterances(bands: 6)).repeated(2)
        let inputs = Indices([Int32](repeating: 0, count: 16), shape: [16, 1])
        func consistency(_ dropout: Philox?) -> Tensor {
            var dropout = dropout
            let logits = model.text(inputs, given: model.encode(speech, dropout: &dropout), dropout: &dropout)
            return consistencyDivergences(logits.sliced(along: 0, 0..<8), logits.sliced(along: 0, 8..<16))
        }
        #expect(consistency(nil).scalars.allSatisfy { $0 == 0 })
        #expect(consistency(Philox(seed: 1)).scalars.allSatisfy { $0 > 0 })
    }

    @Test func `a teacher equal to the student on text distils nothing`() {
        var generator = Philox(seed: 1)
        let configuration = TransferConfiguration.nanoSmoke
        let teacher = EncoderDecoder(configuration.model.text, using: &generator)
        let student = SpeechTranslator(configuration.model, using: &generator)
        student.load(teacher)
        let batch = PairBatch([NumberPair(7), NumberPair(372)])
        var inference: Philox?
        let divergence = distillationDivergences(
            of: batch.textLogits(student.text, dropout: &inference),
            from: batch.textLogits(teacher, dropout: &inference))
        #expect(divergence.scalars.allSatisfy { $0 == 0 })
    }
}

@Suite struct TwinTests {
    @Test func `logits, the informed loss, every gradient and ten Adam steps equal the PyTorch twin`() throws {
        let file = try #require(
            Bundle.module.url(forResource: "Golden/speech_translator", withExtension: "safetensors"))
        let golden = try Golden(file, madeBy: "ci/references/speech_translation.py", version: 1)
        let (features, noisy, teacher) = try (golden["features"], golden["noisy"], golden["teacher"])
        let frames = [17, 9, 24]
        func utterances(_ x: Tensor) -> [Tensor] {
            frames.enumerated().map { x.selected($0, along: 0).sliced(along: 0, 0..<$1) }
        }
        let targets: [[Int32]] = [[4, 9, 3, 2], [10, 2], [7, 5, 6, 8, 2]]
        let inputs = PaddedTokens(targets.map { [0] + $0.dropLast() }, padding: 1).indices
        let labels = PaddedTokens(targets, padding: ignoredLabel).indices
        func logits(_ model: SpeechTranslator, _ x: [Tensor], _ inputs: Indices) -> Tensor {
            var inference: Philox?
            return model.text(inputs, given: model.encode(PaddedFeatures(x), dropout: &inference), dropout: &inference)
        }
        let objective = TransferObjective(
            distillationWeight: 0.8, temperature: 2, consistencyWeight: 1.5, weighting: ConsistencyWeighting())
        let twice = Indices(inputs.scalars + inputs.scalars, shape: [6, inputs.shape[1]])
        let problems = try differencesFromTwin(
            toy(), golden, optimiser: Adam(learningRate: 1e-3, betas: (0.9, 0.98))
        ) {
            logits($0, utterances(features), inputs)
        } loss: {
            transferLoss(
                logits($0, utterances(features) + utterances(noisy), twice), labels: labels, teacher: teacher, objective
            ).total
        }
        #expect(problems == [])
    }
}
