// The reduced networks: sizes, the PyTorch twin, learning, and what does not change a bit.

import Foundation
import Learning
import TensorTesting
import Tensors
import Testing

@testable import VisionPAD

/// A few frames of every class, painted once.
private let frames: [FaceFrame] = {
    let training = ProtocolSets(PADConfiguration.smoke.sizes, seed: 1).training(.twoPlaces)
    return GeneratedFaces(seed: 1).frames(training.indices.filter { $0 % 2 == 0 }.map { training[$0] })
}()

/// Two epochs of two steps.
private let short: PADConfiguration = {
    var short = PADConfiguration.smoke
    short.batchSize = 16
    return short
}()

private func values(_ model: some Module) -> [[Float]] {
    (model.parameters + model.buffers).map { $0.box.value.scalars }
}

private func trained<Model: PresentationAttackDetector>(_: Model.Type, seed: UInt64 = 1) throws -> PADTraining<Model> {
    var training = PADTraining<Model>(short, on: frames, seed: seed)
    try training.run()
    return training
}

private func expectIndependentOfThreads<Model: PresentationAttackDetector>(_ type: Model.Type) throws {
    let results = try [1, 2].map { count in
        Threads.count = count
        return values(try trained(type).model)
    }
    #expect(results[0] == results[1], "\(type)")
}

/// What holds for every network.
struct Network: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let parameterCount: Int
    let check: @Sendable (Network) throws -> Void

    init<Model: PresentationAttackDetector>(_ type: Model.Type, parameterCount: Int) {
        testDescription = "\(type)"
        self.parameterCount = parameterCount
        check = { network in
            let (training, again, other) = (try trained(type), try trained(type), try trained(type, seed: 2))
            #expect(training.model.parameterCount == network.parameterCount)
            #expect(training.losses.count == 4 && training.losses.allSatisfy(\.isFinite))
            #expect(values(again.model) == values(training.model), "equal seeds, equal bits")
            #expect(other.losses != training.losses)

            let scores = training.model.scored(frames)
            #expect(training.model.scored(frames, batchSize: 7) == scores, "batches do not change scores")
            #expect(scores.allSatisfy { (-1...1).contains($0.score) } && Set(scores.map(\.score)).count > 1)
            #expect(scores.map(\.species) == frames.map { $0.presentation.species?.rawValue })
            #expect(scores.map(\.subject) == frames.map(\.presentation.subject))
            #expect(scores.map(\.instrument) == frames.map(\.presentation.instrument))

            var generator = Philox(seed: 3)
            let model = Model(using: &generator)
            let batch = FaceBatch(
                pictures: .uniform([4, 3, 64, 64], in: -1..<1, using: &generator),
                labels: Tensor([1, 0, 1, 0], shape: [4]), depths: .uniform([4, 1, 8, 8], using: &generator),
                spectra: .uniform([4, 1, 8, 8], using: &generator))
            let (first, gradients) = valueAndGradient(of: model) { $0.loss(batch) }
            for ((name, _), gradient) in zip(model.parameters, gradients) {
                #expect(gradient.scalars.contains { $0 != 0 }, "\(name) gets no gradient")
            }
            var optimiser = Adam(learningRate: 5e-3)
            var last = first
            for _ in 0..<60 {
                let (value, gradients) = valueAndGradient(of: model) { $0.loss(batch) }
                optimiser.update(model, gradients: gradients)
                last = value
            }
            #expect(last.item < first.item / 2, "four pictures are not learned: \(first.item) became \(last.item)")
        }
    }
}

@Suite struct NetworkTests {
    // The specification's table (section 10.1) rounds to 18.5 k weights and 28.2 k parameters.
    static let networks = [
        // 3×3: 9·(3·12 + 12·24 + 24·36 + 36·24) = 18,468; norms 2·96; map 24 + 1; decision 64 + 1.
        Network(PixelBinary12.self, parameterCount: 18_468 + 192 + 25 + 65),
        // The same with no bias in the map.
        Network(CentralDifference12.self, parameterCount: 18_468 + 192 + 24 + 65),
        // Stem 360; blocks 1,884 + 1,560 + 4,272 + 2,760, each of e·(i + 9 + o) weights, 2·(2e + o) of norms and 2e slopes;
        // pooling 48·64 + 96; decision 49; branch 9·(48·32 + 32) + 2·33.
        Network(MiniFAS12.self, parameterCount: 360 + 1884 + 1560 + 4272 + 2760 + 3168 + 49 + 14_178),
    ]

    @Test(arguments: networks)
    func `a network has its size, learns four pictures, scores frame by frame and repeats itself`(_ network: Network)
        throws
    {
        try network.check(network)
    }

    @Test func `MiniFAS-12 equals its PyTorch twin in prediction, loss, every gradient and ten Adam steps`() throws {
        let file = try #require(Bundle.module.url(forResource: "Golden/minifas12", withExtension: "safetensors"))
        let golden = try Golden(file, madeBy: "ci/references/pad_models.py", version: 1)
        let batch = try FaceBatch(
            pictures: golden["pictures"], labels: golden["labels"], depths: golden["spectra"],
            spectra: golden["spectra"])
        var generator = Philox(seed: 1)
        let model = MiniFAS12(width: 4, branchWidth: 6, mapSide: 4, using: &generator)
        let optimiser = Adam(learningRate: 2e-3, weightDecay: 5e-5, isDecayDecoupled: false)
        let problems = try differencesFromTwin(model, golden, optimiser: optimiser) {
            let (logits, spectra) = $0.predictions(batch.pictures, isTraining: true)
            return .concatenated([logits, spectra.reshaped(to: [-1])], along: 0)
        } loss: {
            $0.loss(batch)
        }
        #expect(problems == [])
        // After twelve batches with the same running statistics as the twin's.
        let probabilities = model.liveProbabilities(batch.pictures)
        let bound = Tolerance(absolute: 1e-4, relative: 0)
        #expect(difference(of: probabilities, from: try golden["probabilities"], within: bound) == nil)
    }

    /// In a process of its own: the number of threads belongs to the process.
    @Test func `a training has the same bits with 1 and 2 threads`() async {
        await #expect(processExitsWith: .success) {
            try expectIndependentOfThreads(PixelBinary12.self)
            try expectIndependentOfThreads(CentralDifference12.self)
            try expectIndependentOfThreads(MiniFAS12.self)
        }
    }
}
