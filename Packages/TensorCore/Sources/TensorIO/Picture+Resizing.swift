// Resampling and cropping on 8-bit values, to the bit as Pillow does it.
//
// Source: Pillow, src/libImaging/Resample.c. The filter is widened by the shrink factor, so that shrinking averages;
// its weights are rounded to 22 fractional bits; rows are resampled first and rounded to 8 bits, then columns.

internal import Tensors

/// How new pixels are weighed from old ones.
public enum ResamplingFilter: Sendable {
    /// The mean of the covered area (Pillow's BOX).
    case area
    /// The triangle (Pillow's BILINEAR, torchvision's antialiased resize).
    case bilinear
    /// The cubic with a = −0.5 (Pillow's BICUBIC).
    case bicubic

    /// Half the width of the filter when it is not widened, in source pixels.
    fileprivate var support: Double {
        switch self {
        case .area: 0.5
        case .bilinear: 1
        case .bicubic: 2
        }
    }

    fileprivate func weight(at distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .area: return distance > -0.5 && distance <= 0.5 ? 1 : 0
        case .bilinear: return x < 1 ? 1 - x : 0
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        }
    }
}

extension Picture {
    /// The picture at another size.
    public func resized(width newWidth: Int, height newHeight: Int, _ filter: ResamplingFilter = .bilinear) -> Picture {
        shapeCheck(newWidth > 0 && newHeight > 0, "Picture.resized", [newHeight, newWidth])
        var picture = self
        if newWidth != width {
            let taps = resamplingTaps(from: width, to: newWidth, filter)
            picture = picture.resampled(width: newWidth, height: height, taps.first, taps.weights, pixelStep: 1) {
                x, y in
                (tap: x, start: y * width)
            }
        }
        if newHeight != height {
            let taps = resamplingTaps(from: height, to: newHeight, filter)
            picture = picture.resampled(
                width: newWidth, height: newHeight, taps.first, taps.weights, pixelStep: newWidth
            ) { x, y in
                (tap: y, start: x)
            }
        }
        return picture
    }

    /// The shorter side brought to `side`, then the square in the middle: the papers' preparation of photographs.
    ///
    /// The longer side is truncated to whole pixels, as torchvision does.
    public func fitted(toSquare side: Int, _ filter: ResamplingFilter = .bilinear) -> Picture {
        let short = min(width, height)
        return resized(width: side * width / short, height: side * height / short, filter).centreCropped(
            width: side, height: side)
    }

    /// The middle of the picture; an odd margin is halved to the even number of the two, as torchvision does.
    public func centreCropped(width: Int, height: Int) -> Picture {
        func start(_ margin: Int) -> Int { Int((Double(margin) / 2).rounded(.toNearestOrEven)) }
        return cropped(x: start(self.width - width), y: start(self.height - height), width: width, height: height)
    }

    /// The part of the picture whose top-left pixel is (`x`, `y`).
    public func cropped(x: Int, y: Int, width: Int, height: Int) -> Picture {
        shapeCheck(
            x >= 0 && y >= 0 && x + width <= self.width && y + height <= self.height, "Picture.cropped",
            [self.height, self.width], [y, x, height, width])
        let rows = (y..<(y + height)).map { pixels[(3 * ($0 * self.width + x))..<(3 * ($0 * self.width + x + width))] }
        return Picture(width: width, height: height, pixels: Array(rows.joined()))
    }

    /// One pass: each new pixel is the weighted sum of old ones that lie `pixelStep` apart.
    private func resampled(
        width newWidth: Int, height newHeight: Int, _ first: [Int], _ weights: [[Int32]], pixelStep: Int,
        _ place: (_ x: Int, _ y: Int) -> (tap: Int, start: Int)
    ) -> Picture {
        var result = [UInt8](repeating: 0, count: 3 * newWidth * newHeight)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                let (tap, start) = place(x, y)
                var (red, green, blue): (Int32, Int32, Int32) = (half, half, half)
                var source = 3 * (start + first[tap] * pixelStep)
                for weight in weights[tap] {
                    red &+= weight &* Int32(pixels[source])
                    green &+= weight &* Int32(pixels[source + 1])
                    blue &+= weight &* Int32(pixels[source + 2])
                    source += 3 * pixelStep
                }
                let target = 3 * (y * newWidth + x)
                result[target] = UInt8(clamping: red >> fractionBits)
                result[target + 1] = UInt8(clamping: green >> fractionBits)
                result[target + 2] = UInt8(clamping: blue >> fractionBits)
            }
        }
        return Picture(width: newWidth, height: newHeight, pixels: result)
    }
}

private let fractionBits: Int32 = 22
private let half: Int32 = 1 << (fractionBits - 1)

/// For each new position the first old one that counts and the weights from there on.
private func resamplingTaps(from count: Int, to newCount: Int, _ filter: ResamplingFilter) -> (
    first: [Int], weights: [[Int32]]
) {
    let scale = Double(count) / Double(newCount)
    let widening = max(scale, 1)
    let support = filter.support * widening
    var (first, weights): ([Int], [[Int32]]) = ([], [])
    for position in 0..<newCount {
        let centre = (Double(position) + 0.5) * scale
        let start = max(Int(centre - support + 0.5), 0)
        let end = min(Int(centre + support + 0.5), count)
        let raw = (start..<end).map { filter.weight(at: (Double($0) - centre + 0.5) * (1 / widening)) }
        let sum = raw.reduce(0, +)
        first.append(start)
        weights.append(
            raw.map { Int32(($0 / sum * Double(1 << fractionBits)).rounded(.toNearestOrAwayFromZero)) })
    }
    return (first, weights)
}
