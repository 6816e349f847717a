// Any folder of photographs: CelebA, FFHQ, Imagenette, Kodak or one's own.

internal import Foundation
internal import TensorIO
internal import Tensors

/// The pictures below a folder, in the byte order of their relative paths.
///
/// A file counts as a picture if its first bytes say PNG, JPEG or PNM, or its name does: a damaged picture is an error,
/// a README beside the pictures is not. Names that start with a dot are left out. Grey gives three equal channels.
public struct ImageFolder: Sendable {
    /// The folder.
    public let path: String
    /// The pictures' paths below the folder.
    public let names: [String]

    /// How a picture becomes a square.
    public enum Preparation: Sendable {
        /// The shorter side is resized (bilinear with antialiasing, 8 bit), then the middle is cut out.
        case resized
        /// The middle is cut out at the stored scale.
        case native
    }

    /// Finds the pictures below `path`; there must be one.
    public init(_ path: String) throws {
        self.path = path
        guard let files = FileManager.default.enumerator(atPath: path) else { throw DataError.noPictures(folder: path) }
        var names: [String] = []
        for case let name as String in files {
            if files.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { continue }
            if try Self.isPicture(name, below: path) { names.append(name) }
        }
        if names.isEmpty { throw DataError.noPictures(folder: path) }
        self.names = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Every picture as a square of `side` pixels, each a group of its own.
    ///
    /// The digest covers the pictures as read, at full size, as one PPM (P6) file after the other.
    public func images(side: Int, _ preparation: Preparation = .resized) throws -> ImageSet {
        var (images, digest): ([Tensor], SHA256) = ([], SHA256())
        for name in names {
            let picture = try picture(name)
            digest.update(picture.ppmData())
            if preparation == .native && min(picture.width, picture.height) < side {
                throw DataError.tooSmall(file: name, width: picture.width, height: picture.height, side: side)
            }
            let square =
                preparation == .native
                ? picture.centreCropped(width: side, height: side) : picture.fitted(toSquare: side)
            images.append(square.tensor.reshaped(to: [1, side, side, 3]))
        }
        return ImageSet(
            images: .concatenated(images, along: 0), names: names, groups: Array(names.indices),
            digest: digest.hexDigest)
    }

    /// All crops of `side` pixels that fit side by side from the top-left corner, row by row, grouped by picture.
    ///
    /// With `shrink` above 1 each crop covers `side · shrink` pixels, and its values are means over squares of `shrink`
    /// pixels, not rounded. Pictures smaller than one crop give none; if all are, that is an error.
    /// The digest is that of `images`.
    public func crops(side: Int, shrink: Int = 1) throws -> ImageSet {
        var (images, names, groups): ([Tensor], [String], [Int]) = ([], [], [])
        var digest = SHA256()
        let extent = side * shrink
        for (group, name) in self.names.enumerated() {
            let picture = try picture(name)
            digest.update(picture.ppmData())
            let (rows, columns) = (picture.height / extent, picture.width / extent)
            if rows == 0 || columns == 0 { continue }
            let covered = picture.cropped(x: 0, y: 0, width: columns * extent, height: rows * extent).tensor
            let small = areaAveraged(covered.reshaped(to: [1] + covered.shape), by: shrink)
            images.append(
                small.reshaped(to: [rows, side, columns, side, 3])
                    .permuted([0, 2, 1, 3, 4])  // [row, column, height, width, 3]
                    .reshaped(to: [rows * columns, side, side, 3]))
            names += (0..<(rows * columns)).map { "\(name).\($0 / columns).\($0 % columns)" }
            groups += Array(repeating: group, count: rows * columns)
        }
        if images.isEmpty {
            let first = try picture(self.names[0])
            throw DataError.tooSmall(file: self.names[0], width: first.width, height: first.height, side: extent)
        }
        return ImageSet(
            images: .concatenated(images, along: 0), names: names, groups: groups, digest: digest.hexDigest)
    }

    private func picture(_ name: String) throws -> Picture { try Picture(contentsOf: "\(path)/\(name)") }

    private static func isPicture(_ name: String, below folder: String) throws -> Bool {
        let url = URL(fileURLWithPath: "\(folder)/\(name)")
        if url.lastPathComponent.hasPrefix(".") { return false }
        if ["png", "jpg", "jpeg", "ppm", "pgm"].contains(url.pathExtension.lowercased()) { return true }
        guard let file = FileHandle(forReadingAtPath: url.path) else { return false }
        defer { try? file.close() }
        return PictureFormat(ofContent: [UInt8](try file.read(upToCount: 4) ?? Data())) != nil
    }
}
