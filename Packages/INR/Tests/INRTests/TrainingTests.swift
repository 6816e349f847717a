// Stopping and resuming, chunks and threads: none of them changes a bit. Checkpoints that do not fit are refused.

import Foundation
import Learning
import TensorIO
import TensorTesting
import Tensors
import Testing

@testable import INR

private let six: INRConfiguration = {
    var six = INRConfiguration.toy
    (six.training.steps, six.training.batchSize, six.training.pointCount) = (6, 2, 20)
    return six
}()

private func pictures(_ count: Int, side: Int) -> Tensor {
    GeneratedImages(seed: 3, split: "train").images(count: count, side: side).images
}

private func training<Model: GeneralizableINR>(_: Model.Type, seed: UInt64 = 1) -> INRTraining<Model> {
    INRTraining(six, on: pictures(4, side: 8), seed: seed)
}

private func values(_ model: some GeneralizableINR) -> [[Float]] { model.parameters.map { $0.box.value.scalars } }

private func expectResumable<Model: GeneralizableINR>(_ type: Model.Type) throws {
    var whole = training(type)
    while !whole.isFinished { whole.step() }
    #expect(whole.losses.count == 6 && whole.flopsPerStep > 0)
    try withTemporaryFolder { folder in
        let path = folder + "/checkpoint.safetensors"
        var first = training(type)
        #expect(try !first.resume(ifPresentAt: path))
        for _ in 0..<3 { first.step() }
        try first.save(to: path)
        var second = training(type)
        #expect(try second.resume(ifPresentAt: path))
        #expect(second.losses == Array(whole.losses.prefix(3)))
        while !second.isFinished { second.step() }
        #expect(second.losses == whole.losses)
        #expect(values(second.model) == values(whole.model))
    }
}

private func expectIndependentOfPieces<Model: GeneralizableINR>(_: Model.Type) {
    var generator = Philox(seed: 2)
    let model = Model(.toy, using: &generator)
    let images = pictures(5, side: 8)
    let whole = model.reconstructed(images)
    #expect(whole.shape == [5, 8, 8, 3])
    for (batchSize, chunk) in [(2, 1024), (50, 7), (1, 1)] {
        let pieces = model.reconstructed(images, batchSize: batchSize, chunk: chunk)
        #expect(difference(of: pieces, from: whole, within: .exact) == nil, "\(Model.self), \(batchSize), \(chunk)")
    }
    #expect(model.reconstructed(images, side: 12).shape == [5, 12, 12, 3])
}

private func expectIndependentOfThreads<Model: GeneralizableINR>(_: Model.Type) {
    var configuration = INRConfiguration.nightly32
    configuration.training.batchSize = 4
    let results = [1, 2, 3].map { count in
        Threads.count = count
        var training = INRTraining<Model>(configuration, on: pictures(4, side: 32), seed: 1)
        for _ in 0..<3 { training.step() }
        return values(training.model) + [training.losses]
    }
    #expect(results[1] == results[0] && results[2] == results[0], "\(Model.self)")
}

@Suite struct TrainingTests {
    @Test func `a training that stopped and resumed has the bits of one that did not`() throws {
        try expectResumable(TransINR.self)
        try expectResumable(InstancePatternComposers.self)
        try expectResumable(LocalityAwareINR.self)
    }

    @Test func `reconstructions do not depend on batches or chunks`() {
        expectIndependentOfPieces(TransINR.self)
        expectIndependentOfPieces(InstancePatternComposers.self)
        expectIndependentOfPieces(LocalityAwareINR.self)
    }

    /// In a process of its own: the number of threads belongs to the process.
    @Test func `three steps have the same bits with 1, 2 and 3 threads`() async {
        await #expect(processExitsWith: .success) {
            expectIndependentOfThreads(TransINR.self)
            expectIndependentOfThreads(InstancePatternComposers.self)
            expectIndependentOfThreads(LocalityAwareINR.self)
        }
    }

    @Test func `another seed draws other batches from other parameters`() {
        var (one, other) = (training(TransINR.self), training(TransINR.self, seed: 2))
        one.step()
        other.step()
        #expect(one.losses != other.losses)
    }

    @Test func `a checkpoint that does not fit is refused and changes nothing`() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/checkpoint.safetensors"
            var source = training(TransINR.self)
            source.step()
            try source.save(to: path)
            let file = try SafeTensors(contentsOf: path)

            var otherSeed = training(TransINR.self, seed: 2)
            #expect(throws: TensorIOError.otherConfiguration(file: path)) { try otherSeed.resume(from: path) }
            var faster = six
            faster.training.learningRate *= 2
            var otherRate = INRTraining<TransINR>(faster, on: pictures(4, side: 8), seed: 1)
            #expect(throws: TensorIOError.otherConfiguration(file: path)) { try otherRate.resume(from: path) }

            var target = training(TransINR.self)
            let before = values(target.model)
            for name in ["state.losses", "model.encoder.positions", "optimiser.second.encoder.positions"] {
                for replacement in [nil, Tensor.ones([1, 2])] {
                    var tensors = try file.tensors()
                    tensors[name] = replacement
                    try SafeTensors(tensors, metadata: file.metadata).write(to: path)
                    let error = #expect(throws: TensorIOError.self) { try target.resume(from: path) }
                    #expect(error?.description.hasPrefix("\(path): ") == true)
                }
            }
            #expect(values(target.model) == before && target.losses.isEmpty)
            try writeFile(Array("not a checkpoint".utf8), to: path)
            #expect(throws: TensorIOError.self) { try target.resume(from: path) }
        }
    }
}
