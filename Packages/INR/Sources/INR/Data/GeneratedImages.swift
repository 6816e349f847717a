// Procedural pictures: the data that is always there, deterministic by seed and hard enough to separate the methods.
// A scene is a list of things in [0, 1]², so the same scene renders at any size. Source: the line's specification, 10.7.

internal import TensorIO
internal import Tensors

/// Pictures painted from a seed: noise with a photograph's spectrum, occluding leaves with several fills, shading, faces.
public struct GeneratedImages: Sendable {
    private let split: String
    private let streams: Philox

    /// The pictures of a seed's `split`, for example `train` or `test`; no two splits share a picture.
    public init(seed: UInt64, split: String) {
        self.split = split
        streams = Philox(seed: seed, stream: "generated images/\(split)")
    }

    /// The first `count` pictures at `side` pixels, each a group of its own; the digest covers their 8-bit pixels.
    public func images(count: Int, side: Int) -> ImageSet {
        let scalars = (0..<count).flatMap { number in
            var generator = streams.stream(String(number))
            return Scene(using: &generator).rendered(side: side, using: &generator)
        }
        return ImageSet(
            images: Tensor(scalars, shape: [count, side, side, 3]), names: (0..<count).map { "\(split).\($0)" },
            groups: Array(0..<count), digest: SHA256.hexDigest(of: scalars.map { UInt8($0 * 255) }))
    }
}

/// What a picture shows, back to front.
private struct Scene {
    let background: Background
    let things: [Thing]
    let light: Light
    let noiseDeviation: Float

    init(using generator: inout Philox) {
        let palette = Palette(using: &generator)
        background = Background(palette, using: &generator)
        light = Light(using: &generator)
        let isPortrait = generator.uniform(in: 0..<1) < 0.15
        let leafCount = isPortrait ? 6 : 6 + generator.integer(below: 36)
        var things = (0..<leafCount).map { _ in Thing.leaf(palette, using: &generator) }
        if isPortrait { things += Thing.face(using: &generator) }
        self.things = things
        noiseDeviation = generator.uniform(in: 0..<0.012)
    }

    /// Painted at four times the side, averaged down, lit, with sensor noise, rounded to 8 bits.
    func rendered(side: Int, using generator: inout Philox) -> [Float] {
        let factor = 4
        var canvas = Canvas(side: side * factor)
        canvas.fill { background.colour(at: $0) }
        for thing in things { canvas.paint(thing, light) }
        var pixels = canvas.averaged(by: factor)
        for y in 0..<side {
            for x in 0..<side {
                let brightness = light.ramp(at: SIMD2(Float(x) + 0.5, Float(y) + 0.5) / Float(side))
                for channel in 0..<3 {
                    let index = (y * side + x) * 3 + channel
                    // The sum of three uniform numbers has deviation 1/2.
                    let sum = (0..<3).reduce(Float(-1.5)) { total, _ in total + generator.uniform(in: 0..<1) }
                    let value = pixels[index] * brightness + sum * 2 * noiseDeviation
                    pixels[index] = (min(max(value, 0), 1) * 255).rounded() / 255
                }
            }
        }
        return pixels
    }
}

/// Red, green and blue in 0...1, the fourth lane unused.
private typealias Colour = SIMD4<Float>
private typealias Point = SIMD2<Float>

extension Philox {
    /// A uniform point of the unit square, with a margin of `outside` around it.
    fileprivate mutating func point(outside: Float = 0) -> Point {
        Point(uniform(in: -outside..<1 + outside), uniform(in: -outside..<1 + outside))
    }
}

/// A scene's colours: a mean, and one axis that carries most of the variance.
private struct Palette {
    let mean, axis: Colour

    init(using generator: inout Philox) {
        let brightness = generator.uniform(in: 0.2..<0.66)
        mean = Self.jittered(Colour(repeating: brightness), 0.07, using: &generator)
        let contrast = generator.uniform(in: 0.3..<1.1)
        axis = Self.jittered(Colour(repeating: contrast), 0.25 * contrast, using: &generator)
    }

    /// A colour of the scene.
    func colour(using generator: inout Philox) -> Colour {
        let along = generator.uniform(in: -0.5..<0.5)
        let colour = Self.jittered(mean + axis * along, 0.06, using: &generator)
        return colour.clamped(lowerBound: Colour(repeating: 0.01), upperBound: Colour(repeating: 0.99))
    }

    private static func jittered(_ colour: Colour, _ width: Float, using generator: inout Philox) -> Colour {
        let shift = (0..<3).map { _ in generator.uniform(in: -width..<width) }
        return colour + Colour(shift[0], shift[1], shift[2], 0)
    }
}

/// What lies behind everything: two colours mixed by noise.
private struct Background {
    let first, second: Colour
    let noise: LatticeNoise

    init(_ palette: Palette, using generator: inout Philox) {
        first = palette.colour(using: &generator)
        second = palette.colour(using: &generator)
        // A gain of 2^(−b/2) gives a power spectrum 1/f^b.
        let gain = generator.uniform(in: 0.44..<0.6)
        noise = LatticeNoise(
            key: generator.nextWord(), coarsest: generator.uniform(in: 1..<3), octaveCount: 6, gain: gain)
    }

    func colour(at point: Point) -> Colour {
        first + (second - first) * (0.5 + noise.value(at: point))
    }
}

/// Light from one side: how bright each place is, and how spheres are shaded.
private struct Light {
    let slope: Point
    let direction: SIMD3<Float>

    init(using generator: inout Philox) {
        slope = generator.point() - 0.5
        let side = generator.point() * 2 - 1
        let raw = SIMD3(side.x, side.y, 0.9)
        direction = raw / (raw * raw).sum().squareRoot()
    }

    func ramp(at point: Point) -> Float { 1 + 0.5 * (slope * (point - 0.5)).sum() }
}

/// How a thing is coloured inside.
private enum Fill {
    case flat(Colour)
    case gradient(Colour, Colour)
    case grating(Colour, Colour, wavesAcross: Float)
    case noise(Colour, Colour, LatticeNoise)

    /// The colour at a place given in the thing's own frame (−1...1 across) and in the picture's.
    func colour(own: Point, at point: Point) -> Colour {
        switch self {
        case .flat(let colour): return colour
        case .gradient(let a, let b): return a + (b - a) * (own.x * 0.5 + 0.5)
        case .grating(let a, let b, let waves):
            // A triangle wave through a smooth step: close to a sine, and the same bits on every C library.
            let phase = own.x * waves
            let triangle = abs(phase - phase.rounded()) * 2
            return a + (b - a) * (triangle * triangle * (3 - 2 * triangle))
        case .noise(let a, let b, let noise): return a + (b - a) * min(max(0.5 + noise.value(at: point), 0), 1)
        }
    }
}

/// One thing of a scene: an outline, a fill, and how it is lit.
private struct Thing {
    enum Outline { case ellipse, polygon([(normal: Point, distance: Float)]) }

    var outline: Outline
    var centre: Point
    var radii: Point
    /// Cosine and sine of its turn.
    var turn = Point(1, 0)
    var fill: Fill
    var isSphere = false
    /// The width of the edge over which it fades, as a share of its radius; 0 for a sharp edge.
    var softness: Float = 0
    var opacity: Float = 1

    /// A leaf of the dead-leaves model: the density of radii falls as r⁻³.
    static func leaf(_ palette: Palette, using generator: inout Philox) -> Thing {
        let (smallest, largest): (Float, Float) = (0.08, 0.6)
        let u = generator.uniform(in: 0..<1)
        let (a, b) = (1 / (smallest * smallest), 1 / (largest * largest))
        let radius = 1 / (a + (b - a) * u).squareRoot()
        let (first, second) = (palette.colour(using: &generator), palette.colour(using: &generator))
        let fill: Fill
        switch generator.integer(below: 10) {
        case 0..<4: fill = .flat(first)
        case 4..<6: fill = .gradient(first, second)
        case 6: fill = .grating(first, second, wavesAcross: max(1, radius * generator.uniform(in: 3..<10)))
        default:
            let coarsest = generator.uniform(in: 3..<10)
            fill = .noise(
                first, second, LatticeNoise(key: generator.nextWord(), coarsest: coarsest, octaveCount: 2, gain: 0.5))
        }
        let isRound = generator.integer(below: 2) == 0
        let flatness = generator.uniform(in: 0.35..<1)
        let turn = Self.turn(using: &generator)
        return Thing(
            outline: isRound ? .ellipse : .polygon(edges(using: &generator)), centre: generator.point(outside: 0.1),
            radii: Point(radius, radius * flatness), turn: turn, fill: fill,
            isSphere: isRound && generator.integer(below: 3) == 0)
    }

    /// A random direction, by rejection: no trigonometry.
    private static func turn(using generator: inout Philox) -> Point {
        while true {
            let candidate = generator.point() * 2 - 1
            let square = (candidate * candidate).sum()
            if square > 0.01 && square <= 1 { return candidate / square.squareRoot() }
        }
    }

    /// Three to six half planes around the origin.
    private static func edges(using generator: inout Philox) -> [(normal: Point, distance: Float)] {
        (0..<3 + generator.integer(below: 4)).map { _ in (turn(using: &generator), generator.uniform(in: 0.4..<0.9)) }
    }

    /// Head, hair, eyes, brows, nose and mouth with a jittered pose.
    static func face(using generator: inout Philox) -> [Thing] {
        let skin = Colour(0.85, 0.65, 0.52, 0) * generator.uniform(in: 0.45..<1.1)
        let hair = Colour(0.32, 0.22, 0.15, 0) * generator.uniform(in: 0.3..<1.8)
        let iris = Colour(0.25, 0.3, 0.35, 0) * generator.uniform(in: 0.4..<1.4)
        let size = generator.uniform(in: 0.26..<0.4)
        let centre = Point(0.5, 0.52) + (generator.point() - 0.5) * 0.16
        let tilt = (generator.uniform(in: 0..<1) - 0.5) * 0.3
        let turn = Point((1 - tilt * tilt).squareRoot(), tilt)
        let gaze = (generator.uniform(in: 0..<1) - 0.5) * 0.25

        func part(_ x: Float, _ y: Float, _ rx: Float, _ ry: Float, _ colour: Colour, softness: Float = 0) -> Thing {
            let local = Point(x + gaze, y) * size
            let place = centre + Point(local.x * turn.x - local.y * turn.y, local.x * turn.y + local.y * turn.x)
            return Thing(
                outline: .ellipse, centre: place, radii: Point(rx, ry) * size, turn: turn, fill: .flat(colour),
                softness: softness)
        }
        var shadow = part(-gaze + 0.15, 0.25, 1.0, 1.25, Colour(repeating: 0.05), softness: 0.5)
        shadow.opacity = 0.5
        var head = part(-gaze, 0, 0.78, 1.02, skin)
        head.isSphere = true
        var things = [
            shadow, part(-gaze, -0.28, 0.86, 0.92, hair), head, part(-gaze, -0.86, 0.66, 0.34, hair, softness: 0.2),
        ]
        for side: Float in [-0.32, 0.32] {
            things += [
                part(side, -0.12, 0.15, 0.08, Colour(0.92, 0.92, 0.9, 0)), part(side, -0.12, 0.075, 0.075, iris),
                part(side, -0.12, 0.035, 0.035, Colour(repeating: 0.03)), part(side, -0.3, 0.2, 0.045, hair),
            ]
        }
        let mouth = Colour(0.65, 0.28, 0.28, 0) * generator.uniform(in: 0.6..<1.1)
        return things + [
            part(0.03, 0.18, 0.11, 0.2, skin * 0.72, softness: 0.6),
            part(0, 0.52, generator.uniform(in: 0.2..<0.36), generator.uniform(in: 0.05..<0.12), mouth),
        ]
    }

    /// Colour and coverage at a place, or nothing outside.
    func sample(at point: Point, _ light: Light) -> (colour: Colour, coverage: Float)? {
        let d = point - centre
        let own = Point(d.x * turn.x + d.y * turn.y, d.y * turn.x - d.x * turn.y) / radii
        let square = (own * own).sum()
        let reach: Float  // 1 at the outline
        switch outline {
        case .ellipse: reach = square
        case .polygon(let edges):
            if square > 1 { return nil }
            reach = edges.reduce(0) { max($0, ($1.normal * own).sum() / $1.distance) }
        }
        if reach > 1 { return nil }
        var colour = fill.colour(own: own, at: point)
        if isSphere {
            let normal = SIMD3(own.x, own.y, (1 - square).squareRoot())
            colour *= 0.45 + 0.65 * max(0, (normal * light.direction).sum())
        }
        let coverage = softness == 0 ? 1 : min(1, (1 - reach) / softness)
        return (colour, coverage * opacity)
    }
}

/// A square of colours, painted back to front.
private struct Canvas {
    private let side: Int
    private var colours: [Colour]

    init(side: Int) {
        self.side = side
        colours = [Colour](repeating: Colour(), count: side * side)
    }

    private func point(_ x: Int, _ y: Int) -> Point { Point(Float(x) + 0.5, Float(y) + 0.5) / Float(side) }

    mutating func fill(_ colour: (Point) -> Colour) {
        for y in 0..<side { for x in 0..<side { colours[y * side + x] = colour(point(x, y)) } }
    }

    mutating func paint(_ thing: Thing, _ light: Light) {
        let reach = thing.radii.max()
        func bounds(_ centre: Float) -> Range<Int> {
            let low = Int(((centre - reach) * Float(side)).rounded(.down))
            let high = Int(((centre + reach) * Float(side)).rounded(.up))
            return min(max(low, 0), side)..<max(min(high, side), min(max(low, 0), side))
        }
        for y in bounds(thing.centre.y) {
            for x in bounds(thing.centre.x) {
                guard let (colour, coverage) = thing.sample(at: point(x, y), light) else { continue }
                let below = colours[y * side + x]
                colours[y * side + x] = below + (colour - below) * coverage
            }
        }
    }

    /// Means of `factor` × `factor` squares, `[side/factor, side/factor, 3]`.
    func averaged(by factor: Int) -> [Float] {
        let small = side / factor
        var pixels = [Float](repeating: 0, count: small * small * 3)
        for y in 0..<small {
            for x in 0..<small {
                var sum = Colour()
                for dy in 0..<factor {
                    for dx in 0..<factor { sum += colours[(y * factor + dy) * side + x * factor + dx] }
                }
                for channel in 0..<3 { pixels[(y * small + x) * 3 + channel] = sum[channel] / Float(factor * factor) }
            }
        }
        return pixels
    }
}
