// PSNR and SSIM of pictures given by formulas, against scikit-image.

import Foundation
import Measurements
import Tensors
import TensorTesting
import Testing

@testable import INR

/// The specification's pictures of 48 × 64 pixels: the truth, and a paler one with ripples.
private let (truth, pale) = {
    var (truth, pale): ([Float], [Float]) = ([], [])
    for y in 0..<48 {
        for x in 0..<64 {
            for channel in 0..<3 {
                let value = 0.5 + 0.5 * sin(0.1 * Double(channel + 1) * Double(x) + 0.07 * Double(y))
                let other = 0.9 * value + 0.03 + 0.02 * cos(0.5 * Double(x) - 0.3 * Double(y))
                truth.append(Float(value))
                pale.append(Float(min(max(other, 0), 1)))
            }
        }
    }
    return (Tensor(truth, shape: [1, 48, 64, 3]), Tensor(pale, shape: [1, 48, 64, 3]))
}()

@Suite struct MetricTests {
    @Test func `PSNR and SSIM equal scikit-image's`() {
        #expect(abs(psnr(of: pale, against: truth)[0] - 27.281635) < 1e-5)
        let rounded = (pale * 255).rounded() / 255
        #expect(abs(psnr(of: rounded, against: truth)[0] - 27.276539) < 1e-5)
        #expect(abs(ssim(of: pale, against: truth)[0] - 0.954923) < 1e-5)
    }

    @Test func `identical pictures have the highest scores there are`() {
        #expect(psnr(of: truth, against: truth) == [120])
        #expect(ssim(of: truth, against: truth) == [1])
    }

    @Test func `each picture has its own score`() {
        let pictures = Tensor.concatenated([truth, pale], along: 0)
        let truths = Tensor.concatenated([truth, truth], along: 0)
        #expect(psnr(of: pictures, against: truths) == [120, psnr(of: pale, against: truth)[0]])
        #expect(ssim(of: pictures, against: truths) == [1, ssim(of: pale, against: truth)[0]])
        // One grey level everywhere: 20·log₁₀ 255 dB.
        let grey = Tensor.filled(0.5, shape: [1, 11, 11, 3])
        #expect(abs(psnr(of: grey + 1 / 255, against: grey)[0] - 48.1308) < 1e-4)
    }

    @Test func `quality clamps where its name says so`() {
        let set = ImageSet(images: Tensor.ones([2, 11, 11, 3]), names: ["a", "b"], groups: [0, 0], digest: "")
        let quality = set.quality(of: Tensor.filled(1.5, shape: [2, 11, 11, 3]), suffix: "_kodak")
        #expect(quality.map(\.metric.name) == ["psnr_kodak", "psnr_clamped_kodak", "ssim_kodak"])
        let first: [Double] = quality.map { $0.scores?.values.first ?? .nan }
        #expect(first == [-10 * log10(0.25), 120, 1])
    }
}

@Suite struct QualitySignatureTests {
    @Test(arguments: ImageQuality.allCases)
    func `every field of a score's configuration moves its signature`(_ quality: ImageQuality) throws {
        #expect(try fieldsWithoutEffect(onSignatureOf: quality.configuration) == [])
    }
}
