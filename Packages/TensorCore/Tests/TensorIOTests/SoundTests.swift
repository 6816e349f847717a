// FLAC and Ogg Vorbis, from another program's files, from our own and from the shared recordings.

import Foundation
import TensorTesting
import Tensors
import Testing

@testable import TensorIO

/// One utterance of ../shared/data/st/fsdd/segments.tsv.
private struct Segment {
    let speaker: String
    let file: String
    let range: Range<Int>
}

private func segments() throws -> [Segment] {
    let lines = try String(contentsOf: sharedData.appendingPathComponent("st/fsdd/segments.tsv"), encoding: .utf8)
        .split(separator: "\n").dropFirst()
    return try lines.map { line in
        let fields = line.split(separator: "\t").map(String.init)
        let (offset, count) = (try #require(Int(fields[6])), try #require(Int(fields[7])))
        return Segment(speaker: fields[2], file: fields[5], range: offset..<(offset + count))
    }
}

@Suite struct SoundTests {
    private static let files = ["mono.flac", "stereo24.flac", "mono8.flac", "silence.flac", "stereo.ogg"]

    /// FLAC is lossless; another build of Vorbis may round the last digit otherwise.
    @Test(arguments: files)
    func `another program's file gives the numbers it reads`(name: String) throws {
        let expected = try Golden(
            URL(fileURLWithPath: goldenPath("sound/expected.safetensors")), madeBy: "ci/references/sounds.py",
            version: 1)
        let waveform = try Waveform(contentsOf: goldenPath("sound/\(name)"))
        let tolerance: Tolerance = name.hasSuffix(".flac") ? .exact : .float32
        #expect(difference(of: waveform.samples, from: try expected[name], within: tolerance) == nil)
        #expect(
            waveform.sampleRate
                == ["mono8.flac": 16_000, "stereo24.flac": 44_100, "silence.flac": 22_050][name, default: 8000])
    }

    @Test(arguments: files)
    func `a piece has the samples of the whole`(name: String) throws {
        let path = goldenPath("sound/\(name)")
        let whole = try Waveform(contentsOf: path).samples
        let count = whole.shape[1]
        for range in [0..<count, 0..<1, 700..<1400, (count - 1)..<count, 5..<5, count..<count] {
            let piece = try Waveform(contentsOf: path, samples: range).samples
            #expect(difference(of: piece, from: whole.sliced(along: 1, range), within: .exact) == nil, "\(range)")
        }
        for range in [0..<(count + 1), (count + 5)..<(count + 6), -1..<2, 0..<Int.max] {
            #expect(throws: TensorIOError.noSuchSamples(file: path, range: range, count: count)) {
                try Waveform(contentsOf: path, samples: range)
            }
        }
    }

    @Test func `a piece of a WAV file is cut out of it`() throws {
        let bytes = try Waveform(samples: Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3]), sampleRate: 8000).wavData(
            as: .float32)
        #expect(try Waveform(decoding: bytes, named: "x", samples: 1..<3).samples.scalars == [2, 3, 5, 6])
        #expect(throws: TensorIOError.noSuchSamples(file: "x", range: 1..<4, count: 3)) {
            try Waveform(decoding: bytes, named: "x", samples: 1..<4)
        }
    }

    @Test(arguments: [1, 2, 8])
    func `FLAC written is read again exactly`(channelCount: Int) throws {
        var generator = Philox(seed: 3)
        let numbers = (0..<(5000 * channelCount)).map { _ in Float(generator.integer(below: 65_536) - 32_768) / 32_768 }
        let waveform = Waveform(samples: Tensor(numbers, shape: [channelCount, 5000]), sampleRate: 16_000)
        try withTemporaryFolder { folder in
            try waveform.writeFLAC(to: "\(folder)/a.flac")
            let read = try Waveform(contentsOf: "\(folder)/a.flac")
            #expect(read.sampleRate == 16_000 && read.samples.shape == [channelCount, 5000])
            #expect(read.samples.scalars == numbers)
        }
    }

    @Test func `numbers between those of 16 bits are rounded to even and cut`() throws {
        // 0.5 and 1.5 steps round to 0 and 2; 1 is one step above the largest.
        let waveform = Waveform(
            samples: Tensor([0.5 / 32_768, 1.5 / 32_768, 1, -1], shape: [1, 4]), sampleRate: 8000)
        let read = try Waveform(decoding: waveform.flacData(), named: "x").samples
        #expect(read.scalars.map { $0 * 32_768 } == [0, 2, 32_767, -32_768])
    }

    @Test(
        arguments: [
            ([], "x: is empty; copy the file again."),
            (Array("RIF".utf8), "x: is cut off after 3 bytes; copy the file again."),
            (Array("a text named .flac".utf8), "x: is neither WAV, FLAC nor Ogg Vorbis; convert it to one of them."),
            (
                Array("OggS and no Vorbis in its first packet".utf8),
                "x: is an Ogg file without Vorbis; convert it to FLAC or WAV."
            ),
        ] as [([UInt8], String)])
    func `what is no sound is refused`(bytes: [UInt8], sentence: String) {
        let error = #expect(throws: TensorIOError.self) { try Waveform(decoding: bytes, named: "x") }
        #expect(error?.description == sentence)
    }

    @Test func `what FLAC cannot hold is refused`() {
        for waveform in [
            Waveform(samples: .zeros([9, 4]), sampleRate: 8000),
            Waveform(samples: .zeros([1, 4]), sampleRate: 700_000),
            Waveform(samples: .zeros([2, 0]), sampleRate: 8000),
            Waveform(samples: .filled(.nan, shape: [1, 4]), sampleRate: 8000),
        ] {
            #expect {
                try waveform.flacData()
            } throws: { error in
                if case .notWritable = error as? TensorIOError { true } else { false }
            }
        }
    }

    @Test(arguments: ["mono.flac", "silence.flac"])
    func `a FLAC file is refused at every length but its own`(name: String) throws {
        let whole = try readFile(goldenPath("sound/\(name)"))
        for count in stride(from: 0, to: whole.count, by: whole.count > 1000 ? 97 : 1) {
            #expect(throws: TensorIOError.self, "\(count)") {
                try Waveform(decoding: Array(whole[..<count]), named: "x")
            }
        }
    }

    /// The length is the lower 36 bits of bytes 18 to 25: 2³⁶ − 1 samples would be 256 GiB.
    @Test func `a length that lies allocates nothing`() throws {
        var bytes = try readFile(goldenPath("sound/mono.flac"))
        bytes[21] |= 0x0F
        bytes.replaceSubrange(22..<26, with: [255, 255, 255, 255])
        #expect(throws: TensorIOError.cutOff(file: "x", byteCount: bytes.count)) {
            try Waveform(decoding: bytes, named: "x")
        }
    }

    /// Streamed files do not say how long they are.
    @Test func `a length of zero means that nobody knows`() throws {
        var bytes = try readFile(goldenPath("sound/mono.flac"))
        bytes[21] &= 0xF0
        bytes.replaceSubrange(22..<26, with: [0, 0, 0, 0])
        #expect(try Waveform(decoding: bytes, named: "x").samples.shape == [1, 6000])
    }

    @Test(.enabled(if: isThere("st/fsdd"), "needs ../shared/data/st/fsdd"))
    func `spoken digits have their declared lengths and cleared low bits`() throws {
        let wastedBits = ["george": 4, "jackson": 4, "lucas": 4, "nicolas": 3, "yweweler": 2, "theo": 1]
        let all = try segments()
        #expect(all.count == 3000)
        for (file, members) in Dictionary(grouping: all, by: \.file) {
            let bytes = try readFile(sharedData.appendingPathComponent("st/fsdd/\(file)").path)
            let whole = try Waveform(decoding: bytes, named: file)
            #expect(whole.sampleRate == 8000)
            // The last utterance ends at the end of the file.
            #expect(whole.samples.shape == [1, members.map(\.range.upperBound).max() ?? 0])
            let step = Float(1 << (try #require(wastedBits[members[0].speaker])))
            #expect(whole.samples.scalars.allSatisfy { ($0 * 32_768).remainder(dividingBy: step) == 0 })
            let numbers = whole.samples.scalars
            for segment in [members[0], members[members.count / 2], members[members.count - 1]] {
                let piece = try Waveform(decoding: bytes, named: file, samples: segment.range)
                #expect(piece.samples.scalars == Array(numbers[segment.range]))
            }
        }
    }
}
