import Foundation
import Signal
import TensorTesting
import Tensors
import Testing

/// The definition: each output sample a sum over all input samples, in double precision.
private func plainlyResampled(_ x: [Float], from inputRate: Int, to outputRate: Int) -> [Float] {
    let ratio = Double(inputRate) / Double(outputRate)
    let cutoff = 0.94 * min(1, 1 / ratio)
    func bessel(_ z: Double) -> Double {
        // I₀(z) = 1/π·∫₀^π exp(z·cos t) dt; the trapezoidal rule converges at once for a periodic integrand.
        (0..<64).reduce(0) { $0 + exp(z * cos(2 * .pi * Double($1) / 64)) } / 64
    }
    return (0..<Int((Double(x.count) / ratio).rounded(.up))).map { m in
        Float(
            x.enumerated().reduce(0.0) { sum, sample in
                let t = Double(m) * ratio - Double(sample.offset)
                let position = t * cutoff / 32
                if abs(position) >= 1 { return sum }
                let angle = Double.pi * cutoff * t
                let sinc = t == 0 ? cutoff : cutoff * sin(angle) / angle
                let kaiser = bessel(8.6 * (1 - position * position).squareRoot()) / bessel(8.6)
                return sum + Double(sample.element) * sinc * kaiser
            })
    }
}

@Suite struct ResamplerTests {
    @Test(arguments: [(22_050, 16_000), (16_000, 22_050), (10, 9), (10, 11), (48_000, 16_000), (8000, 16_000), (3, 7)])
    func `equals the plain sum`(inputRate: Int, outputRate: Int) {
        let x = Tensor.normal([2, 701], seed: inputRate)
        let actual = Resampler(from: inputRate, to: outputRate)(x)
        let expected = (0..<2).flatMap {
            plainlyResampled(x.selected($0, along: 0).scalars, from: inputRate, to: outputRate)
        }
        let shape = [2, expected.count / 2]
        #expect(difference(of: actual, from: Tensor(expected, shape: shape), within: .float32.times(2)) == nil)
    }

    @Test func `a tone keeps its pitch and one above the new Nyquist frequency vanishes`() {
        let resampler = Resampler(from: 22_050, to: 16_000)
        func tone(_ hertz: Double, rate: Double, count: Int) -> Tensor {
            Tensor((0..<count).map { Float(sin(2 * .pi * hertz * Double($0) / rate)) }, shape: [count])
        }
        // Away from the ends, where the filter sees silence.
        let middle = 200..<1250
        let kept = resampler(tone(1000, rate: 22_050, count: 2000)).sliced(along: 0, middle)
        let expected = tone(1000, rate: 16_000, count: 1452).sliced(along: 0, middle)
        #expect(difference(of: kept, from: expected, within: .init(absolute: 1e-4, relative: 0)) == nil)
        let gone = resampler(tone(9000, rate: 22_050, count: 2000)).sliced(along: 0, middle)
        #expect(gone.scalars.allSatisfy { abs($0) < 1e-4 })
    }

    @Test func `equal rates change nothing and an empty signal stays empty`() {
        let x = Tensor.normal([7], seed: 1)
        #expect(Resampler(from: 16_000, to: 16_000)(x).scalars == x.scalars)
        #expect(Resampler(from: 2, to: 3)(.zeros([2, 0])).shape == [2, 0])
        #expect(Resampler(from: 10, to: 9)(.zeros([1])).shape == [1])
    }
}
