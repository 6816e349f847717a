// WAV files made by hand, byte by byte, in the variants that programs write.

import TensorIO
import TensorTesting
import Tensors
import Testing

func little(_ number: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}

func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    Array(name.utf8) + little(content.count, 4) + content + (content.count % 2 == 1 ? [0] : [])
}

/// The content of a plain format chunk.
private func plain(code: Int, bits: Int, channels: Int, rate: Int = 16_000) -> [UInt8] {
    let frame = channels * bits / 8
    return little(code, 2) + little(channels, 2) + little(rate, 4) + little(rate * frame, 4) + little(frame, 2)
        + little(bits, 2)
}

/// The content of an extensible format chunk.
func extensible(code: Int, bits: Int, channels: Int) -> [UInt8] {
    plain(code: 0xFFFE, bits: bits, channels: channels) + little(22, 2) + little(bits, 2) + little(3, 4)
        + little(code, 2) + [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
}

/// A file of a format and twelve bytes of sound.
func wav(format: [UInt8], sound: [UInt8] = [UInt8](0..<12)) -> [UInt8] {
    riff(chunk("fmt ", format) + chunk("data", sound))
}

private func riff(_ chunks: [UInt8]) -> [UInt8] {
    Array("RIFF".utf8) + little(4 + chunks.count, 4) + Array("WAVE".utf8) + chunks
}

@Suite struct WAVTests {
    /// Code, bits, the bytes of four samples and their values; halves and ends of each range.
    @Test(
        arguments: [
            (1, 8, [0, 64, 128, 255], [-1, -0.5, 0, 127 / 128]),
            (1, 16, [0, 0x80, 0, 0xC0, 0, 0, 0xFF, 0x7F], [-1, -0.5, 0, 32_767 / 32_768]),
            (1, 24, [0, 0, 0x80, 0, 0, 0xC0, 1, 0, 0, 0, 0, 0x40], [-1, -0.5, 1 / 8_388_608, 0.5]),
            (1, 32, [0, 0, 0, 0x80, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0x40], [-1, -0.5, 0, 0.5]),
            (3, 32, [0, 0, 0x80, 0xBF, 0, 0, 0, 0xBF, 0, 0, 0, 0, 0, 0, 0, 0x40], [-1, -0.5, 0, 2]),
            (
                3, 64,
                [0, 0, 0, 0, 0, 0, 0xF0, 0xBF] + [0, 0, 0, 0, 0, 0, 0xE0, 0xBF] + [0, 0, 0, 0, 0, 0, 0, 0]
                    + [0, 0, 0, 0, 0, 0, 0, 0x40], [-1, -0.5, 0, 2]
            ),
        ] as [(Int, Int, [UInt8], [Float])])
    func `every sample type is read`(code: Int, bits: Int, bytes: [UInt8], values: [Float]) throws {
        let mono = try Waveform(
            decodingWAV: wav(format: plain(code: code, bits: bits, channels: 1), sound: bytes), named: "x")
        #expect(mono.samples.shape == [1, 4] && mono.samples.scalars == values && mono.sampleRate == 16_000)
        let stereo = try Waveform(
            decodingWAV: wav(format: extensible(code: code, bits: bits, channels: 2), sound: bytes), named: "x")
        #expect(stereo.samples.shape == [2, 2])
        #expect(stereo.samples.scalars == [values[0], values[2], values[1], values[3]])
    }

    @Test func `chunks may come in any order, unknown ones are skipped and odd ones padded`() throws {
        let sound = chunk("data", [0, 64, 255])
        let format = chunk("fmt ", plain(code: 1, bits: 8, channels: 1, rate: 8000) + [0, 0])
        let list = chunk("LIST", [1, 2, 3, 4, 5])
        for chunks in [
            list + format + sound, sound + list + format, format + list + sound.dropLast(), format + sound + [9],
        ] {
            let waveform = try Waveform(decodingWAV: riff(Array(chunks)), named: "x")
            #expect(waveform.samples.scalars == [-1, -0.5, 127 / 128] && waveform.sampleRate == 8000)
        }
    }

    @Test func `what is written is read again`() throws {
        let samples = Tensor([-1, 0.25, 0.1, 0.99996948, 0, 1.5], shape: [2, 3])
        let waveform = Waveform(samples: samples, sampleRate: 22_050)
        try withTemporaryFolder { folder in
            try waveform.writeWAV(to: "\(folder)/a.wav", as: .float32)
            let exact = try Waveform(contentsOfWAV: "\(folder)/a.wav")
            #expect(exact.samples.scalars == samples.scalars && exact.sampleRate == 22_050)
        }
        // 0.1·32,768 = 3276.8 rounds to 3277; 1.5 is cut to 32,767.
        let rounded = try Waveform(decodingWAV: waveform.wavData(as: .int16), named: "x").samples
        #expect(rounded.scalars.map { $0 * 32_768 } == [-32_768, 8192, 3277, 32_767, 0, 32_767])
        #expect(try waveform.wavData(as: .int16).count == 44 + 12)
    }

    @Test func `an empty file of a format has no samples`() throws {
        let silent = try Waveform(
            decodingWAV: wav(format: plain(code: 1, bits: 16, channels: 2), sound: []), named: "x")
        #expect(silent.samples.shape == [2, 0])
        #expect(try Waveform(decodingWAV: silent.wavData(as: .int16), named: "x").samples.shape == [2, 0])
    }

    @Test(
        arguments: [
            ([], "x: is empty; copy the file again."),
            (Array("RIFF1234WA".utf8), "x: is cut off after 10 bytes; copy the file again."),
            (Array("RIFF1234AVI ".utf8), "x: is not a WAV file; convert it to WAV."),
            (Array("RIFX1234WAVE".utf8), "x: is not a WAV file; convert it to WAV."),
            (riff([]), "x: is damaged, it has no chunk 'fmt '; copy the file again or make it anew."),
            (
                riff(chunk("fmt ", plain(code: 1, bits: 8, channels: 1))),
                "x: is damaged, it has no chunk 'data'; copy the file again or make it anew."
            ),
            (
                riff(chunk("data", []) + chunk("data", [])),
                "x: is damaged, it has two chunks 'data'; copy the file again or make it anew."
            ),
            (riff(Array("data".utf8) + little(0xFFFF_FFFF, 4)), "x: is cut off after 20 bytes; copy the file again."),
            (
                wav(format: [1, 0]),
                "x: is damaged, its chunk 'fmt ' has 2 bytes, not 16 or more; copy the file again or make it anew."
            ),
            (
                wav(format: plain(code: 0xFFFE, bits: 16, channels: 1)),
                "x: is damaged, its extensible chunk 'fmt ' has 16 bytes, not 40 or more; "
                    + "copy the file again or make it anew."
            ),
            (
                wav(format: plain(code: 2, bits: 4, channels: 1)),
                "x: holds sound of format 2 with 4 bits; convert it to PCM of 8, 16, 24 or 32 bits or float of 32 or 64."
            ),
            (
                wav(format: plain(code: 1, bits: 16, channels: 0)),
                "x: is damaged, it declares 0 channels of 16 bits at 16000 Hz in frames of 0 bytes; "
                    + "copy the file again or make it anew."
            ),
            (
                wav(format: plain(code: 1, bits: 16, channels: 4)),
                "x: is damaged, its 12 bytes of sound are not whole frames of 8; copy the file again or make it anew."
            ),
        ] as [([UInt8], String)])
    func `a broken file says what is wrong with it`(bytes: [UInt8], sentence: String) throws {
        let error = #expect(throws: TensorIOError.self) { try Waveform(decodingWAV: bytes, named: "x") }
        #expect(error?.description == sentence)
    }

    @Test func `what a WAV file cannot hold is refused`() throws {
        let loud = Waveform(samples: Tensor([.nan], shape: [1, 1]), sampleRate: 8000)
        let error = #expect(throws: TensorIOError.self) { try loud.wavData(as: .int16) }
        #expect(
            error?.description
                == "waveform [1, 1] at 8000 Hz: has samples that are not finite; write it as float32 WAV to keep them.")
        let wide = Waveform(samples: .zeros([16_384, 0]), sampleRate: 8000)
        let other = #expect(throws: TensorIOError.self) { try wide.wavData(as: .float32) }
        #expect(
            other?.description
                == "waveform [16384, 0] at 8000 Hz: does not fit a WAV file (16 bits of channels, 32 bits of bytes); "
                + "write a shorter piece.")
    }
}
