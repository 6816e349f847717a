// Places and their days, and how their light falls on surfaces.
// Source: the line's specification, section 4.3, "Light", "Shading" and "Background".

internal import Glibc
internal import Tensors

/// The light of one shot.
struct Light {
    var ambient, key: Colour
    /// Angles of the key light in radians: to the right, and up.
    var azimuth, elevation: Float

    /// Towards the key light, in the frame's axes: right, down, towards the camera.
    var direction: SIMD3<Float> {
        SIMD3(sin(azimuth) * cos(elevation), -sin(elevation), cos(azimuth) * cos(elevation))
    }
}

/// What a place looks like on one day: its light and what stands behind the people.
struct PlaceDay {
    let light: Light
    private let wall, accent: Colour
    private let amplitude: Float
    private let noise: LatticeNoise
    private let edges: [Float]

    /// The place's day, from the streams of its light and its background.
    init(_ place: Place, light generator: inout Philox, background: inout Philox) {
        var light: Light
        switch place {
        case .office:
            light = Light(
                ambient: Colour(0.55, 0.55, 0.55, 0), key: Colour(0.5, 0.5, 0.5, 0),
                azimuth: generator.uniform(in: -0.6..<0.6), elevation: generator.uniform(in: 0.3..<0.9))
            wall = Colour(0.55, 0.55, 0.52, 0)
        case .lobby:
            light = Light(
                ambient: Colour(0.41, 0.38, 0.33, 0), key: Colour(0.76, 0.7, 0.58, 0),
                azimuth: generator.uniform(in: -0.8..<0.8), elevation: generator.uniform(in: 0.3..<0.9))
            wall = Colour(0.45, 0.36, 0.27, 0)
        case .outdoor:
            light = Light(
                ambient: Colour(0.44, 0.5, 0.6, 0), key: Colour(1.3, 1.26, 1.15, 0),
                azimuth: generator.uniform(in: -1.2..<1.2), elevation: generator.uniform(in: 0.3..<1.1))
            wall = Colour(0.35, 0.48, 0.45, 0)
        case .night:
            light = Light(
                ambient: Colour(0.12, 0.12, 0.12, 0), key: Colour(0.45, 0.351, 0.225, 0),
                azimuth: generator.uniform(in: -1..<1), elevation: generator.uniform(in: 0.4..<1.1))
            wall = Colour(0.12, 0.13, 0.18, 0)
        }
        let shift = generator.uniform(in: -0.12..<0.12)
        let exposure = generator.uniform(in: 0.75..<1.3)
        light.ambient *= Colour(1 + shift, 1, 1 - shift, 0) * exposure
        light.key *= Colour(1 + shift, 1, 1 - shift, 0) * exposure
        self.light = light
        accent = background.colour(in: -0.15..<0.15)
        amplitude = background.uniform(in: 0.08..<0.3)
        noise = LatticeNoise(cells: background.uniform(in: 3..<8), octaveCount: 3, using: &background)
        edges = (0..<3).map { _ in background.uniform(in: -1..<1) }
    }

    /// The wall behind everything, seen from where a shot is taken.
    func background(at point: Point, from view: View) -> SurfacePoint {
        // The scenery repeats after three frame widths, so that every shot has some of it.
        var x = point.x + view.position
        x -= 6 * ((x + 3) / 6).rounded(.down)
        var colour = wall
        for (number, edge) in edges.enumerated() where x > edge * 3 { colour += accent * (number % 2 == 0 ? 1 : -1) }
        colour *= view.brightness * (1 + 2 * amplitude * noise.value(at: Point(x, point.y)))
        colour = colour.clamped(lowerBound: Colour(repeating: 0.01), upperBound: Colour(repeating: 1))
        colour.w = 0
        return SurfacePoint(colour: colour, matter: .background)
    }
}

/// Where in a place a shot is taken.
struct View {
    /// To the right, in frame coordinates.
    let position: Float
    /// How much of the light reaches what stands behind.
    let brightness: Float

    init(using generator: inout Philox) {
        position = generator.uniform(in: -3..<3)
        brightness = generator.uniform(in: 0.6..<1.1)
    }
}

/// A hard edge of shade across the frame.
struct Shade {
    let direction: Point
    let offset: Float

    init(using generator: inout Philox) {
        let angle = generator.uniform(in: 0..<(2 * .pi))
        direction = Point(cos(angle), sin(angle))
        offset = generator.uniform(in: -0.2..<0.2)
    }
}

/// The surfaces that one shot sees, row by row.
struct Scene {
    let side: Int
    let points: [SurfacePoint]

    init(side: Int, _ surface: (Point) -> SurfacePoint) {
        self.side = side
        let frame = Canvas(side: side, pixels: [])
        var points: [SurfacePoint] = []
        points.reserveCapacity(side * side)
        for y in 0..<side {
            for x in 0..<side { points.append(surface(frame.point(x, y))) }
        }
        self.points = points
    }

    /// The light that reaches the camera.
    ///
    /// Diffuse light is wrapped around the terminator, (n·l + ¼)/1¼ from 0, as light that travels in skin would do.
    func lit(by light: Light, shade: Shade?) -> Canvas {
        let depths = Canvas(side: side, pixels: points.map { Colour(0, 0, 0, $0.colour.w) })
        // What lies around each place, at half the fineness: a deviation of 5 pixels of 128 is smooth.
        let around = depths.averaged(to: side / 2).blurred(by: Colour(0, 0, 0, 2.5 * Float(side) / 128))
        let toLight = light.direction
        let half = toLight + SIMD3(0, 0, 1)
        let halfway = half / (half * half).sum().squareRoot()
        var result = depths
        for y in 0..<side {
            for x in 0..<side {
                let index = y * side + x
                let point = points[index]
                var albedo = point.colour
                albedo.w = 0
                if point.isEmitting {
                    result.pixels[index] = albedo + (light.ambient + light.key) * 0.04
                    continue
                }
                var key = light.key
                if let shade, (shade.direction * result.point(x, y)).sum() > shade.offset { key *= 0.2 }
                if point.matter == .background {
                    result.pixels[index] = albedo * (light.ambient + key * 0.5)
                    continue
                }
                let slope = Point(
                    slope(index, x > 0 ? index - 1 : index, x < side - 1 ? index + 1 : index),
                    slope(index, y > 0 ? index - side : index, y < side - 1 ? index + side : index))
                let length = (1 + (slope * slope).sum()).squareRoot()
                let normal = SIMD3(-slope.x, -slope.y, 1) / length
                let diffuse = max(0, ((normal * toLight).sum() + 0.25) / 1.25)
                let shine = point.gloss * pow(max(0, (normal * halfway).sum()), point.glossExponent)
                let openness = 1 - 2.5 * min(max(around.pixels[y / 2 * (side / 2) + x / 2].w - point.colour.w, 0), 0.1)
                result.pixels[index] = albedo * (light.ambient * openness + key * diffuse) + key * shine
            }
        }
        return result
    }

    /// The slope of the depth between two neighbours, one-sided where a neighbour is of another matter.
    private func slope(_ centre: Int, _ before: Int, _ after: Int) -> Float {
        let matter = points[centre].matter
        let first = points[before].matter == matter ? before : centre
        let last = points[after].matter == matter ? after : centre
        let steps: Float = (first == centre ? 0 : 1) + (last == centre ? 0 : 1)
        return steps == 0 ? 0 : (points[last].colour.w - points[first].colour.w) / steps * Float(side) / 2
    }
}
