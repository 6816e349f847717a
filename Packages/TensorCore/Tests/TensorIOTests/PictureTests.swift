import Foundation
import TensorTesting
import Tensors
import Testing

@testable import TensorIO

/// A picture of any size whose values follow from their place.
private func pattern(width: Int, height: Int) -> Picture {
    let count = 3 * width * height
    return Picture(
        width: width, height: height, pixels: (0..<count).map { UInt8(truncatingIfNeeded: $0 * $0 / 7 + $0) })
}

/// PSNR in dB of pixels against others of the same count, peak 255.
func psnr(_ a: [UInt8], _ b: [UInt8]) -> Double {
    let squares = zip(a, b).reduce(0.0) { $0 + Double((Int($1.0) - Int($1.1)) * (Int($1.0) - Int($1.1))) }
    return 10 * log10(255 * 255 / (squares / Double(a.count)))
}

struct PictureTests {
    @Test func `PNG and PPM give back the same picture`() throws {
        try withTemporaryFolder { folder in
            for (width, height) in [(1, 1), (7, 3), (64, 65)] {
                let picture = pattern(width: width, height: height)
                try picture.writePNG(to: folder + "/a.jpg")  // content decides, not the name
                try picture.writePPM(to: folder + "/a.png")
                #expect(try Picture(contentsOf: folder + "/a.jpg") == picture)
                #expect(try Picture(contentsOf: folder + "/a.png") == picture)
            }
        }
    }

    @Test func `JPEG gives back a picture of the same size and nearly the same colours`() throws {
        var pixels: [UInt8] = []
        for y in 0..<24 {
            for x in 0..<40 { pixels += [UInt8(6 * x), UInt8(10 * y), 128] }
        }
        let ramp = Picture(width: 40, height: 24, pixels: pixels)
        try withTemporaryFolder { folder in
            try ramp.writeJPEG(to: folder + "/a.png", quality: 95)
            let read = try Picture(contentsOf: folder + "/a.png")
            #expect((read.width, read.height) == (40, 24))
            #expect(psnr(read.pixels, ramp.pixels) > 35)
        }
        #expect(try ramp.jpegData(quality: 10).count < (try ramp.jpegData(quality: 90).count))
    }

    @Test func `a tensor and its picture agree at every level`() throws {
        let picture = Picture(width: 16, height: 16, pixels: (0..<256).flatMap { [UInt8($0), UInt8(255 - $0), 0] })
        #expect(picture.tensor.shape == [16, 16, 3])
        #expect(picture.tensor.scalars[3] == Float(1) / 255)
        #expect(Picture(picture.tensor) == picture)
    }

    @Test func `values outside 0...1 are clamped, halves go to even, NaN is black`() throws {
        let values: [Float] = [-1, 0.5 / 255, 1.5 / 255, 2, .infinity, .nan]
        #expect(Picture(Tensor(values, shape: [1, 2, 3])).pixels == [0, 0, 2, 255, 255, 0])
    }

    @Test(arguments: [
        ("P2 # two\n2 1\n# levels\n3\n0 3", [0, 0, 0, 255, 255, 255]),
        ("P3\n1 1 100\n0 50 100\n", [0, 128, 255]),  // 50 · 255 / 100 = 127.5
        ("P5 2 1 255 AB", [65, 65, 65, 66, 66, 66]),
        ("P6\n1 1\n255\nabc", [97, 98, 99]),
        ("P5\n1 1\n32639\n@ ", [128, 128, 128]),  // 0x4020 = 16416, and 16416 · 255 / 32639 = 128.25
    ])
    func `every kind of PNM is read`(text: String, pixels: [UInt8]) throws {
        #expect(try Picture(decoding: Array(text.utf8), named: "x").pixels == pixels)
    }

    @Test(arguments: [
        "P6\n0 1\n255\n", "P6\n1 1\n0\nabc", "P6\n1 1\n65536\nabcabc", "P6\n1 1\n255\nab", "P6\n1\n", "P6",
        "P2 1 1 3 4",
        "P6 99999999999999999999 1 255 ", "P6 9223372036854775807 9223372036854775807 255 ", "P6 65536 65536 255 ",
        "P3 1 1 255 1 2 x", "P1 1 1 0", "P4 1 1 0", "P7\nWIDTH 1", "P0 1 1 0", "P8",
    ])
    func `a broken PNM is refused`(text: String) throws {
        #expect(throws: TensorIOError.self) { try Picture(decoding: Array(text.utf8), named: "x") }
    }

    @Test(arguments: ["area", "bilinear", "bicubic"])
    func `resizing equals Pillow to the bit`(name: String) throws {
        let golden = try golden("resized.safetensors")
        let source = try golden["source"]
        let picture = Picture(source * (1 / 255))
        #expect(picture.pixels.map(Float.init) == source.scalars)
        let filter = try #require(["area": ResamplingFilter.area, "bilinear": .bilinear, "bicubic": .bicubic][name])
        let cases = golden.tensors.filter { $0.key.hasPrefix(name + ".") }
        #expect(cases.count == 6)
        for (key, expected) in cases {
            let resized = picture.resized(width: expected.shape[1], height: expected.shape[0], filter)
            #expect(resized.pixels.map(Float.init) == expected.scalars, "\(key)")
        }
    }

    @Test func `a crop takes the middle, an odd margin halved to even`() throws {
        // Margins 5 and 3: 2.5 to 2 and 1.5 to 2, as Python's round in torchvision's center_crop.
        let picture = pattern(width: 9, height: 6)
        #expect(picture.centreCropped(width: 4, height: 3) == picture.cropped(x: 2, y: 2, width: 4, height: 3))
        #expect(picture.cropped(x: 8, y: 5, width: 1, height: 1).pixels == Array(picture.pixels.suffix(3)))
    }

    @Test func `fitting to a square shrinks the shorter side and cuts the longer`() throws {
        let fitted = pattern(width: 37, height: 20).fitted(toSquare: 8)  // 8 · 37 / 20 = 14.8, truncated to 14
        let shrunk = pattern(width: 37, height: 20).resized(width: 14, height: 8)
        #expect(fitted == shrunk.cropped(x: 3, y: 0, width: 8, height: 8))
    }

    @Test(arguments: [
        (1, [0, 1, 2, 3, 4, 5]), (2, [2, 1, 0, 5, 4, 3]), (3, [5, 4, 3, 2, 1, 0]), (4, [3, 4, 5, 0, 1, 2]),
        (5, [0, 3, 1, 4, 2, 5]), (6, [3, 0, 4, 1, 5, 2]), (7, [5, 2, 4, 1, 3, 0]), (8, [2, 5, 1, 4, 0, 3]),
    ])
    func `each orientation turns three columns and two rows upright`(orientation: Int, order: [UInt8]) throws {
        // By TIFF 6.0, tag 274: where the first stored row and column belong. 6: row to the right, column on top.
        let stored = Picture(width: 3, height: 2, pixels: (0..<6).flatMap { [UInt8($0), 0, 0] })
        let upright = stored.upright(from: orientation)
        #expect(upright.width == (orientation < 5 ? 3 : 2))
        #expect(stride(from: 0, to: 18, by: 3).map { upright.pixels[$0] } == order)
    }

    @Test(.enabled(if: isThere("kodak"), "needs ../shared/data/kodak"))
    func `JPEG bits and PSNR on Kodak are the reference's`() throws {
        // The row of ../shared/data/kodak/README.md: libjpeg-turbo, 4:2:0, optimised tables, means over 24 pictures.
        let (quality, bitsPerPixel, decibels) = (50, 0.869, 32.17)
        let pictures = try (1...24).map { index in
            let number = index < 10 ? "0\(index)" : "\(index)"
            return try Picture(contentsOf: sharedData.appendingPathComponent("kodak/kodim\(number).png").path)
        }
        let encoded = try pictures.map { try $0.jpegData(quality: quality) }
        let bits = zip(pictures, encoded).map { Double(8 * $1.count) / Double($0.width * $0.height) }
        let scores = try zip(pictures, encoded).map { psnr(try Picture(decoding: $1, named: "jpeg").pixels, $0.pixels) }
        #expect(abs(bits.reduce(0, +) / 24 - bitsPerPixel) < 0.001)
        #expect(abs(scores.reduce(0, +) / 24 - decibels) < 0.01)
    }
}
