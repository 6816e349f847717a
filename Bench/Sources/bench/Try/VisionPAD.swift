// bench try vision-pad

internal import ArgumentParser
internal import BenchCommands
internal import TensorIO
internal import VisionPAD

struct TryVisionPAD: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vision-pad", abstract: "Tells live faces from prints, replays and masks.",
        subcommands: [CheckFace.self])
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
