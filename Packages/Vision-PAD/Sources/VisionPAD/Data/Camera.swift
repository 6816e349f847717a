// Cameras: from light to 8-bit pixels.
// Source: the line's specification, section 4.5. There is no Bayer pattern at the reduced size.

internal import Glibc
internal import TensorIO
internal import Tensors

/// The cameras of the protocols.
public enum Camera: String, CaseIterable, Sendable, Codable {
    case a = "A"
    case b = "B"
    case c = "C"
    case d = "D"

    var optics: Optics {
        switch self {
        case .a:
            Optics(grain: 0.006, whiteBalance: 0.03, blur: 0.5..<0.9, gamma: 2.2, sharpening: 0.6, quality: 80...92)
        case .b:
            Optics(grain: 0.012, whiteBalance: 0.05, blur: 0.6..<1.1, gamma: 2.2, sharpening: 0.3, quality: 65...85)
        case .c: Optics(grain: 0.025, whiteBalance: 0.10, blur: 0.9..<1.6, gamma: 2.0, sharpening: 1, quality: 40...75)
        case .d: Optics(grain: 0.015, whiteBalance: 0.07, blur: 0.4..<0.9, gamma: 2.35, sharpening: 0, quality: 55...90)
        }
    }
}

/// What decides how a camera renders light.
struct Optics {
    /// The noise's scale; a share of white.
    var grain: Float
    /// The deviation of each channel's gain.
    var whiteBalance: Float
    /// The standard deviation of the lens blur in pixels of 1/128 frame.
    var blur: Range<Float>
    var gamma: Float
    /// How much of the difference from the blurred picture is added.
    var sharpening: Float
    /// JPEG quality.
    var quality: ClosedRange<Int>

    /// A good camera, as source photos are taken with.
    static let good = Optics(
        grain: 0.003, whiteBalance: 0.02, blur: 0.4..<0.6, gamma: 2.2, sharpening: 0.3, quality: 80...95)

    /// The same camera, poorly made.
    var lowGrade: Optics {
        var optics = self
        optics.grain *= 2
        optics.blur = blur.lowerBound + 0.4..<blur.upperBound + 0.6
        optics.quality = max(quality.lowerBound - 15, 20)...quality.upperBound - 15
        return optics
    }

    /// A photograph of as many pixels, 8 bits each, and the JPEG quality it was stored with.
    ///
    /// The canvas holds points, and nothing removed finer patterns before they were taken: that is where the moiré of screens
    /// and halftones comes from.
    func photograph(_ canvas: Canvas, using generator: inout Philox) -> (picture: Picture, quality: Int) {
        let exposure = generator.uniform(in: 0.6..<0.95) / max(canvas.brightness(at: 0.9), 1e-4)
        var gain = Colour(repeating: exposure)
        for channel in 0..<3 { gain[channel] *= 1 + generator.normal(whiteBalance) }
        let vignette = 0.25 * generator.uniform(in: 0..<1)
        var lit = canvas
        for y in 0..<canvas.side {
            for x in 0..<canvas.side {
                let point = canvas.point(x, y)
                lit.pixels[y * canvas.side + x] *= gain * (1 - vignette * (point * point).sum() / 2)
            }
        }
        let deviation = generator.uniform(in: blur) * Float(canvas.side) / 128
        var sensor = lit.blurred(by: Colour(deviation, deviation, deviation, 0))
        let mean = canvas.pixels.reduce(0) { $0 + $1.luminance } / Float(canvas.pixels.count)
        let amplification = max(1, 0.35 / max(mean, 1e-4))
        let noise = Tensor.normal([sensor.pixels.count * 4], using: &generator).scalars
        let (shot, read) = (0.15 * grain * amplification, 0.6 * grain * amplification)
        for index in sensor.pixels.indices {
            let x = sensor.pixels[index].clamped(lowerBound: Colour(), upperBound: Colour(repeating: 1))
            // A photograph's pixel is the mean of four of the sensor's, and has half of their noise.
            let sigma = 0.5 * (x * shot + read * read).squareRoot()
            // Cameras smooth colour more than brightness: most of the noise is common to the channels.
            let common = 0.8 * noise[4 * index + 3]
            let normal = Colour(noise[4 * index], noise[4 * index + 1], noise[4 * index + 2], 0) * 0.6 + common
            var value = (x + sigma * normal).clamped(lowerBound: Colour(), upperBound: Colour(repeating: 1))
            for channel in 0..<3 { value[channel] = pow(value[channel], 1 / gamma) }
            sensor.pixels[index] = value
        }
        if sharpening > 0 {
            let soft = sensor.blurred(by: Colour(1, 1, 1, 0))
            for index in sensor.pixels.indices {
                sensor.pixels[index] += (sensor.pixels[index] - soft.pixels[index]) * sharpening
            }
        }
        let quality = quality.lowerBound + generator.integer(below: quality.count)
        return (JPEGQuantisation(quality: quality).applied(to: sensor), quality)
    }

    /// The linear light of a photograph taken with this camera's γ.
    func linear(_ picture: Picture) -> Canvas {
        let table = (0..<256).map { pow(Float($0) / 255, gamma) }
        let pixels = (0..<picture.width * picture.height).map { index in
            Colour(
                table[Int(picture.pixels[3 * index])], table[Int(picture.pixels[3 * index + 1])],
                table[Int(picture.pixels[3 * index + 2])], 0)
        }
        return Canvas(side: picture.width, pixels: pixels)
    }
}

extension Canvas {
    /// The luminance that the given share of a regular quarter of the pixels does not exceed.
    fileprivate func brightness(at share: Float) -> Float {
        let values = stride(from: 0, to: pixels.count, by: 4).map { pixels[$0].luminance }.sorted()
        return values[Int(share * Float(values.count - 1))]
    }
}
