// The PNM formats: PGM and PPM, text (P2, P3) and binary (P5, P6), any maximum value up to 65,535. PPM is written.

extension Picture {
    static func decodedPNM(_ bytes: [UInt8], named file: String) throws(TensorIOError) -> Picture {
        let kind = bytes[1] - UInt8(ascii: "0")
        guard [2, 3, 5, 6].contains(kind) else {
            throw .unsupported(
                file: file, what: "is a PNM of kind P\(kind)", remedy: "convert it to PPM (P6) or PGM (P5)")
        }
        var scanner = HeaderScanner(bytes[2...], file: file, allowsComments: true)
        let (width, height, maximum) = (try scanner.natural(), try scanner.natural(), try scanner.natural())
        guard width > 0, height > 0, (1...65_535).contains(maximum) else {
            throw .damaged(file: file, what: "it declares \(width) x \(height) pixels up to \(maximum)")
        }
        try checkPixelCount(width: width, height: height, file: file)
        let isGrey = kind == 2 || kind == 5
        let count = width * height * (isGrey ? 1 : 3)
        let isText = kind < 4
        let sampleSize = isText || maximum < 256 ? 1 : 2
        // One byte of white space ends a binary header; each number of a text takes at least two bytes but the last.
        guard bytes.count - scanner.position >= (isText ? 2 * count - 1 : 1 + count * sampleSize) else {
            throw .cutOff(file: file, byteCount: bytes.count)
        }
        var samples: [UInt8] = []
        samples.reserveCapacity(count)
        for index in 0..<count {
            let sample: Int
            if isText {
                sample = try scanner.natural()
            } else {
                let position = scanner.position + 1 + index * sampleSize
                sample = sampleSize == 1 ? Int(bytes[position]) : Int(bytes[position]) << 8 | Int(bytes[position + 1])
            }
            guard sample <= maximum else {
                throw .damaged(file: file, what: "sample \(index) is \(sample), above the declared maximum \(maximum)")
            }
            samples.append(UInt8((sample * 255 + maximum / 2) / maximum))
        }
        return Picture(width: width, height: height, pixels: isGrey ? samples.flatMap { [$0, $0, $0] } : samples)
    }

    /// The picture as a binary PPM file (P6, maximum 255).
    public func ppmData() -> [UInt8] { Array("P6\n\(width) \(height)\n255\n".utf8) + pixels }

    /// Writes a PPM file, whole or not at all.
    public func writePPM(to path: String) throws(TensorIOError) { try writeFile(ppmData(), to: path) }
}
