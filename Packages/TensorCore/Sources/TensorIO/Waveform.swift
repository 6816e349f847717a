// Recorded sound as a value. Its file formats stand in files of their own.

public import Tensors

/// Samples of one or more channels at a sample rate.
public struct Waveform: Sendable {
    /// `[channel, sample]`; full loudness is −1…1, floating-point files may exceed it.
    public let samples: Tensor
    /// Samples per second, at least 1.
    public let sampleRate: Int

    /// Samples `[channel, sample]` at a rate in hertz.
    public init(samples: Tensor, sampleRate: Int) {
        shapeCheck(samples.rank == 2 && sampleRate >= 1, "Waveform", samples.shape, [sampleRate])
        (self.samples, self.sampleRate) = (samples, sampleRate)
    }
}
