// The operation-case table of Signal. Mirrors ci/references/signals.py.

import Foundation
import TensorTesting
import Tensors
import Testing

@testable import Signal

private let hann = Window.hann.values(count: 8, isPeriodic: true)
private let shortTime = ShortTimeFourier(window: hann, hop: 3)

let fourierCases: [OperationCase] = [
    .init("fft") { $0[0].fft().squared() },
    .init("fft2") { $0[0].fft2().squared() },
    .init("fftEven") { $0[0].fft().squared() },
    .init("framed") { $0[0].framed(length: 4, hop: 3).squared() },
    .init("ifft") { $0[0].ifft().squared() },
    .init("ifft2") { $0[0].ifft2().squared() },
    .init("irfft2") { $0[0].irfft2(width: 7).squared() },
    .init("irfftEven") { $0[0].irfft(length: 8).squared() },
    .init("irfftOdd") { $0[0].irfft(length: 9).squared() },
    .init("irfftOne") { $0[0].irfft(length: 1).squared() },
    .init("istft") { shortTime.inverse($0[0], count: 19).squared() },
    .init("rfft2") { $0[0].rfft2().squared() },
    .init("rfftEven") { $0[0].rfft().squared() },
    // Worst seen 1.7 times the bound: the second gradient sums 15 terms of size 10 that cancel.
    .init("rfftOdd", tolerance: .float32.times(2)) { $0[0].rfft().squared() },
    .init("rfftTwo") { $0[0].rfft().squared() },
    .init("stft") { shortTime($0[0]).squared() },
    .init("stftFromStart") { ShortTimeFourier(window: hann, hop: 3, isCentred: false)($0[0]).squared() },
]

private func fourierGolden() throws -> Golden {
    let file = try #require(Bundle.module.url(forResource: "Golden/signals", withExtension: "safetensors"))
    return try Golden(file, madeBy: "ci/references/signals.py", version: 1)
}

@Suite struct FourierTests {
    @Test(arguments: fourierCases.map(\.name))
    func `value, gradient and second gradient equal PyTorch's`(_ name: String) throws {
        let row = try #require(fourierCases.first { $0.name == name })
        let golden = try fourierGolden()
        let problems = try row.differences(from: golden) + row.differencesBetweenLayouts(from: golden)
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }

    @Test func `every golden case has a row and every row is in order`() throws {
        let golden = try fourierGolden()
        let names = Set(golden.tensors.keys.compactMap { $0.hasSuffix(".y") ? String($0.dropLast(2)) : nil })
        #expect(names == Set(fourierCases.map(\.name)))
        #expect(fourierCases.map(\.name) == fourierCases.map(\.name).sorted())
    }

    @Test func `the printed values of the specification`() {
        let x = Tensor([1, 2, 3, 4, 5], shape: [5])
        let spectrum = Tensor([15, 0, -2.5, 3.440955, -2.5, 0.812299], shape: [3, 2])
        #expect(difference(of: x.rfft(), from: spectrum, within: .init(absolute: 1e-6, relative: 0)) == nil)
        let weights = Tensor([1, 2, 3], shape: [3, 1])
        let dx = gradient(at: x) { (weights * $0.rfft().squared()).sum() }
        #expect(difference(of: dx, from: Tensor([5, 23.0901661, 30, 36.9098282, 55], shape: [5])) == nil)
    }

    /// Every length up to 40 and some larger, with primes: FFTW takes another path for each.
    @Test(arguments: Array(1...40) + [97, 128, 257, 480, 512])
    func `transforms equal the plain sum and invert each other`(_ n: Int) {
        let z = Tensor.normal([2, n, 2], seed: n)
        let values = z.scalars.map(Double.init)
        let expected = (0..<2).flatMap { row in
            (0..<n).flatMap { k in
                (0..<n).reduce(into: [0.0, 0.0]) { sum, j in
                    let angle = -2 * Double.pi * Double(j * k % n) / Double(n)
                    let (re, im) = (values[2 * (row * n + j)], values[2 * (row * n + j) + 1])
                    sum[0] += re * cos(angle) - im * sin(angle)
                    sum[1] += re * sin(angle) + im * cos(angle)
                }
            }
        }
        // A sum of n terms of size 1: worst seen 6.2e-7·√n, at n = 97, for FFTW's algorithms of large primes.
        let bound = Tolerance(absolute: 1e-6 * Float(n).squareRoot(), relative: 4e-7)
        #expect(difference(of: z.fft(), from: Tensor(expected.map(Float.init), shape: z.shape), within: bound) == nil)
        #expect(difference(of: z.fft().ifft(), from: z, within: bound) == nil)
        let x = z.selected(0, along: -1)
        let padded = Tensor.stacked([x, .zeros(x.shape)], along: -1)
        #expect(
            difference(of: x.rfft(), from: padded.fft().sliced(along: 1, 0..<(n / 2 + 1)), within: bound) == nil)
        #expect(difference(of: x.rfft().irfft(length: n), from: x, within: bound) == nil)
    }

    @Test(arguments: [(1, 1), (1, 6), (5, 1), (4, 8), (9, 7), (13, 18), (30, 31), (224, 224)])
    func `planes are transformed like their rows, then their columns`(_ height: Int, _ width: Int) {
        let x = Tensor.normal([3, height, width], seed: height)
        let columns = x.rfft().transposed(1, 2).fft().transposed(1, 2)
        let bound = Tolerance(absolute: 1e-6 * Float(height * width).squareRoot(), relative: 4e-7)
        #expect(difference(of: x.rfft2(), from: columns, within: bound) == nil)
        #expect(difference(of: x.rfft2().irfft2(width: width), from: x, within: bound) == nil)
        defer { Threads.count = 2 }
        let expected = x.rfft2().scalars
        for threads in [1, 2, 3, 7] {
            Threads.count = threads
            #expect(x.rfft2().scalars == expected)
            #expect(x.selected(2, along: 0).rfft2().scalars == x.rfft2().selected(2, along: 0).scalars)
        }
    }

    @Test func `bits do not depend on threads, on the batch or on what was planned before`() {
        defer { Threads.count = 2 }
        let x = Tensor.normal([257, 240], seed: 1)
        let alone = x.selected(200, along: 0).rfft()
        let spectra = [1, 2, 3, 7].map { threads in
            Threads.count = threads
            for n in 100...110 { _ = Tensor.zeros([n * threads]).rfft() }
            return x.rfft()
        }
        for spectrum in spectra {
            #expect(spectrum.scalars == spectra[0].scalars)
            #expect(spectrum.selected(200, along: 0).scalars == alone.scalars)
            #expect(spectrum.irfft(length: 240).scalars == spectra[0].irfft(length: 240).scalars)
        }
    }

    @Test func `transforms from many threads at once plan without harm`() async {
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (1000..<1040).allSatisfy { n in
                        let x = Tensor.normal([n], seed: task)
                        return difference(of: x.rfft().irfft(length: n), from: x, within: .float32.times(2)) == nil
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func `the imaginary parts that a real signal cannot have are ignored`() {
        let spectrum = Tensor([1, 9, 2, 3, 4, 9], shape: [3, 2])
        let plain = Tensor([1, 0, 2, 3, 4, 0], shape: [3, 2])
        #expect(spectrum.irfft(length: 4).scalars == plain.irfft(length: 4).scalars)
        let slope = gradient(at: spectrum) { ($0.irfft(length: 4) * Tensor([1, 2, 3, 5], shape: [4])).sum() }
        #expect(slope.scalars[1] == 0 && slope.scalars[5] == 0)
    }

    @Test func `an empty batch has an empty spectrum and NaN stays in its row`() {
        #expect(Tensor.zeros([0, 8]).rfft().shape == [0, 5, 2])
        let spectra = Tensor([.nan, 1, 2, 3, 1, 2, 3, 4], shape: [2, 4]).rfft()
        #expect(spectra.selected(0, along: 0).selected(0, along: 1).scalars.allSatisfy { $0.isNaN })
        #expect(spectra.selected(1, along: 0).scalars == [10, 0, -2, 2, -2, 0])
    }

    @Test func `operations are counted by formula`() {
        // 5·8·3 for eight complex numbers; 5·5·log₂5 = 58.05 for five.
        #expect(transformFlops(8) == 120 && transformFlops(5) == 58 && transformFlops(1) == 0)
        // Two real rows of 8 and two complex ones; other tests may count meanwhile, so this is a lower bound.
        let before = Counters.now.flops
        _ = Tensor.zeros([2, 8]).rfft().shape + Tensor.zeros([2, 8, 2]).fft().shape
        #expect(Counters.now.flops - before >= 2 * 60 + 2 * 120)
    }
}

extension Tensor {
    /// Standard normal values, the same for the same seed.
    static func normal(_ shape: [Int], seed: Int) -> Tensor {
        var generator = Philox(seed: UInt64(seed), stream: "signal")
        return Tensor.normal(shape, using: &generator)
    }
}
