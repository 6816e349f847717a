// bench try, as a person types it.

import Foundation
import Testing

@Suite struct TryTests {
    private static let refused = "VERDICT error | errors=1 | run=00000000 | exit=2"
    private static let weights = sharedData + "/pad"

    private func check(_ picture: String, _ box: String, weights: String, in place: Workplace) throws -> Ended {
        try place.bench("try", "vision-pad", "check", picture, "--box", box, "--weights", weights)
    }

    @Test(arguments: ["1,2,3", "1,2,3,x", "1,2,0,4", "1,2,3,-4", ""])
    func `a box that is none is a usage error`(_ box: String) throws {
        #expect(try check("photo.png", box, weights: ".", in: Workplace()).code == 64)
    }

    @Test func `absent weights are refused in words`() throws {
        let ended = try check("photo.png", "1,2,3,4", weights: "nowhere", in: Workplace())
        #expect(ended.code == 2)
        #expect(ended.verdict == Self.refused)
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: weights), "needs ../shared/data/pad"),
        arguments: [
            ("absent.png", "106,147,207,213"), ("text.png", "106,147,207,213"),
            (weights + "/image_T1.png", "480,640,10,10"), (weights + "/image_T1.png", "-9000,0,10,10"),
        ])
    func `a picture or a box that cannot be used is refused in words`(_ picture: String, _ box: String) throws {
        let place = try Workplace()
        try Data("This is a text file.".utf8).write(to: URL(fileURLWithPath: place.path + "/text.png"))
        let ended = try check(picture, box, weights: Self.weights, in: place)
        #expect(ended.code == 2)
        #expect(ended.verdict == Self.refused)
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: weights), "needs ../shared/data/pad"),
        arguments: [("T1", "106,147,207,213", "live", "-0.9871"), ("F2", "120,252,252,256", "attack", "0.6374")])
    func `a sample picture gets its verdict`(_ name: String, _ box: String, _ word: String, _ score: String) throws {
        let ended = try check("\(Self.weights)/image_\(name).png", box, weights: Self.weights, in: Workplace())
        #expect(ended.code == 0)
        #expect(ended.verdict == "VERDICT \(word) | faces=1 | run=00000000 | exit=0")
        #expect(ended.output.contains("score \(score)"), "\(ended.output)")
    }

    @Test func `a contact sheet is a picture that others open`() throws {
        let place = try Workplace()
        let ended = try place.bench("try", "vision-pad", "contact-sheet", "faces.png", "--people", "2")
        #expect(ended.code == 0)
        #expect(ended.verdict == "VERDICT done | frames=10 | run=00000000 | exit=0")
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.path + "/faces.png")).starts(with: [0x89, 0x50]))
        #expect(try place.bench("try", "vision-pad", "contact-sheet", "no/folder.png", "--people", "1").code == 2)
        #expect(try place.bench("try", "vision-pad", "contact-sheet", "faces.png", "--people", "16").code == 64)
    }
}
