// Blurs, averages, random numbers and JPEG's loss, against numbers worked out by hand.

import Foundation
import TensorIO
import Tensors
import Testing

@testable import VisionPAD

private func canvas(side: Int, _ value: (Int, Int) -> Float) -> Canvas {
    Canvas(side: side, pixels: (0..<side * side).map { Colour(repeating: value($0 % side, $0 / side)) })
}

@Suite struct CanvasTests {
    @Test func `a blur spreads a point as a Gaussian, a deviation for each lane, and keeps its sum`() {
        let point = canvas(side: 17) { $0 == 8 && $1 == 8 ? 1 : 0 }
        let blurred = point.blurred(by: Colour(1, 2, 0, 0)).pixels
        let centre = 8 * 17 + 8
        // exp(−1/2σ²) one pixel to the side, its square one pixel along both axes.
        for (lane, ratio) in [(0, exp(Float(-0.5))), (1, exp(Float(-0.125)))] {
            #expect(abs(blurred[centre + 1][lane] / blurred[centre][lane] - ratio) < 1e-5)
            #expect(abs(blurred[centre - 17 - 1][lane] / blurred[centre][lane] - ratio * ratio) < 1e-5)
            #expect(abs(blurred.reduce(0) { $0 + $1[lane] } - 1) < 1e-5)
        }
        #expect(blurred.map { $0[2] } == point.pixels.map { $0[2] })
        let flat = canvas(side: 8) { _, _ in 0.5 }.blurred(by: Colour(repeating: 3))
        #expect(flat.pixels.allSatisfy { abs($0.x - 0.5) < 1e-6 })
    }

    @Test func `an average is over squares, a sample between pixel centres`() {
        let ramp = canvas(side: 4) { x, y in Float(x + 10 * y) }
        #expect(ramp.averaged(to: 2).pixels.map(\.x) == [5.5, 7.5, 25.5, 27.5])
        #expect(ramp.sampled(at: ramp.point(2, 1)).x == 12)
        #expect(ramp.sampled(at: Point(0, 0)).x == 16.5)
        #expect(ramp.sampled(at: Point(-5, -5)).x == 0 && ramp.sampled(at: Point(5, 5)).x == 33)
    }

    @Test func `random numbers have their distribution's mean and spread`() {
        var generator = Philox(seed: 4)
        let normal = (0..<4000).map { _ in Double(generator.normal(2)) }
        let betas = (0..<4000).map { _ in Double(generator.beta(1.6, 2.2)) }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        // Within four standard errors: 4·2/√4000 and, for the variance 4, 4·4·√(2/4000).
        #expect(abs(mean(normal)) < 0.127 && abs(mean(normal.map { $0 * $0 }) - 4) < 0.36)
        // α/(α + β) = 0.421, variance αβ/((α + β)²(α + β + 1)) = 0.0508.
        #expect(abs(mean(betas) - 0.421) < 0.015)
        #expect(abs(mean(betas.map { ($0 - 0.421) * ($0 - 0.421) }) - 0.0508) < 0.005)
    }

    @Test func `JPEG's steps follow the quality`() {
        let table = [16, 11, 10, 200]
        #expect(JPEGQuantisation.scaled(table, 50) == [16, 11, 10, 200])
        #expect(JPEGQuantisation.scaled(table, 100) == [1, 1, 1, 1])
        #expect(JPEGQuantisation.scaled(table, 75) == [8, 6, 5, 100])  // (t·50 + 50)/100
        #expect(JPEGQuantisation.scaled(table, 20) == [40, 28, 25, 255])  // (t·250 + 50)/100
    }

    @Test func `JPEG keeps flat colours to a step and fine patterns only at high quality`() {
        func stored(_ quality: Int, _ value: (Int, Int) -> Float) -> [UInt8] {
            JPEGQuantisation(quality: quality).applied(to: canvas(side: 16) { value($0, $1) / 255 }).pixels
        }
        // A flat 131 has one coefficient, 8·(131 − 128) = 24: 1.5 steps of 16 round to 2, which is 132.
        #expect(stored(50) { _, _ in 131 }.allSatisfy { $0 == 132 })
        #expect(stored(50) { _, _ in 130 }.allSatisfy { $0 == 130 })
        let stripes: (Int, Int) -> Float = { x, y in Float(128 + 24 * (x % 2 == 0 ? 1 : -1) + 5 * (y % 2)) }
        let worst =
            zip(stored(100, stripes), (0..<768).map { stripes($0 / 3 % 16, $0 / 48) })
            .map { abs(Float($0) - $1) }.max() ?? .infinity
        #expect(worst <= 2)
        // At quality 30 the fastest pattern across has a step of 102 and more than its size is lost.
        let rough = stored(30, stripes)
        #expect(Set(rough).count < 12 && rough != stored(100, stripes))
    }
}
