// A square picture in linear light, and what every rendering needs: blurs, averages, smooth noise, random numbers.

internal import Glibc
internal import Tensors

/// Red, green and blue in linear light; the fourth lane is depth, or unused.
typealias Colour = SIMD4<Float>

/// A place in the frame: −1...1 from left to right and from top to bottom.
typealias Point = SIMD2<Float>

extension Colour {
    /// 0.299 R + 0.587 G + 0.114 B.
    var luminance: Float { 0.299 * x + 0.587 * y + 0.114 * z }

    /// The colour farther from, or nearer to, its own grey.
    func saturated(by factor: Float) -> Colour {
        let grey = Colour(repeating: luminance)
        return grey + (self - grey) * factor
    }
}

/// A square of colours, row by row.
struct Canvas {
    let side: Int
    var pixels: [Colour]

    /// The centre of a pixel.
    func point(_ x: Int, _ y: Int) -> Point { (Point(Float(x), Float(y)) + 0.5) * (2 / Float(side)) - 1 }

    /// The Gaussian blur, a standard deviation in pixels for each lane; beyond the edge the last pixel goes on.
    func blurred(by deviations: Colour) -> Canvas {
        let radius = Int((deviations.max() * 2.5).rounded(.up))
        if radius == 0 { return self }
        var kernel = (0...radius).map { distance in
            var weight = Colour()
            for lane in 0..<4 {
                let share = Float(distance) / deviations[lane]
                weight[lane] = distance == 0 ? 1 : exp(-0.5 * share * share)
            }
            return weight
        }
        let total = kernel.dropFirst().reduce(kernel[0]) { $0 + $1 * 2 }
        for distance in 0...radius { kernel[distance] /= total }
        // Each pass writes its rows as columns, so that two passes blur both axes and restore the order.
        return Canvas(side: side, pixels: blurredRows(blurredRows(pixels, kernel), kernel))
    }

    private func blurredRows(_ source: [Colour], _ kernel: [Colour]) -> [Colour] {
        let radius = kernel.count - 1
        var result = source
        var line = [Colour](repeating: Colour(), count: side + 2 * radius)
        for row in 0..<side {
            for place in line.indices { line[place] = source[row * side + min(max(place - radius, 0), side - 1)] }
            for x in 0..<side {
                var sum = line[x + radius] * kernel[0]
                for distance in 1...radius {
                    sum += (line[x + radius - distance] + line[x + radius + distance]) * kernel[distance]
                }
                result[x * side + row] = sum
            }
        }
        return result
    }

    /// The means over squares, as a sensor's pixels see them; `side` divides this side.
    func averaged(to side: Int) -> Canvas {
        let factor = self.side / side
        var result = [Colour](repeating: Colour(), count: side * side)
        for y in 0..<side * factor {
            for x in 0..<side * factor { result[y / factor * side + x / factor] += pixels[y * self.side + x] }
        }
        let share = 1 / Float(factor * factor)
        return Canvas(side: side, pixels: result.map { $0 * share })
    }

    /// The bilinear value at a place of the frame; beyond the edge the last pixel goes on.
    func sampled(at point: Point) -> Colour {
        let last = Float(side - 1)
        let place = ((point + 1) * (0.5 * Float(side)) - 0.5).clamped(
            lowerBound: Point(repeating: 0), upperBound: Point(repeating: last))
        let (x, y) = (min(Int(place.x), side - 2), min(Int(place.y), side - 2))
        let (s, t) = (place.x - Float(x), place.y - Float(y))
        let index = y * side + x
        let upper = pixels[index] + (pixels[index + 1] - pixels[index]) * s
        let lower = pixels[index + side] + (pixels[index + side + 1] - pixels[index + side]) * s
        return upper + (lower - upper) * t
    }
}

extension LatticeNoise {
    /// LatticeNoise of halving amplitude whose coarsest lattice has `cells` cells across the frame.
    init(cells: Float, octaveCount: Int = 4, using generator: inout Philox) {
        self.init(key: generator.nextWord(), coarsest: cells / 2, octaveCount: octaveCount, gain: 0.5)
    }
}

extension Philox {
    /// One normal number of mean 0 (Box and Muller 1958).
    mutating func normal(_ deviation: Float) -> Float {
        let radius = (-2 * log((Float(nextWord() >> 8) + 0.5) * 0x1p-24)).squareRoot()
        return deviation * radius * cos(2 * .pi * uniform(in: 0..<1))
    }

    /// Whether something of the given probability happens.
    mutating func happens(_ probability: Float) -> Bool { uniform(in: 0..<1) < probability }

    /// A number of the beta distribution (Jöhnk 1964).
    mutating func beta(_ a: Float, _ b: Float) -> Float {
        while true {
            let (x, y) = (pow(uniform(in: 0..<1), 1 / a), pow(uniform(in: 0..<1), 1 / b))
            if x + y <= 1 && x + y > 0 { return x / (x + y) }
        }
    }

    /// A colour with every channel in `bounds`.
    mutating func colour(in bounds: Range<Float>) -> Colour {
        Colour(uniform(in: bounds), uniform(in: bounds), uniform(in: bounds), 0)
    }
}
