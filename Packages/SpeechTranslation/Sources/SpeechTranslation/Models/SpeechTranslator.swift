// The translator of speech and of text: one encoder–decoder for both, and what only speech needs before it.
//
// Source: the specification's sections 2.1 and 13.1. Filterbank features come in; the self-supervised front ends of the
// papers (wav2vec 2.0, HuBERT) are not here.

public import Learning
public import Sequences
public import Tensors

/// The shape of a speech translator.
public struct SpeechTranslatorConfiguration: Sendable, Equatable, Codable {
    /// What text and speech share.
    public var text: EncoderDecoderConfiguration
    /// Mel bands of a frame.
    public var bandCount: Int
    /// The window of each convolution, odd; each halves the number of frames.
    public var kernelSizes: [Int]
    /// Channels between the convolutions, before their gate.
    public var subsamplerChannels: Int
    /// Encoder blocks that only speech passes.
    public var speechLayerCount: Int
    /// Whether speech gets sinusoidal positions: for filterbanks yes, in CRESS no.
    public var usesSpeechPositions: Bool

    /// A shape from its parts.
    public init(
        text: EncoderDecoderConfiguration, bandCount: Int, kernelSizes: [Int], subsamplerChannels: Int,
        speechLayerCount: Int, usesSpeechPositions: Bool = true
    ) {
        self.text = text
        self.bandCount = bandCount
        self.kernelSizes = kernelSizes
        self.subsamplerChannels = subsamplerChannels
        self.speechLayerCount = speechLayerCount
        self.usesSpeechPositions = usesSpeechPositions
    }
}

/// Utterances side by side, filled up with zeros at their ends.
public struct PaddedFeatures: Sendable {
    /// `[batch, frame, band]`.
    public let values: Tensor
    /// The number of real frames of each utterance.
    public let lengths: [Int]

    /// A batch as long as its longest utterance; each is `[frame, band]`, and there is at least one, of at least one frame.
    public init(_ utterances: [Tensor]) {
        shapeCheck(utterances.allSatisfy { $0.shape2.0 > 0 } && !utterances.isEmpty, "PaddedFeatures (no frame)")
        lengths = utterances.map { $0.shape[0] }
        let longest = lengths.max() ?? 0
        values = .stacked(utterances.map { $0.padded(along: 0, before: 0, after: longest - $0.shape[0]) })
    }

    private init(values: Tensor, lengths: [Int]) { (self.values, self.lengths) = (values, lengths) }

    /// The whole batch `count` times, one after the other.
    public func repeated(_ count: Int) -> PaddedFeatures {
        PaddedFeatures(
            values: values.tiled(count, along: 0), lengths: Array(repeatElement(lengths, count: count).joined()))
    }
}

/// One convolution over time that halves the frames, then a gate over the channels.
public struct GatedConvolution: Module {
    /// `[out, in, tap]`.
    @Parameter public var weight: Tensor
    /// `[out]`.
    @Parameter public var bias: Tensor

    /// Uniform in ±1/√(in · taps), PyTorch's default.
    init(_ inputs: Int, _ outputs: Int, size: Int, using generator: inout Philox) {
        let bound = 1 / Float(inputs * size).squareRoot()
        _weight = Parameter(wrappedValue: .uniform([outputs, inputs, size], in: -bound..<bound, using: &generator))
        _bias = Parameter(wrappedValue: .uniform([outputs], in: -bound..<bound, using: &generator))
    }

    /// `[batch, in, frame]` to `[batch, out/2, ⌊(frame − 1)/2⌋ + 1]`.
    func callAsFunction(_ x: Tensor) -> Tensor {
        let sliding = Sliding(stride: 2, padding: .both(weight.shape[2] / 2))
        return x.convolved(with: weight, bias: bias, sliding: sliding).glu(along: 1)
    }
}

/// What only speech passes: subsampler, positions, and a few encoder blocks with a norm, which ends at the scale of embeddings.
public struct SpeechFront: Module {
    /// The subsampler.
    public let convolutions: [GatedConvolution]
    /// The blocks.
    public let encoder: TransformerEncoder
    /// After them.
    public let norm: LayerNorm
    private let configuration: SpeechTranslatorConfiguration

    init(_ configuration: SpeechTranslatorConfiguration, using generator: inout Philox) {
        self.configuration = configuration
        let (text, count) = (configuration.text, configuration.kernelSizes.count)
        convolutions = configuration.kernelSizes.enumerated().map { index, size in
            GatedConvolution(
                index == 0 ? configuration.bandCount : configuration.subsamplerChannels / 2,
                index == count - 1 ? 2 * text.channels : configuration.subsamplerChannels, size: size,
                using: &generator)
        }
        encoder = TransformerEncoder(
            text.channels, layerCount: configuration.speechLayerCount, headCount: text.headCount,
            hiddenSize: text.hiddenSize, style: text.style, using: &generator)
        norm = LayerNorm(text.channels)
    }

    /// `[batch, frame, band]` to `[batch, key, channel]` and the valid keys of each; padding changes no valid key.
    func callAsFunction(_ features: PaddedFeatures, dropout: inout Philox?) -> (states: Tensor, lengths: [Int]) {
        var lengths = features.lengths
        var x = features.values.transposed(1, 2)  // [batch, band, frame]
        for convolution in convolutions {
            x = convolution(x)
            lengths = lengths.map { ($0 - 1) / 2 + 1 }
            // The next window would see the bias's traces in the padding.
            x = x * validFrames(lengths, of: x.shape[2])
        }
        x = x.transposed(1, 2) * Float(configuration.text.channels).squareRoot()  // [batch, key, channel]
        if configuration.usesSpeechPositions {
            let first = configuration.text.firstPosition
            x = x + sinusoidalPositions(first..<(first + x.shape[1]), channels: configuration.text.channels)
        }
        x = x.dropout(configuration.text.style.residualDropoutProbability, using: &dropout)
        return (norm(encoder(x, mask: paddingMask(lengths: lengths, keyCount: x.shape[1]), dropout: &dropout)), lengths)
    }

    /// 1 for valid frames, else 0: `[batch, 1, frame]`.
    private func validFrames(_ lengths: [Int], of count: Int) -> Tensor {
        Tensor(lengths.flatMap { length in (0..<count).map { $0 < length ? 1 : 0 } }, shape: [lengths.count, 1, count])
    }
}

/// Speech or text in one language to text in another.
public struct SpeechTranslator: Module {
    /// What only speech passes.
    public let front: SpeechFront
    /// Embedding, encoder, decoder and output, shared by speech and text.
    public let text: EncoderDecoder

    /// A model with fresh parameters.
    public init(_ configuration: SpeechTranslatorConfiguration, using generator: inout Philox) {
        front = SpeechFront(configuration, using: &generator)
        text = EncoderDecoder(configuration.text, using: &generator)
    }

    /// Encodes speech; `dropout` is `nil` in inference.
    public func encode(_ speech: PaddedFeatures, dropout: inout Philox?) -> EncodedSource {
        let (states, lengths) = front(speech, dropout: &dropout)
        return text.encode(states, lengths: lengths, dropout: &dropout)
    }

    /// Takes over every parameter of a text translator of the same shape; the front stays as it is.
    public func load(_ trained: EncoderDecoder) {
        shapeCheck(
            trained.configuration == text.configuration, "SpeechTranslator.load (another shape)",
            [trained.parameterCount, text.parameterCount])
        for ((_, own), (_, new)) in zip(text.parameters, trained.parameters) { own.value = new.value }
    }
}
