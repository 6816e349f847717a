import Foundation
import Learning
import Tensors
import Testing

@testable import TensorIO

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
        Format(name: "PyTorch", valid: { try readFile(goldenPath("torch/state.pth")) }, read: readTorchFile),
        Format(name: "PyTorch's pickle", valid: { try nestedEntries()["nested/data.pkl", default: []] }) { pickle in
            let entries = try nestedEntries().merging(["nested/data.pkl": pickle]) { $1 }
            try readTorchFile(storedZip(entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        },
        Format(name: "checkpoint", valid: checkpoint) { bytes in
            let content = try SafeTensors(decoding: bytes, named: "x")
            let state = try Checkpoint(content, named: "x", configuration: "").restore(toy)
            #expect(state.stepCount >= 0)
        },
        Format(name: "FLAC", valid: { try readFile(goldenPath("sound/mono8.flac")) }, read: readSound),
        Format(name: "Ogg Vorbis", valid: { try readFile(goldenPath("sound/stereo.ogg")) }, read: readSound),
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

    /// A piece is read too, since seeking follows other fields than reading through.
    private static func readSound(_ bytes: [UInt8]) throws {
        let waveform = try Waveform(decoding: bytes, named: "x")
        #expect(waveform.samples.rank == 2 && waveform.sampleRate > 0)
        let count = waveform.samples.shape[1]
        if count >= 1200 { #expect(try Waveform(decoding: bytes, named: "x", samples: 600..<1200).samples.count > 0) }
    }

    private static func readTorchFile(_ bytes: [UInt8]) throws {
        let file = try TorchFile(decoding: bytes, named: "x")
        for (name, tensor) in try file.tensors() { #expect(tensor.shape == file.shape(of: name)) }
    }

    /// The content of every entry of a PyTorch file, by name.
    private static func nestedEntries() throws -> [String: [UInt8]] {
        let archive = try ZipArchive(ByteSource(contentsOf: goldenPath("torch/nested.pth")))
        return try archive.entries.mapValues { entry in try archive.source.bytes(entry.packed) }
    }

    private static let toy: Linear = {
        var generator = Philox(seed: 4)
        return Linear(3, 2, using: &generator)
    }()

    private static func checkpoint() throws -> [UInt8] {
        var adam = Adam(learningRate: 1e-3)
        adam.update(toy, gradients: toy.parameters.map { $0.box.value })
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("TensorIOTests-\(UUID()).safetensors")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Checkpoint(
            of: toy, optimiser: adam.state, step: 1, configuration: "", generators: ["a": Philox(seed: 1)],
            notes: ["position": "3"]
        ).write(to: path)
        return try readFile(path)
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

/// A file with one to three changes: flipped bits, changed bytes, cuts, lost, repeated, swapped and nested stretches,
/// numbers at the edges of their range.
private func mutated(_ valid: [UInt8], using generator: inout Philox) -> [UInt8] {
    func below(_ count: Int) -> Int { Int(generator.integer(below: count)) }
    var bytes = valid
    for _ in 0...below(3) where !bytes.isEmpty {
        // Half of all changes hit the first 200 bytes, where headers are; a quarter the last 200, where zip has its own.
        let edge = min(200, bytes.count)
        let position = [below(edge), below(edge), bytes.count - 1 - below(edge), below(bytes.count)][below(4)]
        let stretch = position..<min(position + 1 + below(40), bytes.count)
        switch below(8) {
        case 0: bytes[position] ^= 1 << UInt8(below(8))
        case 1: bytes[position] = UInt8(below(256))
        case 2: bytes.removeSubrange(position...)
        case 3: bytes.removeSubrange(position..<min(position + 1 + below(8), bytes.count))
        case 4: bytes.insert(contentsOf: bytes[stretch], at: position)
        case 5:
            // One field in another's place: names twice, ranges that overlap.
            let other = below(bytes.count - stretch.count + 1)
            bytes.replaceSubrange(other..<(other + stretch.count), with: bytes[stretch])
        case 6: bytes.insert(contentsOf: (0..<500).flatMap { _ in bytes[stretch] }, at: position)
        default:
            let number = edges[below(edges.count)]
            bytes.replaceSubrange(position..<min(position + number.count, bytes.count), with: number)
        }
    }
    return bytes
}

/// 0, −1, 2³¹, 2⁶³ and their neighbours in both byte orders, and as text.
private let edges: [[UInt8]] = [
    [0, 0, 0, 0], [255, 255, 255, 255], [0, 0, 0, 128], [127, 255, 255, 255], [128, 0, 0, 0], [255, 255, 255, 127],
    [0, 0, 0, 0, 0, 0, 0, 0], [255, 255, 255, 255, 255, 255, 255, 255], [0, 0, 0, 0, 0, 0, 0, 128],
    [128, 0, 0, 0, 0, 0, 0, 0], [255, 255, 255, 255, 255, 255, 255, 127], [0, 0], [255, 255],
    Array("99999999999999999999".utf8), Array("-1".utf8), Array("4294967296".utf8), Array("{{{{".utf8),
    Array("\",\"".utf8),
]

struct MutationTests {
    /// A trap would end the process; an error of another type fails the test.
    @Test(arguments: Format.all)
    func `a mutated file is read or refused`(_ format: Format) throws {
        let valid = try format.valid()
        try format.read(valid)
        var generator = Philox(seed: 20, stream: format.name)
        var refused = 0
        for _ in 0..<mutationCount {
            let bytes = mutated(valid, using: &generator)
            do { try format.read(bytes) } catch is TensorIOError { refused += 1 }
        }
        #expect(refused > mutationCount / 8)
    }
}

/// Enough for a second or so; by hand, under sanitisers, twenty thousand and more.
private let mutationCount = 2000
