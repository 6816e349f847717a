// The losses of the reduced networks: section numbers are those of the line's specification.

internal import Learning
internal import Signal
public import Tensors

/// Pixel-wise binary supervision: half the cross-entropy of the map and half that of the decision.
///
/// George and Marcel 2019; section 3.3.
///
/// - Parameters:
///   - map: Logits of every cell, `[batch, 1, row, column]`; each cell's target is its picture's label.
///   - decisions: Logits of every picture, `[batch]`.
///   - labels: `[batch]`: 1 is bona fide, 0 an attack.
/// - Returns: A scalar `[]` in nats.
public func pixelBinaryLoss(map: Tensor, decisions: Tensor, labels: Tensor) -> Tensor {
    let targets = labels.reshaped(to: [-1, 1, 1, 1]).expanded(to: map.shape)
    return binaryCrossEntropy(map, targets: targets) * 0.5 + binaryCrossEntropy(decisions, targets: labels) * 0.5
}

/// The mean squared error of depth and of its contrasts.
///
/// Yu et al. 2020; section 3.4.
///
/// - Parameters:
///   - depths: `[batch, 1, row, column]`, at least 3 × 3 cells.
///   - target: The same shape.
/// - Returns: A scalar `[]`.
public func depthLoss(_ depths: Tensor, target: Tensor) -> Tensor {
    meanSquaredError(depths, target: target) + contrastiveDepthLoss(depths, target: target)
}

/// The mean squared error of the differences between each inner cell's eight neighbours and itself.
///
/// - Parameters:
///   - depths: `[batch, 1, row, column]`, at least 3 × 3 cells.
///   - target: The same shape.
/// - Returns: A scalar `[]`.
public func contrastiveDepthLoss(_ depths: Tensor, target: Tensor) -> Tensor {
    shapeCheck(depths.shape == target.shape, "contrastiveDepthLoss", depths.shape, target.shape)
    // The contrasts are linear, so one convolution of the difference serves both.
    return (depths - target).convolved(with: neighbourContrasts).squared().mean()
}

/// `[8, 1, 3, 3]`: one neighbour minus the centre.
private let neighbourContrasts = Tensor(
    (0..<9).filter { $0 != 4 }.flatMap { neighbour in
        (0..<9).map { Float($0 == neighbour ? 1 : $0 == 4 ? -1 : 0) }
    }, shape: [8, 1, 3, 3])

/// The target of the Fourier branch (section 3.5): the centred logarithmic spectrum, scaled and point-sampled.
///
/// log(|F| + 1) with frequency 0 in the middle, (x − min + 1)/(max − min + 1) per picture, resized bilinearly.
///
/// - Parameters:
///   - grey: `[batch, height, width]`, 0...255.
///   - side: Rows and columns of the target.
/// - Returns: `[batch, 1, side, side]`, above 0 and at most 1.
public func fourierTarget(_ grey: Tensor, side: Int) -> Tensor {
    let (batch, height, width) = grey.shape3
    let complex = Tensor.stacked([grey, .zeros(grey.shape)], along: 3)  // [batch, height, width, 2]
    let magnitude = complex.fft2().squared().sum(along: 3).sqrt()
    let spectrum = (magnitude + 1).log().rolled(by: height / 2, along: 1).rolled(by: width / 2, along: 2)
    let flat = spectrum.reshaped(to: [batch, -1])
    let (lowest, highest) = (flat.min(along: 1, keepsAxes: true), flat.max(along: 1, keepsAxes: true))
    let scaled = (flat - lowest + 1) / (highest - lowest + 1)
    return scaled.reshaped(to: [batch, 1, height, width]).resized(height: side, width: side)
}

/// The grey `[batch, height, width]` of colours `[batch, 3, height, width]`: 0.299 R + 0.587 G + 0.114 B.
func grey(_ colours: Tensor) -> Tensor {
    let channels = colours.unstacked(along: 1)
    return channels[0] * 0.299 + channels[1] * 0.587 + channels[2] * 0.114
}
