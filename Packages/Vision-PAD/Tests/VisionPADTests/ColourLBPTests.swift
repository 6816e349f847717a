// Local binary patterns worked by hand, and the classifier on what can be checked without it.

import Foundation
import TensorIO
import Tensors
import Testing

@testable import VisionPAD

@Suite struct ColourLBPTests {
    @Test func `the golden patch has code 241`() {
        // Neighbours in order 6 5 2 1 7 8 9 7 against 6: bits 1 0 0 0 1 1 1 1.
        #expect(patternCode([6, 5, 2, 7, 6, 1, 9, 8, 7], 3, 1, 1) == 241)
    }

    @Test func `58 codes have a bin of their own, in ascending order`() {
        // 0, 1, 2, 3, 4, 6 are uniform, 5 = 101 is not; 255 is the last.
        #expect(Array(patternBins[0...7]) == [0, 1, 2, 3, 4, 58, 5, 6])
        #expect(patternBins[255] == 57)
        #expect(patternBins.count { $0 == 58 } == 256 - 58)
        #expect(Set(patternBins) == Set(0...58))
    }

    @Test(arguments: [
        // H, S, V, Y, Cb, Cr; green is a third of the circle, blue two thirds; Y of BT.601.
        ([UInt8](arrayLiteral: 255, 0, 0), [UInt8](arrayLiteral: 0, 255, 255, 76, 85, 255)),
        ([0, 255, 0], [85, 255, 255, 150, 44, 21]),
        ([0, 0, 255], [170, 255, 255, 29, 255, 107]),
        ([255, 0, 255], [212, 255, 255, 105, 212, 235]),
        ([0, 0, 0], [0, 0, 0, 0, 128, 128]),
        ([128, 128, 128], [0, 0, 128, 128, 128, 128]),
        ([200, 100, 100], [0, 128, 200, 130, 111, 178]),
    ])
    func `colours have these planes`(_ colour: [UInt8], _ planes: [UInt8]) {
        #expect(colourPlanes(of: Picture(width: 1, height: 1, pixels: colour)).flatMap { $0 } == planes)
    }

    @Test func `each plane's squared features add up to 1, and a flat picture has one pattern`() {
        var generator = Philox(seed: 1)
        let noise = Picture(.uniform([64, 64, 3], using: &generator))
        let features = colourPatternFeatures(of: noise)
        #expect(features.count == 354)
        for plane in 0..<6 {
            let sum = features[(59 * plane)..<(59 * plane + 59)].reduce(0) { $0 + $1 * $1 }
            #expect(abs(sum - 1) < 1e-12)
        }
        // All neighbours equal the centre: code 255, bin 57.
        let flat = colourPatternFeatures(of: Picture(.filled(0.5, shape: [64, 64, 3])))
        #expect(flat.indices.filter { flat[$0] != 0 } == (0..<6).map { 59 * $0 + 57 })
    }

    @Test func `one feature at ±1 gets the weight where its gradient is 0`() {
        // Standardised ±1 with three of four right: loss (3·log(1+e⁻ʷ) + log(1+eʷ))/4 + 0.01·w².
        let rows = [1.0, 1, 1, 1, -1, -1, -1, -1].map { [7 + 3 * $0] }
        let labels = [true, true, true, false, false, false, false, true]
        let fitted = LogisticRegression(fittedTo: rows, labels: labels)
        let w = fitted.weights[0]
        #expect(abs(1 / (1 + exp(-w)) - 0.75 + 0.02 * w) < 1e-9)
        #expect(abs(fitted.weights[1]) < 1e-9)
        #expect(abs(fitted.probability(of: [10]) - 1 / (1 + exp(-w))) < 1e-9)
    }

    @Test func `correlated features get the weights where every derivative is 0`() {
        var generator = Philox(seed: 9)
        let noise = Tensor.normal([40, 3], using: &generator).scalars.map(Double.init)
        let rows = (0..<40).map { row in
            let (a, b, c) = (noise[3 * row], noise[3 * row + 1], noise[3 * row + 2])
            return [a, 5 + 3 * (a + b), a - b + c / 2]
        }
        let labels = rows.map { $0[0] + 0.3 * $0[2] > 0.1 }
        let fitted = LogisticRegression(fittedTo: rows, labels: labels)
        let residuals = zip(rows, labels).map { fitted.probability(of: $0) - ($1 ? 1 : 0) }
        for column in 0..<3 {
            let values = rows.map { $0[column] }
            let mean = values.reduce(0, +) / 40
            let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40).squareRoot()
            let slope = zip(values, residuals).reduce(0) { $0 + ($1.0 - mean) / deviation * $1.1 } / 40
            #expect(abs(slope + 2 * 0.01 * fitted.weights[column]) < 1e-9)
        }
        #expect(abs(residuals.reduce(0, +)) < 1e-8)
    }

    @Test func `a constant feature changes nothing, and the constant follows the share of attacks`() {
        // The mean of many 0.1 is not 0.1 to the bit.
        let labels = (0..<100).map { $0 < 75 }
        let fitted = LogisticRegression(fittedTo: labels.map { _ in [0.1] }, labels: labels)
        #expect(fitted.weights[0] == 0)
        #expect(abs(fitted.probability(of: [0.1]) - 0.75) < 1e-9)
        #expect(abs(fitted.probability(of: [0.2]) - 0.75) < 1e-9)
    }

    @Test func `textures that differ in sharpness are told apart`() {
        var generator = Philox(seed: 5)
        func face(isAttack: Bool) -> Picture {
            let fine = Picture(.uniform([64, 64, 3], using: &generator))
            return isAttack ? fine.resized(width: 32, height: 32).resized(width: 64, height: 64) : fine
        }
        let labels = (0..<12).map { $0.isMultiple(of: 2) }
        let classifier = ColourLBP(fittedTo: labels.map { face(isAttack: $0) }, isAttack: labels)
        for isAttack in [true, false, true, false] {
            let score = classifier.score(of: face(isAttack: isAttack))
            #expect(isAttack ? score > 0.5 : score < -0.5)
            #expect((-1...1).contains(score))
        }
    }
}
