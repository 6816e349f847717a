// Positions as sines and cosines of geometrically spaced frequencies.

internal import Glibc
public import Tensors

/// Vectors that say where a token stands: sines in the first half of the channels, cosines in the second.
///
/// Channel c of either half has the frequency 10000^(−c/(half − 1)) radians per position, as in fairseq, where the first
/// token's position is its padding index plus one; Vaswani et al. 2017 interleave the halves and divide by `half`.
///
/// - Parameters:
///   - positions: The positions, of any origin.
///   - channels: The extent of a vector, even.
/// - Returns: `[position, channel]`.
public func sinusoidalPositions(_ positions: Range<Int>, channels: Int) -> Tensor {
    shapeCheck(channels % 2 == 0, "sinusoidalPositions (channels must be even)", [channels])
    let half = channels / 2
    let step = log(10_000.0) / Double(max(half - 1, 1))
    let frequencies = Tensor((0..<half).map { Float(exp(-step * Double($0))) }, shape: [half])
    let angles = Tensor(positions.map(Float.init), shape: [positions.count, 1]) * frequencies
    return .concatenated([angles.sin(), angles.cos()], along: 1)
}
