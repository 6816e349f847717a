// What JPEG does to a picture, without its bit stream: colour conversion, 4:2:0, cosine transform, quantisation and back.
// Source: ITU-T T.81, annex A and tables K.1 and K.2; the tables' scaling is the Independent JPEG Group's.

internal import Glibc
internal import TensorIO

/// The loss of JPEG at one quality.
struct JPEGQuantisation {
    private let luminanceSteps, chrominanceSteps: [Float]

    /// Steps for a quality of 1...100.
    init(quality: Int) {
        luminanceSteps = Self.scaled(Self.luminance, quality)
        chrominanceSteps = Self.scaled(Self.chrominance, quality)
    }

    /// The 8-bit picture that a decoder shows, of a canvas in 0...1; its side is a multiple of 16.
    func applied(to canvas: Canvas) -> Picture {
        let side = canvas.side
        let halfSide = side / 2
        var luma = [Float](repeating: 0, count: side * side)
        var (blue, red) = (
            [Float](repeating: 0, count: halfSide * halfSide), [Float](repeating: 0, count: halfSide * halfSide)
        )
        for y in 0..<side {
            for x in 0..<side {
                let c = canvas.pixels[y * side + x].clamped(lowerBound: Colour(), upperBound: Colour(repeating: 1))
                let (r, g, b) = ((c.x * 255).rounded(), (c.y * 255).rounded(), (c.z * 255).rounded())
                luma[y * side + x] = 0.299 * r + 0.587 * g + 0.114 * b - 128
                let half = y / 2 * halfSide + x / 2
                blue[half] += 0.25 * (-0.168736 * r - 0.331264 * g + 0.5 * b)
                red[half] += 0.25 * (0.5 * r - 0.418688 * g - 0.081312 * b)
            }
        }
        Self.quantise(&luma, side: side, steps: luminanceSteps)
        Self.quantise(&blue, side: halfSide, steps: chrominanceSteps)
        Self.quantise(&red, side: halfSide, steps: chrominanceSteps)
        var pixels = [UInt8](repeating: 0, count: 3 * side * side)
        for y in 0..<side {
            for x in 0..<side {
                let (index, half) = (y * side + x, y / 2 * halfSide + x / 2)
                let l = luma[index] + 128
                let values = (
                    l + 1.402 * red[half], l - 0.344136 * blue[half] - 0.714136 * red[half], l + 1.772 * blue[half]
                )
                pixels[3 * index] = byte(values.0)
                pixels[3 * index + 1] = byte(values.1)
                pixels[3 * index + 2] = byte(values.2)
            }
        }
        return Picture(width: side, height: side, pixels: pixels)
    }

    /// The step of each coefficient, row by row: (t·S + 50)/100 in 1...255, S = 5000/q below 50 and 200 − 2q from there.
    static func scaled(_ table: [Int], _ quality: Int) -> [Float] {
        let scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
        return table.map { Float(min(max(($0 * scale + 50) / 100, 1), 255)) }
    }

    private static func quantise(_ plane: inout [Float], side: Int, steps: [Float]) {
        for top in stride(from: 0, to: side, by: 8) {
            for left in stride(from: 0, to: side, by: 8) {
                var block = [SIMD8<Float>](repeating: SIMD8(), count: 8)
                for y in 0..<8 {
                    for x in 0..<8 { block[y][x] = plane[(top + y) * side + left + x] }
                }
                block = product(transposed(product(block, cosines)), cosines)  // of the transposed block
                for u in 0..<8 {
                    for v in 0..<8 {
                        let step = steps[v * 8 + u]
                        block[u][v] = (block[u][v] / step).rounded() * step
                    }
                }
                block = product(transposed(product(block, transposedCosines)), transposedCosines)
                for y in 0..<8 {
                    for x in 0..<8 { plane[(top + y) * side + left + x] = block[y][x] }
                }
            }
        }
    }

    /// Rows of a times rows of b: element (i, j) is Σₖ aᵢₖ·bₖⱼ.
    private static func product(_ a: [SIMD8<Float>], _ b: [SIMD8<Float>]) -> [SIMD8<Float>] {
        a.map { row in
            var sum = b[0] * row[0]
            for k in 1..<8 { sum += b[k] * row[k] }
            return sum
        }
    }

    private static func transposed(_ a: [SIMD8<Float>]) -> [SIMD8<Float>] {
        var result = a
        for i in 0..<8 {
            for j in 0..<8 { result[i][j] = a[j][i] }
        }
        return result
    }

    /// Row x, column u: √(1/8) for u = 0, else ½·cos((2x + 1)uπ/16).
    private static let cosines: [SIMD8<Float>] = (0..<8).map { x in
        var row = SIMD8<Float>()
        for u in 0..<8 {
            row[u] = u == 0 ? Float(0.125).squareRoot() : 0.5 * Float(cos(Double((2 * x + 1) * u) * .pi / 16))
        }
        return row
    }
    private static let transposedCosines = transposed(cosines)

    private static let luminance = [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
        51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121,
        120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ]
    private static let chrominance =
        [
            17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
        ] + [Int](repeating: 99, count: 38)
}

private func byte(_ value: Float) -> UInt8 { UInt8(min(max(value, 0), 255).rounded()) }
