import Foundation
import Learning
import TensorTesting
import Tensors
import Testing

@testable import INR

extension INRConfiguration {
    /// The setting of ci/references/inr_models.py.
    static let toy: INRConfiguration = {
        var toy = INRConfiguration.nightly32
        (toy.imageSize, toy.encoderWidth, toy.layerCount, toy.headCount) = (8, 16, 1, 2)
        (toy.tokenCount, toy.latentWidth, toy.hiddenWidth, toy.hiddenLayerCount) = (4, 8, 8, 2)
        (toy.frequencyCount, toy.bandwidth, toy.groupCount, toy.queryBandwidth, toy.bands) = (3, 4, 4, 2, [4, 2])
        toy.attentionHeadWidth = 4
        return toy
    }()
}

/// A method under its name in the golden files, for tests that hold for all three.
struct Method: Sendable, CustomTestStringConvertible {
    let name: String
    let parameterCount: Int
    let latentCount: Int
    let check: @Sendable (Method) throws -> Void
    var testDescription: String { name }
}

/// The five checks of a model, the same for every method.
private func checks<Model: GeneralizableINR>(_ type: Model.Type) -> @Sendable (Method) throws -> Void {
    { method in
        let golden = try golden(method.name)
        var generator = Philox(seed: 1)
        let model = Model(.toy, using: &generator)
        let (images, coordinates, targets) = try (golden["images"], golden["coordinates"], golden["targets"])
        let problems = try differencesFromTwin(model, golden, optimiser: Adam(learningRate: 1e-3)) {
            $0.field($0.encode(images))(coordinates)
        } loss: {
            meanSquaredError($0.field($0.encode(images))(coordinates), target: targets)
        }
        #expect(problems == [])

        var fresh = Philox(seed: 1)
        let full = Model(.nightly32, using: &fresh)
        #expect(full.parameterCount == method.parameterCount)
        #expect(full.latentCount == method.latentCount)
    }
}

private func golden(_ name: String) throws -> Golden {
    let file = try #require(Bundle.module.url(forResource: "Golden/\(name)", withExtension: "safetensors"))
    return try Golden(file, madeBy: "ci/references/inr_models.py", version: 1)
}

@Suite struct ModelTests {
    // Parameter counts as in the line's specification, section 10.6; latents: TransINR 64·(8·4 + 3), others 32·64.
    static let methods = [
        Method(name: "transinr", parameterCount: 673_155, latentCount: 2240, check: checks(TransINR.self)),
        Method(name: "ipc", parameterCount: 636_675, latentCount: 2048, check: checks(InstancePatternComposers.self)),
        Method(name: "la-ginr", parameterCount: 663_686, latentCount: 2048, check: checks(LocalityAwareINR.self)),
    ]

    @Test(arguments: methods)
    func `prediction, loss, every gradient and ten Adam steps equal the PyTorch twin`(_ method: Method) throws {
        try method.check(method)
    }

    @Test func `coordinates in chunks give the bits of coordinates at once`() {
        var generator = Philox(seed: 3)
        let model = LocalityAwareINR(.toy, using: &generator)
        let field = model.field(model.encode(.uniform([2, 8, 8, 3], using: &generator)))
        let all = cellCentres(height: 8, width: 8)
        let parts = [0..<5, 5..<64].map { field(all.sliced(along: 0, $0)) }
        #expect(difference(of: .concatenated(parts, along: 1), from: field(all), within: .exact) == nil)
    }

    @Test func `four images are learned by heart`() throws {
        var configuration = INRConfiguration.toy
        configuration.training.batchSize = 4
        configuration.training.pointCount = nil
        configuration.training.usesFlips = false
        configuration.training.steps = 400
        configuration.training.schedule = .constant
        configuration.training.learningRate = 5e-3
        var generator = Philox(seed: 5)
        let images = Tensor.uniform([4, 8, 8, 3], in: 0.2..<0.8, using: &generator)
        var training = INRTraining<LocalityAwareINR>(configuration, on: images, seed: 1)
        while !training.isFinished { try training.step() }
        let last = training.losses.suffix(20).reduce(0, +) / 20
        #expect(last < training.losses[0] / 5, "\(training.losses[0]) became \(last)")
    }
}
