// A recording is heard as the training set was, and what cannot be heard is said.

import Foundation
import Signal
import TensorIO
import TensorTesting
import Tensors
import Testing

@testable import SpeechTranslation

private let voices = DigitRecordings.formantVoices(trainTakes: 2, testTakes: 1)
private let numbers = SpokenNumbers(voices, .few)

private func translator() -> NumberTranslator {
    var generator = Philox(seed: 1)
    let model = SpeechTranslator(TransferConfiguration.nano.model, using: &generator)
    return NumberTranslator(model, trainedOn: numbers, by: "made-up voices")
}

/// A number said by a made-up voice at 8 kHz.
private func spoken(_ number: Int) -> [Float] {
    var generator = Philox(seed: 2)
    return voices.utterance(of: NumberPair(number), isTest: true, using: &generator)
}

private func waveform(_ samples: [Float], rate: Int = 8000) -> Waveform {
    Waveform(samples: Tensor(samples, shape: [1, samples.count]), sampleRate: rate)
}

@Suite struct TranslatorTests {
    @Test func `loudness, silence around and a second channel change nothing that is heard`() throws {
        let samples = spoken(35)
        let plain = try HeardSpeech(waveform(samples), named: "a")
        let quiet = [Float](repeating: 0, count: 4000) + samples.map { $0 / 8 } + [Float](repeating: 0, count: 800)
        let stereo = Waveform(
            samples: Tensor(quiet + [Float](repeating: 0, count: quiet.count), shape: [2, quiet.count]),
            sampleRate: 8000)
        let other = try HeardSpeech(stereo, named: "b")
        #expect(difference(of: other.frames, from: plain.frames, within: Tolerance(absolute: 1e-3, relative: 0)) == nil)
        #expect(abs(other.seconds.lowerBound - plain.seconds.lowerBound - 0.5) < 1e-9)
    }

    @Test func `another rate is heard alike`() throws {
        let samples = spoken(35)
        let plain = try HeardSpeech(waveform(samples), named: "a")
        let high = Resampler(from: 8000, to: 44_100)(Tensor(samples, shape: [samples.count])).scalars
        let other = try HeardSpeech(waveform(high, rate: 44_100), named: "b")
        #expect(abs(plain.frameCount - other.frameCount) <= 1)
        #expect(abs(plain.seconds.upperBound - other.seconds.upperBound) < 0.01)
    }

    @Test func `a written translator translates to the same words, and is refused under another configuration`() throws
    {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let own = translator()
        try own.write(to: path, .nano)
        let read = try NumberTranslator(contentsOf: path, .nano)
        let sound = try HeardSpeech(waveform(spoken(7)), named: "a")
        let (first, second) = (own.translation(of: sound, beamSize: 3), read.translation(of: sound, beamSize: 3))
        #expect(first == second && read.trainedOn == "made-up voices")
        #expect(throws: TensorIOError.otherConfiguration(file: path)) {
            try NumberTranslator(contentsOf: path, .nano(.scarce))
        }
    }

    @Test(
        arguments: [
            ([], 8000, "a.wav: is silent, its loudest sample is 0.0 of 1; give a recording of somebody who speaks."),
            (
                [Float](repeating: 0.000_5, count: 8000), 8000,
                "a.wav: is silent, its loudest sample is 0.0005 of 1; give a recording of somebody who speaks."
            ),
            ([0.5, .nan], 8000, "a.wav: has samples that are not finite; record it again."),
            (
                [Float](repeating: 0.5, count: 31 * 8000), 8000,
                "a.wav: lasts 31.0 s; give one number of at most 30.0 s."
            ),
            (
                [0.5, 0.5], 44_101,
                "a.wav: is sampled at 44101 Hz, which takes too large a filter; resample it to 8000, 16000 or 44100 Hz."
            ),
        ] as [([Float], Int, String)])
    func `a recording that cannot be translated`(_ samples: [Float], _ rate: Int, _ sentence: String) {
        do {
            Issue.record(
                "\(try HeardSpeech(waveform(samples, rate: rate), named: "a.wav").frameCount) frames are heard")
        } catch {
            #expect(error.description == sentence)
        }
    }

    @Test func `two samples are enough to be heard`() throws {
        #expect(try HeardSpeech(waveform([0.5, -0.5]), named: "a").frameCount == 1)
    }
}
