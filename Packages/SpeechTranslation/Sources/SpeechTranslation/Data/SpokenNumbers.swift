// Spoken numbers: strings of recorded digits as speech, German number words as translation. Unlimited text, scarce speech,
// and a clean gap between domains: long numbers occur only in text.
// Source: the specification's section 13.1.

internal import Signal
public import Tensors

/// A number that somebody says.
public struct SpokenNumber: Sendable {
    /// What is said, and its translation.
    public let pair: NumberPair
    /// `[frame, band]`: log-mel features less their mean over time, by the training set's deviation.
    public let features: Tensor
}

/// How many of each there are.
public struct SpokenNumberCounts: Sendable, Equatable, Codable {
    /// Spoken numbers to train on.
    public var train: Int
    /// Spoken numbers in either test set, and short numbers as text.
    public var test: Int
    /// Numbers outside the domain of speech, as text.
    public var longText: Int

    /// The counts of section 13.1.
    public static let published = SpokenNumberCounts(train: 1500, test: 200, longText: 300)
    /// A few of each.
    public static let few = SpokenNumberCounts(train: 64, test: 12, longText: 12)
}

/// What text knows beyond what is spoken: the domain that learning speech may forget.
public enum TextDomain: String, Sendable, Codable {
    /// Numbers of 4 to 6 digits: the same words, longer.
    case longNumbers = "long numbers"
    /// Numbers of at most 3 digits in English number words, "three hundred seventy two": other words, no longer.
    case numberWords = "number words"

    /// A pair of the unlimited text, not held out: 1 to 6 digits, or half of them digits and half number words of 1 to 3.
    func pair(using generator: inout Philox) -> NumberPair {
        switch self {
        case .longNumbers: return .random(digits: 1...6, heldOut: false, using: &generator)
        case .numberWords:
            let pair = NumberPair.random(digits: 1...3, heldOut: false, using: &generator)
            return generator.integer(below: 2) == 0 ? pair : pair.inNumberWords
        }
    }
}

extension NumberPair {
    /// The same number from English number words.
    fileprivate var inNumberWords: NumberPair { NumberPair(number, source: englishNumberWords(of: number)) }
}

/// The sets for training and test.
public struct SpokenNumbers: Sendable {
    /// 1 to 3 digits, from training takes.
    public let train: [SpokenNumber]
    /// 2 and 3 digits, from test takes; those of 3 digits held out.
    public let speechIn: [SpokenNumber]
    /// 4 and 5 digits, held out, from test takes.
    public let speechOut: [SpokenNumber]
    /// 2 and 3 digits; those of 3 digits held out.
    public let textIn: [NumberPair]
    /// What lies outside the domain of speech, held out from 3 digits on: 4 to 6 digits, or 2 and 3 as number words.
    public let textOut: [NumberPair]
    /// What features were divided by: the root mean square over the training set.
    public let deviation: Float

    /// Makes all sets; they depend on the recordings and on `seed`, not on how they are used.
    public init(
        _ recordings: DigitRecordings, _ counts: SpokenNumberCounts = .published,
        textDomain: TextDomain = .longNumbers, seed: UInt64 = 2023
    ) {
        let streams = Philox(seed: seed, stream: "spoken-numbers")
        func pairs(_ count: Int, _ digits: ClosedRange<Int>, heldOut: Bool, _ name: String) -> [NumberPair] {
            var generator = streams.stream(name)
            return (0..<count).map { _ in .random(digits: digits, heldOut: heldOut, using: &generator) }
        }
        func spoken(_ pairs: [NumberPair], isTest: Bool, _ name: String) -> [Tensor] {
            pairs.enumerated().map { index, pair in
                var generator = streams.stream("\(name)/\(index)")
                return features(recordings.utterance(of: pair, isTest: isTest, using: &generator))
            }
        }
        let numbers = pairs(counts.train, 1...3, heldOut: false, "train")
        let insides = pairs(counts.test, 2...3, heldOut: true, "speech-in")
        let outsides = pairs(counts.test, 4...5, heldOut: true, "speech-out")
        let heard = spoken(numbers, isTest: false, "train")
        let count = heard.reduce(0) { $0 + $1.count }
        let squares = heard.reduce(0) { $0 + Double($1.squared().sum().item) }
        let deviation = Float((squares / Double(count)).squareRoot())
        self.deviation = deviation
        func scaled(_ pairs: [NumberPair], _ features: [Tensor]) -> [SpokenNumber] {
            zip(pairs, features).map { SpokenNumber(pair: $0, features: $1 / deviation) }
        }
        train = scaled(numbers, heard)
        speechIn = scaled(insides, spoken(insides, isTest: true, "speech-in"))
        speechOut = scaled(outsides, spoken(outsides, isTest: true, "speech-out"))
        textIn = pairs(counts.test, 2...3, heldOut: true, "text-in")
        textOut =
            switch textDomain {
            case .longNumbers: pairs(counts.longText, 4...6, heldOut: true, "text-out")
            case .numberWords: pairs(counts.longText, 2...3, heldOut: true, "text-out").map(\.inNumberWords)
            }
    }

    /// Mel bands of a frame.
    public static let bandCount = 40
}

/// Log-mel features less each band's mean over the utterance's own frames, before any padding: `[frame, band]`.
func features(_ samples: [Float]) -> Tensor {
    var front = LogMelFeatures()
    (front.sampleRate, front.bandCount) = (DigitRecordings.sampleRate, SpokenNumbers.bandCount)
    let values = front(Tensor(samples, shape: [samples.count]), scale: .unit)
    return values - values.mean(along: 0, keepsAxes: true)
}

extension DigitRecordings {
    /// One speaker's digits one after the other, 0 to 8 frames of 10 ms between two.
    func utterance(of pair: NumberPair, isTest: Bool, using generator: inout Philox) -> [Float] {
        let speaker = speakers[generator.integer(below: speakers.count)]
        var samples: [Float] = []
        for digit in String(pair.number).compactMap(\.wholeNumberValue) {
            if !samples.isEmpty {
                samples += [Float](repeating: 0, count: generator.integer(below: 9) * Self.sampleRate / 100)
            }
            let takes = (isTest ? speaker.test : speaker.train)[digit]
            samples += takes[generator.integer(below: takes.count)]
        }
        return levelled(samples, using: &generator)
    }
}

/// Samples at half the full loudness with a little noise.
///
/// Speakers differ by 30 dB; the noise, 60 dB below the peak, keeps pauses from being digital silence.
func levelled(_ samples: [Float], using generator: inout Philox) -> [Float] {
    let peak = samples.reduce(1e-6) { max($0, abs($1)) }
    let noise = Tensor.uniform([samples.count], in: -0x1p-11..<0x1p-11, using: &generator).scalars
    return zip(samples, noise).map { 0.5 * $0 / peak + $1 }
}
