// The face as a height field with colours, and how it turns before the camera.
// Source: the line's specification, section 4.3, "Face" and "Skin". Coordinates are those of the frame for a face that looks
// into the camera, −1...1; depth has the same unit.

internal import Glibc
internal import Tensors

/// What a surface is, as far as shading, boxes and masks care.
enum Matter: UInt8 {
    case background, body, hand, face
    /// Part of an instrument that shows no face: margin, bezel, the picture's own background.
    case instrument
    /// Part of an instrument that shows a face.
    case shownFace
}

/// One point of a scene before light falls on it.
struct SurfacePoint {
    /// Albedo, or emitted light of a display; the fourth lane is depth.
    var colour: Colour
    var gloss: Float = 0
    var glossExponent: Float = 18
    var matter: Matter
    var isEmitting = false
}

/// How the head is held and where.
struct Pose {
    let yaw, pitch: Float
    /// Cosine and sine of the roll.
    private let turn: Point
    private let shift: Point
    private let scale: Float

    /// A live pose; a photographer asks for a straighter one, `spread` below 1.
    init(spread: Float = 1, using generator: inout Philox) {
        yaw = generator.normal(0.12 * spread)
        pitch = generator.normal(0.08 * spread)
        let roll = generator.normal(0.05 * spread)
        turn = Point(cos(roll), sin(roll))
        shift = Point(generator.normal(0.04 * spread), generator.normal(0.04 * spread))
        scale = generator.uniform(in: 0.9..<1.1)
    }

    /// The frame's place in the coordinates of a face in the plane of the frame.
    func unrolled(_ point: Point) -> Point {
        let p = (point - shift) / scale
        return Point(turn.x * p.x + turn.y * p.y, turn.x * p.y - turn.y * p.x)
    }

    /// Where a place of the face's plane is in the frame.
    func placed(_ p: Point) -> Point {
        Point(turn.x * p.x - turn.y * p.y, turn.y * p.x + turn.x * p.y) * scale + shift
    }
}

/// A person: everything that is drawn once and recurs in every shot.
struct Person {
    let halfWidth, halfHeight: Float
    let skin, clothes: Colour
    let hasBeard, hasGlasses: Bool
    private let noseHeight, noseWidth, hairLine, blood: Float
    private let hair, iris, cap: Colour
    private let blotches, pores, strands: LatticeNoise

    /// A person from the subject's stream.
    init(using generator: inout Philox) {
        halfWidth = 0.42 * generator.uniform(in: 0.92..<1.08)
        halfHeight = 0.56 * generator.uniform(in: 0.94..<1.06)
        noseHeight = generator.uniform(in: 0.10..<0.16)
        noseWidth = generator.uniform(in: 0.05..<0.08)
        let melanin = generator.beta(1.6, 2.2)
        blood = generator.uniform(in: 0.2..<0.6)
        skin = Colour(0.80, 0.58, 0.47, 0) * (1 - 0.62 * melanin) + Colour(0.02, -0.03, -0.03, 0) * blood
        hair = Colour(0.30, 0.20, 0.13, 0) * generator.uniform(in: 0.1..<1.6)
        iris = Colour(0.20, 0.22, 0.24, 0) * generator.uniform(in: 0.2..<1.2)
        hairLine = generator.uniform(in: -0.42 ..< -0.3)
        hasBeard = generator.happens(0.2)
        hasGlasses = generator.happens(0.2)
        clothes = generator.colour(in: 0.05..<0.6)
        cap = generator.colour(in: 0.03..<0.5)
        blotches = LatticeNoise(cells: 6, using: &generator)
        strands = LatticeNoise(cells: 40, octaveCount: 2, using: &generator)
        pores = LatticeNoise(cells: 128, octaveCount: 1, using: &generator)
    }

    /// 1 in the middle of the face, 0 at its outline, negative outside.
    func roundness(at p: Point) -> Float {
        let q = p / Point(halfWidth, halfHeight)
        return 1 - (q * q).sum()
    }

    /// The depth of the face, 0 from the outline on.
    func depth(at p: Point) -> Float {
        let round = roundness(at: p)
        if round <= 0 { return 0 }
        let sockets = bump(p, Point(-0.16, -0.10), Point(0.07, 0.05)) + bump(p, Point(0.16, -0.10), Point(0.07, 0.05))
        return 0.45 * round.squareRoot() + noseHeight * bump(p, Point(0, 0.08), Point(noseWidth, 0.13)) - 0.03 * sockets
            + 0.03 * bump(p, Point(0, -0.20), Point(0.20, 0.05)) + 0.03 * bump(p, Point(0, 0.45), Point(0.12, 0.08))
            + 0.02 * bump(p, Point(0, 0.30), Point(0.10, 0.04))
    }

    /// The face at a place inside its outline.
    ///
    /// - Parameters:
    ///   - p: In the face's coordinates.
    ///   - wearsCap: Whether hair and forehead are under a cap.
    ///   - isBare: Without beard and glasses, as a mask is cast.
    /// - Returns: The surface, with its depth.
    func face(at p: Point, wearsCap: Bool, isBare: Bool = false) -> SurfacePoint {
        let strand = strands.value(at: p)
        // Four times a lattice has a deviation of about 1.
        var colour = skin * (1 + 0.05 * 4 * blotches.value(at: p) + 0.03 * 4 * pores.value(at: p))
        var gloss: Float = 0.12
        let cheeks = bump(p, Point(-0.2, 0.12), Point(0.1, 0.1)) + bump(p, Point(0.2, 0.12), Point(0.1, 0.1))
        colour.x += 0.1 * blood * cheeks
        let lips = bump(p, Point(0, 0.30), Point(0.11, 0.035))
        colour += (Colour(0.45, 0.16, 0.16, 0) * (skin.x / 0.8) - colour) * min(lips * 1.2, 0.8)
        if abs(p.y - 0.305) < 0.008 && abs(p.x) < 0.09 { colour *= 0.5 }
        let side = Point(abs(p.x), p.y)
        if ellipse(side, Point(0.16, -0.19), Point(0.085, 0.02)) < 1 { colour += (hair - colour) * 0.75 }
        let eye = ellipse(side, Point(0.16, -0.10), Point(0.06, 0.028))
        if eye < 1 {
            let radius = ellipse(side, Point(0.16, -0.10), Point(0.026, 0.026))
            colour = radius < 0.2 ? Colour(repeating: 0.02) : radius < 1 ? iris : Colour(0.75, 0.73, 0.72, 0)
            gloss = 0.5
        } else if eye < 1.7 {
            colour *= 0.6
        }
        if hasBeard && !isBare && p.y > 0.17 + 0.08 * strand && lips < 0.5 {
            colour += (hair - colour) * (0.7 + 0.3 * strand)
        }
        if p.y < hairLine + 0.12 * strand - 0.4 * (abs(p.x) - 0.2) {
            colour = hair * (1 + 0.8 * strand)
            gloss = 0.2
        }
        if wearsCap && p.y < -0.24 {
            colour = p.y > -0.29 ? cap * 0.5 : cap
            gloss = 0.02
        } else if wearsCap && p.y < -0.14 {
            colour *= 0.65
        }
        if hasGlasses && !isBare {
            let lens = ellipse(side, Point(0.16, -0.10), Point(0.115, 0.095)).squareRoot()
            let isBridge = abs(p.x) < 0.05 && abs(p.y + 0.11) < 0.012
            let isArm = side.x > 0.27 && abs(p.y + 0.12) < 0.014
            if abs(lens - 1) < 0.12 || isBridge || isArm {
                colour = Colour(repeating: 0.04)
                gloss = 0.3
            } else if lens < 1 {
                gloss = 0.6
            }
        }
        colour.w = depth(at: p)
        return SurfacePoint(colour: colour, gloss: gloss, matter: .face)
    }

    /// The place of the turned face that is seen at a place of the frame.
    func place(at point: Point, pose: Pose) -> Point {
        let flat = pose.unrolled(point)
        // A turned height field moves a point sideways by its depth; one correction of the flat place is enough here.
        return flat - Point(pose.yaw, -pose.pitch) * (depth(at: flat) - 0.2)
    }

    /// The nearer part of a person at a place of the frame: face, hair behind it, neck, shoulders; `nil` beside them.
    func surface(at point: Point, pose: Pose, wearsCap: Bool) -> SurfacePoint? {
        let flat = pose.unrolled(point)
        let turned = place(at: point, pose: pose)
        if roundness(at: turned) > 0 {
            var face = face(at: turned, wearsCap: wearsCap)
            face.colour.w += 0.5 * (pose.yaw * turned.x - pose.pitch * turned.y)
            return face
        }
        if flat.y < 0.1 && ellipse(flat, Point(0, -0.03), Point(halfWidth * 1.12, halfHeight * 1.08)) < 1 {
            let colour = wearsCap && flat.y < -0.24 ? cap : hair * (1 + 0.8 * strands.value(at: flat))
            return SurfacePoint(colour: Colour(colour.x, colour.y, colour.z, 0), gloss: 0.05, matter: .body)
        }
        let chest = 1 - ellipse(flat, Point(0, 1.2), Point(0.95, 0.55))
        if chest > 0 {
            let fold = 1 + 0.3 * blotches.value(at: flat * 2)
            return SurfacePoint(
                colour: Colour(clothes.x * fold, clothes.y * fold, clothes.z * fold, 0.3 * chest.squareRoot()),
                gloss: 0.01, matter: .body)
        }
        guard abs(flat.x) < 0.22 && flat.y > 0.1 else { return nil }
        let round = 1 - flat.x * flat.x / 0.0484
        return SurfacePoint(
            colour: Colour(skin.x * 0.8, skin.y * 0.8, skin.z * 0.8, 0.15 * round.squareRoot()), gloss: 0.05,
            matter: .body)
    }
}

/// exp(−(Δx/σx)² − (Δy/σy)²).
private func bump(_ p: Point, _ centre: Point, _ widths: Point) -> Float {
    let q = (p - centre) / widths
    let square = (q * q).sum()
    return square > 16 ? 0 : exp(-square)
}

/// 0 in the centre, 1 on the ellipse.
func ellipse(_ p: Point, _ centre: Point, _ radii: Point) -> Float {
    let q = (p - centre) / radii
    return (q * q).sum()
}
