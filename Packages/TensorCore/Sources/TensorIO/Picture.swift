// A picture of 8-bit colours, from and to PNG, JPEG and PPM by content, and from and to tensors.

public import Tensors

/// Red, green and blue with 8 bits each, row by row.
///
/// Stored values are taken as they are: gamma, colour profiles and significant-bit notes are ignored. What has more is
/// reduced: 16-bit samples are scaled by 255/65535 and rounded, alpha is dropped (`RGBAPicture` keeps both). What has
/// less is widened: grey three times, palettes looked up.
public struct Picture: Sendable, Equatable {
    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// `3 · width · height` values: red, green, blue.
    public let pixels: [UInt8]

    /// The number of pixels above which no file is read: 2²⁶.
    public static let maximumPixelCount = 1 << 26

    /// A picture of at least one pixel from its values.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        shapeCheck(
            width > 0 && height > 0 && pixels.count == 3 * width * height, "Picture.init", [height, width, 3],
            [pixels.count])
        (self.width, self.height, self.pixels) = (width, height, pixels)
    }

    /// Reads a PNG, JPEG, PPM or PGM file; its content decides which, not its name.
    ///
    /// A JPEG's EXIF orientation is applied unless `keepsStoredOrientation`.
    public init(contentsOf path: String, keepsStoredOrientation: Bool = false) throws(TensorIOError) {
        try self.init(decoding: try readFile(path), named: path, keepsStoredOrientation: keepsStoredOrientation)
    }

    /// Reads a file's content; `file` is its name in errors.
    public init(
        decoding bytes: [UInt8], named file: String, keepsStoredOrientation: Bool = false
    ) throws(TensorIOError) {
        if bytes.isEmpty { throw .cutOff(file: file, byteCount: 0) }
        switch PictureFormat(ofContent: bytes) {
        case .png: self = try Self.decodedPNG(bytes, named: file)
        case .jpeg:
            let stored = try Self.decodedJPEG(bytes, named: file)
            self = keepsStoredOrientation ? stored : stored.upright(from: exifOrientation(of: bytes))
        case .pnm: self = try Self.decodedPNM(bytes, named: file)
        case nil: throw .notAPicture(file: file)
        }
    }

    /// `[height, width, 3]` in 0...1.
    public var tensor: Tensor { Tensor(pixels.map { Float($0) / 255 }, shape: [height, width, 3]) }

    /// The picture of a tensor `[height, width, 3]` in 0...1: clamped, times 255, rounded half to even; NaN is black.
    public init(_ tensor: Tensor) {
        shapeCheck(tensor.rank == 3 && tensor.shape[2] == 3, "Picture.init", tensor.shape)
        self.init(
            width: tensor.shape[1], height: tensor.shape[0],
            pixels: tensor.scalars.map { $0 > 0 ? UInt8((min($0, 1) * 255).rounded(.toNearestOrEven)) : 0 })
    }

    /// The picture with its stored rows and columns turned as an EXIF orientation (1...8) demands.
    func upright(from orientation: Int) -> Picture {
        if orientation == 1 { return self }
        let isTransposed = orientation >= 5
        let (newWidth, newHeight) = isTransposed ? (height, width) : (width, height)
        // Which ends of the stored axes come first, by TIFF 6.0's table of tag 274.
        let isFlippedAcross = [2, 3, 7, 8].contains(orientation)
        let isFlippedDown = [3, 4, 6, 7].contains(orientation)
        var turned = pixels
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                let (column, row) = isTransposed ? (y, x) : (x, y)
                let source =
                    (isFlippedDown ? height - 1 - row : row) * width + (isFlippedAcross ? width - 1 - column : column)
                for channel in 0..<3 { turned[3 * (y * newWidth + x) + channel] = pixels[3 * source + channel] }
            }
        }
        return Picture(width: newWidth, height: newHeight, pixels: turned)
    }
}

/// What a file's first bytes say it is.
public enum PictureFormat: Sendable {
    case png, jpeg, pnm

    /// The format of a file that starts with `bytes`, of which four are enough; `nil` if it is no picture known here.
    public init?(ofContent bytes: [UInt8]) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8]) {
            self = .jpeg
        } else if bytes.count > 1, bytes[0] == UInt8(ascii: "P"), (0x31...0x37).contains(bytes[1]) {
            self = .pnm
        } else {
            return nil
        }
    }
}

/// Stops a declared size above `Picture.maximumPixelCount` before anything of that size is allocated.
func checkPixelCount(width: Int, height: Int, file: String) throws(TensorIOError) {
    let (count, overflows) = width.multipliedReportingOverflow(by: height)
    if overflows || count > Picture.maximumPixelCount {
        throw .tooManyPixels(file: file, width: width, height: height)
    }
}
