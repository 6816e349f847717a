// The procedural faces: the same for ever, true maps, hard bona fide frames, and a label that metadata does not give away.

import Foundation
import TensorIO
import Tensors
import Testing

@testable import VisionPAD

private let faces = GeneratedFaces(seed: 1)
/// The training set, painted once.
private let frames = faces.frames(ProtocolSets(PADConfiguration.reduced.sizes, seed: 1).training(.twoPlaces))

private func presentation(
    subject: Int = 3, _ species: Species? = nil, instrument: Int = 7, place: Place = .office, day: Int = 1,
    camera: Camera = .a, shot: String = "x"
) -> Presentation {
    Presentation(
        subject: subject, species: species, instrument: species == nil ? 0 : instrument, place: place, day: day,
        camera: camera, shot: shot)
}

@Suite struct GeneratedFacesTests {
    @Test func `a seed's frames are the same for ever`() {
        var generator = Philox(seed: 9)
        let classes: [Species?] = [nil] + Species.allCases
        let some = (0..<24).map { number in
            presentation(
                subject: generator.integer(below: 66), classes[number % 5], instrument: generator.integer(below: 130),
                place: Place.allCases[number % 4], day: number, camera: Camera.allCases[number / 6], shot: "\(number)")
        }
        let bytes = faces.frames(some).flatMap(\.picture.pixels)
        // A regression value: whoever changes the generator on purpose replaces it.
        #expect(SHA256.hexDigest(of: bytes) == "d33b1b0816987e38a01b7493eb7205c3da596fe150504a359c7a765f12c33d79")
        #expect(faces.frame(of: some[5]) == faces.frames(some)[5])
        #expect(GeneratedFaces(seed: 2).frame(of: some[0]).picture != faces.frame(of: some[0]).picture)
    }

    @Test(arguments: [nil] + Species.allCases)
    func `each id changes the frame`(_ species: Species?) {
        let others =
            [
                presentation(species), presentation(subject: 4, species), presentation(species, place: .night),
                presentation(species, day: 2), presentation(species, camera: .b), presentation(species, shot: "y"),
            ] + (species == nil ? [] : [presentation(species, instrument: 8)])
        #expect(Set(faces.frames(others).map(\.picture.pixels)).count == others.count)
    }

    @Test func `only live faces have depth, only attacks a mask, and both lie about the box`() throws {
        for frame in frames {
            let side = GeneratedFaces.mapSide
            let box = frame.box
            #expect(box.x >= 0 && box.y >= 0 && box.width > 24 && box.height > 32)
            #expect(box.x + box.width <= 128 && box.y + box.height <= 128)
            #expect(frame.depth.allSatisfy { (0...1).contains($0) } && frame.depth.count == side * side)
            #expect(frame.attackMask.allSatisfy { (0...1).contains($0) } && frame.attackMask.count == side * side)
            #expect(frame.depth.contains { $0 > 0.5 } == frame.isBonaFide)
            #expect(frame.attackMask.contains { $0 > 0.5 } == !frame.isBonaFide)
            let map = frame.isBonaFide ? frame.depth : frame.attackMask
            // The middle of a face is near, and the middle of an attack is covered; a live face leaves the corners free.
            #expect([27, 28, 35, 36].contains { map[$0] > 0.5 })
            if frame.isBonaFide { #expect([0, 7, 56, 63].allSatisfy { map[$0] == 0 }) }
        }
    }

    @Test func `at least a quarter of bona fide frames is hard, and no attribute tells the label`() {
        let (live, attacks) = (frames.filter(\.isBonaFide), frames.filter { !$0.isBonaFide })
        #expect(4 * live.count { !$0.attributes.isEmpty } >= live.count)
        for attribute in Attribute.allCases {
            let shares = [live, attacks].map { set in
                Double(set.count { $0.attributes.contains(attribute) }) / Double(set.count)
            }
            // Eight points are three standard deviations of such a difference at a share of 0.15.
            #expect(shares[0] > 0.02 && abs(shares[0] - shares[1]) < 0.08, "\(attribute): \(shares)")
        }
    }

    @Test func `metadata and background do not tell the label`() {
        for depth in [1, 3] {
            let accuracy = leakage(frames, depth: depth)
            // The specification's alarm (section 4.2).
            #expect(accuracy <= 0.6, "depth \(depth): balanced accuracy \(accuracy)")
        }
        // The alarm can ring: a picture whose brightness tells the label.
        let marked = frames.map { frame in
            FaceFrame(
                presentation: frame.presentation, photograph: frame.photograph,
                picture: frame.isBonaFide ? frame.picture : Picture(Tensor.zeros([64, 64, 3])), box: frame.box,
                depth: frame.depth, attackMask: frame.attackMask, attributes: [], jpegQuality: frame.jpegQuality)
        }
        #expect(leakage(marked, depth: 1) == 1)
    }
}

/// The balanced accuracy of a tree on metadata, trained on the people of one half and judged on the other, both ways.
private func leakage(_ frames: [FaceFrame], depth: Int) -> Double {
    let rows = frames.map { Row(features: features($0), isAttack: !$0.isBonaFide) }
    let halves = [0, 1].map { half in
        rows.indices.filter { frames[$0].presentation.subject % 2 == half }.map { rows[$0] }
    }
    let accuracies = [(0, 1), (1, 0)].map { training, test in
        let tree = Tree(halves[training], depth: depth)
        let rates = [true, false].map { isAttack in
            let some = halves[test].filter { $0.isAttack == isAttack }
            return Double(some.count { tree.saysAttack($0.features) == isAttack }) / Double(some.count)
        }
        return (rates[0] + rates[1]) / 2
    }
    return (accuracies[0] + accuracies[1]) / 2
}

/// Mean colour of the two upper corners, brightness, JPEG quality, camera, place and day.
private func features(_ frame: FaceFrame) -> [Float] {
    let pixels = frame.picture.pixels
    func mean(_ channel: Int, _ isIn: (Int, Int) -> Bool) -> Float {
        let places = (0..<64 * 64).filter { isIn($0 % 64, $0 / 64) }
        return places.reduce(0) { $0 + Float(pixels[3 * $1 + channel]) } / Float(places.count)
    }
    let background = (0..<3).map { mean($0) { x, y in (x < 8 || x >= 56) && y < 24 } }
    let brightness = (0..<3).reduce(Float(0)) { $0 + mean($1) { _, _ in true } }
    let shown = frame.presentation
    func index<Value: Equatable>(_ value: Value, in all: [Value]) -> Float { Float(all.firstIndex(of: value) ?? -1) }
    return background + [
        brightness, Float(frame.jpegQuality), index(shown.camera, in: Camera.allCases),
        index(shown.place, in: Place.allCases), Float(shown.day),
    ]
}

private struct Row {
    let features: [Float]
    let isAttack: Bool
}

/// A decision tree grown by the Gini impurity of classes that weigh the same.
private indirect enum Tree {
    case leaf(isAttack: Bool)
    case split(feature: Int, threshold: Float, low: Tree, high: Tree)

    init(_ rows: [Row], depth: Int) {
        let weights = (
            attack: 1 / Double(max(rows.count(where: \.isAttack), 1)),
            live: 1 / Double(max(rows.count { !$0.isAttack }, 1))
        )
        self.init(rows, depth: depth, weights)
    }

    private init(_ rows: [Row], depth: Int, _ weights: (attack: Double, live: Double)) {
        func sums(_ rows: ArraySlice<Row>) -> (Double, Double) {
            let attacks = rows.count(where: \.isAttack)
            return (Double(attacks) * weights.attack, Double(rows.count - attacks) * weights.live)
        }
        let (attack, live) = sums(rows[...])
        var best = (impurity: attack * live / max(attack + live, 1e-12), feature: -1, threshold: Float(0))
        if depth > 0 {
            for feature in rows.first?.features.indices ?? 0..<0 {
                let sorted = rows.sorted { $0.features[feature] < $1.features[feature] }
                var low = (0.0, 0.0)
                for (row, next) in zip(sorted, sorted.dropFirst()) {
                    if row.isAttack { low.0 += weights.attack } else { low.1 += weights.live }
                    if row.features[feature] == next.features[feature] { continue }
                    let high = (attack - low.0, live - low.1)
                    let impurity = low.0 * low.1 / (low.0 + low.1) + high.0 * high.1 / max(high.0 + high.1, 1e-12)
                    if impurity < best.impurity - 1e-12 {
                        best = (impurity, feature, (row.features[feature] + next.features[feature]) / 2)
                    }
                }
            }
        }
        let (feature, threshold) = (best.feature, best.threshold)
        if feature < 0 {
            self = .leaf(isAttack: attack > live)
        } else {
            self = .split(
                feature: feature, threshold: threshold,
                low: Tree(rows.filter { $0.features[feature] < threshold }, depth: depth - 1, weights),
                high: Tree(rows.filter { $0.features[feature] >= threshold }, depth: depth - 1, weights))
        }
    }

    func saysAttack(_ features: [Float]) -> Bool {
        switch self {
        case .leaf(let isAttack): isAttack
        case .split(let feature, let threshold, let low, let high):
            (features[feature] < threshold ? low : high).saysAttack(features)
        }
    }
}

@Suite struct ContactSheetTests {
    @Test func `a contact sheet holds the test set's frames, a row for each species`() {
        let faces = GeneratedFaces(seed: 5)
        let sheet = contactSheet(of: faces, .newPlace, people: 2, gap: 3)
        // Two columns and five rows of 64 pixels, with 3 between them.
        #expect((sheet.width, sheet.height) == (131, 332))
        let silicone = ProtocolSets(PADConfiguration.reduced.sizes, seed: 0).test(.newPlace)
            .filter { $0.species == .silicone }
        #expect(
            sheet.cropped(x: 67, y: 4 * 67, width: 64, height: 64) == faces.frame(of: silicone[1]).picture)
        #expect(sheet.cropped(x: 64, y: 0, width: 3, height: 332).pixels.allSatisfy { $0 == 0 })
    }
}
