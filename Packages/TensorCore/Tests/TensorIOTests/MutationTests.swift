import Foundation
import TensorIO
import Tensors
import Testing

/// A format, a valid file of it, and what reading it all the way means.
struct Format: Sendable, CustomTestStringConvertible {
    let name: String
    let valid: @Sendable () throws -> [UInt8]
    let read: @Sendable ([UInt8]) throws -> Void
    var testDescription: String { name }

    static let all: [Format] = [
        Format(
            name: "safetensors", valid: { try readFile(goldenPath("every_type.safetensors")) }, read: readSafeTensors),
        Format(
            name: "npy", valid: { try readFile(goldenPath("i2.npy")) },
            read: { _ = try Tensor(decodingNPY: $0, named: "x") }),
        Format(name: "npz stored", valid: { try NPZ(["a": Tensor([1, 2], shape: [2])]).bytes() }, read: readNPZ),
        Format(name: "npz deflated", valid: { try readFile(goldenPath("deflated.npz")) }, read: readNPZ),
        Format(name: "PNG", valid: { try sample.pngData() }, read: readPicture),
        Format(name: "JPEG", valid: { try sample.jpegData(quality: 80) }, read: readPicture),
        Format(name: "PPM", valid: { sample.ppmData() }, read: readPicture),
        Format(name: "PGM text", valid: { Array("P2 # grey\n3 2\n15\n1 2 3 4 5 15\n".utf8) }, read: readPicture),
        Format(name: "WAV", valid: { try sound.wavData(as: .int16) }, read: readWAV),
        Format(
            name: "WAV extensible", valid: { wav(format: extensible(code: 1, bits: 24, channels: 2)) }, read: readWAV),
    ]

    private static let sample = Picture(
        width: 19, height: 13, pixels: (0..<(3 * 19 * 13)).map { UInt8(truncatingIfNeeded: $0 * $0 / 11) })

    private static let sound = Waveform(
        samples: Tensor((0..<120).map { Float($0 % 17 - 8) / 9 }, shape: [2, 60]), sampleRate: 16_000)

    private static func readWAV(_ bytes: [UInt8]) throws {
        let waveform = try Waveform(decodingWAV: bytes, named: "x")
        #expect(waveform.samples.rank == 2 && waveform.sampleRate > 0)
    }

    private static func readPicture(_ bytes: [UInt8]) throws {
        let picture = try Picture(decoding: bytes, named: "x")
        #expect(picture.pixels.count == 3 * picture.width * picture.height)
    }

    private static func readSafeTensors(_ bytes: [UInt8]) throws {
        let file = try SafeTensors(decoding: bytes, named: "x")
        for name in file.names { #expect(try file.tensor(name).shape == file.shape(of: name)) }
    }

    private static func readNPZ(_ bytes: [UInt8]) throws {
        let archive = try NPZ(decoding: bytes, named: "x")
        for name in archive.names { _ = try archive.tensor(name) }
    }
}

struct MutationTests {
    /// A trap would end the process; an error of another type fails the test.
    ///
    /// Mutations: flipped bits, changed bytes, cuts, repeated and lost stretches, numbers at the edges of their range.
    @Test(arguments: Format.all)
    func `a mutated file is read or refused`(_ format: Format) throws {
        let valid = try format.valid()
        try format.read(valid)
        var generator = Philox(seed: 20, stream: format.name)
        func below(_ count: Int) -> Int { Int(generator.integer(below: count)) }
        let edges: [[UInt8]] = [
            [0, 0, 0, 0], [255, 255, 255, 255], [0, 0, 0, 128], [127, 255, 255, 255], [128, 0, 0, 0],
            [255, 255, 255, 255, 255, 255, 255, 127], Array("99999999999999999999".utf8), Array("-1".utf8),
            Array("4294967296".utf8), Array("{{{{".utf8), Array("\",\"".utf8),
        ]
        var refused = 0
        for _ in 0..<800 {
            var bytes = valid
            for _ in 0...below(3) where !bytes.isEmpty {
                // Half of all changes hit the first 200 bytes, where headers are.
                let position = below(below(2) == 0 ? min(200, bytes.count) : bytes.count)
                switch below(6) {
                case 0: bytes[position] ^= 1 << UInt8(below(8))
                case 1: bytes[position] = UInt8(below(256))
                case 2: bytes.removeSubrange(position...)
                case 3: bytes.removeSubrange(position..<min(position + 1 + below(8), bytes.count))
                case 4:
                    bytes.insert(contentsOf: bytes[position..<min(position + 1 + below(40), bytes.count)], at: position)
                default:
                    let edge = edges[below(edges.count)]
                    bytes.replaceSubrange(position..<min(position + edge.count, bytes.count), with: edge)
                }
            }
            do { try format.read(bytes) } catch is TensorIOError { refused += 1 }
        }
        #expect(refused > 100)
    }
}
