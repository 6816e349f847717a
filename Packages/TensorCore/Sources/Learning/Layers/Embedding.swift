// A table of learned vectors.

public import Tensors

/// Learned vectors looked up by index.
public struct Embedding: Module {
    /// `[entry, channel]`.
    @Parameter public var weight: Tensor

    /// `entryCount` vectors of `channels`, normal with `standardDeviation`.
    public init(_ entryCount: Int, _ channels: Int, standardDeviation: Float = 1, using generator: inout Philox) {
        _weight = Parameter(
            wrappedValue: .normal([entryCount, channels], standardDeviation: standardDeviation, using: &generator))
    }

    /// The vectors at `indices`: `indices.shape + [channel]`.
    public func callAsFunction(_ indices: Indices) -> Tensor { weight.gathered(at: indices) }
}
