// Procedural presentations: the data that is always there. One frame is a function of a seed and a presentation's ids.
// Source: the line's specification, sections 4.3 to 4.5. Streams are keyed by subject, place and day, instrument, and shot,
// so that the same person, light and instrument recur exactly in other shots.

internal import TensorIO
internal import Tensors

/// Faces, attacks and cameras painted from a seed.
public struct GeneratedFaces: Sendable {
    /// Pixels along the side of what networks see.
    public static let frameSide = 64
    /// Cells along the side of depth and attack maps.
    public static let mapSide = 8
    /// Points along the side of the raster on which light is computed, and pixels along a photograph's side.
    private static let side = 128
    /// What networks see, in boxes of the face.
    private static let contextScale = 2.7

    private let streams: Philox

    /// The world of a seed.
    public init(seed: UInt64) { streams = Philox(seed: seed, stream: "generated faces") }

    /// The frames of presentations, in their order.
    public func frames(_ presentations: [Presentation]) -> [FaceFrame] {
        Threads.map(presentations.count) { frame(of: presentations[$0]) }
    }

    /// The frame of one presentation.
    public func frame(of presentation: Presentation) -> FaceFrame {
        var shot = streams.stream("shot/\(presentation.shot)")
        var subject = streams.stream("id/\(presentation.subject)")
        let person = Person(using: &subject)
        let placeDay = placeDay(presentation.place, presentation.day)
        var light = placeDay.light
        light.azimuth += shot.normal(0.15)
        light.elevation += shot.normal(0.08)
        let pose = Pose(using: &shot)
        let view = View(using: &shot)
        var wearsCap = shot.happens(0.1)
        let shade = shot.happens(0.05) ? Shade(using: &shot) : nil
        let isLowGrade = shot.happens(0.05)

        func scene(_ instrument: (Point) -> SurfacePoint?) -> Scene {
            Scene(side: Self.side) { point in
                instrument(point) ?? person.surface(at: point, pose: pose, wearsCap: wearsCap)
                    ?? placeDay.background(at: point, from: view)
            }
        }
        let seen: Scene
        if let species = presentation.species {
            var instrument = streams.stream("pai/\(species.rawValue)/\(presentation.instrument)")
            switch species {
            case .print, .replay:
                let panel = Panel(species, using: &instrument)
                let photo: SourcePhoto
                (photo, wearsCap) = sourcePhoto(of: person, using: &instrument)
                let hold = Panel.Hold(using: &shot)
                seen = scene { panel.surface(at: $0, hold: hold, photo: photo, hand: person.skin, light: light) }
            case .paperMask:
                let mask = Mask.paper(Ink(using: &instrument), sourcePhoto(of: person, using: &instrument).photo)
                seen = scene { mask.surface(at: $0, pose: pose, person: person) }
            case .silicone:
                let mask = Mask.silicone(of: person, pose: pose, side: Self.side, using: &instrument)
                seen = scene { mask.surface(at: $0, pose: pose, person: person) }
            }
        } else {
            seen = scene { _ in nil }
        }

        let optics = isLowGrade ? presentation.camera.optics.lowGrade : presentation.camera.optics
        let (photograph, quality) = optics.photograph(seen.lit(by: light, shade: shade), using: &shot)
        let box = seen.faceBox
        let part = box.edges(scale: Self.contextScale, pictureWidth: Self.side, pictureHeight: Self.side)
        let isPresent: [(Attribute, Bool)] = [
            (.beard, person.hasBeard), (.glasses, person.hasGlasses), (.cap, wearsCap), (.sunShade, shade != nil),
            (.lowGradeCamera, isLowGrade),
        ]
        return FaceFrame(
            presentation: presentation, photograph: photograph,
            picture: part.square(of: photograph, side: Self.frameSide), box: box,
            depth: seen.cells(Self.mapSide, in: part) {
                presentation.species == nil && $0.matter == .face ? $0.nearness : 0
            },
            attackMask: seen.cells(Self.mapSide, in: part) {
                $0.matter == .instrument || $0.matter == .shownFace ? 1 : 0
            },
            attributes: isPresent.filter(\.1).map(\.0), jpegQuality: quality)
    }

    private func placeDay(_ place: Place, _ day: Int) -> PlaceDay {
        var light = streams.stream("day/\(place.rawValue)/\(day)")
        var background = streams.stream("bg/\(place.rawValue)/\(day)")
        return PlaceDay(place, light: &light, background: &background)
    }

    /// The photo an attack starts from: the same person on a day of its own, by a good camera.
    private func sourcePhoto(of person: Person, using generator: inout Philox) -> (photo: SourcePhoto, wearsCap: Bool) {
        let placeDay = placeDay(generator.happens(0.5) ? .office : .lobby, 31 + generator.integer(below: 4))
        let pose = Pose(spread: 0.5, using: &generator)
        let view = View(using: &generator)
        let wearsCap = generator.happens(0.1)
        let scene = Scene(side: Self.side) { point in
            person.surface(at: point, pose: pose, wearsCap: wearsCap) ?? placeDay.background(at: point, from: view)
        }
        let (picture, _) = Optics.good.photograph(
            scene.lit(by: placeDay.light, shade: nil), using: &generator)
        return (SourcePhoto(canvas: Optics.good.linear(picture), scene: scene, pose: pose), wearsCap)
    }
}

extension SurfacePoint {
    /// Depth as the target has it: in units of 0.6, within 0...1.
    fileprivate var nearness: Float { min(max(colour.w / 0.6, 0), 1) }
}

extension Scene {
    /// The mean of a value over each of `count` × `count` cells of a part of the scene, row by row.
    fileprivate func cells(_ count: Int, in part: CropEdges, of value: (SurfacePoint) -> Float) -> [Float] {
        var sums = [Float](repeating: 0, count: count * count)
        var sizes = sums
        for y in 0..<part.height {
            for x in 0..<part.width {
                let cell = y * count / part.height * count + x * count / part.width
                sums[cell] += value(points[(part.top + y) * side + part.left + x])
                sizes[cell] += 1
            }
        }
        return zip(sums, sizes).map { $0 / $1 }
    }

    /// The bounds of the face shown, or else of the live one, in points of the scene.
    fileprivate var faceBox: FaceBox {
        let shown = points.indices.filter { points[$0].matter == .shownFace }
        let face = shown.isEmpty ? points.indices.filter { points[$0].matter == .face } : shown
        let (columns, rows) = (face.map { $0 % side }, face.map { $0 / side })
        guard let left = columns.min(), let right = columns.max(), let top = rows.min(), let bottom = rows.max() else {
            fatalError("faceBox: every pose keeps the face in the frame.")
        }
        return FaceBox(x: left, y: top, width: right - left + 1, height: bottom - top + 1)
    }
}
