// The WAV format: RIFF chunks in any order. PCM of 8, 16, 24 and 32 bits and floating point of 32 and 64 are read, from
// plain and extensible headers, with any number of channels; PCM of 16 bits and Float32 are written.
//
// Source: Microsoft, Multiple Channel Audio Data and WAVE Files. Not read: RIFX, RF64, compressed sound.

internal import Tensors

extension Waveform {
    /// How samples are written.
    public enum Encoding: Sendable, Hashable {
        /// Whole numbers: x·32,768, rounded to even and cut to −32,768…32,767.
        case int16
        /// As they are.
        case float32
    }

    /// Reads a WAV file.
    public init(contentsOfWAV path: String) throws(TensorIOError) {
        try self.init(decodingWAV: try readFile(path), named: path)
    }

    /// Reads the content of a WAV file; `file` is its name in errors.
    public init(decodingWAV bytes: [UInt8], named file: String) throws(TensorIOError) {
        let (format, data) = try chunks(of: bytes, named: file)
        let type = try Format(format, file: file)
        guard data.count.isMultiple(of: type.frameByteCount) else {
            throw .damaged(
                file: file, what: "its \(data.count) bytes of sound are not whole frames of \(type.frameByteCount)")
        }
        let frames = data.count / type.frameByteCount
        samples = Tensor(type.floats(data), shape: [frames, type.channelCount]).transposed(0, 1)
        sampleRate = type.sampleRate
    }

    /// The content of a WAV file.
    public func wavData(as encoding: Encoding) throws(TensorIOError) -> [UInt8] {
        let channelCount = samples.shape[0]
        let sampleByteCount = encoding == .int16 ? 2 : 4
        let interleaved = samples.transposed(0, 1).scalars
        let byteCount = interleaved.count * sampleByteCount
        let name = "waveform \(samples.shape) at \(sampleRate) Hz"
        guard (1...65_535 / sampleByteCount).contains(channelCount), byteCount <= Int(UInt32.max) - 36,
            sampleRate <= Int(UInt32.max) / (channelCount * sampleByteCount)
        else {
            throw .notWritable(
                file: name, what: "does not fit a WAV file (16 bits of channels, 32 bits of bytes)",
                remedy: "write a shorter piece")
        }
        let data: [UInt8]
        switch encoding {
        case .float32: data = littleEndianBytes(interleaved)
        case .int16: data = try int16Samples(named: name).flatMap { littleEndian(Int($0), 2) }
        }
        let frameByteCount = channelCount * sampleByteCount
        return Array("RIFF".utf8) + littleEndian(36 + data.count, 4) + Array("WAVEfmt ".utf8) + littleEndian(16, 4)
            + littleEndian(encoding == .int16 ? 1 : 3, 2) + littleEndian(channelCount, 2) + littleEndian(sampleRate, 4)
            + littleEndian(sampleRate * frameByteCount, 4) + littleEndian(frameByteCount, 2)
            + littleEndian(8 * sampleByteCount, 2) + Array("data".utf8) + littleEndian(data.count, 4) + data
    }

    /// Channels side by side as whole numbers: x·32,768, rounded to even and cut to −32,768…32,767; `name` is the
    /// waveform's in errors.
    func int16Samples(named name: String) throws(TensorIOError) -> [Int16] {
        let interleaved = samples.transposed(0, 1).scalars
        guard interleaved.allSatisfy(\.isFinite) else {
            throw .notWritable(
                file: name, what: "has samples that are not finite", remedy: "write it as float32 WAV to keep them")
        }
        return interleaved.map { Int16(($0 * 32_768).rounded(.toNearestOrEven).clamped(to: -32_768...32_767)) }
    }

    /// Writes a WAV file, whole or not at all.
    public func writeWAV(to path: String, as encoding: Encoding) throws(TensorIOError) {
        try writeFile(try wavData(as: encoding), to: path)
    }
}

/// The content of the two chunks that matter, wherever they stand.
private func chunks(
    of bytes: [UInt8], named file: String
) throws(TensorIOError) -> (format: ArraySlice<UInt8>, data: ArraySlice<UInt8>) {
    let isRIFF = bytes.starts(with: "RIFF".utf8.prefix(bytes.count))
    guard isRIFF, bytes.count < 12 || bytes[8..<12].elementsEqual("WAVE".utf8) else {
        throw .unsupported(file: file, what: "is not a WAV file", remedy: "convert it to WAV")
    }
    guard bytes.count >= 12 else { throw .cutOff(file: file, byteCount: bytes.count) }
    var found: [String: ArraySlice<UInt8>] = [:]
    var position = 12
    // A last chunk of odd size may lack its padding byte; fewer bytes than a chunk's header are padding too.
    while position + 8 <= bytes.count {
        let name = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
        let (start, size) = (position + 8, number(bytes[(position + 4)..<(position + 8)]))
        guard size <= bytes.count - start else { throw .cutOff(file: file, byteCount: bytes.count) }
        if name == "fmt " || name == "data" {
            guard found[name] == nil else { throw .damaged(file: file, what: "it has two chunks '\(name)'") }
            found[name] = bytes[start..<(start + size)]
        }
        position = start + size + size % 2
    }
    guard let format = found["fmt "], let data = found["data"] else {
        let missing = found["fmt "] == nil ? "fmt " : "data"
        throw .damaged(file: file, what: "it has no chunk '\(missing)'")
    }
    return (format, data)
}

/// What a format chunk says, once it is known to be readable.
private struct Format {
    private enum Sample { case uint8, int24, other(ElementType, scale: Float) }
    private let sample: Sample
    let channelCount: Int
    let sampleRate: Int
    let frameByteCount: Int

    init(_ chunk: ArraySlice<UInt8>, file: String) throws(TensorIOError) {
        func field(_ offset: Int, _ byteCount: Int) -> Int {
            number(chunk.dropFirst(offset).prefix(byteCount))
        }
        guard chunk.count >= 16 else {
            throw .damaged(file: file, what: "its chunk 'fmt ' has \(chunk.count) bytes, not 16 or more")
        }
        var code = field(0, 2)
        if code == 0xFFFE {
            guard chunk.count >= 40 else {
                throw .damaged(file: file, what: "its extensible chunk 'fmt ' has \(chunk.count) bytes, not 40 or more")
            }
            // An extensible header holds the old code in the first bytes of a GUID, whose rest is always the same.
            code = chunk.dropFirst(26).prefix(14).elementsEqual(waveGUID) ? field(24, 2) : 0xFFFE
        }
        let bits = field(14, 2)
        switch (code, bits) {
        case (1, 8): sample = .uint8
        case (1, 16): sample = .other(.int16, scale: 1 / 32_768)
        case (1, 24): sample = .int24
        case (1, 32): sample = .other(.int32, scale: 1 / 2_147_483_648)
        case (3, 32): sample = .other(.float32, scale: 1)
        case (3, 64): sample = .other(.float64, scale: 1)
        default:
            throw .unsupported(
                file: file, what: "holds sound of format \(code) with \(bits) bits",
                remedy: "convert it to PCM of 8, 16, 24 or 32 bits or float of 32 or 64")
        }
        (channelCount, sampleRate, frameByteCount) = (field(2, 2), field(4, 4), field(12, 2))
        guard channelCount > 0, sampleRate > 0, frameByteCount == channelCount * bits / 8 else {
            throw .damaged(
                file: file,
                what: "it declares \(channelCount) channels of \(bits) bits at \(sampleRate) Hz in frames of "
                    + "\(frameByteCount) bytes")
        }
    }

    /// The samples in −1…1, as they lie.
    func floats(_ data: ArraySlice<UInt8>) -> [Float] {
        switch sample {
        case .uint8: return data.map { (Float($0) - 128) / 128 }
        case .int24:
            return stride(from: data.startIndex, to: data.endIndex, by: 3).map { start in
                // The three bytes as the upper ones of 32 bits carry their sign.
                let word = UInt32(data[start]) << 8 | UInt32(data[start + 1]) << 16 | UInt32(data[start + 2]) << 24
                return Float(Int32(bitPattern: word)) / 2_147_483_648
            }
        case .other(let type, let scale): return type.floats(data).map { $0 * scale }
        }
    }
}

/// Bytes 2 to 15 of the GUIDs of WAVE formats.
private let waveGUID: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]

/// Up to four little-endian bytes.
private func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reversed().reduce(0) { $0 << 8 | Int($1) } }

private func littleEndian(_ number: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}

extension Float {
    fileprivate func clamped(to bounds: ClosedRange<Float>) -> Float {
        Swift.min(Swift.max(self, bounds.lowerBound), bounds.upperBound)
    }
}
