// Grid sampling, continuation and alignment losses: the specification's numbers and what happens at the edges.

import Learning
import TensorTesting
import Tensors
import Testing

private let picture = Tensor((0..<9).map(Float.init), shape: [1, 1, 3, 3])
private let points = Tensor([-1, -1, 0, 0, 0.5, -0.25, 1.2, 0.9], shape: [1, 1, 4, 2])

@Suite struct SamplingTests {
    @Test(
        arguments: [
            (.zeros, false, [0, 4, 3.625, 1.04]), (.nearest, false, [0, 4, 3.625, 8]),
            (.zeros, true, [0, 4, 3.75, 6.16]), (.nearest, true, [0, 4, 3.75, 7.7]),
        ] as [(Border, Bool, [Float])])
    func `a picture read at four points gives the specification's numbers`(
        _ border: Border, _ alignsCorners: Bool, _ expected: [Float]
    ) {
        let y = picture.sampled(at: points, beyond: border, alignsCorners: alignsCorners)
        #expect(y.shape == [1, 1, 1, 4])
        #expect(difference(of: y.scalars, from: expected) == nil)
    }

    @Test(arguments: [Interpolation.nearest, .bilinear, .bicubic], [Border.zeros, .nearest, .reflected])
    func `a coordinate that is NaN gives NaN, and one that is infinite does not stop`(
        _ interpolation: Interpolation, _ border: Border
    ) {
        let grid = Tensor([.nan, 0, 0, .nan, .infinity, 0, -.infinity, 0, 1e30, 0, 0, 0], shape: [1, 1, 6, 2])
        let y = picture.sampled(at: grid, interpolation: interpolation, beyond: border).scalars
        #expect(y[0].isNaN && y[1].isNaN)
        #expect(y[5] == 4)
    }

    @Test func `nearest halves go to the even pixel, and the grid has no gradient`() {
        // With aligned corners −0.5 and 0.5 are the pixels 0.5 and 1.5: they read pixels 0 and 2.
        let grid = Tensor([-0.5, -1, 0.5, -1], shape: [1, 1, 2, 2])
        let (y, gradient) = valueAndGradient(at: grid) {
            picture.sampled(at: $0, interpolation: .nearest, alignsCorners: true).sum()
        }
        #expect(y.item == 2)
        #expect(gradient.scalars == [0, 0, 0, 0])
    }

    @Test func `where a coordinate is held at the border, the grid has no gradient`() {
        let grid = Tensor([3, 0], shape: [1, 1, 1, 2])
        let slope = gradient(at: grid) { picture.sampled(at: $0, beyond: .nearest).sum() }
        // Down, from pixel row 1 on: 3 per pixel, 1.5 pixels per unit.
        #expect(slope.scalars == [0, 4.5])
    }

    @Test func `no points and no channels give nothing`() {
        #expect(picture.sampled(at: .zeros([1, 0, 4, 2])).shape == [1, 1, 0, 4])
        #expect(Tensor.zeros([1, 0, 3, 3]).sampled(at: points).shape == [1, 0, 1, 4])
    }

    @Test func `a line goes on in three ways`() {
        let line = Tensor([1, 2, 3], shape: [3])
        #expect(line.padded(along: 0, before: 2, after: 1, by: .reflected).scalars == [3, 2, 1, 2, 3, 2])
        #expect(line.padded(along: 0, before: 2, after: 1, by: .replicated).scalars == [1, 1, 1, 2, 3, 3])
        #expect(line.padded(along: 0, before: 2, after: 3, by: .circular).scalars == [2, 3, 1, 2, 3, 1, 2, 3])
        #expect(line.rolled(by: 4, along: 0).scalars == [3, 1, 2])
    }

    @Test func `a reflection as long as the line stops`() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor([1, 2, 3], shape: [3]).padded(along: 0, before: 3, after: 0, by: .reflected)
        }
    }

    @Test func `a product has exact gradients around zeros, and is 1 over nothing`() {
        let slope = { (x: [Float]) in gradient(at: Tensor(x, shape: [3])) { $0.product(along: 0) }.scalars }
        #expect(slope([2, 0, 3]) == [0, 6, 0])
        #expect(slope([0, 0, 3]) == [0, 0, 0])
        #expect(Tensor.zeros([2, 0]).product(along: 1).scalars == [1, 1])
    }

    @Test func `the largest of all shares its cotangent among equals, and a NaN wins`() {
        #expect(gradient(at: Tensor([1, 3, 3], shape: [3])) { $0.max() }.scalars == [0, 0.5, 0.5])
        #expect(Tensor([1, .nan, 3], shape: [3]).max().item.isNaN)
        #expect(Tensor([1, .nan, 3], shape: [3]).argmin(along: 0).scalars == [1])
        #expect(Tensor([2, 1, 1], shape: [3]).argmin(along: 0).scalars == [1])
    }
}

private let frames = Tensor([0.1, 0.2, 0.3, 0.3, 0.1, 0, 0, 0.5, 0.2, 0.2, 0.2, 0.9], shape: [1, 4, 3])

@Suite struct CTCTests {
    @Test func `losses and gradients are the specification's numbers`() {
        #expect(
            difference(of: ctcLoss(logits: frames, targets: [[1, 2]], reduction: .sum).scalars, from: [1.5180418])
                == nil)
        #expect(
            difference(of: ctcLoss(logits: frames, targets: [[1, 1]], reduction: .sum).scalars, from: [3.0171511])
                == nil)
        let fused = gradient(at: frames) { ctcLoss(logits: $0, targets: [[1, 2]], reduction: .sum) }
        #expect(difference(of: Array(fused.scalars.prefix(3)), from: [-0.0685892, -0.2985761, 0.3671654]) == nil)
        let posterior = gradient(at: frames.logSoftmax()) { ctcLosses($0, targets: [[1, 2]]).sum() }
        #expect(difference(of: Array(posterior.scalars.prefix(3)), from: [-0.3691989, -0.6308011, 0]) == nil)
    }

    @Test func `a target that does not fit costs infinity, or nothing, and has no gradient`() {
        let two = frames.sliced(along: 1, 0..<2)
        #expect(ctcLoss(logits: two, targets: [[1, 1]]).item == .infinity)
        let (value, gradient) = valueAndGradient(at: two) {
            ctcLoss(logits: $0, targets: [[1, 1]], zeroesInfeasible: true)
        }
        #expect(value.item == 0)
        #expect(gradient.scalars == [0, 0, 0, 0, 0, 0])
    }

    @Test func `the mean divides by the target's length first`() {
        let both = Tensor.concatenated([frames, frames], along: 0)
        let sum = ctcLoss(logits: both, targets: [[1, 2], []], reduction: .sum).item
        let alone = ctcLoss(logits: frames, targets: [[]], reduction: .sum).item
        let mean = ctcLoss(logits: both, targets: [[1, 2], []]).item
        #expect(abs(sum - 1.5180418 - alone) < 1e-5)
        #expect(abs(mean - (1.5180418 / 2 + alone) / 2) < 1e-5)
    }

    @Test func `frames beyond a sequence's end change nothing`() {
        var generator = Philox(seed: 5)
        let noise = Tensor.normal([1, 3, 3], using: &generator)
        let (value, gradient) = valueAndGradient(at: .concatenated([frames, noise], along: 1)) {
            ctcLoss(logits: $0, targets: [[1, 2]], frameCounts: [4], reduction: .sum)
        }
        #expect(value.item == ctcLoss(logits: frames, targets: [[1, 2]], reduction: .sum).item)
        #expect(gradient.sliced(along: 1, 4..<7).scalars.allSatisfy { $0 == 0 })
    }

    @Test func `an impossible class is no obstacle where it is not needed, and a NaN is not hidden`() {
        let lp = frames.logSoftmax()
        let masked = Tensor(lp.scalars.enumerated().map { $0 == 5 ? -.infinity : $1 }, shape: lp.shape)
        let (value, gradient) = valueAndGradient(at: masked) { ctcLosses($0, targets: [[1]]).sum() }
        #expect(value.item.isFinite && gradient.scalars.allSatisfy(\.isFinite))
        let broken = Tensor(lp.scalars.enumerated().map { $0 == 3 ? .nan : $1 }, shape: lp.shape)
        #expect(ctcLosses(broken, targets: [[1]]).item.isNaN)
    }

    @Test func `binary cross-entropy stays finite where the exponential does not`() {
        let x = Tensor([0, 100, -100], shape: [3])
        // log 2, 0 and 100.
        let (value, gradient) = valueAndGradient(at: x) {
            binaryCrossEntropy($0, targets: Tensor([1, 1, 1], shape: [3])) * 3
        }
        #expect(abs(value.item - 100.693147) < 1e-4)
        #expect(gradient.scalars == [-0.5, 0, -1])
    }
}
