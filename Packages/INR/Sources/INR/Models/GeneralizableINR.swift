// What the three methods share: the contract of a generalizable implicit neural representation, coordinates, Fourier
// features and the transformer that reads an image. The hyponets are in each method's own file.

public import Learning
public import Tensors

/// A model that turns a signal into latents in one pass, and latents into values at any coordinates.
public protocol GeneralizableINR: Module {
    /// A model with fresh parameters.
    init(_ configuration: INRConfiguration, using generator: inout Philox)

    /// The instance-specific numbers per image.
    var latentCount: Int { get }

    /// Images `[batch, height, width, 3]`, sRGB in 0...1, to latents `[batch, latentCount]`.
    func encode(_ images: Tensor) -> Tensor

    /// The function that latents stand for; whatever depends on the instance alone is worked out once, here.
    func field(_ latents: Tensor) -> Field
}

/// Values at coordinates: `[point, 2]` to `[batch, point, 3]`, not clamped.
public typealias Field = (_ coordinates: Tensor) -> Tensor

/// The centres of a grid's cells in [-1, 1]², row first: `[height · width, 2]`.
///
/// Source: LA-GINR line, section 2.0.
public func cellCentres(height: Int, width: Int) -> Tensor {
    func centre(_ index: Int, _ count: Int) -> Float { Float(-1 + 2 * (Double(index) + 0.5) / Double(count)) }
    let scalars = (0..<height).flatMap { row in (0..<width).flatMap { [centre(row, height), centre($0, width)] } }
    return Tensor(scalars, shape: [height * width, 2])
}

/// The Fourier map γ: cosines, then sines, of π·v·ω with ω from 1 to `bandwidth` in geometric progression.
///
/// - Parameters:
///   - coordinates: `[point, axis]`.
///   - bandwidth: σ, the largest frequency in units of π radians per coordinate unit.
///   - frequencyCount: n per axis.
/// - Returns: `[point, 2 · axis · n]`, axis-major inside each half. Source: TransINR and IPC, shared definition.
public func fourierFeatures(_ coordinates: Tensor, bandwidth: Float, frequencyCount: Int) -> Tensor {
    let (points, axes) = coordinates.shape2
    let steps = Tensor(
        (0..<frequencyCount).map { Float($0) / Float(max(frequencyCount - 1, 1)) }, shape: [frequencyCount])
    let frequencies = (steps * Tensor(bandwidth).log()).exp() * Float.pi  // [n]
    let angles = (coordinates.unsqueezed(at: 2) * frequencies).reshaped(to: [points, axes * frequencyCount])
    return .concatenated([angles.cos(), angles.sin()], along: 1)
}

/// Reads an image as patches beside learnable tokens and returns what the learnable tokens became.
///
/// Source: TransINR, shared by IPC and LA-GINR: linear patch embedding, learned positions, pre-norm transformer without a
/// final norm.
struct TokenEncoder: Module {
    let embedding: Linear
    @Parameter var positions: Tensor  // [patch, channel]
    @Parameter var tokens: Tensor  // [token, channel]
    let transformer: TransformerEncoder
    private let configuration: INRConfiguration

    init(_ configuration: INRConfiguration, tokenCount: Int, using generator: inout Philox) {
        let width = configuration.encoderWidth
        self.configuration = configuration
        embedding = Linear(3 * configuration.patchSize * configuration.patchSize, width, using: &generator)
        _positions = Parameter(
            wrappedValue: .normal(
                [configuration.patchCount, width], standardDeviation: configuration.tableDeviation, using: &generator))
        _tokens = Parameter(
            wrappedValue: .normal(
                [tokenCount, width], standardDeviation: configuration.tableDeviation, using: &generator))
        transformer = TransformerEncoder(
            width, layerCount: configuration.layerCount, headCount: configuration.headCount, hiddenSize: 4 * width,
            using: &generator)
    }

    /// Images `[batch, height, width, 3]` to `[batch, token, channel]`.
    func callAsFunction(_ images: Tensor) -> Tensor {
        let (batch, _, _, _) = images.shape4
        let patches = embedding(patches(of: images)) + positions  // [batch, patch, channel]
        let learned = tokens.unsqueezed(at: 0).expanded(to: [batch] + tokens.shape)
        let all = transformer(.concatenated([patches, learned], along: 1))  // [batch, patch + token, channel]
        return all.sliced(along: 1, configuration.patchCount..<all.shape[1])
    }

    /// Patches in row order, channel-major inside: `[batch, patch, 3 · size²]`.
    private func patches(of images: Tensor) -> Tensor {
        let (size, padding) = (configuration.patchSize, configuration.patchPadding)
        shapeCheck(
            images.shape[1] == configuration.imageSize && images.shape[2] == configuration.imageSize
                && images.shape[3] == 3,
            "encode", images.shape, [configuration.imageSize, configuration.imageSize, 3])
        let centred = (images - configuration.inputMean) * (1 / configuration.inputDeviation)
        let padded =
            padding == 0
            ? centred
            : centred.padded(along: 1, before: padding, after: padding)
                .padded(along: 2, before: padding, after: padding)
        let side = configuration.patchesPerSide
        return padded.reshaped(to: [-1, side, size, side, size, 3])
            .permuted([0, 1, 3, 5, 2, 4])  // [batch, row, column, 3, dy, dx]
            .reshaped(to: [images.shape[0], side * side, 3 * size * size])
    }
}

/// A layer norm and a linear map: how a token's output becomes latent numbers.
struct ReadOut: Layer {
    let norm: LayerNorm
    let linear: Linear

    init(_ inputs: Int, _ outputs: Int, using generator: inout Philox) {
        norm = LayerNorm(inputs)
        linear = Linear(inputs, outputs, using: &generator)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { linear(norm(x)) }
}

/// A dense layer of a hyponet, `[out, in]` with a bias of zeros at the start.
struct HyponetLayer: Module {
    @Parameter var weight: Tensor  // [out, in]
    @Parameter var bias: Tensor  // [out]

    init(_ inputs: Int, _ outputs: Int, using generator: inout Philox) {
        let bound = 1 / Float(inputs).squareRoot()
        _weight = Parameter(wrappedValue: .uniform([outputs, inputs], in: -bound..<bound, using: &generator))
        _bias = Parameter(wrappedValue: .zeros([outputs]))
    }
}

extension INRConfiguration {
    /// Inputs and outputs of each hyponet layer: Fourier features, hidden layers, three channels.
    var hyponetSizes: [(inputs: Int, outputs: Int)] {
        let hidden = (0..<hiddenLayerCount).map { (inputs: $0 == 0 ? featureCount : hiddenWidth, outputs: hiddenWidth) }
        return hidden + [(inputs: hiddenWidth, outputs: 3)]
    }
}
