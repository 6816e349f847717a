// Generated frames side by side, to be looked at.

public import TensorIO

/// Generated presentations of a test set: live faces in the first row, then a row for each species; a column for each person.
///
/// - Parameters:
///   - faces: The world.
///   - condition: Where, when and by what the frames are taken.
///   - people: How many columns, 1...15.
///   - gap: Black pixels between two frames.
/// - Returns: A picture of 5 × `people` frames.
public func contactSheet(of faces: GeneratedFaces, _ condition: TestCondition, people: Int, gap: Int = 2) -> Picture {
    let presentations = ProtocolSets(PADConfiguration.reduced.sizes, seed: 0).test(condition)
    let rows = ([nil] + Species.allCases).map { species in
        faces.frames(Array(presentations.filter { $0.species == species }.prefix(people))).map(\.picture)
    }
    let (side, step) = (GeneratedFaces.frameSide, GeneratedFaces.frameSide + gap)
    let (width, height) = (people * step - gap, rows.count * step - gap)
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    for (row, frames) in rows.enumerated() {
        for (column, frame) in frames.enumerated() {
            for line in 0..<side {
                let start = 3 * ((row * step + line) * width + column * step)
                pixels.replaceSubrange(
                    start..<start + 3 * side, with: frame.pixels[3 * line * side..<3 * (line + 1) * side])
            }
        }
    }
    return Picture(width: width, height: height, pixels: pixels)
}
