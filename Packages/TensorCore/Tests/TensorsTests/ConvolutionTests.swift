// The specification's numbers and the edges of convolution and pooling; values in general are in OperationCases.swift.

import TensorTesting
import Tensors
import Testing

/// 0...8 as one picture of 3×3.
private let nine = Tensor((0..<9).map(Float.init), shape: [1, 1, 3, 3])

@Suite struct ConvolutionTests {
    @Test func `a dilated convolution over a line gives the specification's numbers`() {
        let x = Tensor((1...7).map(Float.init), shape: [1, 1, 7])
        let y = x.convolved(
            with: Tensor([1, 10, 100], shape: [1, 1, 3]), sliding: Sliding(dilation: 2, padding: .both(2)))
        #expect(y.scalars == [310, 420, 531, 642, 753, 64, 75])
    }

    @Test func `a transposed convolution over a line gives the specification's numbers`() {
        let y = Tensor([1, 2, 3], shape: [1, 1, 3]).convolvedTransposed(
            with: Tensor([1, 10, 100], shape: [1, 1, 3]), sliding: Sliding(stride: 2, padding: .both(1)),
            outputPadding: (0, 1))
        #expect(y.scalars == [10, 102, 20, 203, 30, 300])
    }

    @Test func `same padding halves at stride two and puts the odd zero last`() {
        // 4 wide, size 3, stride 2: total padding 1, so windows start at 0 and 2.
        let x = Tensor([1, 2, 3, 4], shape: [1, 1, 4])
        let y = x.convolved(
            with: Tensor([1, 10, 100], shape: [1, 1, 3]), sliding: Sliding(stride: 2, padding: .same))
        #expect(y.scalars == [321, 43])
    }

    @Test func `causal padding lets no output see a later input`() {
        let x = Tensor([1, 2, 3], shape: [1, 1, 3])
        let y = x.convolved(with: Tensor([10, 1], shape: [1, 1, 2]), sliding: Sliding(padding: .causal))
        #expect(y.scalars == [1, 12, 23])
    }

    @Test func `an empty batch gives an empty result and a zero gradient of the weight`() {
        let x = Tensor.zeros([0, 2, 4, 4])
        let (value, dw) = valueAndGradient(at: Tensor.ones([3, 2, 3, 3])) { x.convolved(with: $0).sum() }
        #expect(value.item == 0)
        #expect(dw.scalars == [Float](repeating: 0, count: 54))
    }

    @Test func `operations are counted as documented`() async {
        // In a process of its own: the counters are everybody's.
        await #expect(processExitsWith: .success) {
            let (x, w) = (Tensor.ones([2, 4, 4, 3]), Tensor.ones([6, 2, 3, 3]))
            let start = Counters.now.flops
            let y = x.convolved(with: w, sliding: Sliding(padding: .both(1)), groups: 2)
            let middle = Counters.now.flops
            _ = y.convolvedTransposed(with: w, sliding: Sliding(padding: .both(1)), groups: 2)
            // 2 images · 2 · 6 out · 4·3 positions · 4/2 in per group · 9 taps; folding adds 2·4·12·9.
            #expect(middle - start == 5184)
            #expect(Counters.now.flops - middle == 5184 + 864)
        }
    }

    @Test func `a weight of the wrong depth stops with both shapes`() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.zeros([1, 3, 4, 4]).convolved(with: .zeros([2, 2, 3, 3]))
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("convolved: shapes [1, 3, 4, 4] and [2, 2, 3, 3]"))
    }

    @Test func `a window larger than the padded input stops`() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([1, 1, 2, 2]).convolved(with: .zeros([1, 1, 3, 3]))
        }
    }
}

@Suite struct PoolingTests {
    @Test func `rounding up keeps a last window that starts inside`() {
        #expect(nine.maxPooled(2, 2, sliding: Sliding(stride: 2), roundsUp: true).scalars == [4, 5, 7, 8])
        #expect(nine.maxPooled(2, 2, sliding: Sliding(stride: 2)).scalars == [4])
    }

    @Test func `the first of equal elements gets the cotangent`() {
        let x = Tensor.ones([1, 1, 2, 2])
        let dx = gradient(at: x) { $0.maxPooled(2, 2, sliding: Sliding()).sum() }
        #expect(dx.scalars == [1, 0, 0, 0])
    }

    @Test func `padding never wins and minus infinity may`() {
        let x = Tensor([-3, -.infinity, -5, -.infinity], shape: [1, 1, 2, 2])
        let y = x.maxPooled(2, 1, sliding: Sliding(stride: 2, padding: .both(1)), acrossWidth: Sliding())
        #expect(y.scalars == [-3, -.infinity, -5, -.infinity])
        let dx = gradient(at: x) {
            $0.maxPooled(2, 1, sliding: Sliding(stride: 2, padding: .both(1)), acrossWidth: Sliding()).sum()
        }
        #expect(dx.scalars == [1, 1, 1, 1])
    }

    @Test func `a NaN wins its windows and no others`() {
        let x = Tensor([0, .nan, 2, 9, 4, 5, 6, 7, 8], shape: [1, 1, 3, 3])
        let y = x.maxPooled(2, 2, sliding: Sliding()).scalars
        #expect(y[0].isNaN && y[1].isNaN && y[2] == 9 && y[3] == 8)
        let mean = x.averagePooled(1, 1, sliding: Sliding(stride: 2)).scalars
        #expect(mean == [0, 2, 6, 8])
    }

    @Test func `the mean counts padding or not`() {
        let sliding = Sliding(stride: 2, padding: .both(1))
        #expect(nine.averagePooled(2, 2, sliding: sliding).scalars == [0, 0.75, 2.25, 6])
        #expect(nine.averagePooled(2, 2, sliding: sliding, countsPadding: false).scalars == [0, 1.5, 4.5, 6])
    }

    @Test func `adaptive cells overlap where the input does not divide`() {
        #expect(nine.adaptiveAveragePooled(height: 2, width: 2).scalars == [2, 3, 5, 6])
    }

    @Test func `padding as large as the window stops`() async {
        await #expect(processExitsWith: .failure) {
            _ = Tensor.zeros([1, 1, 4, 4]).maxPooled(2, 2, sliding: Sliding(padding: .both(2)))
        }
    }

    @Test func `resizing gives the specification's rows`() {
        func row(_ alignsCorners: Bool) -> [Float] {
            Array(nine.resized(height: 5, width: 5, alignsCorners: alignsCorners).scalars[..<5])
        }
        #expect(difference(of: row(false), from: [0, 0.4, 1, 1.6, 2]) == nil)
        #expect(row(true) == [0, 0.5, 1, 1.5, 2])
        #expect(nine.resized(height: 2, width: 2).scalars == [1, 2.5, 5.5, 7])
        #expect(nine.resized(height: 1, width: 1, alignsCorners: true).scalars == [0])
        #expect(nine.resized(height: 3, width: 3).scalars == nine.scalars)
    }
}
