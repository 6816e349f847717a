import TensorIO
import Testing

struct ErrorMessageTests {
    @Test(
        arguments: [
            (
                .unreadable(file: "a.png", reason: "No such file or directory"),
                "a.png: cannot be read (No such file or directory); check the path and its permissions."
            ),
            (
                .unwritable(file: "a.png", reason: "No space left on device"),
                "a.png: cannot be written (No space left on device); what stood there before is unchanged."
            ),
            (
                .cutOff(file: "photo.png", byteCount: 1024),
                "photo.png: is cut off after 1,024 bytes; copy the file again."
            ),
            (.cutOff(file: "photo.png", byteCount: 1), "photo.png: is cut off after 1 byte; copy the file again."),
            (.cutOff(file: "photo.png", byteCount: 0), "photo.png: is empty; copy the file again."),
            (
                .damaged(file: "photo.png", what: "libpng says 'IDAT: CRC error'"),
                "photo.png: is damaged, libpng says 'IDAT: CRC error'; copy the file again or make it anew."
            ),
            (
                .unsupported(file: "a.jpg", what: "has 4 colour components, not 1 or 3", remedy: "convert it to RGB"),
                "a.jpg: has 4 colour components, not 1 or 3; convert it to RGB."
            ),
            (
                .tooManyPixels(file: "a.png", width: 20000, height: 20000),
                "a.png: declares 20,000 x 20,000 pixels, more than 67,108,864; shrink the picture."
            ),
            (.notAPicture(file: "a.txt"), "a.txt: is neither PNG, JPEG, PPM nor PGM; convert it to one of them."),
            (
                .missingTensor(name: "x", file: "a.npz", names: ["y", "z"]),
                "a.npz: has no tensor 'x'; it holds 'y', 'z'."
            ),
            (.missingTensor(name: "x", file: "a.npz", names: []), "a.npz: has no tensor 'x'; it holds none."),
            (.notASound(file: "a.txt"), "a.txt: is neither WAV, FLAC nor Ogg Vorbis; convert it to one of them."),
            (
                .tooManySamples(file: "a.flac"),
                "a.flac: holds more than 268,435,456 samples; read it in pieces or convert it to WAV."
            ),
            (
                .noSuchSamples(file: "a.flac", range: 5..<2000, count: 1234),
                "a.flac: has 1,234 samples, not 5..<2000; ask for samples in it."
            ),
            (
                .mismatchedTensors(
                    file: "a",
                    TensorMismatch(
                        missing: ["b", "c"], extra: ["d"],
                        misshaped: [.init(name: "e", shape: [2], expected: [3, 1])])),
                "a: does not fit the model: it lacks 'b', 'c'; it has besides 'd'; it has in another shape 'e' [2], not "
                    + "[3, 1]; take the model or the names the file was made for."
            ),
            (
                .mismatchedTensors(file: "a", TensorMismatch(missing: ["b"])),
                "a: does not fit the model: it lacks 'b'; take the model or the names the file was made for."
            ),
            (
                .otherConfiguration(file: "a"),
                "a: was written by a training with other settings; remove it to start afresh."
            ),
            (
                .notWritable(file: "70000 x 1 picture", what: "cannot be a JPEG", remedy: "write PNG"),
                "70000 x 1 picture: cannot be a JPEG; write PNG."
            ),
        ] as [(TensorIOError, String)])
    func `an error says where, what and what to do`(error: TensorIOError, sentence: String) {
        #expect(error.description == sentence)
    }

    @Test func `of many names twenty are listed`() {
        let error = TensorIOError.missingTensor(name: "x", file: "a", names: (0..<25).map(String.init))
        #expect(error.description.hasSuffix("'18', '19' and 5 more."))
    }

    @Test(arguments: [
        ("", "x: is empty; copy the file again."),
        ("hello", "x: is neither PNG, JPEG, PPM nor PGM; convert it to one of them."),
        ("P6 2 2 255 abc", "x: is cut off after 14 bytes; copy the file again."),
        ("P6 x", "x: is damaged, its header has no number at byte 3; copy the file again or make it anew."),
        ("P4 1 1 0", "x: is a PNM of kind P4; convert it to PPM (P6) or PGM (P5)."),
        ("\u{89}", "x: is neither PNG, JPEG, PPM nor PGM; convert it to one of them."),
    ])
    func `a broken picture says what is wrong with it`(text: String, sentence: String) throws {
        let error = #expect(throws: TensorIOError.self) { try Picture(decoding: Array(text.utf8), named: "x") }
        #expect(error?.description == sentence)
    }

    @Test func `a picture too wide for JPEG says so`() throws {
        let picture = Picture(width: 70_000, height: 1, pixels: [UInt8](repeating: 0, count: 210_000))
        let error = #expect(throws: TensorIOError.self) { try picture.jpegData(quality: 50) }
        #expect(
            error?.description
                == "70000 x 1 picture: cannot be a JPEG (more than 65500 pixels along a side); write PNG."
        )
    }
}
