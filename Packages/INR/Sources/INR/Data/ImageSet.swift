// Images as models and evaluations take them, and what can be wrong with a data set.

internal import TensorIO
public import Tensors

/// Images of one size with their names, groups and the digest of what they were made from.
public struct ImageSet: Sendable {
    /// `[image, height, width, 3]`, stored 8-bit values divided by 255: sRGB in 0...1.
    public let images: Tensor
    /// One name per image, unique.
    public let names: [String]
    /// The group of each image: those of one group come from one photograph and are not independent.
    public let groups: [Int]
    /// SHA-256 of the 8-bit data behind the images, in hexadecimal; what it covers stands with each reader.
    public let digest: String
}

/// The images `[image, height, width, 3]` with each `factor` × `factor` square replaced by its mean, not rounded.
///
/// Height and width are multiples of `factor`.
func areaAveraged(_ images: Tensor, by factor: Int) -> Tensor {
    let (count, height, width, channels) = images.shape4
    shapeCheck(height % factor == 0 && width % factor == 0, "areaAveraged", images.shape, [factor])
    return images.reshaped(to: [count, height / factor, factor, width / factor, factor, channels]).mean(along: [2, 4])
}

/// A data set that is not what it should be.
public enum DataError: Error, Equatable, CustomStringConvertible {
    /// No picture below the folder.
    case noPictures(folder: String)
    /// Every picture is smaller than what is to be cut from it; the first of them is named.
    case tooSmall(file: String, width: Int, height: Int, side: Int)
    /// The content is not the published one.
    case otherContent(what: String, digest: String, expected: String)
    /// An index's line cannot be read.
    case badLine(file: String, line: Int)

    /// Where, what was found, and what to do.
    public var description: String {
        switch self {
        case .noPictures(let folder): "\(folder): holds no PNG, JPEG, PPM or PGM picture; give another folder."
        case .tooSmall(let file, let width, let height, let side):
            "\(file): has \(width) x \(height) pixels, fewer than \(side) x \(side); leave it out or ask for less."
        case .otherContent(let what, let digest, let expected):
            "\(what): has SHA-256 \(digest) instead of \(expected); copy the data again."
        case .badLine(let file, let line): "\(file):\(line): does not have the index's columns; copy the data again."
        }
    }
}
