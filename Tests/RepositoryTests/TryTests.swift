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

@Suite struct TrySpeechTranslationTests {
    private func translate(_ recording: String, _ options: String..., in place: Workplace) throws -> Ended {
        try run(
            Workplace.program, ["try", "speech-translation", "translate", recording] + options, in: place.path)
    }

    /// A WAV file of one channel of 16 bits.
    private func write(_ samples: [Int16], rate: UInt32 = 8000, to path: String) throws {
        func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
            (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        let size = UInt32(2 * samples.count)
        let header: [[UInt8]] = [
            Array("RIFF".utf8), bytes(36 + size), Array("WAVEfmt ".utf8), bytes(UInt32(16)), bytes(UInt16(1)),
            bytes(UInt16(1)), bytes(rate), bytes(2 * rate), bytes(UInt16(2)), bytes(UInt16(16)), Array("data".utf8),
            bytes(size),
        ]
        try Data(header.joined() + samples.flatMap { bytes($0) }).write(to: URL(fileURLWithPath: path))
    }

    @Test func `a recording that cannot be used, one where nobody speaks and a file that is no model are told apart`()
        throws
    {
        let place = try Workplace()
        try Data("This is a text file.".utf8).write(to: URL(fileURLWithPath: place.path + "/text.wav"))
        try write([Int16](repeating: 0, count: 8000), to: place.path + "/silent.wav")
        try write([Int16](repeating: 9000, count: 300), rate: 44_101, to: place.path + "/odd.wav")
        try write((0..<8000).map { Int16($0 % 80 * 200) }, to: place.path + "/loud.wav")
        for (recording, code) in [
            ("absent.wav", 2), ("text.wav", 2), ("odd.wav", 2), ("silent.wav", 3), ("loud.wav", 4),
        ] {
            let ended = try translate(recording, "--model", "text.wav", in: place)
            #expect(ended.code == code, "\(recording)")
            #expect(ended.verdict == "VERDICT error | errors=1 | run=00000000 | exit=\(code)")
        }
    }

    @Test func `a beam without width is a usage error`() throws {
        #expect(try translate("a.wav", "--beam", "0", in: Workplace()).code == 64)
    }

    @Test func `the trade-off needs runs, a database and a curve`() throws {
        let place = try Workplace()
        #expect(try place.bench("try", "speech-translation", "tradeoff").code == 64)
        #expect(try place.bench("try", "speech-translation", "tradeoff", "@last").code == 2)
        #expect(try place.bench("run", "inr.img32.smoke.mean-colour", "--threads", "1").code == 0)
        let ended = try place.bench("try", "speech-translation", "tradeoff", "@last")
        #expect(ended.code == 2)
        #expect(ended.verdict == "VERDICT error | errors=1 | run=00000000 | exit=2")
    }

    @Test func `a stored run becomes a figure`() throws {
        let place = try Workplace()
        #expect(try place.bench("run", "st.snt.smoke.ft", "--threads", "1").code == 0)
        let ended = try place.bench("try", "speech-translation", "tradeoff", "@last", "--setting", "smoke")
        #expect(ended.code == 0 && ended.output.hasPrefix("ft (1): st_in "), "\(ended.output)")
        let figure = try String(contentsOfFile: place.path + "/tradeoff.svg", encoding: .utf8)
        #expect(figure.hasPrefix("<svg ") && figure.contains(">ft (1)</text>"))
    }
}
