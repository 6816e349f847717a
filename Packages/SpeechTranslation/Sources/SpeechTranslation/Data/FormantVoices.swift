// Made-up speakers of the ten English digits, so that everything runs without recordings: pulses and noise through three
// resonators that glide from phone to phone. They are no stand-in for real speech in any result: cases say which they use.

internal import Glibc
internal import TensorIO
internal import Tensors

extension DigitRecordings {
    /// Six made-up voices, the same on every machine up to the last digits of sine and exponential.
    ///
    /// - Parameters:
    ///   - trainTakes: Recordings of each digit for training.
    ///   - testTakes: The same for test.
    ///   - seed: Decides voices and takes.
    /// - Returns: Recordings of about half a second, of half the full loudness.
    public static func formantVoices(trainTakes: Int = 20, testTakes: Int = 5, seed: UInt64 = 2023) -> DigitRecordings {
        let streams = Philox(seed: seed, stream: "formant-voices")
        let speakers = (0..<6).map { index in
            var generator = streams.stream("voice/\(index)")
            let voice = FormantVoice(
                pitch: 90 + 24 * Float(index) + 10 * generator.uniform(in: 0..<1), stretch: 0.88 + 0.05 * Float(index),
                pace: 0.85 + 0.3 * generator.uniform(in: 0..<1))
            func takes(_ count: Int, _ split: String) -> [[[Float]]] {
                (0..<10).map { digit in
                    (0..<count).map { take in
                        var own = streams.stream("\(index)/\(split)/\(digit)/\(take)")
                        return voice.spoken(digit, using: &own)
                    }
                }
            }
            return Speaker(train: takes(trainTakes, "train"), test: takes(testTakes, "test"))
        }
        let maker = "formant voices 1, seed \(seed), \(trainTakes) + \(testTakes) takes"
        return DigitRecordings(speakers: speakers, digest: SHA256.hexDigest(of: Array(maker.utf8)))
    }
}

/// A sound held for a while: its formants in hertz, how much of it is voice and how much is noise, and its length.
private struct Phone {
    let formants: SIMD3<Float>
    let voice: Float
    let noise: Float
    let milliseconds: Float

    init(_ first: Float, _ second: Float, _ third: Float, voice: Float = 1, noise: Float = 0, ms: Float) {
        formants = SIMD3(first, second, third)
        (self.voice, self.noise, milliseconds) = (voice, noise, ms)
    }

    static let s = Phone(2000, 2800, 3600, voice: 0, noise: 0.5, ms: 110)
    static let f = Phone(1200, 2300, 3300, voice: 0, noise: 0.2, ms: 90)
    static let stop = Phone(400, 1600, 2600, voice: 0, noise: 0, ms: 55)
    static let burst = Phone(500, 1900, 3100, voice: 0, noise: 0.5, ms: 25)
    static let n = Phone(250, 1300, 2500, voice: 0.5, ms: 90)
    static let v = Phone(300, 1300, 2300, voice: 0.5, noise: 0.1, ms: 60)
    static let r = Phone(400, 1200, 1600, voice: 0.8, ms: 70)
    static let w = Phone(300, 700, 2200, voice: 0.7, ms: 60)
    static let i = Phone(280, 2250, 3000, ms: 150)
    static let shortI = Phone(400, 1950, 2550, ms: 90)
    static let e = Phone(530, 1840, 2480, ms: 110)
    static let schwa = Phone(500, 1400, 2400, voice: 0.8, ms: 60)
    static let a = Phone(720, 1150, 2440, ms: 120)
    static let openO = Phone(570, 850, 2410, ms: 140)
    static let o = Phone(430, 900, 2300, ms: 120)
    static let u = Phone(310, 880, 2240, ms: 160)

    static let digits: [[Phone]] = [
        [.s, .shortI, .r, .o], [.w, .a, .n], [.burst, .u], [.f, .r, .i], [.f, .openO, .r], [.f, .a, .i, .v],
        [.s, .shortI, .stop, .burst, .s], [.s, .e, .v, .schwa, .n], [.e, .i, .stop, .burst], [.n, .a, .i, .n],
    ]
}

/// One speaker.
private struct FormantVoice {
    /// In hertz.
    let pitch: Float
    /// The factor on all formants: a short throat has higher ones.
    let stretch: Float
    /// The factor on all lengths.
    let pace: Float

    /// One take of a digit, −1…1.
    func spoken(_ digit: Int, using generator: inout Philox) -> [Float] {
        let rate = Float(DigitRecordings.sampleRate)
        let takePitch = pitch * (0.93 + 0.14 * generator.uniform(in: 0..<1))
        let takeStretch = stretch * (0.97 + 0.06 * generator.uniform(in: 0..<1))
        let phones = Phone.digits[digit].map { phone in
            (phone, Int(rate / 1000 * phone.milliseconds * pace * (0.8 + 0.4 * generator.uniform(in: 0..<1))))
        }
        var samples: [Float] = []
        var resonators = [Resonator](repeating: Resonator(), count: 3)
        var phase: Float = 0
        var previous = phones[0].0
        for (phone, count) in phones {
            for index in 0..<count {
                // The first third glides from the phone before.
                let share = min(1, 3 * Float(index) / Float(count))
                func mixed(_ value: (Phone) -> Float) -> Float { value(previous) * (1 - share) + value(phone) * share }
                phase += takePitch * (1 + 0.15 * (1 - Float(samples.count) / 4000)) / rate
                let pulse: Float = phase >= 1 ? 1 : 0
                phase -= pulse
                let source = mixed(\.voice) * pulse + mixed(\.noise) * 0.3 * (generator.uniform(in: 0..<1) - 0.5)
                var sample: Float = 0
                for (formant, gain) in [(0, Float(1)), (1, 0.6), (2, 0.3)] {
                    let frequency = min(mixed { $0.formants[formant] } * takeStretch, 3800)
                    sample += gain * resonators[formant].next(source, frequency: frequency, sampleRate: rate)
                }
                samples.append(sample)
            }
            previous = phone
        }
        let peak = samples.reduce(1e-6) { max($0, abs($1)) }
        return samples.map { 0.5 * $0 / peak }
    }
}

/// A resonance 90 Hz wide with a gain of about 1 for pulses.
private struct Resonator {
    private var (last, beforeLast): (Float, Float) = (0, 0)

    mutating func next(_ input: Float, frequency: Float, sampleRate: Float) -> Float {
        let radius = expf(-.pi * 90 / sampleRate)
        let output = input + 2 * radius * cosf(2 * .pi * frequency / sampleRate) * last - radius * radius * beforeLast
        (last, beforeLast) = (output, last)
        return output
    }
}
