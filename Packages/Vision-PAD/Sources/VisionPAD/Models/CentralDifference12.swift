// Pix-12 of central difference convolutions with depth supervision: the idea of CDCN (Yu et al. 2020) at Pix-12's size.
// Source: the line's specification, sections 3.4 and 10.1. The full CDCN is not here.

internal import Learning
public import Tensors

/// A network of central difference convolutions that predicts depth, none for an attack, and decides from it.
public struct CentralDifference12: PresentationAttackDetector {
    private let convolutions: [CentralDifferenceConvolution]
    private let norms: [BatchNorm]
    private let map: Convolution
    private let decision: Linear

    /// Channels from the picture to the last convolution.
    private static let widths = [3, 12, 24, 36, 24]

    /// Fresh parameters.
    public init(using generator: inout Philox) {
        let pairs = zip(Self.widths, Self.widths.dropFirst())
        convolutions = pairs.map { CentralDifferenceConvolution($0, $1, theta: 0.7, using: &generator) }
        norms = Self.widths.dropFirst().map { BatchNorm($0) }
        map = Convolution(24, 1, size: 1, usesBias: false, using: &generator)
        decision = Linear(GeneratedFaces.mapSide * GeneratedFaces.mapSide, 1, using: &generator)
    }

    /// The depth `[batch, 1, 8, 8]`, at least 0, and the logits `[batch]` of pictures `[batch, 3, 64, 64]`.
    private func predictions(_ pictures: Tensor, isTraining: Bool) -> (depths: Tensor, logits: Tensor) {
        var x = pictures
        for layer in convolutions.indices {
            x = norms[layer](convolutions[layer](x), isTraining: isTraining, activation: .relu)
            if layer < 3 { x = x.maxPooled(2, 2, sliding: Sliding(stride: 2)) }  // 12 × 32², 24 × 16², 36 × 8²
        }
        let depths = map(x).relu()
        return (depths, decision(depths.reshaped(to: [depths.shape[0], -1])).reshaped(to: [-1]))
    }

    /// The depth loss and the cross-entropy of the decision.
    public func loss(_ batch: FaceBatch) -> Tensor {
        let (depths, logits) = predictions(batch.pictures, isTraining: true)
        return depthLoss(depths, target: batch.depths) + binaryCrossEntropy(logits, targets: batch.labels)
    }

    /// The decision's probability.
    public func liveProbabilities(_ pictures: Tensor) -> Tensor {
        predictions(pictures, isTraining: false).logits.sigmoid()
    }
}
