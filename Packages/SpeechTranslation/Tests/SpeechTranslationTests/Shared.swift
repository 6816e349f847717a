// Where the tests find real data, what they call from the C library, and the toy model.

import Foundation
import Learning
import Sequences
import SpeechTranslation
import TensorTesting
import Tensors

/// The data folder beside the repository; its tests are skipped where it is absent.
let sharedData = Golden.repository.appendingPathComponent("../shared/data").standardizedFileURL.path

func isThere(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: "\(sharedData)/\(folder)") }

func exponential(_ x: Double) -> Double { exp(x) }

func logarithm(_ x: Double) -> Double { log(x) }

extension SpeechTranslatorConfiguration {
    /// The setting of ci/references/speech_translation.py: no dropout.
    static let toy = SpeechTranslatorConfiguration(
        text: EncoderDecoderConfiguration(
            vocabularySize: 11, channels: 16, hiddenSize: 24, headCount: 4, encoderLayerCount: 1,
            decoderLayerCount: 1),
        bandCount: 6, kernelSizes: [5, 3], subsamplerChannels: 12, speechLayerCount: 1)
}
