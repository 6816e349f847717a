// Settings: the published ones first, reduced ones derived from them.

public import Learning
internal import Sequences
internal import Tensors

/// One stage of training: how long, on how much at a time, how fast.
public struct StageConfiguration: Sendable, Equatable, Codable {
    /// Optimiser steps.
    public var steps: Int
    /// Sentence pairs or utterances per step.
    public var batchSize: Int
    /// Adam's rate at the end of the warm-up.
    public var learningRate: Float
    /// The factor on the rate.
    public var schedule: Schedule
    /// Decoupled weight decay.
    public var weightDecay: Float

    /// A stage with warm-up and inverse square root.
    public init(steps: Int, batchSize: Int, learningRate: Float, warmup: Int, weightDecay: Float = 0) {
        self.steps = steps
        self.batchSize = batchSize
        self.learningRate = learningRate
        schedule = .inverseSquareRoot(warmup: warmup)
        self.weightDecay = weightDecay
    }

    /// Adam with the papers' β and ε.
    var optimiser: Adam {
        Adam(learningRate: learningRate, betas: (0.9, 0.98), epsilon: 1e-8, weightDecay: weightDecay)
    }
}

/// The hyperparameters of model and training, for every method.
public struct TransferConfiguration: Sendable, Equatable, Codable {
    /// The model.
    public var model: SpeechTranslatorConfiguration
    /// Text to text, before there is speech.
    public var textStage: StageConfiguration
    /// Speech to text.
    public var speechStage: StageConfiguration
    /// The factor on the rate of what speech and text share, in the speech stage of a model that starts from text.
    public var sharedRateFactor: Float
    /// ε of all cross-entropies.
    public var smoothing: Float
    /// λ of the methods with distillation.
    public var distillationWeight: Float
    /// T of the distillation.
    public var temperature: Float
    /// α of the methods with consistency, by the convention of `TransferObjective`.
    public var consistencyWeight: Float
    /// The weights of consistency-informed distillation.
    public var weighting: ConsistencyWeighting
    /// α of the text stage; 0 for one pass without consistency.
    public var textConsistencyWeight: Float
    /// Whether methods with distillation also distil on the transcripts, given to teacher and student as text.
    public var distilsTranscripts: Bool
    /// What text knows beyond what is spoken.
    public var textDomain: TextDomain
}

/// Where consistency might protect text, each one change of `nano`: the hypotheses of section 13.3.
public enum TransferSetting: String, CaseIterable, Sendable {
    /// (a) Speech is scarce: 300 utterances instead of 1500 for as many steps, dropout 0.3.
    case scarce
    /// (b) The teacher holds the text path too.
    case textTeacher = "text-teacher"
    /// (c) The text stage learns consistency, α = 1.
    case consistentText = "consistent-text"
    /// (d) What may be forgotten differs in words, not in length.
    case numberWords = "number-words"
}

extension TransferConfiguration {
    /// MuST-C with 80 mel bands, as far as the specification's sections 2.1 and 2.6 know it from CRESS and SimCR.
    ///
    /// Never run here: its data is not ours to give, and it takes GPUs. 8,192 tokens are taken as 256 sentence pairs. The
    /// papers' front end is wav2vec 2.0 or HuBERT, which this line does not have.
    public static let mustC = TransferConfiguration(
        model: SpeechTranslatorConfiguration(
            text: EncoderDecoderConfiguration(
                vocabularySize: 10_000, channels: 512, hiddenSize: 2048, headCount: 8, encoderLayerCount: 6,
                decoderLayerCount: 6, style: style(.after), normalisesEmbedding: true),
            bandCount: 80, kernelSizes: [5, 5], subsamplerChannels: 1024, speechLayerCount: 0),
        textStage: StageConfiguration(steps: 250_000, batchSize: 256, learningRate: 7e-4, warmup: 4000),
        speechStage: StageConfiguration(
            steps: 100_000, batchSize: 32, learningRate: 1e-4, warmup: 4000, weightDecay: 1e-4),
        sharedRateFactor: 1, smoothing: 0.1, distillationWeight: 1, temperature: 1, consistencyWeight: 3,
        weighting: ConsistencyWeighting(), textConsistencyWeight: 0, distilsTranscripts: false,
        textDomain: .longNumbers)

    /// Spoken numbers within minutes on two cores, 336,704 parameters: `bench run 'st.snt.*'`.
    ///
    /// The second setting of section 13.3: the shared layers at 0.15 of the front's rate, α = 2.
    public static let nano = reduced(textSteps: 450, speechSteps: 700)

    /// `nano` with the one change of a setting; the number of utterances is the caller's.
    public static func nano(_ setting: TransferSetting) -> TransferConfiguration {
        var configuration = nano
        switch setting {
        case .scarce: configuration.model.text.style = style(.before, dropout: 0.3)
        case .textTeacher: configuration.distilsTranscripts = true
        case .consistentText: configuration.textConsistencyWeight = 1
        case .numberWords:
            configuration.textDomain = .numberWords
            configuration.model.text.vocabularySize = NumberVocabulary.words.count
        }
        return configuration
    }

    /// A few steps of the same setting, to see that everything runs.
    public static let nanoSmoke = reduced(textSteps: 6, speechSteps: 6)

    /// Eight utterances without dropout or smoothing, to see that they can be learned by heart.
    public static let nanoOverfit: TransferConfiguration = {
        var configuration = nano
        configuration.speechStage = StageConfiguration(steps: 120, batchSize: 8, learningRate: 2e-3, warmup: 20)
        configuration.smoothing = 0
        configuration.model.text.style = TransformerStyle(norm: .before, activation: .relu)
        return configuration
    }()

    private static func reduced(textSteps: Int, speechSteps: Int) -> TransferConfiguration {
        var configuration = mustC
        configuration.model = SpeechTranslatorConfiguration(
            text: EncoderDecoderConfiguration(
                vocabularySize: NumberVocabulary.spokenWords.count, channels: 64, hiddenSize: 192, headCount: 4,
                encoderLayerCount: 2, decoderLayerCount: 2, style: style(.before)),
            bandCount: SpokenNumbers.bandCount, kernelSizes: [5, 5, 3], subsamplerChannels: 128, speechLayerCount: 1)
        configuration.textStage = StageConfiguration(
            steps: textSteps, batchSize: 96, learningRate: 2e-3, warmup: 100)
        configuration.speechStage = StageConfiguration(
            steps: speechSteps, batchSize: 32, learningRate: 1e-3, warmup: 100)
        configuration.sharedRateFactor = 0.15
        configuration.consistencyWeight = 2
        return configuration
    }

    private static func style(
        _ norm: TransformerStyle.NormPlacement, dropout probability: Float = 0.1
    ) -> TransformerStyle {
        TransformerStyle(
            norm: norm, activation: .relu, residualDropoutProbability: probability,
            attentionDropoutProbability: probability, activationDropoutProbability: probability)
    }
}
