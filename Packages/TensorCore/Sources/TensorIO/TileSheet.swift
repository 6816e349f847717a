// Many small pictures in one or several PNG sheets: a grid without gaps, row by row.

/// Equal tiles cut from sheets, numbered across sheets, row by row in each.
public struct TileSheet: Sendable {
    /// Pixels in a tile's row.
    public let tileWidth: Int
    /// Rows of a tile.
    public let tileHeight: Int
    /// Tiles in a row of a sheet.
    public let columns: Int
    /// Tiles in all sheets; places after the last are unused.
    public let count: Int
    /// 3 for red, green, blue; 4 with alpha.
    public let channels: Int
    private let sheets: [[UInt8]]
    private let tilesPerSheet: Int

    /// Reads sheets of 8-bit PNG; all but the last have the first one's size.
    public init(
        contentsOf paths: [String], tileWidth: Int, tileHeight: Int, columns: Int, count: Int, channels: Int = 3
    ) throws(TensorIOError) {
        (self.tileWidth, self.tileHeight, self.columns) = (tileWidth, tileHeight, columns)
        (self.count, self.channels) = (count, channels)
        var (sheets, places, tilesPerSheet): ([[UInt8]], Int, Int) = ([], 0, 0)
        for path in paths {
            let (width, height, bytes) = try Self.sheet(path, hasAlpha: channels == 4)
            let tiles = columns * (height / tileHeight)
            tilesPerSheet = sheets.isEmpty ? tiles : tilesPerSheet
            guard width == columns * tileWidth, height % tileHeight == 0, places == tilesPerSheet * sheets.count else {
                throw .wrongSheet(
                    path, width: width, height: height,
                    expected: "\(columns) columns of \(tileWidth) x \(tileHeight) tiles, as many rows in each sheet")
            }
            sheets.append(bytes)
            places += tiles
        }
        guard count <= places else {
            throw .wrongSheet(
                paths.last ?? "no sheet", width: columns * tileWidth, height: tileHeight * (places / columns),
                expected: "room for \(count) tiles")
        }
        (self.sheets, self.tilesPerSheet) = (sheets, tilesPerSheet)
    }

    /// The `tileHeight · tileWidth · channels` bytes of a tile, row by row.
    public subscript(index: Int) -> [UInt8] {
        let (row, column) = (index % tilesPerSheet / columns, index % tilesPerSheet % columns)
        let sheet = sheets[index / tilesPerSheet]
        let rowBytes = tileWidth * channels
        var tile: [UInt8] = []
        tile.reserveCapacity(rowBytes * tileHeight)
        for y in 0..<tileHeight {
            let start = ((row * tileHeight + y) * columns + column) * rowBytes
            tile += sheet[start..<(start + rowBytes)]
        }
        return tile
    }

    /// SHA-256 of all tiles in order.
    public var digest: String {
        var digest = SHA256()
        for index in 0..<count { digest.update(self[index]) }
        return digest.hexDigest
    }

    private static func sheet(
        _ path: String, hasAlpha: Bool
    ) throws(TensorIOError) -> (width: Int, height: Int, bytes: [UInt8]) {
        if hasAlpha {
            let picture = try RGBAPicture(decodingPNG: try readFile(path), named: path)
            guard picture.bitsPerSample == 8 else {
                throw .unsupported(file: path, what: "has 16 bits per sample", remedy: "save it with 8")
            }
            return (picture.width, picture.height, picture.bytes)
        }
        let picture = try Picture(contentsOf: path)
        return (picture.width, picture.height, picture.pixels)
    }
}

extension TensorIOError {
    fileprivate static func wrongSheet(_ file: String, width: Int, height: Int, expected: String) -> TensorIOError {
        .unsupported(
            file: file, what: "has \(width) x \(height) pixels instead of \(expected)", remedy: "copy it again")
    }
}
