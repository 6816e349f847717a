// The golden numbers of the speech front end: computed by kaldi-native-fbank and by an independent float64 version, which
// agree to 3e-5 at these points.

import Foundation
import TensorTesting
import Tensors
import Testing

@testable import Signal

/// The golden waveform on the int16 scale: two chirps, hum and a linear congruential noise.
private let golden: Tensor = {
    var state = 12_345
    return Tensor(
        (0..<19_200).map { n in
            let t = Double(n) / 16_000
            let chirps =
                8000 * sin(2 * .pi * (200 * t + 1500 * t * t)) + 4000 * sin(2 * .pi * (3000 * t - 800 * t * t))
            state = (1_103_515_245 * state + 12_345) % (1 << 31)
            let tone = (chirps + 1000 * sin(2 * .pi * 60 * t) + 0.5).rounded(.down)
            return Float(tone) + Float((state >> 16) % 201 - 100)
        }, shape: [19_200])
}()

private struct Point: Sendable {
    let frame: Int, band: Int, value: Float
    init(_ frame: Int, _ band: Int, _ value: Float) { (self.frame, self.band, self.value) = (frame, band, value) }
}

/// A change of the defaults with its shape, the sum of all features and some of them.
private struct Variant: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shape: [Int]
    let total: Double
    let points: [Point]
    let change: @Sendable (inout LogMelFeatures) -> Void

    static func whole(
        _ name: String, _ total: Double, _ first: Float, _ middle: Float,
        _ change: @escaping @Sendable (inout LogMelFeatures) -> Void
    ) -> Variant {
        let bands = name == "40 bands" ? 40 : 80
        return Variant(
            testDescription: name, shape: [118, bands], total: total,
            points: [Point(0, 0, first), Point(58, 33, middle)], change: change)
    }

    static let all: [Variant] = [
        Variant(
            testDescription: "defaults", shape: [118, 80], total: 136132.53,
            points: [
                Point(0, 0, 16.03100), Point(0, 1, 16.55182), Point(0, 10, 18.95931), Point(0, 40, 13.15930),
                Point(0, 79, 15.86211), Point(29, 20, 11.33143), Point(30, 47, 25.69403), Point(58, 33, 11.33438),
                Point(59, 79, 16.75464), Point(60, 42, 27.56633), Point(90, 5, 9.52662), Point(90, 52, 27.61009),
                Point(100, 50, 14.58260), Point(117, 0, 15.61493), Point(117, 45, 13.76374),
                Point(117, 58, 28.22717), Point(117, 79, 16.30324),
            ], change: { _ in }),
        Variant(
            testDescription: "snipsEdges false", shape: [120, 80], total: 139086.059,
            points: [
                Point(0, 0, 17.01119), Point(0, 40, 17.35704), Point(0, 79, 15.64300), Point(60, 33, 11.30518),
                Point(119, 0, 15.39800), Point(119, 45, 17.84502), Point(119, 79, 17.43970),
            ], change: { $0.snipsEdges = false }),
        whole("hamming", 149613.120, 16.06254, 15.37728) { $0.window = .hamming },
        whole("hann", 134797.333, 16.01478, 11.24527) { $0.window = .hann },
        whole("mean kept", 136111.324, 15.56356, 11.33439) { $0.removesMean = false },
        whole("no preemphasis", 148504.052, 22.77347, 12.70613) { $0.preemphasis = 0 },
        whole("from 0 Hz", 136439.605, 15.89195, 12.16300) { $0.lowFrequency = 0 },
        whole("to 400 Hz below Nyquist", 135419.861, 15.97363, 12.20324) { $0.highFrequency = -400 },
        whole("to 7600 Hz", 135419.861, 15.97363, 12.20324) { $0.highFrequency = 7600 },
        whole("magnitudes", 71318.363, 7.79024, 5.83815) { $0.usesPower = false },
        whole("40 bands", 73352.271, 16.95901, 16.14138) { $0.bandCount = 40 },
    ]
}

@Suite struct LogMelFeaturesTests {
    @Test func `the golden waveform has the specified sum and noise`() {
        #expect(golden.scalars.reduce(0) { $0 + Double($1) } == 71_886)
    }

    @Test(arguments: Variant.all)
    private func `features equal Kaldi's`(_ variant: Variant) {
        var features = LogMelFeatures()
        variant.change(&features)
        check(features(golden, scale: .int16), variant.shape, total: variant.total, variant.points)
    }

    @Test func `features at 8 kHz equal Kaldi's`() {
        var features = LogMelFeatures()
        (features.sampleRate, features.bandCount) = (8000, 40)
        let half = golden.sliced(along: 0, 0..<19_200, step: 2)
        check(
            features(half, scale: .int16), [118, 40], total: 70071.900,
            [Point(0, 0, 15.92088), Point(58, 20, 13.42950), Point(117, 39, 27.62397)])
    }

    private func check(_ actual: Tensor, _ shape: [Int], total: Double, _ points: [Point]) {
        #expect(actual.shape == shape)
        let values = actual.scalars
        // The totals are printed to three digits and float32 moves them by 0.012.
        #expect(abs(values.reduce(0) { $0 + Double($1) } - total) < 0.05)
        for point in points {
            // Near-empty bins lose digits in float32.
            let bound: Float = point.value > 9 ? 1e-4 : 5e-3
            let value = values[point.frame * shape[1] + point.band]
            #expect(abs(value - point.value) < bound, "\(point): \(value)")
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: table.path), "needs ../shared/data/st"))
    func `all 9,440 features equal the stored table`() throws {
        let rows = try String(contentsOf: Self.table, encoding: .utf8).split(separator: "\n")
            .map { $0.split(separator: "\t").compactMap { Float($0) } }
        #expect(rows.count == 118 && rows.allSatisfy { $0.count == 80 })
        let values = LogMelFeatures()(golden, scale: .int16).scalars
        // The table is kaldi-native-fbank's in float32; a float64 version differs from it by up to 3.9e-4 above 9 and by
        // 4.9e-3 below, ours by 4.2e-4 above.
        let misses = zip(values, rows.joined()).filter { abs($0 - $1) > ($1 > 9 ? 5e-4 : 5e-3) }
        #expect(misses.isEmpty)
    }
    private static let table = Golden.repository.appendingPathComponent("../shared/data/st/golden/fbank_a.tsv")

    @Test func `a signal between −1 and 1 has the same features`() {
        let features = LogMelFeatures()
        #expect(features(golden / 32_768, scale: .unit).scalars == features(golden, scale: .int16).scalars)
    }

    @Test func `silence is the floor and short signals have no frames`() {
        var features = LogMelFeatures()
        let silence = features(.zeros([560]), scale: .int16)
        #expect(silence.shape == [2, 80])
        #expect(silence.scalars.allSatisfy { abs($0 + 15.942385) < 1e-6 })
        #expect(features(.zeros([399]), scale: .int16).shape == [0, 80])
        features.snipsEdges = false
        #expect(features(.zeros([79]), scale: .int16).shape == [0, 80])
        #expect(features(.zeros([80]), scale: .int16).shape == [1, 80])
    }

    @Test func `bits do not depend on threads`() {
        defer { Threads.count = 2 }
        let results = [1, 2, 3, 7].map { threads in
            Threads.count = threads
            return LogMelFeatures()(golden, scale: .int16).scalars
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test func `cepstra equal kaldi-native-fbank's`() throws {
        let file = try #require(Bundle.module.url(forResource: "Golden/cepstra", withExtension: "safetensors"))
        let expected = try Golden(file, madeBy: "ci/references/cepstra.py", version: 1)["cepstra"]
        var features = LogMelFeatures()
        features.bandCount = 23
        let actual = LogMelFeatures.cepstra(features(golden.sliced(along: 0, 0..<8000), scale: .int16))
        // Sums of 23 features of size 20, each within 1e-4, times a lifter of up to 12.
        #expect(difference(of: actual, from: expected, within: .init(absolute: 2e-3, relative: 0)) == nil)
    }

    @Test func `cepstra equal the plain sums`() {
        let features = Tensor.normal([3, 23], seed: 5)
        let values = features.scalars.map(Double.init)
        let expected = (0..<3).flatMap { row in
            (0..<13).map { k in
                let sum = (0..<23).reduce(0.0) {
                    $0 + values[row * 23 + $1] * cos(.pi * Double(k) * (2 * Double($1) + 1) / 46)
                }
                return Float((k == 0 ? 1 / 23.0 : 2 / 23.0).squareRoot() * sum * (1 + 11 * sin(.pi * Double(k) / 22)))
            }
        }
        let actual = LogMelFeatures.cepstra(features)
        #expect(difference(of: actual, from: Tensor(expected, shape: [3, 13]), within: .float32.times(4)) == nil)
    }
}

@Suite struct MelFilterbankTests {
    private let filterbank = MelFilterbank(count: 80, transformLength: 512, sampleRate: 16_000)

    @Test func `the scale`() {
        #expect(abs(mel(20) - 31.748578) < 1e-6 && abs(mel(8000) - 2840.037712) < 1e-6)
    }

    /// Filter, its first bin, its weights as far as the specification prints them.
    @Test(
        arguments: [
            (0, 1, [0.503983, 0.135723]), (1, 2, [0.864277]), (39, 55, [0.389631, 0.806919, 0.781082, 0.374240]),
            (79, 240, [0.075991, 0.199636, 0.322812, 0.445524]),
        ] as [(Int, Int, [Float])])
    func `filters equal Kaldi's`(index: Int, firstBin: Int, weights: [Float]) {
        let filter = filterbank.filters[index]
        #expect(filter.firstBin == firstBin && filter.weights.count == (index == 79 ? 16 : weights.count))
        let printed = Array(filter.weights.prefix(weights.count))
        #expect(difference(of: printed, from: weights, within: .init(absolute: 1e-6, relative: 0)) == nil)
        #expect(filterbank.weights.selected(index, along: 0).scalars[firstBin] == filter.weights[0])
    }

    @Test func `the last filter's weights have the specified sum and Nyquist has none`() {
        #expect(abs(filterbank.filters[79].weights.reduce(0, +) - 8.290835) < 1e-5)
        #expect(filterbank.weights.shape == [80, 257])
        #expect(filterbank.weights.selected(256, along: 1).scalars.allSatisfy { $0 == 0 })
    }
}
