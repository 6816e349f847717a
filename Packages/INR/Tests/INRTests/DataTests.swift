import Foundation
import TensorIO
import TensorTesting
import Tensors
import Testing

@testable import INR

/// A picture whose red is its column and whose green its row.
private func grid(width: Int, height: Int) -> Picture {
    var pixels: [UInt8] = []
    for y in 0..<height {
        for x in 0..<width { pixels += [UInt8(x), UInt8(y), 7] }
    }
    return Picture(width: width, height: height, pixels: pixels)
}

@Suite(.enabled(if: isThere("natural64"), "needs ../shared/data/natural64"))
struct Natural64Tests {
    @Test func `every tile has its digest and no album is in two folds`() throws {
        let data = try Natural64(folder: "\(sharedData)/natural64")
        #expect(Natural64.Fold.allCases.map { fold in data.tiles.count { $0.fold == fold } } == [2160, 240, 300])
        for tile in data.tiles {
            #expect(SHA256.hexDigest(of: data.bytes(of: tile)).hasPrefix(tile.shortDigest), "\(tile)")
        }
        // Photographs and albums per fold, from the README's table.
        let folds = Natural64.Fold.allCases.map { fold in data.tiles.filter { $0.fold == fold } }
        #expect(folds.map { Set($0.map(\.photo)).count } == [360, 40, 50])
        #expect(folds.map { Set($0.map(\.album)).count } == [158, 23, 26])
        #expect(Set(data.tiles.map(\.album)).count == 158 + 23 + 26)
    }

    @Test func `half size is the mean of each square of four`() throws {
        let data = try Natural64(folder: "\(sharedData)/natural64")
        let (full, half) = (data.images(.dev), data.images(.dev, size: .half))
        #expect(full.images.shape == [240, 64, 64, 3])
        #expect(half.images.shape == [240, 32, 32, 3])
        #expect(full.names.first == "train.2160")
        #expect(full.digest == half.digest)
        let (a, b) = (full.images.scalars, half.images.scalars)
        // Image 5, row 3, column 31, green: rows 6 and 7, columns 62 and 63 of the tile.
        func place(_ side: Int, _ y: Int, _ x: Int) -> Int { ((5 * side + y) * side + x) * 3 + 1 }
        let mean = (a[place(64, 6, 62)] + a[place(64, 6, 63)] + a[place(64, 7, 62)] + a[place(64, 7, 63)]) / 4
        #expect(abs(b[place(32, 3, 31)] - mean) < 1e-6)
    }

    @Test func `content other than the published one is refused`() throws {
        try withTemporaryFolder { folder in
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(sharedData)/natural64") {
                try FileManager.default.copyItem(atPath: "\(sharedData)/natural64/\(name)", toPath: "\(folder)/\(name)")
            }
            let sheet = try Picture(contentsOf: folder + "/test_0.png")
            var pixels = sheet.pixels
            pixels[100] ^= 1
            try Picture(width: sheet.width, height: sheet.height, pixels: pixels).writePNG(to: folder + "/test_0.png")
            let error = #expect(throws: DataError.self) { try Natural64(folder: folder) }
            #expect(error?.description.hasPrefix("\(folder), tiles of test: has SHA-256 ") == true)
            try writeFile(try readFile(folder + "/index.csv") + [10], to: folder + "/index.csv")
            let indexError = #expect(throws: DataError.self) { try Natural64(folder: folder) }
            #expect(indexError?.description.hasPrefix("\(folder)/index.csv: has SHA-256 ") == true)
        }
    }
}

struct ImageFolderTests {
    @Test func `pictures are found by content or name, below subfolders, in byte order`() throws {
        try withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/b", withIntermediateDirectories: true)
            try grid(width: 5, height: 4).writePNG(to: folder + "/b/no extension")
            try grid(width: 4, height: 4).writeJPEG(to: folder + "/a.png", quality: 90)
            try writeFile(Array("P5 1 2 255 AB".utf8), to: folder + "/Z.pgm")
            try writeFile(Array("notes".utf8), to: folder + "/README.md")
            try writeFile([], to: folder + "/.hidden.png")
            let set = try ImageFolder(folder).images(side: 2)
            #expect(set.names == ["Z.pgm", "a.png", "b/no extension"])
            #expect(set.groups == [0, 1, 2])
            #expect(set.images.shape == [3, 2, 2, 3])
            // 1 x 2 grey pixels, shorter side 1 to 2: 2 x 4, of which rows 1 and 2; Pillow's triangle weighs 3 to 1.
            let grey = Array(set.images.scalars.prefix(12))
            #expect(grey.map { ($0 * 255).rounded() } == [65, 65, 65, 65, 65, 65, 66, 66, 66, 66, 66, 66])
        }
    }

    @Test func `a native square is the middle of the picture`() throws {
        try withTemporaryFolder { folder in
            try grid(width: 6, height: 4).writePPM(to: folder + "/a.ppm")
            let set = try ImageFolder(folder).images(side: 2, .native)
            #expect(
                difference(
                    of: set.images.reshaped(to: [2, 2, 3]),
                    from: grid(width: 6, height: 4).centreCropped(width: 2, height: 2).tensor) == nil)
            #expect(set.digest == SHA256.hexDigest(of: try readFile(folder + "/a.ppm")))
        }
    }

    @Test func `crops lie side by side, shrink by means and keep their picture as group`() throws {
        try withTemporaryFolder { folder in
            try grid(width: 9, height: 8).writePNG(to: folder + "/a.png")
            try grid(width: 3, height: 9).writePNG(to: folder + "/b.png")  // narrower than one crop
            try grid(width: 4, height: 4).writePNG(to: folder + "/c.png")
            let set = try ImageFolder(folder).crops(side: 2, shrink: 2)
            #expect(set.names == ["a.png.0.0", "a.png.0.1", "a.png.1.0", "a.png.1.1", "c.png.0.0"])
            #expect(set.groups == [0, 0, 0, 0, 2])
            // Crop (1, 0) covers rows 4...7 and columns 0...3: means of rows 4.5 and 6.5, of columns 0.5 and 2.5.
            let crop = set.images.sliced(along: 0, 2..<3).scalars.map { ($0 * 2550).rounded() / 10 }
            #expect(crop == [0.5, 4.5, 7, 2.5, 4.5, 7, 0.5, 6.5, 7, 2.5, 6.5, 7])
        }
    }

    @Test func `what is missing, damaged or too small is named`() throws {
        try withTemporaryFolder { folder in
            #expect(throws: DataError.noPictures(folder: folder)) { try ImageFolder(folder) }
            #expect(throws: DataError.noPictures(folder: folder + "/none")) { try ImageFolder(folder + "/none") }
            let png = try grid(width: 6, height: 4).pngData()
            try writeFile(png, to: folder + "/a.png")
            #expect(throws: DataError.tooSmall(file: "a.png", width: 6, height: 4, side: 5)) {
                try ImageFolder(folder).images(side: 5, .native)
            }
            #expect(throws: DataError.tooSmall(file: "a.png", width: 6, height: 4, side: 6)) {
                try ImageFolder(folder).crops(side: 3, shrink: 2)
            }
            try writeFile(Array(png.prefix(50)), to: folder + "/b.png")
            #expect(throws: TensorIOError.cutOff(file: folder + "/b.png", byteCount: 50)) {
                try ImageFolder(folder).images(side: 2)
            }
        }
    }

    @Test(.enabled(if: isThere("kodak"), "needs ../shared/data/kodak"))
    func `Kodak gives 24 squares, and 24 crops of each picture at a quarter of its scale`() throws {
        let folder = try ImageFolder("\(sharedData)/kodak")
        #expect(folder.names.count == 24)
        #expect(try folder.images(side: 32).images.shape == [24, 32, 32, 3])
        // 768 x 512 pixels hold 6 x 4 squares of 128, also when they stand upright.
        let crops = try folder.crops(side: 32, shrink: 4)
        #expect(crops.images.shape == [24 * 24, 32, 32, 3])
        #expect(Set(crops.groups) == Set(0..<24))
    }
}

struct DataErrorMessageTests {
    @Test(
        arguments: [
            (.noPictures(folder: "photos"), "photos: holds no PNG, JPEG, PPM or PGM picture; give another folder."),
            (
                .tooSmall(file: "a.png", width: 6, height: 4, side: 5),
                "a.png: has 6 x 4 pixels, fewer than 5 x 5; leave it out or ask for less."
            ),
            (
                .otherContent(what: "n/index.csv", digest: "00", expected: "11"),
                "n/index.csv: has SHA-256 00 instead of 11; copy the data again."
            ),
            (
                .badLine(file: "index.csv", line: 7),
                "index.csv:7: does not have the index's columns; copy the data again."
            ),
        ] as [(DataError, String)])
    func `a data error says where, what and what to do`(error: DataError, sentence: String) {
        #expect(error.description == sentence)
    }
}
