// The losses by hand, and the Fourier target against the published code's.

import Foundation
import TensorTesting
import Tensors
import Testing

@testable import VisionPAD

private let goldenFile = Golden.repository.appendingPathComponent("../shared/data/pad/golden.json").standardizedFileURL

@Suite struct LossTests {
    @Test func `pixel-wise supervision is half the map's and half the decision's cross-entropy`() {
        // Logits of 0 cost ln 2 whatever the label; a logit of ln 3 is a probability of ¾.
        let map = Tensor([0, 0, 0, 0, 1.0986123, 1.0986123, 1.0986123, 1.0986123], shape: [2, 1, 2, 2])
        let loss = pixelBinaryLoss(map: map, decisions: .zeros([2]), labels: Tensor([1, 0], shape: [2]))
        let expected = 0.5 * (log(2) + log(4)) / 2 + 0.5 * log(2)
        #expect(abs(Double(loss.item) - expected) < 1e-6)
    }

    @Test func `the depth loss is the squared error and that of eight contrasts`() {
        // One bump of 2 in the middle of 3 × 3: the error is 4/9 per cell, and each contrast is 0 − 2.
        let depths = Tensor([0, 0, 0, 0, 2, 0, 0, 0, 0], shape: [1, 1, 3, 3])
        #expect(contrastiveDepthLoss(depths, target: .zeros([1, 1, 3, 3])).item == 4)
        #expect(abs(depthLoss(depths, target: .zeros([1, 1, 3, 3])).item - (4 + 4 / 9)) < 1e-6)
        // A constant error has no contrast. A bump beside the middle shows in one contrast of eight: 1/8.
        #expect(contrastiveDepthLoss(.ones([2, 1, 4, 5]), target: .zeros([2, 1, 4, 5])).item == 0)
        let beside = Tensor([0, 0, 0, 1, 0, 0, 0, 0, 0], shape: [1, 1, 3, 3])
        #expect(contrastiveDepthLoss(beside, target: .zeros([1, 1, 3, 3])).item == 0.125)
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: goldenFile.path), "needs the data folder's pad/golden.json")
    )
    func `the Fourier target equals the published code's`() throws {
        struct File: Decodable {
            struct Case: Decodable { let target10x10: [[Float]] }
            let fourier_target_case: Case
        }
        let expected = try JSONDecoder().decode(File.self, from: Data(contentsOf: goldenFile)).fourier_target_case
        let grey = Tensor((0..<6400).map { Float(37 * $0 % 251) }, shape: [1, 80, 80])
        let target = fourierTarget(grey, side: 10)
        #expect(target.shape == [1, 1, 10, 10])
        // Through two float32 transforms of 80 and a logarithm.
        let bound = Tolerance(absolute: 1e-5, relative: 0)
        #expect(difference(of: target.scalars, from: expected.target10x10.flatMap(\.self), within: bound) == nil)
    }

    @Test func `each picture's spectrum is scaled by its own extremes`() {
        var generator = Philox(seed: 1)
        let greys = Tensor.uniform([2, 16, 16], in: 0..<255, using: &generator)
        let both = fourierTarget(greys, side: 8)
        let second = fourierTarget(greys.sliced(along: 0, 1..<2) * 0.5, side: 8)
        #expect(fourierTarget(greys.sliced(along: 0, 1..<2), side: 8).scalars == both.sliced(along: 0, 1..<2).scalars)
        #expect(second.scalars != both.sliced(along: 0, 1..<2).scalars)
        #expect(both.scalars.allSatisfy { $0 > 0 && $0 <= 1 })
    }

    @Test func `grey weighs red, green and blue`() {
        let colours = Tensor([100, 0, 0, 0, 100, 0, 0, 0, 100], shape: [3, 3, 1, 1])  // a red, a green, a blue picture
        #expect(difference(of: grey(colours).scalars, from: [29.9, 58.7, 11.4], within: .float32.times(2)) == nil)
    }
}
