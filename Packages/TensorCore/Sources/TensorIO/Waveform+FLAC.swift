// FLAC in both directions and Ogg Vorbis for reading; libsndfile does the work behind CSndFile.

internal import CSndFile
internal import Tensors

extension Waveform {
    /// Reads FLAC or Ogg Vorbis; what a file says of its length decides nothing but whether it is cut off.
    init(decodingPacked bytes: [UInt8], named file: String, samples range: Range<Int>?) throws(TensorIOError) {
        // Behind the 28 bytes of an Ogg page with one packet stands the codec's name.
        guard bytes[0] == UInt8(ascii: "f") || bytes.dropFirst(28).starts(with: "\u{1}vorbis".utf8) else {
            throw .unsupported(file: file, what: "is an Ogg file without Vorbis", remedy: "convert it to FLAC or WAV")
        }
        // Errors leave the closure as a value, since it cannot throw a type of its own.
        let result: Result<Waveform, TensorIOError> = unsafe bytes.withUnsafeBufferPointer { buffer in
            do throws(TensorIOError) {
                var (format, failure) = (csndfile_format(), csndfile_failure())
                guard let reader = unsafe csndfile_open(buffer.baseAddress, buffer.count, &format, &failure) else {
                    throw damaged(failure, file)
                }
                defer { unsafe csndfile_close(reader) }
                return .success(
                    try unsafe decoded(reader, format, named: file, samples: range, byteCount: buffer.count))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    /// The content of a FLAC file: 16-bit whole numbers x·32,768, rounded to even and cut to −32,768…32,767.
    public func flacData() throws(TensorIOError) -> [UInt8] {
        let (channelCount, frameCount) = samples.shape2
        let name = "waveform \(samples.shape) at \(sampleRate) Hz"
        // FLAC's own limits; the stream's length has 36 bits.
        guard (1...8).contains(channelCount), sampleRate <= 655_350, frameCount < 1 << 36 else {
            throw .notWritable(
                file: name, what: "does not fit a FLAC file (8 channels, 655,350 Hz)", remedy: "write WAV")
        }
        // libsndfile writes no header until there is a sample.
        guard frameCount > 0 else {
            throw .notWritable(file: name, what: "has no samples for a FLAC file", remedy: "write WAV")
        }
        let numbers = try int16Samples(named: name)
        var failure = csndfile_failure()
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard
            unsafe csndfile_encode_flac(
                numbers, Int64(frameCount), Int32(channelCount), Int32(sampleRate), &start, &count, &failure)
        else {
            throw .notWritable(file: name, what: "cannot be FLAC (\(message(failure)))", remedy: "write WAV")
        }
        defer { unsafe csndfile_free(start) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// Writes a FLAC file of 16 bits, whole or not at all.
    public func writeFLAC(to path: String) throws(TensorIOError) { try writeFile(try flacData(), to: path) }
}

/// Decodes in blocks, so that memory grows with what is there and not with what is declared.
private func decoded(
    _ reader: OpaquePointer, _ format: csndfile_format, named file: String, samples range: Range<Int>?, byteCount: Int
) throws(TensorIOError) -> Waveform {
    let (channelCount, declared) = (Int(format.channels), Int(format.frames))
    guard channelCount > 0, format.rate > 0 else {
        throw .damaged(file: file, what: "it declares \(channelCount) channels at \(format.rate) Hz")
    }
    let limit = Waveform.maximumSampleCount / channelCount
    var failure = csndfile_failure()
    if let range {
        guard range.lowerBound >= 0, declared < 0 || range.upperBound <= declared else {
            throw .noSuchSamples(file: file, range: range, count: declared)
        }
        if range.isEmpty {
            return Waveform(samples: .zeros([channelCount, 0]), sampleRate: Int(format.rate))
        }
        guard unsafe csndfile_seek(reader, Int64(range.lowerBound), &failure) else { throw damaged(failure, file) }
    }
    let wanted = range?.count ?? (declared < 0 ? Int.max : declared)
    var samples: [Float] = []
    var block = [Float](repeating: 0, count: 4096 * channelCount)
    var frameCount = 0
    while frameCount < wanted {
        let count = unsafe Int(csndfile_read(reader, &block, Int64(min(4096, wanted - frameCount)), &failure))
        guard count >= 0 else { throw damaged(failure, file) }
        if count == 0 { break }
        frameCount += count
        guard frameCount <= limit else { throw .tooManySamples(file: file) }
        samples += block[..<(count * channelCount)]
    }
    guard declared < 0 || frameCount == wanted else { throw .cutOff(file: file, byteCount: byteCount) }
    if let range, frameCount < range.count {
        throw .noSuchSamples(file: file, range: range, count: range.lowerBound + frameCount)
    }
    return Waveform(
        samples: Tensor(samples, shape: [frameCount, channelCount]).transposed(0, 1), sampleRate: Int(format.rate))
}

private func damaged(_ failure: csndfile_failure, _ file: String) -> TensorIOError {
    .damaged(file: file, what: "libsndfile says '\(message(failure))'")
}

private func message(_ failure: csndfile_failure) -> String {
    unsafe withUnsafeBytes(of: failure.message) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
