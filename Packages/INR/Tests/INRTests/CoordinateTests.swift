// Coordinates and their Fourier map against plain loops.

import Foundation
import TensorTesting
import Tensors
import Testing

@testable import INR

@Suite struct CoordinateTests {
    @Test func `cell centres run row first, half a cell inside the square`() {
        let expected: [Float] = [
            -0.5, -0.75, -0.5, -0.25, -0.5, 0.25, -0.5, 0.75, 0.5, -0.75, 0.5, -0.25, 0.5, 0.25, 0.5, 0.75,
        ]
        let found = cellCentres(height: 2, width: 4)
        #expect(found.shape == [8, 2])
        #expect(found.scalars == expected)
        #expect(cellCentres(height: 1, width: 1).scalars == [0, 0])
    }

    @Test(arguments: [(1, 4), (16, 16), (64, 128)] as [(Int, Float)])
    func `the Fourier map is cosines, then sines, of frequencies from 1 to the bandwidth`(count: Int, bandwidth: Float)
    {
        let coordinates: [Double] = [-0.96875, 0.34375, 0, 1]
        let points = Tensor(coordinates.map(Float.init), shape: [2, 2])
        var expected: [Float] = []
        for point in 0..<2 {
            for map in [cos, sin] as [(Double) -> Double] {
                for axis in 0..<2 {
                    for j in 0..<count {
                        let frequency = count == 1 ? 1 : exp(log(Double(bandwidth)) * Double(j) / Double(count - 1))
                        expected.append(Float(map(.pi * coordinates[point * 2 + axis] * frequency)))
                    }
                }
            }
        }
        let found = fourierFeatures(points, bandwidth: bandwidth, frequencyCount: count)
        #expect(found.shape == [2, 4 * count])
        // Angles up to π·σ are rounded to float32 after two roundings: four units in the last place of the largest.
        let bound = Tolerance(absolute: 4 * .pi * bandwidth * .ulpOfOne, relative: 0)
        #expect(difference(of: found.scalars, from: expected, within: bound) == nil)
    }
}
