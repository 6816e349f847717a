import Signal
import TensorTesting
import Tensors
import Testing

@Suite struct WindowTests {
    /// By hand: cosines of multiples of 45° and 90°; Hamming's ends are 0.54 − 0.46.
    @Test(
        arguments: [
            (.hann, true, [0, 0.5, 1, 0.5]), (.hann, false, [0, 0.75, 0.75, 0]),
            (.hamming, true, [0.08, 0.54, 1, 0.54]), (.hamming, false, [0.08, 0.77, 0.77, 0.08]),
            (.rectangular, false, [1, 1, 1, 1]),
        ] as [(Window, Bool, [Float])])
    func `four samples of each window`(window: Window, isPeriodic: Bool, values: [Float]) {
        let problem = difference(of: window.values(count: 4, isPeriodic: isPeriodic), from: Tensor(values, shape: [4]))
        #expect(problem == nil, "\(problem ?? "")")
    }

    /// The specification's values of Kaldi's window.
    @Test func `the povey window of 400 samples`() {
        let window = Window.povey.values(count: 400).scalars
        let expected: [Float] = [0, 0.000265151, 0.556640665, 0.999986826]
        #expect(difference(of: [0, 1, 100, 199].map { window[$0] }, from: expected) == nil)
        #expect(abs(window.reduce(0) { $0 + Double($1) } - 212.146985) < 1e-5)
    }

    @Test func `a single sample has the weight 1`() {
        #expect(Window.povey.values(count: 1).scalars == [1])
    }
}

@Suite struct ShortTimeFourierTests {
    @Test(arguments: [(512, 160), (400, 100), (25, 7)])
    func `the inverse gives the signal back`(length: Int, hop: Int) {
        let transform = ShortTimeFourier(window: Window.hann.values(count: length, isPeriodic: true), hop: hop)
        let x = Tensor.normal([2, 4003], seed: 3)
        let spectra = transform(x)
        #expect(spectra.shape == [2, 1 + (4003 + length / 2 * 2 - length) / hop, length / 2 + 1, 2])
        // The last frame's window reaches this far.
        let count = min(4003, (spectra.shape[1] - 1) * hop)
        let back = transform.inverse(spectra, count: count)
        #expect(difference(of: back, from: x.sliced(along: 1, 0..<count), within: .float32.times(3)) == nil)
    }

    @Test func `framing is the adjoint of overlapping addition`() {
        // ⟨frames(x), y⟩ = ⟨x, overlapAdded(y)⟩ with integers, exact in float32.
        let x = Tensor((0..<23).map { Float($0 % 7) }, shape: [23])
        let frames = x.framed(length: 8, hop: 3)
        let y = Tensor((0..<frames.count).map { Float($0 % 5 - 2) }, shape: frames.shape)
        #expect((frames * y).sum().item == (x * y.overlapAdded(hop: 3, count: 23)).sum().item)
        #expect(x.framed(length: 24, hop: 1).shape == [0, 24])
    }
}
