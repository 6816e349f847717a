// MiniFAS-12: MiniFASNet's blocks and its Fourier branch with a fifteenth of its parameters.
// Source: the line's specification, sections 3.5 and 10.1. The blocks are MiniFASNet's.

internal import Learning
public import Tensors

/// A small network of depthwise blocks that learns, while training, to foresee its picture's spectrum.
public struct MiniFAS12: PresentationAttackDetector {
    private let stem: ConvolutionBlock
    private let widening: DepthwiseBottleneck
    private let residual: DepthwiseBottleneck
    private let deepening: DepthwiseBottleneck
    private let deepResidual: DepthwiseBottleneck
    private let pooling: LinearBlock
    private let decision: Linear
    private let branch: FourierBranch

    /// Fresh parameters.
    public init(using generator: inout Philox) {
        self.init(width: 12, branchWidth: 32, mapSide: GeneratedFaces.mapSide, using: &generator)
    }

    /// A network of `width` channels after the first convolution for pictures of 8 · `mapSide` pixels a side.
    init(width w: Int, branchWidth: Int, mapSide: Int, using generator: inout Philox) {
        stem = ConvolutionBlock(3, w, size: 3, sliding: Sliding(stride: 2, padding: .both(1)), using: &generator)
        widening = DepthwiseBottleneck(w, expansion: 3 * w, 2 * w, stride: 2, using: &generator)
        residual = DepthwiseBottleneck(2 * w, expansion: 2 * w, 2 * w, isResidual: true, using: &generator)
        deepening = DepthwiseBottleneck(2 * w, expansion: 4 * w, 4 * w, stride: 2, using: &generator)
        deepResidual = DepthwiseBottleneck(4 * w, expansion: 2 * w, 4 * w, isResidual: true, using: &generator)
        pooling = LinearBlock(4 * w, 4 * w, size: mapSide, groups: 4 * w, using: &generator)
        decision = Linear(4 * w, 1, using: &generator)
        branch = FourierBranch(4 * w, branchWidth, using: &generator)
    }

    /// The features `[batch, 48, 8, 8]` of pictures `[batch, 3, 64, 64]`.
    private func features(_ pictures: Tensor, isTraining: Bool) -> Tensor {
        var x = stem(pictures, isTraining: isTraining)  // 12 × 32²
        x = widening(x, isTraining: isTraining)  // 24 × 16²
        x = residual(x, isTraining: isTraining)
        x = deepening(x, isTraining: isTraining)  // 48 × 8²
        return deepResidual(x, isTraining: isTraining)
    }

    /// The logits `[batch]` that a face is live.
    private func logits(_ features: Tensor, isTraining: Bool) -> Tensor {
        let pooled = pooling(features, isTraining: isTraining)  // [batch, 48, 1, 1]
        return decision(pooled.reshaped(to: [pooled.shape[0], -1])).reshaped(to: [-1])
    }

    /// Logits `[batch]` and predicted spectra `[batch, 1, 8, 8]`.
    func predictions(_ pictures: Tensor, isTraining: Bool) -> (logits: Tensor, spectra: Tensor) {
        let features = features(pictures, isTraining: isTraining)
        return (logits(features, isTraining: isTraining), branch(features, isTraining: isTraining))
    }

    /// Half the cross-entropy and half the squared error of the spectrum.
    public func loss(_ batch: FaceBatch) -> Tensor {
        let (logits, spectra) = predictions(batch.pictures, isTraining: true)
        return binaryCrossEntropy(logits, targets: batch.labels) * 0.5
            + meanSquaredError(spectra, target: batch.spectra) * 0.5
    }

    /// The probability from the logit; the Fourier branch does not run.
    public func liveProbabilities(_ pictures: Tensor) -> Tensor {
        logits(features(pictures, isTraining: false), isTraining: false).sigmoid()
    }
}

/// What predicts the spectrum from features, while training only.
private struct FourierBranch: Module {
    let first: Convolution
    let firstNorm: BatchNorm
    let second: Convolution
    let secondNorm: BatchNorm

    init(_ inputs: Int, _ width: Int, using generator: inout Philox) {
        let sliding = Sliding(padding: .both(1))
        first = Convolution(inputs, width, size: 3, sliding: sliding, usesBias: false, using: &generator)
        firstNorm = BatchNorm(width)
        second = Convolution(width, 1, size: 3, sliding: sliding, usesBias: false, using: &generator)
        secondNorm = BatchNorm(1)
    }

    func callAsFunction(_ features: Tensor, isTraining: Bool) -> Tensor {
        let inner = first(features, normalisedBy: firstNorm, activation: .relu, isTraining: isTraining)
        return second(inner, normalisedBy: secondNorm, activation: .relu, isTraining: isTraining)
    }
}
