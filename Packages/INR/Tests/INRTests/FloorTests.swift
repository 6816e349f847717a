// Floors by hand, and on real photographs as published.

import TensorTesting
import Tensors
import Testing

@testable import INR

@Suite struct FloorTests {
    @Test func `the mean colour is each channel's mean`() {
        let image = Tensor([0, 0.25, 1, 1, 0.75, 0], shape: [1, 1, 2, 3])
        #expect(meanColour(of: image).scalars == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    }

    @Test func `bicubic reproduces a ramp wherever four cells lie around, and a flat picture everywhere`() {
        let (side, grid) = (32, 8)
        let ramp = cellCentres(height: side, width: side).matmul(Tensor([0.3, 0, 0.1, -0.2, 0.4, 0], shape: [2, 3]))
        let image = ramp.reshaped(to: [1, side, side, 3]) + 0.5
        // Samples 6..<26 lie between the second cell's centre, 5.5, and the last but one's, 25.5.
        func inside(_ x: Tensor) -> Tensor { x.sliced(along: 1, 6..<26).sliced(along: 2, 6..<26) }
        #expect(difference(of: inside(bicubic(image, grid: grid)), from: inside(image)) == nil)
        let flat = Tensor.filled(0.3, shape: [2, side, side, 3])
        #expect(difference(of: bicubic(flat, grid: grid), from: flat) == nil)
    }

    /// Patches ½ ± 0.3·e₁ ± 0.2·e₂ ± 0.1·e₃ in all eight signs, eᵢ one value each of twelve: eigenvalues 0.09, 0.04 and
    /// 0.01, of which those left out, divided by twelve, are the mean squared error.
    @Test(arguments: [(0, 0.14), (1, 0.05), (2, 0.01), (3, 0), (12, 0)])
    func `patch PCA's error on its own patches is the sum of the eigenvalues it leaves out`(count: Int, left: Double) {
        var patches: [Float] = []
        for signs in 0..<8 {
            var patch = [Float](repeating: 0.5, count: 12)
            for (bit, place, deviation) in [(1, 1, 0.3), (2, 4, 0.2), (4, 11, 0.1)] as [(Int, Int, Float)] {
                patch[place] += signs & bit == 0 ? deviation : -deviation
            }
            patches += patch
        }
        // Two pictures of 2 × 2 patches of 2 × 2 pixels.
        let images = Tensor(patches, shape: [2, 2, 2, 2, 2, 3]).permuted([0, 1, 3, 2, 4, 5]).reshaped(to: [2, 4, 4, 3])
        let pca = PatchPCA(patchSize: 2, componentCount: count, fittedTo: images)
        #expect(pca.valueCount(side: 4) == 4 * count)
        let errors = meanSquaredErrors(pca.reconstructed(images), images)
        #expect(abs(errors.reduce(0, +) / 2 - left / 12) < 1e-8)
    }

    /// The specification's section 10.6: 300 test tiles at 32 pixels, components from the 2,400 others.
    ///
    /// Its numbers are those of tiles averaged down and rounded to 8 bits, halves up, and of predictions not clamped.
    @Test(.enabled(if: isThere("natural64"), "needs ../shared/data/natural64"))
    func `floors of the natural tiles are the published ones`() throws {
        let data = try Natural64(folder: "\(sharedData)/natural64")
        func tiles(_ folds: Natural64.Fold...) -> Tensor {
            // Means of four whole numbers are quarters: 0.51 leaves room for float32.
            let exact = Tensor.concatenated(folds.map { data.images($0, size: .half).images }, along: 0)
            return (exact * 255 + 0.51).floor() / 255
        }
        let (training, test) = (tiles(.fit, .dev), tiles(.test))
        func decibels(_ x: Tensor) -> Double { psnr(of: x, against: test).reduce(0, +) / 300 }
        #expect(abs(decibels(meanColour(of: test)) - 16.74) < 0.005)
        for (side, values, published) in [(8, 256, 26.73), (8, 2048, 47.75), (4, 2048, 46.89)] {
            let pca = PatchPCA(patchSize: side, componentCount: values * side * side / 1024, fittedTo: training)
            #expect(pca.valueCount(side: 32) == values)
            let found = decibels(pca.reconstructed(test))
            #expect(abs(found - published) < 0.006, "\(side) x \(side), \(values) values: \(found)")
        }
    }
}
