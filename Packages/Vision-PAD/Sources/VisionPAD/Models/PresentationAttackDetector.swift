// What training and evaluation ask of a network.

public import Learning
internal import TensorIO
public import Tensors

/// A network that tells live faces from attacks, with the loss that it is trained by.
public protocol PresentationAttackDetector: Module {
    /// Fresh parameters.
    init(using generator: inout Philox)

    /// The loss of a training batch, a scalar `[]`; running statistics of batch norms move.
    func loss(_ batch: FaceBatch) -> Tensor

    /// The probability that each face is live.
    ///
    /// - Parameter pictures: `[batch, 3, height, width]`, 8-bit values as `(value − 127.5)/128`.
    /// - Returns: `[batch]` in 0...1.
    func liveProbabilities(_ pictures: Tensor) -> Tensor
}

/// What a training step sees.
public struct FaceBatch: Sendable {
    /// `[batch, 3, height, width]`, 8-bit values as `(value − 127.5)/128`.
    public let pictures: Tensor
    /// `[batch]`: 1 is bona fide, 0 an attack.
    public let labels: Tensor
    /// `[batch, 1, row, column]` of the map: see `FaceFrame.depth`.
    public let depths: Tensor
    /// `[batch, 1, row, column]` of the map: see `fourierTarget`.
    public let spectra: Tensor

    /// A batch from its parts.
    public init(pictures: Tensor, labels: Tensor, depths: Tensor, spectra: Tensor) {
        self.pictures = pictures
        self.labels = labels
        self.depths = depths
        self.spectra = spectra
    }
}

extension PresentationAttackDetector {
    /// The score of each frame, 1 − 2·P(live); batches bound the memory and do not change the result.
    public func scored(_ frames: [FaceFrame], batchSize: Int = 64) -> [ScoredPresentation] {
        stride(from: 0, to: frames.count, by: batchSize).flatMap { start in
            let batch = frames[start..<min(start + batchSize, frames.count)]
            let live = liveProbabilities(normalisedPictures(batch)).scalars
            return zip(batch, live).map { frame, live in
                frame.scored(1 - 2 * Double(live))
            }
        }
    }
}

/// Frames as networks take them, `[batch, 3, height, width]`: 8-bit values as `(value − 127.5)/128`.
func normalisedPictures(_ frames: some Collection<FaceFrame>) -> Tensor {
    .stacked(frames.map { ($0.picture.tensor * 255 - 127.5) / 128 }).permuted([0, 3, 1, 2])
}

extension FaceFrame {
    /// This presentation with a score in −1...1; higher means more likely an attack.
    public func scored(_ score: Double) -> ScoredPresentation {
        ScoredPresentation(
            score: score, species: presentation.species?.rawValue, subject: presentation.subject,
            instrument: presentation.instrument)
    }
}
