// Pix-12: pixel-wise binary supervision (George and Marcel 2019) on a plain network small enough for a CPU.
// Source: the line's specification, sections 3.3 and 10.1.

internal import Learning
public import Tensors

/// A plain network whose every map cell says whether what it sees is live.
public struct PixelBinary12: PresentationAttackDetector {
    private let convolutions: [Convolution]
    private let norms: [BatchNorm]
    private let map: Convolution
    private let decision: Linear

    /// Channels from the picture to the last convolution.
    private static let widths = [3, 12, 24, 36, 24]

    /// Fresh parameters.
    public init(using generator: inout Philox) {
        let pairs = zip(Self.widths, Self.widths.dropFirst())
        convolutions = pairs.map {
            Convolution($0, $1, size: 3, sliding: Sliding(padding: .both(1)), usesBias: false, using: &generator)
        }
        norms = Self.widths.dropFirst().map { BatchNorm($0) }
        map = Convolution(24, 1, size: 1, using: &generator)
        decision = Linear(GeneratedFaces.mapSide * GeneratedFaces.mapSide, 1, using: &generator)
    }

    /// The logits of the map, `[batch, 1, 8, 8]`, of pictures `[batch, 3, 64, 64]`.
    private func mapLogits(_ pictures: Tensor, isTraining: Bool) -> Tensor {
        var x = pictures
        for layer in convolutions.indices {
            x = convolutions[layer](x, normalisedBy: norms[layer], activation: .relu, isTraining: isTraining)
            if layer < 3 { x = x.maxPooled(2, 2, sliding: Sliding(stride: 2)) }  // 12 × 32², 24 × 16², 36 × 8²
        }
        return map(x)
    }

    /// Half the map's cross-entropy and half that of one decision from all probabilities of the map.
    public func loss(_ batch: FaceBatch) -> Tensor {
        let logits = mapLogits(batch.pictures, isTraining: true)
        let decisions = decision(logits.sigmoid().reshaped(to: [logits.shape[0], -1])).reshaped(to: [-1])  // [batch]
        return pixelBinaryLoss(map: logits, decisions: decisions, labels: batch.labels)
    }

    /// The mean of the map.
    public func liveProbabilities(_ pictures: Tensor) -> Tensor {
        mapLogits(pictures, isTraining: false).sigmoid().mean(along: [1, 2, 3])
    }
}
