// bench try vision-pad

internal import ArgumentParser
internal import BenchCommands
internal import TensorIO
internal import VisionPAD

struct TryVisionPAD: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vision-pad", abstract: "Tells live faces from prints, replays and masks.",
        subcommands: [CheckFace.self, DrawContactSheet.self])
}

struct CheckFace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Says whether a face in a picture is live, by the published MiniFASNet pair.",
        discussion: """
            bench try vision-pad check photo.png --box 106,147,207,213 --weights ~/data/pad

            The score is 1 - 2 p(live): -1 live, 1 an attack. The face's box comes from a
            detector of yours; faces are not searched for.
            """)

    @Argument(help: "A PNG, JPEG, PPM or PGM picture.") var picture: String
    @Option(  // Unconditional, for a box that begins left of the picture: -5,20,100,120.
        parsing: .unconditional, help: "The face: left, top, width and height in pixels, as x,y,w,h.",
        transform: FaceBox.init(parsing:))
    var box: FaceBox
    @Option(help: "The folder with minifasnet_v2_2.7_80x80.safetensors and minifasnet_v1se_4.0_80x80.safetensors.")
    var weights = "."

    func run() throws {
        let verdict: FaceVerdict
        do {
            verdict = try SilentFace(folder: weights).verdict(on: try Picture(contentsOf: picture), box: box)
        } catch {
            throw TrialRefused(because: error)
        }
        let values = (verdict.probabilities + [verdict.score]).map { ($0 * 10_000).rounded() / 10_000 }
        print("p(live) \(values[1]), p(attack) \(values[0]) and \(values[2]) by kind, score \(values[3])")
        print("VERDICT \(verdict.isLive ? "live" : "attack") | faces=1 | run=00000000 | exit=0")
    }
}

struct DrawContactSheet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contact-sheet", abstract: "Draws generated faces and attacks, a column for each person.",
        discussion: """
            bench try vision-pad contact-sheet faces.png --condition E4

            Rows: live, print, replay, paper mask, silicone. E0 is the light and the cameras
            that detectors are trained on; E1 another day, E2 outdoors and at night, E3 other
            cameras, E4 all of these. Equal seeds give equal pictures.
            """)

    @Argument(help: "The PNG file to write.") var file: String
    @Option(help: "Where, when and by what: \(TestCondition.names).", transform: TestCondition.init(parsing:))
    var condition: TestCondition = .same
    @Option(help: "How many people, 1...15.") var people = 10
    @Option(help: "The world: persons, instruments, places, days.") var seed: UInt64 = 2026

    func validate() throws {
        guard 1...15 ~= people else { throw ValidationError("--people: \(people) is not in 1...15; give fewer.") }
    }

    func run() throws {
        let sheet = contactSheet(of: GeneratedFaces(seed: seed), condition, people: people)
        do { try sheet.writePNG(to: file) } catch { throw TrialRefused(because: error) }
        print("\(file): \(sheet.width) x \(sheet.height) pixels; rows: live, print, replay, paper mask, silicone")
        print("VERDICT done | frames=\(5 * people) | run=00000000 | exit=0")
    }
}

extension TestCondition {
    fileprivate static let names = allCases.map(\.rawValue).joined(separator: ", ")

    fileprivate init(parsing text: String) throws {
        guard let condition = TestCondition(rawValue: text) else {
            throw ValidationError("'\(text)' is no condition; give one of \(Self.names).")
        }
        self = condition
    }
}
