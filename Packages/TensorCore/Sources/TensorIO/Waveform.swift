// Recorded sound as a value, from files by content. The formats stand in files of their own.

public import Tensors

/// Samples of one or more channels at a sample rate.
public struct Waveform: Sendable {
    /// `[channel, sample]`; full loudness is −1…1, floating-point files may exceed it.
    public let samples: Tensor
    /// Samples per second, at least 1.
    public let sampleRate: Int

    /// The number of samples, over all channels, above which no packed file is read: 2²⁸.
    public static let maximumSampleCount = 1 << 28

    /// Samples `[channel, sample]` at a rate in hertz.
    public init(samples: Tensor, sampleRate: Int) {
        shapeCheck(samples.rank == 2 && sampleRate >= 1, "Waveform", samples.shape, [sampleRate])
        (self.samples, self.sampleRate) = (samples, sampleRate)
    }

    /// Reads a WAV, FLAC or Ogg Vorbis file; its content decides which, not its name.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - range: The samples of each channel to read; all if not given. FLAC and Ogg decode no others.
    /// - Throws: `TensorIOError` for what is no such file, damaged, or shorter than `range` asks.
    public init(contentsOf path: String, samples range: Range<Int>? = nil) throws(TensorIOError) {
        try self.init(decoding: try readFile(path), named: path, samples: range)
    }

    /// Reads a file's content; `file` is its name in errors.
    public init(decoding bytes: [UInt8], named file: String, samples range: Range<Int>? = nil) throws(TensorIOError) {
        if bytes.isEmpty { throw .cutOff(file: file, byteCount: 0) }
        if bytes.starts(with: "fLaC".utf8) || bytes.starts(with: "OggS".utf8) {
            try self.init(decodingPacked: bytes, named: file, samples: range)
        } else if bytes.starts(with: "RIFF".utf8.prefix(bytes.count)) {
            let whole = try Waveform(decodingWAV: bytes, named: file)
            guard let range else {
                self = whole
                return
            }
            let count = whole.samples.shape[1]
            guard range.lowerBound >= 0, range.upperBound <= count else {
                throw .noSuchSamples(file: file, range: range, count: count)
            }
            self.init(samples: whole.samples.sliced(along: 1, range), sampleRate: whole.sampleRate)
        } else {
            throw .notASound(file: file)
        }
    }
}
