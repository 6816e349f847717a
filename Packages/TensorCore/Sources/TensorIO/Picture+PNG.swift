// PNG in both directions; libpng does the work behind CPNG.

internal import CPNG

/// A PNG as stored: red, green, blue and alpha with 8 or 16 bits.
public struct RGBAPicture: Sendable, Equatable {
    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// 8, or 16 for a file of depth 16.
    public let bitsPerSample: Int
    /// Red, green, blue, alpha row by row; 16-bit samples most significant byte first.
    public let bytes: [UInt8]

    /// Decodes a PNG; `file` is its name in errors.
    ///
    /// Palettes are looked up, grey of depth d < 8 is scaled by 255/(2ᵈ−1), tRNS becomes alpha, alpha is full where
    /// there is none. Colours below alpha 0 stay.
    public init(decodingPNG bytes: [UInt8], named file: String) throws(TensorIOError) {
        let header = try header(bytes, named: file)
        (width, height) = (Int(header.width), Int(header.height))
        bitsPerSample = max(8, Int(header.bit_depth))
        self.bytes = try pixels(
            bytes, named: file, isAsStored: true, byteCount: width * height * 4 * bitsPerSample / 8)
    }
}

extension Picture {
    static func decodedPNG(_ bytes: [UInt8], named file: String) throws(TensorIOError) -> Picture {
        let header = try header(bytes, named: file)
        let (width, height) = (Int(header.width), Int(header.height))
        return Picture(
            width: width, height: height,
            pixels: try TensorIO.pixels(bytes, named: file, isAsStored: false, byteCount: 3 * width * height))
    }

    /// The picture as a PNG file: lossless; equal pictures give equal bytes under one version of libpng and zlib.
    public func pngData() throws(TensorIOError) -> [UInt8] {
        var failure = cpng_failure()
        var isEncoded = false
        let encoded = unsafe [UInt8](unsafeUninitializedCapacity: cpng_encoded_bound(UInt32(width), UInt32(height))) {
            target, count in
            count = target.count
            isEncoded = unsafe cpng_encode(pixels, UInt32(width), UInt32(height), target.baseAddress, &count, &failure)
            if !isEncoded { count = 0 }
        }
        guard isEncoded else {
            throw .notWritable(
                file: "\(width) x \(height) picture", what: "cannot be a PNG (\(message(failure)))", remedy: "write PPM"
            )
        }
        return encoded
    }

    /// Writes a PNG file, whole or not at all.
    public func writePNG(to path: String) throws(TensorIOError) { try writeFile(try pngData(), to: path) }
}

private func header(_ bytes: [UInt8], named file: String) throws(TensorIOError) -> cpng_header {
    var (header, failure) = (cpng_header(), cpng_failure())
    guard unsafe cpng_read_header(bytes, bytes.count, &header, &failure) else { throw error(failure, bytes, file) }
    try checkPixelCount(width: Int(header.width), height: Int(header.height), file: file)
    return header
}

private func pixels(
    _ bytes: [UInt8], named file: String, isAsStored: Bool, byteCount: Int
) throws(TensorIOError) -> [UInt8] {
    var failure = cpng_failure()
    var isDecoded = false
    let pixels = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
        isDecoded = unsafe cpng_decode(bytes, bytes.count, isAsStored, target.baseAddress, byteCount, &failure)
        count = isDecoded ? byteCount : 0
    }
    guard isDecoded else { throw error(failure, bytes, file) }
    return pixels
}

private func error(_ failure: cpng_failure, _ bytes: [UInt8], _ file: String) -> TensorIOError {
    failure.is_cut_off
        ? .cutOff(file: file, byteCount: bytes.count) : .damaged(file: file, what: "libpng says '\(message(failure))'")
}

private func message(_ failure: cpng_failure) -> String {
    unsafe withUnsafeBytes(of: failure.message) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
