// From a recording to German number words: the spoken-number model with what it needs to hear as it was trained.

internal import Learning
internal import Sequences
internal import Signal
public import TensorIO
internal import Tensors

/// Why a recording cannot be translated.
public enum TranslationError: Error, Equatable, CustomStringConvertible {
    /// A sample is no number.
    case notFinite(file: String)
    /// Nothing is louder than the limit.
    case noSpeech(file: String, peak: Float)
    /// Longer than any number.
    case tooLong(file: String, seconds: Double)
    /// No common rate.
    case unusualRate(file: String, rate: Int)
    /// A model's file does not say what it heard.
    case noHearing(file: String)

    /// Where, what was found, and what to do.
    public var description: String {
        switch self {
        case .notFinite(let file): "\(file): has samples that are not finite; record it again."
        case .noSpeech(let file, let peak):
            "\(file): is silent, its loudest sample is \(peak) of 1; give a recording of somebody who speaks."
        case .tooLong(let file, let seconds):
            "\(file): lasts \(seconds) s; give one number of at most \(HeardSpeech.longestSeconds) s."
        case .unusualRate(let file, let rate):
            "\(file): is sampled at \(rate) Hz, which takes too large a filter; resample it to 8000, 16000 or 44100 Hz."
        case .noHearing(let file): "\(file): holds no deviation of features; train the model again."
        }
    }
}

/// A recording as the model hears it: channels averaged, at 8 kHz, silence at both ends cut, half the full loudness.
public struct HeardSpeech: Sendable {
    /// Where in the recording speech was found, in seconds.
    public let seconds: Range<Double>
    /// `[frame, band]`, a frame every 10 ms, before the training set's deviation.
    let frames: Tensor

    /// Frames of 10 ms.
    public var frameCount: Int { frames.shape[0] }

    /// The longest recording in seconds: five times what six digits take.
    public static let longestSeconds = 30.0
    /// The front end in words; a model of another cannot be used.
    public static let frontEnd =
        "log-mel, \(SpokenNumbers.bandCount) bands at \(DigitRecordings.sampleRate) Hz, mean of the utterance removed"

    /// Hears a recording of at most `longestSeconds`; `file` is its name in errors.
    public init(_ waveform: Waveform, named file: String) throws(TranslationError) {
        let rate = DigitRecordings.sampleRate
        let divisor = (1...rate).last { rate % $0 == 0 && waveform.sampleRate % $0 == 0 } ?? 1
        // The filter holds a little more than their product of floats.
        guard rate / divisor * (waveform.sampleRate / divisor) <= 1 << 24 else {
            throw .unusualRate(file: file, rate: waveform.sampleRate)
        }
        let length = Double(waveform.samples.shape[1]) / Double(waveform.sampleRate)
        guard length <= Self.longestSeconds else { throw .tooLong(file: file, seconds: length) }
        guard waveform.samples.scalars.allSatisfy(\.isFinite) else { throw .notFinite(file: file) }
        let resample = Resampler(from: waveform.sampleRate, to: rate)
        let samples = resample(waveform.samples.mean(along: 0)).scalars
        let peak = samples.reduce(0) { max($0, abs($1)) }
        // 60 dB below full loudness nobody speaks; 40 dB below the peak is the room.
        let isLoud = { (sample: Float) in abs(sample) > peak / 100 }
        guard peak > 1e-3, let first = samples.firstIndex(where: isLoud), let last = samples.lastIndex(where: isLoud)
        else { throw .noSpeech(file: file, peak: peak) }
        let speech = samples[first...last]
        seconds = Double(first) / Double(rate)..<Double(last + 1) / Double(rate)
        // The front end's window is 25 ms long.
        let padding = [Float](repeating: 0, count: max(0, rate / 40 - speech.count))
        var generator = Philox(seed: 0, stream: "speech-translation/level")
        frames = features(levelled(Array(speech) + padding, using: &generator))
    }
}

/// What a recording means.
public struct NumberTranslation: Sendable, Equatable {
    /// A word and how sure the model was of it.
    public struct Word: Sendable, Equatable {
        /// The morpheme.
        public let text: String
        /// In nats.
        public let logProbability: Float
    }

    /// German number words; none if the model found nothing.
    public let words: [Word]
    /// The search's score, the end included: the mean log-probability at a length penalty of 1.
    public let score: Double

    /// The words with spaces between them.
    public var text: String { words.map(\.text).joined(separator: " ") }
}

/// The spoken-number model: English digits said one after the other, to German number words.
///
/// One file holds it: a checkpoint under the digest of the configuration and the front end, so another front end's is refused.
public struct NumberTranslator: Sendable {
    /// The model.
    public let model: SpeechTranslator
    /// What features are divided by, as in training.
    private let deviation: Float
    /// Whom it was trained on.
    public let trainedOn: String

    /// A translator that hears as its training set was made.
    public init(_ model: SpeechTranslator, trainedOn numbers: SpokenNumbers, by speakers: String) {
        (self.model, deviation, trainedOn) = (model, numbers.deviation, speakers)
    }

    private static func digested(_ configuration: TransferConfiguration) -> String {
        HeardSpeech.frontEnd + " " + canonicalJSON(configuration)
    }

    /// Reads a model that `write` wrote under the same configuration.
    public init(contentsOf path: String, _ configuration: TransferConfiguration) throws {
        let checkpoint = try Checkpoint(contentsOf: path, configuration: Self.digested(configuration))
        guard let deviation = checkpoint.tensors["deviation"], deviation.count == 1, deviation.item > 0,
            let speakers = checkpoint.notes["speakers"]
        else { throw TranslationError.noHearing(file: path) }
        var unused = Philox(seed: 0)
        model = SpeechTranslator(configuration.model, using: &unused)
        _ = try checkpoint.restore(model)
        (self.deviation, trainedOn) = (deviation.item, speakers)
    }

    /// Writes the model, whole or not at all.
    public func write(to path: String, _ configuration: TransferConfiguration) throws {
        try Checkpoint(
            of: model, optimiser: OptimiserState(), step: configuration.speechStage.steps,
            configuration: Self.digested(configuration), tensors: ["deviation": Tensor(deviation)],
            notes: ["speakers": trainedOn]
        ).write(to: path)
    }

    /// The best translation.
    ///
    /// - Parameters:
    ///   - speech: What was heard.
    ///   - beamSize: 1 is greedy.
    ///   - lengthPenalty: 0 compares sums of log-probabilities, 1 means.
    /// - Returns: A translation without words, of score −∞, where none has a probability above 0.
    public func translation(of speech: HeardSpeech, beamSize: Int = 1, lengthPenalty: Double = 1) -> NumberTranslation {
        var inference: Philox?
        let source = model.encode(PaddedFeatures([speech.frames / deviation]), dropout: &inference)
        let found = model.text.best(source, count: 1, beamSize: beamSize, lengthPenalty: lengthPenalty)[0]
        return NumberTranslation(
            words: zip(found?.tokens ?? [], found?.logProbabilities ?? []).map {
                NumberTranslation.Word(text: NumberVocabulary.words[Int($0)], logProbability: $1)
            }, score: found?.score ?? -.infinity)
    }
}
