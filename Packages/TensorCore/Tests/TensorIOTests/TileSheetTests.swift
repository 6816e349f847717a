// Tiles are where the sheets' description says, and sheets of another size are refused.

import Foundation
import TensorIO
import TensorTesting
import Testing

/// A picture whose red is its column and whose green its row.
private func grid(width: Int, height: Int) -> Picture {
    var pixels: [UInt8] = []
    for y in 0..<height {
        for x in 0..<width { pixels += [UInt8(x), UInt8(y), 7] }
    }
    return Picture(width: width, height: height, pixels: pixels)
}

@Suite struct TileSheetTests {
    @Test func `tiles run row by row and then into the next sheet`() throws {
        try withTemporaryFolder { folder in
            try grid(width: 6, height: 4).writePNG(to: folder + "/0.png")
            try grid(width: 6, height: 2).writePNG(to: folder + "/1.png")
            let sheet = try TileSheet(
                contentsOf: [folder + "/0.png", folder + "/1.png"], tileWidth: 3, tileHeight: 2, columns: 2, count: 5)
            #expect(sheet[3] == grid(width: 6, height: 4).cropped(x: 3, y: 2, width: 3, height: 2).pixels)
            #expect(sheet[4] == grid(width: 6, height: 2).cropped(x: 0, y: 0, width: 3, height: 2).pixels)
            #expect(sheet.digest == SHA256.hexDigest(of: (0..<5).flatMap { sheet[$0] }))
        }
    }

    @Test func `a sheet that does not fit its tiles is refused`() throws {
        try withTemporaryFolder { folder in
            try grid(width: 6, height: 4).writePNG(to: folder + "/0.png")
            for (width, columns, count) in [(2, 2, 1), (4, 2, 1), (3, 2, 5)] {
                #expect(throws: TensorIOError.self) {
                    try TileSheet(
                        contentsOf: [folder + "/0.png"], tileWidth: width, tileHeight: 2, columns: columns, count: count
                    )
                }
            }
        }
    }

    /// The digests of each folder's README.
    @Test(.enabled(if: isThere("faces") && isThere("views"), "needs ../shared/data/faces and views"))
    func `faces and views have their published digests`() throws {
        let train = try TileSheet(
            contentsOf: (0..<4).map { "\(sharedData.path)/faces/train_\($0).png" }, tileWidth: 80, tileHeight: 80,
            columns: 10, count: 400)
        #expect(train.digest == "1516c51b1ae6f7fd54657b7644bda83f629bfcd89c09ff9294e578d5dc23f2d8")
        let test = try TileSheet(
            contentsOf: (0..<2).map { "\(sharedData.path)/faces/test_\($0).png" }, tileWidth: 80, tileHeight: 80,
            columns: 10, count: 108)
        #expect(test.digest == "28298d06a1345ed715c3da522ff3f3f458ad1ef0b7779a01dbeb9362bdcd1605")
        let views = try TileSheet(
            contentsOf: ["\(sharedData.path)/views/lego_100x100.png"], tileWidth: 100, tileHeight: 100, columns: 10,
            count: 100, channels: 4)
        #expect(views.digest == "66eeee19fa94289615278cc58ff5c1b026aff31546bac1c47f051ed7a8d48616")
    }
}
