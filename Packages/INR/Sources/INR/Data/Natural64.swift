// The folder natural64: 2,700 tiles of real photographs, split so that no album is in two parts.
//
// Source: shared/data/natural64/README.md, made from BSDS500 for research only; the tiles are not in this repository.

internal import TensorIO
internal import Tensors

/// 64 × 64 tiles with their photographs and albums.
public struct Natural64: Sendable {
    /// What a tile is for: settings are chosen on `dev`; `test` is for the reported number only.
    public enum Fold: String, Sendable, CaseIterable {
        case fit, dev, test
    }

    /// The pixels per side of the images given.
    public enum Size: Int, Sendable {
        /// The tiles as stored.
        case full = 64
        /// The mean of each 2 × 2 square, not rounded: the reduced setting's input.
        case half = 32
    }

    /// Where a tile comes from.
    public struct Tile: Sendable, Equatable {
        /// Its part.
        public let fold: Fold
        /// Its number in the sheets of its split; `fit` and `dev` share theirs.
        public let index: Int
        /// The photograph it was cut from.
        public let photo: Int
        /// The album the photograph stands in.
        public let album: Int
        /// The first 16 hexadecimal digits of the SHA-256 of its bytes.
        public let shortDigest: String
    }

    /// All tiles, in the index's order.
    public let tiles: [Tile]
    private let (train, test): (TileSheet, TileSheet)

    /// Reads the folder and refuses content other than the published one.
    public init(folder: String) throws {
        let index = try readFile(folder + "/index.csv")
        try Self.check("\(folder)/index.csv", SHA256.hexDigest(of: index), Self.indexDigest)
        tiles = try Self.tiles(index, file: folder + "/index.csv")
        func sheets(_ split: String, _ count: Int) throws -> TileSheet {
            try TileSheet(
                contentsOf: (0..<count).map { "\(folder)/\(split)_\($0).png" }, tileWidth: 64, tileHeight: 64,
                columns: 20, count: 300 * count)
        }
        (train, test) = (try sheets("train", 8), try sheets("test", 1))
        try Self.check("\(folder), tiles of train", train.digest, Self.trainDigest)
        try Self.check("\(folder), tiles of test", test.digest, Self.testDigest)
    }

    /// The images of some folds in the index's order, grouped by photograph; the digest is that of their 64 × 64 tiles.
    public func images(_ folds: Fold..., size: Size = .full) -> ImageSet {
        let chosen = tiles.filter { folds.contains($0.fold) }
        let bytes = chosen.flatMap(bytes)
        let images = Tensor(bytes.map { Float($0) / 255 }, shape: [chosen.count, 64, 64, 3])
        return ImageSet(
            images: size == .full ? images : areaAveraged(images, by: 2),
            names: chosen.map { "\($0.fold == .test ? "test" : "train").\($0.index)" }, groups: chosen.map(\.photo),
            digest: SHA256.hexDigest(of: bytes))
    }

    /// The 12,288 bytes of a tile: red, green, blue, row by row.
    func bytes(of tile: Tile) -> [UInt8] { (tile.fold == .test ? test : train)[tile.index] }

    private static func tiles(_ index: [UInt8], file: String) throws -> [Tile] {
        // split,index,sheet,row,col,fold,photo,album,bsds_folder,factor,x,y,sha256_16
        try String(decoding: index, as: UTF8.self).split(separator: "\n").enumerated().dropFirst().map { number, line in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 13, let fold = Fold(rawValue: String(fields[5])), let index = Int(fields[1]),
                let photo = Int(fields[6]), let album = Int(fields[7])
            else { throw DataError.badLine(file: file, line: number + 1) }
            return Tile(fold: fold, index: index, photo: photo, album: album, shortDigest: String(fields[12]))
        }
    }

    private static func check(_ what: String, _ digest: String, _ expected: String) throws {
        if digest != expected { throw DataError.otherContent(what: what, digest: digest, expected: expected) }
    }

    /// The README, "Layout".
    static let trainDigest = "55e9bdbe7a78a552b2d0294287e4bcd01794d667a03fbda92e06c067db4a53b9"
    /// The README, "Layout".
    static let testDigest = "cfb64b4fbd4694335223b8f88c27a82d8ec3d5783c5a8d05e80833bc3f49e8af"
    /// shared/data/MANIFEST.sha256: the folds are part of the content.
    static let indexDigest = "fe77b6e3e06f9e5ba98770c4ba1b12012d51a00f16bce16ead944a3a46d94a46"
}
