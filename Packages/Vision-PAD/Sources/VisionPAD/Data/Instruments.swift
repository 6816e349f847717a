// The attack instruments: what is made of a source photo or of a person, and how it is held before the camera.
// Source: the line's specification, section 4.4: print, replay, paper mask and silicone; no cut prints.

internal import Glibc
internal import Tensors

/// A photo of the person whom an attack imitates, in linear light, as wide and high as the frame.
struct SourcePhoto {
    let canvas: Canvas
    let scene: Scene
    let pose: Pose

    /// The photo's colour at a place of it, and whether its face is there.
    func content(at p: Point) -> (colour: Colour, isFace: Bool) {
        let place = ((p + 1) * (0.5 * Float(scene.side))).clamped(
            lowerBound: Point(), upperBound: Point(repeating: Float(scene.side) - 0.5))
        return (canvas.sampled(at: p), scene.points[Int(place.y) * scene.side + Int(place.x)].matter == .face)
    }
}

/// Paper and ink: how a printer renders linear colours.
struct Ink {
    private let saturation, share, frequency: Float
    /// How bright bare paper is: without this, prints outshine the wall behind them more often than faces do.
    private let whiteness: Float
    private let fibre: LatticeNoise
    let gloss, glossExponent: Float

    init(using generator: inout Philox) {
        saturation = generator.uniform(in: 0.7..<0.95)
        whiteness = generator.uniform(in: 0.7..<1)
        frequency = generator.uniform(in: 38..<62)
        share = generator.uniform(in: 0.15..<0.45)
        fibre = LatticeNoise(cells: 24, using: &generator)
        let isGlossy = generator.happens(0.4)
        gloss = isGlossy ? generator.uniform(in: 0.1..<0.5) : generator.uniform(in: 0..<0.06)
        glossExponent = isGlossy ? 30 : 6
    }

    /// The albedo of the print of a colour at a place of the paper, in frame units.
    func albedo(_ colour: Colour, at p: Point) -> Colour {
        var paper = (colour.saturated(by: saturation) * 0.80 + 0.06).clamped(
            lowerBound: Colour(), upperBound: Colour(repeating: 1))
        for channel in 0..<3 {
            // Clustered dots: a cosine hill per cell, the screens turned by 15°, 75° and 0°.
            let (c, s) = Self.turns[channel]
            let phase = Point(c * p.x + s * p.y, c * p.y - s * p.x) * (2 * .pi * frequency)
            let threshold = 0.5 + 0.25 * (cos(phase.x) + cos(phase.y))
            paper[channel] += share * (1 / (1 + exp(-10 * (paper[channel] - threshold))) - paper[channel])
        }
        return (paper + 0.02 * fibre.value(at: p)) * whiteness
    }

    /// The albedo of bare paper.
    var paper: Colour { Colour(0.86, 0.86, 0.86, 0) * whiteness }

    private static let turns: [(Float, Float)] = [15, 75, 0].map { (degrees: Float) in
        (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
    }
}

/// Something flat with a photo on it, and how one shot sees it.
struct Panel {
    /// What the photo is on.
    enum Medium {
        case paper(Ink, margin: Float, curl: Float)
        case display(Display)
    }

    let medium: Medium
    /// Half its width as a share of half its height.
    let aspect: Float

    /// An instrument from its stream.
    init(_ species: Species, using generator: inout Philox) {
        aspect = generator.uniform(in: 0.75..<1)
        if species == .replay {
            medium = .display(Display(using: &generator))
        } else {
            let ink = Ink(using: &generator)
            medium = .paper(ink, margin: generator.uniform(in: 0..<0.05), curl: generator.uniform(in: 0..<0.25))
        }
    }

    /// How it is held in one shot.
    struct Hold {
        let tilt: Point
        /// Cosine and sine of its turn in the frame's plane.
        let turn: Point
        let scale: Float
        let shift: Point
        let hasHand: Bool
        let handHeight: Float
        /// Where a lamp is mirrored, and how strongly.
        let glare: (place: Point, strength: Float)
        let mirror, bandFrequency, bandPhase, bandStrength: Float

        init(using generator: inout Philox) {
            tilt = Point(generator.normal(0.18), generator.normal(0.12))
            let roll = generator.normal(0.06)
            turn = Point(cos(roll), sin(roll))
            let showsBorder = generator.happens(0.5)
            scale = showsBorder ? generator.uniform(in: 0.62..<0.85) : generator.uniform(in: 1.05..<1.3)
            shift = Point(generator.normal(0.04), generator.normal(0.04))
            hasHand = generator.happens(0.5) && showsBorder
            handHeight = generator.uniform(in: 0..<0.5)
            let hasGlare = generator.happens(0.5)
            glare = (
                Point(generator.uniform(in: -0.6..<0.6), generator.uniform(in: -0.6..<0.6)),
                hasGlare ? generator.uniform(in: 0.1..<0.8) : 0
            )
            mirror = generator.uniform(in: 0..<0.05)
            bandStrength = generator.happens(0.2) ? 0.15 : 0
            bandFrequency = generator.uniform(in: 0.5..<3)
            bandPhase = generator.uniform(in: 0..<(2 * .pi))
        }
    }

    /// The panel, or a finger before it, at a place of the frame; `nil` beside it.
    func surface(at point: Point, hold: Hold, photo: SourcePhoto, hand: Colour, light: Light) -> SurfacePoint? {
        let (turn, centred) = (hold.turn, (point - hold.shift) / hold.scale)
        var p = Point(turn.x * centred.x + turn.y * centred.y, turn.x * centred.y - turn.y * centred.x)
        p *= 1 + 0.35 * (hold.tilt * p).sum()
        var depth = 0.5 + (hold.tilt * p).sum() * hold.scale
        if hold.hasHand {
            for finger in 0..<4 {
                let centre = Point(aspect + 0.02, hold.handHeight + 0.13 * Float(finger))
                let round = 1 - ellipse(p, centre, Point(0.17, 0.06))
                if round > 0 {
                    return SurfacePoint(
                        colour: Colour(hand.x, hand.y, hand.z, depth + 0.06 * round.squareRoot()), gloss: 0.12,
                        matter: .hand)
                }
            }
        }
        switch medium {
        case .paper(let ink, let margin, let curl):
            p.x += 0.3 * curl * sin(1.5 * p.x)
            let outside = max(abs(p.x) - aspect, abs(p.y) - 1)
            if outside > 0 { return nil }
            depth += curl * cos(1.5 * p.x) * hold.scale
            let content = photo.content(at: p)
            var colour = outside > -margin ? ink.paper : ink.albedo(content.colour, at: p * hold.scale)
            colour.w = depth
            return SurfacePoint(
                colour: colour, gloss: ink.gloss, glossExponent: ink.glossExponent,
                matter: content.isFace && outside <= -margin ? .shownFace : .instrument)
        case .display(let display):
            let outside = max(abs(p.x) - aspect, abs(p.y) - 1)
            if outside > display.bezel { return nil }
            if outside > 0 {
                return SurfacePoint(colour: Colour(0.02, 0.02, 0.02, depth), gloss: 0.1, matter: .instrument)
            }
            let content = photo.content(at: p)
            // The display's brightness follows the room, as phones' does.
            let room = light.ambient.luminance + 0.5 * light.key.luminance
            var colour = display.light(content.colour, at: p * (64 * hold.scale)) * room
            colour *= 1 + hold.bandStrength * sin(2 * .pi * (p.y * hold.bandFrequency) + hold.bandPhase)
            let lamp = (p - hold.glare.place) / Point(0.25, 0.2)
            colour += light.key * (hold.glare.strength * exp(-(lamp * lamp).sum()))
            colour += (light.ambient + light.key) * hold.mirror
            colour.w = depth
            return SurfacePoint(colour: colour, matter: content.isFace ? .shownFace : .instrument, isEmitting: true)
        }
    }
}

/// A screen that shows a picture by its own light.
struct Display {
    let bezel: Float
    private let gamma, saturation, period, stripes, level, blackLevel: Float
    private let white: Colour

    init(using generator: inout Philox) {
        gamma = generator.uniform(in: 0.9..<1.15)
        saturation = generator.uniform(in: 0.9..<1.25)
        period = generator.uniform(in: 1.9..<3.6)
        stripes = generator.uniform(in: 0.25..<0.7)
        level = generator.uniform(in: 0.7..<1.6)
        white = Colour(0.95, 1, 1.12, 0) * generator.colour(in: 0.9..<1.1)
        let isOLED = generator.happens(0.5)
        blackLevel = isOLED ? 0 : generator.uniform(in: 0.004..<0.03)
        bezel = generator.uniform(in: 0.03..<0.10)
    }

    /// The emitted light of a colour; `p` in pixels of 1/128 frame decides which sub-pixel is there.
    func light(_ colour: Colour, at p: Point) -> Colour {
        let shown = colour.saturated(by: saturation).clamped(lowerBound: Colour(), upperBound: Colour(repeating: 1))
        let row = 0.75 + 0.25 * cos(2 * .pi * p.y / period)
        var result = Colour()
        for channel in 0..<3 {
            let wave = 0.5 + 0.5 * cos(2 * .pi * (p.x / period - Float(channel) / 3))
            let pattern = 1 + stripes * (pow(max(wave, 0), 0.7) * row * 1.7 - 1)
            result[channel] = (pow(shown[channel], gamma) * pattern + blackLevel) * level * white[channel]
        }
        return result
    }
}

/// A mask worn by a person: the face's surface where it covers it.
enum Mask {
    case paper(Ink, SourcePhoto)
    /// The colour that the material pulls to, and the blurred face that it is: albedo and depth over the frame.
    case silicone(tone: Colour, cast: Canvas)

    /// A mask of a person's own face, from the instrument's stream.
    static func silicone(of person: Person, pose: Pose, side: Int, using generator: inout Philox) -> Mask {
        let frame = Canvas(side: side, pixels: [])
        var pixels: [Colour] = []
        pixels.reserveCapacity(side * side)
        for y in 0..<side {
            for x in 0..<side {
                let place = person.place(at: frame.point(x, y), pose: pose)
                pixels.append(
                    person.roundness(at: place) > 0
                        ? person.face(at: place, wearsCap: false, isBare: true).colour : person.skin)
            }
        }
        let blur = Colour(2.2, 2.2, 2.2, 2.5) * (Float(side) / 128)
        return .silicone(
            tone: Colour(0.72, 0.52, 0.43, 0) * generator.uniform(in: 0.85..<1.15),
            cast: Canvas(side: side, pixels: pixels).blurred(by: blur))
    }

    /// The mask at a place of the frame, or nothing where it does not cover the wearer, who is seen in the given pose.
    func surface(at point: Point, pose: Pose, person: Person) -> SurfacePoint? {
        let p = person.place(at: point, pose: pose)
        let round = person.roundness(at: p)
        if round <= 0 { return nil }
        let mirrored = Point(abs(p.x), p.y)
        switch self {
        case .paper(let ink, let photo):
            if ellipse(mirrored, Point(0.16, -0.10), Point(0.062, 0.034)) < 1 { return nil }
            let bend = min(abs(p.x) / 0.5, 0.999)
            // Paper bends without stretching: what is seen at x lies at the arc's length.
            let unrolled = Point((p.x < 0 ? -1 : 1) * 0.5 * asin(bend), p.y)
            var colour = ink.albedo(photo.content(at: photo.pose.placed(unrolled)).colour, at: unrolled)
            // The gap at the cheeks throws a shadow on its edge.
            if round < 0.14 && abs(p.x) > 0.2 { colour *= 0.5 }
            colour.w = 0.1 + 0.35 * (1 - bend * bend).squareRoot()
            return SurfacePoint(colour: colour, gloss: 0.02, glossExponent: 6, matter: .shownFace)
        case .silicone(let tone, let cast):
            let seam = ellipse(mirrored, Point(0.16, -0.10), Point(0.085, 0.05))
            if seam < 1 { return nil }
            var colour = cast.sampled(at: point)
            let depth = colour.w
            colour += (tone - colour) * 0.4
            if seam < 1.5 { colour *= 0.75 }
            colour.w = depth
            return SurfacePoint(colour: colour, gloss: 0.28, glossExponent: 34, matter: .shownFace)
        }
    }
}
