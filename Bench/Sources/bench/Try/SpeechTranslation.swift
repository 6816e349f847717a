// bench try speech-translation

internal import ArgumentParser
internal import BenchCommands
internal import Foundation
internal import SpeechTranslation
internal import TensorIO
internal import Tensors

struct TrySpeechTranslation: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speech-translation", abstract: "Translates spoken English digits into German number words.",
        subcommands: [TranslateSpeech.self, DrawTradeoff.self])
}

struct TranslateSpeech: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "translate", abstract: "Says a recorded number, digit by digit in English, in German.",
        discussion: """
            bench try speech-translation translate three-seven-two.wav
            bench try speech-translation translate number.flac --beam 5 --explain
            bench try speech-translation translate number.wav --data ~/data --model people.safetensors

            The recording holds one number of up to three digits, spoken without long pauses.
            A model that is not there yet is trained first (some minutes) and kept for the
            next time: on real speakers where --data has st/fsdd, else on made-up voices,
            which know little of yours.

            Exit codes: 0 done, 2 the recording cannot be used, 3 nobody speaks in it, 4 the
            model's file is none of this program's.
            """)

    @Argument(help: "A WAV, FLAC or Ogg Vorbis file of any usual rate; channels are averaged.") var recording: String
    @Option(help: "The model's file.") var model = "spoken-numbers.safetensors"
    @Option(help: "The folder with real data, to train on its speakers.") var data: String?
    @Option(help: "Translations in work at a time, 1...64.") var beam = 1
    @Option(help: "How long translations are favoured: 0 compares sums of log-probabilities, 1 means.") var lenpen = 1.0
    @Option(help: "The seed of a model to be trained.") var seed: UInt64 = 20_231_110
    @Flag(help: "Adds what was heard, and each word's log-probability.") var explain = false

    func validate() throws {
        guard 1...64 ~= beam else { throw ValidationError("--beam \(beam): give 1 to 64.") }
        guard lenpen.isFinite else { throw ValidationError("--lenpen \(lenpen): give a number.") }
    }

    func run() throws {
        // Before the model: nobody waits minutes to learn that the recording cannot be used.
        let waveform: Waveform
        let heard: HeardSpeech
        do {
            waveform = try Waveform(contentsOf: recording)
            heard = try HeardSpeech(waveform, named: recording)
        } catch TranslationError.noSpeech(let file, let peak) {
            throw TrialRefused(because: TranslationError.noSpeech(file: file, peak: peak), exit: 3)
        } catch {
            throw TrialRefused(because: error)
        }
        let translator = try translator()
        let translation = translator.translation(of: heard, beamSize: beam, lengthPenalty: lenpen)
        print(translation.text)
        if explain {
            print("model: trained on \(translator.trainedOn)")
            print("front end: \(HeardSpeech.frontEnd)")
            print(
                "heard: \(waveform.sampleRate) Hz, \(waveform.samples.shape[0]) channel(s), "
                    + "\(rounded(heard.seconds.lowerBound)) s to \(rounded(heard.seconds.upperBound)) s, "
                    + "\(heard.frameCount) frames")
            for word in translation.words { print("log p \(rounded(Double(word.logProbability))) \(word.text)") }
            print("score \(rounded(translation.score))")
        }
        print("VERDICT translated | words=\(translation.words.count) | run=00000000 | exit=0")
    }

    /// From the file, or trained and written there.
    private func translator() throws -> NumberTranslator {
        if FileManager.default.fileExists(atPath: model) {
            do {
                return try NumberTranslator(contentsOf: model, .nano)
            } catch {
                throw TrialRefused(because: error, exit: 4)
            }
        }
        let (recordings, speakers) = try recordings()
        say("\(model): is not there; training it on \(speakers), which takes some minutes once.")
        let numbers = SpokenNumbers(recordings)
        let settings = TransferConfiguration.nano
        var text = TextTraining(settings, seed: seed)
        var progress = TrainingProgress(of: settings.textStage.steps, "text")
        while !text.isFinished {
            try text.step()
            progress.report(text.losses.count)
        }
        var training = TransferTraining(.both, settings, from: text.model, on: numbers.train, seed: seed)
        progress = TrainingProgress(of: settings.speechStage.steps, "speech")
        while !training.isFinished {
            try training.step()
            progress.report(training.losses.count)
        }
        let translator = NumberTranslator(training.model, trainedOn: numbers, by: speakers)
        do { try translator.write(to: model, settings) } catch { throw TrialRefused(because: error) }
        return translator
    }

    private func recordings() throws -> (DigitRecordings, String) {
        guard let data else { return (.formantVoices(), "made-up voices") }
        do {
            return (try DigitRecordings(folder: data + "/st/fsdd"), "the speakers of \(data)/st/fsdd")
        } catch {
            throw TrialRefused(because: error)
        }
    }
}

/// To three decimals.
private func rounded(_ x: Double) -> Double { (x * 1000).rounded() / 1000 }
