// The steps whose speed is measured. Twins below ci/peers agree with them line by line, names and shapes included.

internal import BenchPeers
internal import Learning
internal import Sequences
internal import Signal
internal import Tensors

/// How large the work is.
public enum WorkSize: String, Codable, Sendable {
    /// As its definition says.
    case full
    /// Whether everything runs.
    case tiny

    /// The one or the other.
    func callAsFunction<Value>(_ full: Value, _ tiny: Value) -> Value { self == .full ? full : tiny }
}

/// A step that can be repeated, and who else can do it.
struct SpeedWork: Sendable {
    typealias Step = () throws -> Void

    /// Without `speed.`; peers know it by the same name.
    let name: String
    let summary: String
    /// The peers that have a twin.
    var peers: [Peer] = [.pytorch, .torchCompile]
    /// Steps in a turn: more than one where one is short.
    var repeats = 1
    /// Steps before the first turn: after two, an optimiser's moments and the arena are there.
    var warmUps = 3
    /// What is counted beside steps, and how many of them a step makes.
    var products: (metric: String, perStep: Double)?
    /// Sets up model and data once.
    let makeStep: @Sendable (WorkSize, _ seed: UInt64) throws -> Step
}

extension SpeedWork {
    /// The training and inference steps of the specification's section 8.
    static let steps: [SpeedWork] = [
        encoder, encoderDecoder, coordinates(.sine), coordinates(.relu),
        learning("w4.cnn", "CNN training step: 16 pictures of 80 × 80, AdamW", PlainNetwork.self),
        learning("w5.separable", "The same, depthwise-separable after the stem", SeparableNetwork.self),
        inference("w6.cnn", "Inference of w4's network, one picture", PlainNetwork.self),
        inference("w6.separable", "Inference of w5's network, one picture", SeparableNetwork.self),
        decoding("greedy", beamSize: 1), decoding("beam5", beamSize: 5),
        logMel, shortTimeFourier, planes,
    ]

    /// W1: 16 sequences of 128 tokens through six pre-norm blocks of 256 channels; the mean of squares.
    private static let encoder = SpeedWork(
        name: "w1.encoder", summary: "Encoder training step: 16 × 128 tokens, 256 channels, 6 layers, AdamW",
        peers: [.pytorch, .torchCompile, .jax, .mlx]
    ) { size, seed in
        var generator = Philox(seed: seed, stream: "speed/w1")
        let channels = size(256, 16)
        let model = TransformerEncoder(
            channels, layerCount: size(6, 1), headCount: 4, hiddenSize: 4 * channels, using: &generator)
        let x = Tensor.normal([size(16, 2), size(128, 8), channels], using: &generator)
        return trainingStep(of: model) { model, _ in model(x).squared().mean() }
    }

    /// W2 without its dropout, or with it.
    private static func translator(_ size: WorkSize, dropout: Float) -> EncoderDecoderConfiguration {
        EncoderDecoderConfiguration(
            vocabularySize: size(8000, 50), channels: size(256, 16), hiddenSize: size(1024, 64), headCount: 4,
            encoderLayerCount: size(4, 1), decoderLayerCount: size(4, 1),
            style: TransformerStyle(
                activation: .relu, residualDropoutProbability: dropout, attentionDropoutProbability: dropout,
                activationDropoutProbability: dropout))
    }

    /// `rows` sequences of `length` tokens above the first two, which mark starts and ends.
    private static func tokens(
        _ rows: Int, _ length: Int, below vocabularySize: Int, using generator: inout Philox
    ) -> [[Int32]] {
        (0..<rows).map { _ in (0..<length).map { _ in Int32(2 + generator.integer(below: vocabularySize - 2)) } }
    }

    /// W2: 16 sources of 128 tokens, targets of 32, 4 + 4 layers, 8,000 tied tokens, dropout 0.1 in all three places.
    private static let encoderDecoder = SpeedWork(
        name: "w2.encoder-decoder", summary: "Translation training step: 16 × (128 → 32) tokens, 4 + 4 layers, dropout"
    ) { size, seed in
        var generator = Philox(seed: seed, stream: "speed/w2")
        let configuration = translator(size, dropout: 0.1)
        let model = EncoderDecoder(configuration, using: &generator)
        let (rows, length) = (size(16, 2), size(32, 4))
        let count = configuration.vocabularySize
        let source = PaddedTokens(tokens(rows, size(128, 8), below: count, using: &generator), padding: 0)
        let target = tokens(rows, length, below: count, using: &generator)
        let inputs = Indices(target.flatMap { [1] + $0.dropLast() }, shape: [rows, length])
        let labels = Indices(target.flatMap(\.self), shape: [rows, length])
        return trainingStep(of: model) { model, step in
            var dropout: Philox? = Philox(seed: seed, stream: "speed/w2/dropout/\(step)")
            let encoded = model.encode(source, dropout: &dropout)
            return crossEntropy(model(inputs, given: encoded, dropout: &dropout), labels: labels)
        }
    }

    /// W3: 16,384 coordinates through five hidden layers of 256 to three values, mean squared error.
    private static func coordinates(_ activation: Activation) -> SpeedWork {
        SpeedWork(
            name: "w3.\(activation)",
            summary: "Coordinate network training step: 16,384 points, 5 layers of 256, \(activation)",
            peers: [.pytorch, .torchCompile, .jax, .mlx]
        ) { size, seed in
            var generator = Philox(seed: seed, stream: "speed/w3")
            let model = CoordinateNetwork(width: size(256, 8), activation: activation, using: &generator)
            let points = size(16384, 32)
            let x = Tensor.uniform([points, 2], in: -1..<1, using: &generator)
            let target = Tensor.uniform([points, 3], using: &generator)
            return trainingStep(of: model) { model, _ in meanSquaredError(model(x), target: target) }
        }
    }

    /// W4 and W5: 16 pictures of 80 × 80, cross-entropy of two classes.
    private static func learning<Network: Classifier>(_ name: String, _ summary: String, _: Network.Type) -> SpeedWork {
        SpeedWork(name: name, summary: summary, peers: [.pytorch, .torchCompile, .jax]) { size, seed in
            var generator = Philox(seed: seed, stream: "speed/\(name)")
            let model = Network(using: &generator)
            let (count, side) = (size(16, 2), size(80, 16))
            let x = Tensor.normal([count, 3, side, side], using: &generator)
            let labels = Indices((0..<count).map { Int32($0 % 2) })
            return trainingStep(of: model) { model, _ in crossEntropy(model(x, isTraining: true), labels: labels) }
        }
    }

    /// W6: one picture by remembered statistics.
    private static func inference<Network: Classifier>(_ name: String, _ summary: String, _: Network.Type) -> SpeedWork
    {
        SpeedWork(
            name: name, summary: summary, peers: [.pytorch, .torchCompile, .onnxruntime, .jax], repeats: 20
        ) { size, seed in
            var generator = Philox(seed: seed, stream: "speed/\(name)")
            let model = Network(using: &generator)
            let x = Tensor.normal([1, 3, size(80, 16), size(80, 16)], using: &generator)
            return { _ = model(x, isTraining: false) }
        }
    }

    /// W7: 64 tokens, the last of which ends the sequence, after a source of 32.
    private static func decoding(_ name: String, beamSize: Int) -> SpeedWork {
        let length = 64
        return SpeedWork(
            name: "w7.\(name)", summary: "Cached decoding, source of 32, 64 tokens, beam of \(beamSize)",
            peers: [.pytorch], products: ("tokens", Double(length))
        ) { size, seed in
            var generator = Philox(seed: seed, stream: "speed/w7")
            let configuration = translator(size, dropout: 0)
            let model = EncoderDecoder(configuration, using: &generator)
            let source = PaddedTokens(
                tokens(1, 32, below: configuration.vocabularySize, using: &generator), padding: 0)
            // The end can come neither before nor after the last place.
            let search = BeamSearch(GenerationRules(end: 1, minimumLength: length - 1), beamSize: beamSize)
            let request = GenerationRequest(start: 1, maximumLength: length - 1)
            return {
                var inference: Philox?
                var decoder = CachedDecoder(model, given: model.encode(source, dropout: &inference))
                _ = search(&decoder, [request])
            }
        }
    }

    /// W8 and W9: ten minutes at 16 kHz.
    private static func recording(_ size: WorkSize, _ seed: UInt64) -> Tensor {
        var generator = Philox(seed: seed, stream: "speed/recording")
        return Tensor.normal([size(600, 1) * 16_000], standardDeviation: 0.1, using: &generator)
    }

    private static let logMel = SpeedWork(
        name: "w8.log-mel", summary: "80 log-mel bands of 10 minutes; kaldi-native-fbank has one thread only",
        peers: [.pytorch, .kaldi], products: ("audio_seconds", 600)
    ) { size, seed in
        let (signal, features) = (recording(size, seed), LogMelFeatures())
        return { _ = features(signal, scale: .unit) }
    }

    private static let shortTimeFourier = SpeedWork(
        name: "w9.stft", summary: "Short-time Fourier transform of 10 minutes, 512 samples every 160",
        peers: [.pytorch, .jax], products: ("audio_seconds", 600)
    ) { size, seed in
        let signal = recording(size, seed)
        let transform = ShortTimeFourier(window: Window.hann.values(count: 512, isPeriodic: true), hop: 160)
        return { _ = transform(signal) }
    }

    private static let planes = SpeedWork(
        name: "w9.rfft2", summary: "Real Fourier transform of 64 planes of 224 × 224", peers: [.pytorch, .jax, .mlx]
    ) { size, seed in
        var generator = Philox(seed: seed, stream: "speed/rfft2")
        let planes = Tensor.normal([size(64, 1), size(224, 32), size(224, 32)], using: &generator)
        return { _ = planes.rfft2() }
    }
}

/// Forward, backward and AdamW; `loss` is given the number of the step, from 1.
func trainingStep<Model: Module>(of model: Model, _ loss: @escaping (Model, Int) -> Tensor) -> SpeedWork.Step {
    var optimiser = Adam(learningRate: 1e-4, weightDecay: 0.01)
    return {
        let step = optimiser.stepCount + 1
        let (_, gradients) = valueAndGradient(of: model) { loss($0, step) }
        optimiser.update(model, gradients: gradients)
    }
}
