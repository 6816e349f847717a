// Operations on channels-last tensors give what they give on row-major ones, and keep the layout.

import TensorTesting
@testable import Tensors
import Testing

/// An operation on `[2, 5, 6, 7]` and on another tensor of that shape.
private struct LayoutCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let keepsLayout: Bool
    let apply: @Sendable (Tensor, Tensor) -> Tensor

    init(_ name: String, keepsLayout: Bool = true, _ apply: @escaping @Sendable (Tensor, Tensor) -> Tensor) {
        (testDescription, self.keepsLayout, self.apply) = (name, keepsLayout, apply)
    }
}

private let layoutCases = [
    LayoutCase("unary") { x, _ in x.gelu() },
    LayoutCase("both channels-last") { x, _ in x * x.sigmoid() },
    LayoutCase("one row-major") { x, other in x * other + other * x },
    LayoutCase("per channel") { x, other in x * other.sum(along: [0, 2, 3], keepsAxes: true) },
    LayoutCase("selection") { x, other in x.selected(where: other.isGreater(than: 0), else: other) },
    LayoutCase("join over channels") { x, other in .concatenated([other, x, x], along: 1) },
    LayoutCase("join over width") { x, other in .concatenated([x, other], along: 3) },
    LayoutCase("padding") { x, _ in x.padded(along: 2, before: 1, after: 2, value: 3).squared() },
    LayoutCase("largest under a window") { x, _ in
        x.maxPooled(3, 2, sliding: Sliding(stride: 2, padding: .both(1)), acrossWidth: Sliding()).squared()
    },
    LayoutCase("mean under a window") { x, _ in x.averagePooled(2, 2, sliding: Sliding(stride: 2)).squared() },
    LayoutCase("resizing") { x, _ in x.resized(height: 9, width: 4).squared() },
    LayoutCase("slice of height", keepsLayout: false) { x, _ in x.sliced(along: 2, 1..<4).squared() + 0 },
    LayoutCase("sum over pictures", keepsLayout: false) { x, _ in x.squared().sum(along: [0, 2, 3]) },
    LayoutCase("mean over space", keepsLayout: false) { x, _ in x.squared().mean(along: [2, 3]) },
    LayoutCase("sum over channels", keepsLayout: false) { x, _ in x.squared().sum(along: 1) },
    LayoutCase("sum over the batch", keepsLayout: false) { x, _ in x.squared().sum(along: 0) },
    LayoutCase("largest along the width", keepsLayout: false) { x, _ in x.max(along: 3) },
    LayoutCase("reshape", keepsLayout: false) { x, _ in x.reshaped(to: [10, 42]).squared() },
    LayoutCase("space as one axis", keepsLayout: false) { x, _ in x.reshaped(to: [2, 5, 42]).squared() },
    LayoutCase("batch norm") { x, other in
        let channels = RunningStatistics(mean: .zeros([5]), variance: .ones([5]))
        return x.batchNormalised(
            updating: channels, weight: other.sum(along: [0, 2, 3]), bias: other.mean(along: [0, 2, 3]),
            activation: .relu
        ).normalised
    },
    LayoutCase("convolution") { x, other in
        x.convolved(
            with: other.sliced(along: 2, 0..<3).sliced(along: 3, 0..<3), sliding: Sliding(stride: 2, padding: .both(1)))
    },
]

@Suite struct LayoutTests {
    private let last = Tensor((0..<420).map { Float(($0 * 37) % 97) / 40 - 1.2 }, shape: [2, 6, 7, 5])
        .permuted([0, 3, 1, 2])
    private let other = Tensor((0..<420).map { Float(($0 * 53) % 101) / 50 - 1 }, shape: [2, 5, 6, 7])

    @Test(arguments: layoutCases) fileprivate func `a channels-last tensor gives the values of a row-major one`(
        _ c: LayoutCase
    ) {
        #expect(last.isChannelsLast)
        let row = Tensor(last.scalars, shape: last.shape)
        let (y, expected) = (c.apply(last, other), c.apply(row, other))
        #expect(difference(of: y, from: expected) == nil)
        if c.keepsLayout { #expect(y.isChannelsLast) }
        let cotangent = Tensor((0..<y.count).map { Float(($0 * 29) % 31) / 16 - 1 }, shape: y.shape)
        func gradients(_ x: Tensor) -> [Tensor] {
            valueAndGradients(at: [x, other]) { (c.apply($0[0], $0[1]) * cotangent).sum() }.gradients
        }
        for (actual, expected) in zip(gradients(last), gradients(row)) {
            #expect(difference(of: actual, from: expected) == nil)
        }
    }

    @Test func `a convolution's result lies channels-last and space becomes one axis without a copy`() {
        let y = other.convolved(with: .ones([4, 5, 3, 3]))
        #expect(y.isChannelsLast)
        #expect(y.reshaped(to: [2, 4, -1]).isChannelsLast)
    }

    @Test func `a weight at rest that changes is packed again`() {
        var weight = Tensor.ones([4, 5, 3, 3])
        var (first, second) = (Tensor.zeros([4, 5, 3, 3]), Tensor.zeros([4, 5, 3, 3]))
        weight.makeUnique()
        let before = other.convolved(with: weight).scalars
        let step = AdamStep(
            rate: 1, beta1: 0, beta2: 0, epsilon: 0, weightDecay: 0, isDecoupled: true, biasCorrection: (1, 1),
            gradientScale: 1)
        weight.applyAdam(step, gradient: .ones([4, 5, 3, 3]), first: &first, second: &second)
        // Ones less one are zeros.
        #expect(before.contains { $0 != 0 })
        #expect(other.convolved(with: weight).scalars.allSatisfy { $0 == 0 })
    }
}
