// Edges of cumulative sums and products, gates and channel norms; values in general are in OperationCases.swift.

import TensorTesting
import Tensors
import Testing

@Suite struct CumulativeTests {
    @Test func `a running product has exact gradients around zeros`() {
        // d/dx of 2 + 2·0 + 2·0·3 = 1 + 0 + 0, 2 + 2·3, 2·0.
        let dx = gradient(at: Tensor([2, 0, 3], shape: [3])) { $0.cumulativeProduct(along: 0).sum() }
        #expect(dx.scalars == [1, 8, 0])
        // With two zeros only the first has a gradient: 1 + 0 + 0·5.
        let two = gradient(at: Tensor([0, 0, 5], shape: [3])) { $0.cumulativeProduct(along: 0).sum() }
        #expect(two.scalars == [1, 0, 0])
    }

    @Test func `sums run both ways, with and without the element itself`() {
        let x = Tensor([1, 2, 4], shape: [3])
        #expect(x.cumulativeSum(along: 0).scalars == [1, 3, 7])
        #expect(x.cumulativeSum(along: 0, isReversed: true).scalars == [7, 6, 4])
        #expect(x.cumulativeSum(along: 0, isExclusive: true).scalars == [0, 1, 3])
        #expect(x.cumulativeSum(along: 0, isReversed: true, isExclusive: true).scalars == [6, 4, 0])
        #expect(x.cumulativeProduct(along: 0, isExclusive: true).scalars == [1, 1, 2])
    }

    @Test func `an empty axis stays empty`() {
        let x = Tensor.zeros([2, 0, 3])
        #expect(x.cumulativeSum(along: 1, isExclusive: true).shape == [2, 0, 3])
        #expect(x.cumulativeProduct(along: 1).shape == [2, 0, 3])
    }
}

@Suite struct GateTests {
    @Test func `an exponential unit keeps large elements and their gradient`() {
        let x = Tensor([1000, -.infinity, 0, .nan], shape: [4])
        let (y, dx) = valueAndGradient(at: x) { $0.elu().sliced(along: 0, 0..<3).sum() }
        #expect(x.elu().scalars[..<3] == [1000, -1, 0] && x.elu().scalars[3].isNaN)
        #expect(y.item == 999)
        #expect(dx.scalars[..<3] == [1, 0, 1])
    }

    @Test func `the slope holds at zero`() {
        let dx = gradient(at: Tensor([-1, 0, 1], shape: [3])) { $0.leakyRelu(slope: 0.25).sum() }
        #expect(dx.scalars == [0.25, 0.25, 1])
    }
}

@Suite struct ChannelNormalisationTests {
    @Test func `running statistics take the unbiased variance`() {
        let x = Tensor([1, 2, 4], shape: [3, 1])
        let (y, running) = x.batchNormalised(updating: RunningStatistics(mean: .zeros([1]), variance: .ones([1])))
        #expect(difference(of: running.mean.scalars, from: [0.2333333]) == nil)
        #expect(difference(of: running.variance.scalars, from: [1.1333333]) == nil)
        // The biased variance is 14/9.
        #expect(difference(of: y.scalars, from: [-1.0690415, -0.2672604, 1.3363019]) == nil)
    }

    @Test func `a large offset does not cancel the variance`() {
        let x = Tensor([100_001, 100_002, 100_004], shape: [3, 1])
        let y = x.batchNormalised(updating: RunningStatistics(mean: .zeros([1]), variance: .ones([1]))).normalised
        // The mean itself is rounded to 1/128.
        let expected: [Float] = [-1.0690415, -0.2672604, 1.3363019]
        #expect(difference(of: y.scalars, from: expected, within: .float32.times(2000)) == nil)
    }

    @Test func `one value per channel stops in training`() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([1, 2]).batchNormalised(
                updating: RunningStatistics(mean: .zeros([2]), variance: .ones([2])))
        }
    }
}
