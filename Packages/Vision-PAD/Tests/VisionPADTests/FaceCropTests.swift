// Crops against hand-worked geometry and the golden cases of the published networks.

import Foundation
import TensorIO
import TensorTesting
import Testing

@testable import VisionPAD

struct GeometryRow: Sendable, CustomTestStringConvertible {
    var name: String
    var picture: (width: Int, height: Int)
    var box: FaceBox
    var scale: Double
    var edges: [Int]
    var testDescription: String { name }
}

private func list(_ edges: CropEdges) -> [Int] { [edges.left, edges.top, edges.right, edges.bottom] }

/// `image_wh`, `box_xywh` and `scale` to the inclusive corners, of golden.json.
private struct GoldenCrops: Decodable {
    struct Geometry: Decodable {
        let image_wh: [Int], box_xywh: [Int], scale: Double, xyxy_inclusive: [Int]
    }
    struct Resize: Decodable {
        let output_rows4_cols5: [[[Int]]]
    }
    let crop_geometry_cases: [Geometry]
    let resize_case: Resize

    static func read() throws -> GoldenCrops {
        try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: padData + "/golden.json")))
    }
}

@Suite struct FaceCropTests {
    @Test(arguments: [
        // Centre (50, 60), 2 × 20 wide and 2 × 30 high.
        GeometryRow(
            name: "in the middle", picture: (100, 120), box: FaceBox(x: 40, y: 45, width: 20, height: 30), scale: 2,
            edges: [30, 30, 70, 90]),
        // Centre (10, 15): 20 and 30 to each side would begin at (-10, -15).
        GeometryRow(
            name: "moved in from the upper left", picture: (100, 120), box: FaceBox(x: 0, y: 0, width: 20, height: 30),
            scale: 2, edges: [0, 0, 40, 60]),
        // Centre (90, 105): it would end at (110, 135), 11 and 16 beyond the last pixel.
        GeometryRow(
            name: "moved in from the lower right", picture: (100, 120),
            box: FaceBox(x: 80, y: 90, width: 20, height: 30), scale: 2, edges: [59, 59, 99, 119]),
        // Of 100 rows 99/30 = 3.3 boxes are to be had: 66 wide about 50, so from 17.
        GeometryRow(
            name: "shrunk to what there is", picture: (100, 100), box: FaceBox(x: 40, y: 35, width: 20, height: 30),
            scale: 4, edges: [17, 0, 83, 99]),
        // Detectors give boxes beyond the edge; centre (5, 15), 20 × 30.
        GeometryRow(
            name: "a box beyond the edge", picture: (100, 120), box: FaceBox(x: -5, y: 0, width: 20, height: 30),
            scale: 1, edges: [0, 0, 20, 30]),
        GeometryRow(
            name: "a picture of one pixel", picture: (1, 1), box: FaceBox(x: 0, y: 0, width: 1, height: 1), scale: 2.7,
            edges: [0, 0, 0, 0]),
    ])
    func `a crop has the shape of its box and lies in the picture`(_ row: GeometryRow) {
        let edges = row.box.edges(
            scale: row.scale, pictureWidth: row.picture.width, pictureHeight: row.picture.height)
        #expect(list(edges) == row.edges)
    }

    @Test(.enabled(if: hasPADData, "needs ../shared/data/pad"))
    func `the published geometry is met to the pixel`() throws {
        let cases = try GoldenCrops.read().crop_geometry_cases
        #expect(cases.count == 6)
        for one in cases {
            let box = FaceBox(
                x: one.box_xywh[0], y: one.box_xywh[1], width: one.box_xywh[2], height: one.box_xywh[3])
            let edges = box.edges(
                scale: one.scale, pictureWidth: one.image_wh[0], pictureHeight: one.image_wh[1])
            #expect(list(edges) == one.xyxy_inclusive)
        }
    }

    @Test func `interpolation lies between the nearest pixels and holds the border`() {
        // One row 0, 100, 200 to six: places -0.25, 0.25, 0.75, 1.25, 1.75, 2.25.
        let row = Picture(width: 3, height: 1, pixels: [0, 100, 200].flatMap { [$0, $0, $0] })
        let wide = row.interpolated(width: 6, height: 1)
        #expect(stride(from: 0, to: 18, by: 3).map { wide.pixels[$0] } == [0, 25, 75, 125, 175, 200])
        // To one pixel: place 1, the middle alone, where an average would see all three (as `resized` does).
        #expect(row.interpolated(width: 1, height: 1).pixels == [100, 100, 100])
        #expect(row.interpolated(width: 3, height: 1) == row)
    }

    @Test(.enabled(if: hasPADData, "needs ../shared/data/pad"))
    func `the published resize is met to the grey level`() throws {
        let golden = try GoldenCrops.read().resize_case.output_rows4_cols5
        let input = Picture(width: 9, height: 7, pixels: (0..<189).map { UInt8(31 * $0 % 256) })
        #expect(input.interpolated(width: 5, height: 4).pixels.map(Int.init) == golden.flatMap { $0.flatMap { $0 } })
    }

    @Test(arguments: [
        (
            FaceBoxError.unreadable(text: "1,2,3"),
            "face box: '1,2,3' is not four whole numbers; write x,y,width,height, for example 106,147,207,213."
        ),
        (
            .empty(width: 0, height: 5),
            "face box: 0 x 5 pixels hold no face; give a width and a height of at least 1."
        ),
        (
            .outside(box: FaceBox(x: 500, y: 1, width: 9, height: 9), pictureWidth: 480, pictureHeight: 640),
            "face box: the centre of 500,1,9,9 is not in the picture of 480 x 640 pixels; "
                + "give the box in the picture's own pixels."
        ),
    ])
    func `a box that cannot be used is refused in these words`(_ error: FaceBoxError, _ sentence: String) {
        #expect(error.description == sentence)
    }

    @Test func `texts and boxes from outside are checked`() throws {
        #expect(try FaceBox(parsing: "1,-2,3,4") == FaceBox(x: 1, y: -2, width: 3, height: 4))
        for text in [
            "", "1,2,3", "1,2,3,4,5", "1,2,3,x", "1,2,,4", "1.5,2,3,4", "1 ,2,3,4", "99999999999999999999,2,3,4",
        ] {
            #expect(throws: FaceBoxError.unreadable(text: text)) { try FaceBox(parsing: text) }
        }
        #expect(throws: FaceBoxError.empty(width: 0, height: 4)) { try FaceBox(parsing: "1,2,0,4") }
        let picture = Picture(width: 2, height: 2, pixels: [UInt8](repeating: 0, count: 12))
        #expect(throws: FaceBoxError.empty(width: -1, height: 4)) {
            try FaceBox(x: 0, y: 0, width: -1, height: 4).crop(of: picture, scale: 1, side: 8)
        }
        for far in [FaceBox(x: 2, y: 0, width: 1, height: 1), FaceBox(x: .max, y: .min, width: .max, height: .max)] {
            #expect(throws: FaceBoxError.outside(box: far, pictureWidth: 2, pictureHeight: 2)) {
                try far.crop(of: picture, scale: 1, side: 8)
            }
        }
    }
}
