// JPEG in both directions; libjpeg does the work behind CJPEG. A damaged file is refused, also where libjpeg would fill
// in grey; so is CMYK, whose way to red, green and blue only its printing profile knows.

internal import CJPEG

extension Picture {
    static func decodedJPEG(_ bytes: [UInt8], named file: String) throws(TensorIOError) -> Picture {
        var (header, failure) = (cjpeg_header(), cjpeg_failure())
        guard unsafe cjpeg_read_header(bytes, bytes.count, &header, &failure) else {
            throw error(failure, bytes, file)
        }
        let (width, height) = (Int(header.width), Int(header.height))
        try checkPixelCount(width: width, height: height, file: file)
        guard header.components == 1 || header.components == 3 else {
            throw .unsupported(
                file: file, what: "has \(header.components) colour components, not 1 or 3", remedy: "convert it to RGB")
        }
        var isDecoded = false
        let byteCount = 3 * width * height
        let pixels = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
            isDecoded = unsafe cjpeg_decode(bytes, bytes.count, target.baseAddress, byteCount, &failure)
            count = isDecoded ? byteCount : 0
        }
        guard isDecoded else { throw error(failure, bytes, file) }
        return Picture(width: width, height: height, pixels: pixels)
    }

    /// The picture as a baseline JPEG file: chroma halved both ways, optimised Huffman tables; `quality` is 1...100.
    public func jpegData(quality: Int) throws(TensorIOError) -> [UInt8] {
        var failure = cjpeg_failure()
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard unsafe cjpeg_encode(pixels, UInt32(width), UInt32(height), Int32(quality), &start, &count, &failure)
        else {
            throw .notWritable(
                file: "\(width) x \(height) picture", what: "cannot be a JPEG (\(message(failure)))",
                remedy: "write PNG")
        }
        defer { unsafe cjpeg_free(start) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// Writes a JPEG file, whole or not at all.
    public func writeJPEG(to path: String, quality: Int) throws(TensorIOError) {
        try writeFile(try jpegData(quality: quality), to: path)
    }
}

/// The EXIF orientation of a JPEG, 1...8; 1 where there is none or it makes no sense.
///
/// Source: EXIF 2.3, section 4.5.4: segment APP1 is "Exif", two zeros, and a TIFF file with tag 274 in its directory.
func exifOrientation(of bytes: [UInt8]) -> Int {
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xFF {
        let marker = bytes[position + 1]
        if marker == 0xFF {  // fill byte
            position += 1
            continue
        }
        let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
        let end = position + 2 + length
        if marker == 0xDA || length < 2 || end > bytes.count { return 1 }
        let content = bytes[(position + 4)..<end]
        if marker == 0xE1, content.starts(with: "Exif\0\0".utf8) { return tiffOrientation(Array(content.dropFirst(6))) }
        position = end
    }
    return 1
}

private func tiffOrientation(_ tiff: [UInt8]) -> Int {
    let isBigEndian = tiff.first == UInt8(ascii: "M")
    func number(at position: Int, byteCount: Int) -> Int? {
        guard position >= 0, position + byteCount <= tiff.count else { return nil }
        let digits = tiff[position..<(position + byteCount)]
        return isBigEndian ? digits.reduce(0) { $0 << 8 | Int($1) } : digits.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(at: 4, byteCount: 4), let count = number(at: directory, byteCount: 2) else { return 1 }
    for entry in 0..<count {
        let position = directory + 2 + 12 * entry
        guard let tag = number(at: position, byteCount: 2) else { return 1 }
        if tag == 274, let value = number(at: position + 8, byteCount: 2) { return (1...8).contains(value) ? value : 1 }
    }
    return 1
}

private func error(_ failure: cjpeg_failure, _ bytes: [UInt8], _ file: String) -> TensorIOError {
    failure.is_cut_off
        ? .cutOff(file: file, byteCount: bytes.count) : .damaged(file: file, what: "libjpeg says '\(message(failure))'")
}

private func message(_ failure: cjpeg_failure) -> String {
    unsafe withUnsafeBytes(of: failure.message) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
