// Smooth noise over the plane, for pictures painted from a seed.

/// Sums of lattices of random values, smoothly interpolated, of doubling fineness and falling amplitude.
public struct LatticeNoise: Sendable {
    private let key: UInt32
    private let coarsest: Float
    private let octaveCount: Int
    private let gain: Float

    /// Noise that is a function of its key.
    ///
    /// - Parameters:
    ///   - key: Noise of another key is independent.
    ///   - coarsest: Cells of the first lattice per unit of length.
    ///   - octaveCount: How many lattices there are, each twice as fine as the one before.
    ///   - gain: Each lattice's amplitude as a share of the one before, below 1.
    public init(key: UInt32, coarsest: Float, octaveCount: Int, gain: Float) {
        (self.key, self.coarsest, self.octaveCount, self.gain) = (key, coarsest, octaveCount, gain)
    }

    /// The value at a point, within −1...1.
    public func value(at point: SIMD2<Float>) -> Float {
        var (sum, amplitude, frequency) = (Float(0), Float(1), coarsest)
        for octave in 0..<octaveCount {
            sum += amplitude * lattice(point * frequency, key &+ UInt32(octave) &* 0x9E37_79B9)
            amplitude *= gain
            frequency *= 2
        }
        return sum * (1 - gain)
    }

    private func lattice(_ point: SIMD2<Float>, _ key: UInt32) -> Float {
        let cell = point.rounded(.down)
        let t = point - cell
        let s = t * t * (3 - 2 * t)
        let (x, y) = (Int32(cell.x), Int32(cell.y))
        let (a, b) = (corner(x, y, key), corner(x &+ 1, y, key))
        let (c, d) = (corner(x, y &+ 1, key), corner(x &+ 1, y &+ 1, key))
        return (a + (b - a) * s.x) * (1 - s.y) + (c + (d - c) * s.x) * s.y
    }

    private func corner(_ x: Int32, _ y: Int32, _ key: UInt32) -> Float {
        var h = UInt32(bitPattern: x) &* 0x85EB_CA6B ^ UInt32(bitPattern: y) &* 0xC2B2_AE35 ^ key
        h = (h ^ h >> 16) &* 0x7FEB_352D
        h = (h ^ h >> 15) &* 0x846C_A68B
        return Float((h ^ h >> 16) >> 8) * 0x1p-23 - 1
    }
}
