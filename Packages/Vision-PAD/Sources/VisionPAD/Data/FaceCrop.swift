// From a face's box to the square that a network sees: geometry and resampling to the pixel as the published networks
// were trained with. Finding the box is the caller's part.
//
// Source: line specification, section 3.1; Silent-Face-Anti-Spoofing, generate_patches.py.

internal import Glibc
public import TensorIO

extension FaceBox {
    /// A box written as `x,y,width,height`.
    public init(parsing text: String) throws(FaceBoxError) {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 4, let x = numbers[0], let y = numbers[1], let width = numbers[2],
            let height = numbers[3]
        else { throw .unreadable(text: text) }
        self.init(x: x, y: y, width: width, height: height)
        guard !isEmpty else { throw .empty(width: width, height: height) }
    }

    private var isEmpty: Bool { width <= 0 || height <= 0 }
    private var centre: (x: Double, y: Double) {
        (Double(x) + Double(width) / 2, Double(y) + Double(height) / 2)
    }
}

/// A face's box that cannot be used.
public enum FaceBoxError: Error, Equatable, CustomStringConvertible {
    /// A text that is not four whole numbers.
    case unreadable(text: String)
    /// No pixel in it.
    case empty(width: Int, height: Int)
    /// Its centre is not in the picture.
    case outside(box: FaceBox, pictureWidth: Int, pictureHeight: Int)

    /// Where, what was found, and what to do.
    public var description: String {
        switch self {
        case .unreadable(let text):
            "face box: '\(text)' is not four whole numbers; write x,y,width,height, for example 106,147,207,213."
        case .empty(let width, let height):
            "face box: \(width) x \(height) pixels hold no face; give a width and a height of at least 1."
        case .outside(let box, let width, let height):
            "face box: the centre of \(box.x),\(box.y),\(box.width),\(box.height) is not in the picture of "
                + "\(width) x \(height) pixels; give the box in the picture's own pixels."
        }
    }
}

/// A part of a picture; the edges' pixels belong to it.
struct CropEdges: Equatable {
    var left: Int, top: Int, right: Int, bottom: Int

    var width: Int { right - left + 1 }
    var height: Int { bottom - top + 1 }

    /// This part of a picture as a square of `side` pixels.
    func square(of picture: Picture, side: Int) -> Picture {
        picture.cropped(x: left, y: top, width: width, height: height).interpolated(width: side, height: side)
    }
}

extension FaceBox {
    /// The box widened `scale`-fold about its centre, kept in its shape, shrunk to what the picture can give, and moved
    /// into the picture.
    ///
    /// The box has pixels, and its centre is in the picture; the rest may reach beyond, as detectors give it.
    func edges(scale: Double, pictureWidth: Int, pictureHeight: Int) -> CropEdges {
        let (lastX, lastY) = (Double(pictureWidth - 1), Double(pictureHeight - 1))
        let scale = min(lastY / Double(height), lastX / Double(width), scale)
        func ends(_ centre: Double, _ length: Double, _ last: Double) -> (Int, Int) {
            var (low, high) = (centre - length / 2, centre + length / 2)
            if low < 0 { (low, high) = (0, high - low) }
            if high > last { (low, high) = (low - (high - last), last) }
            return (Int(low), Int(high))
        }
        let (left, right) = ends(centre.x, Double(width) * scale, lastX)
        let (top, bottom) = ends(centre.y, Double(height) * scale, lastY)
        return CropEdges(left: left, top: top, right: right, bottom: bottom)
    }

    /// The face with its surroundings, brought to a square.
    ///
    /// The shape is not kept by the resampling. Where the picture is too small for `scale`, less of it is seen: two
    /// scales may give the same crop.
    ///
    /// - Parameters:
    ///   - picture: The whole picture.
    ///   - scale: The wanted size in boxes, above 0.
    ///   - side: Pixels per side of the square.
    /// - Returns: The square.
    /// - Throws: If the box is empty or its centre is not in the picture.
    public func crop(of picture: Picture, scale: Double, side: Int) throws(FaceBoxError) -> Picture {
        guard !isEmpty else { throw .empty(width: width, height: height) }
        guard 0...Double(picture.width) ~= centre.x, 0...Double(picture.height) ~= centre.y else {
            throw .outside(box: self, pictureWidth: picture.width, pictureHeight: picture.height)
        }
        return edges(scale: scale, pictureWidth: picture.width, pictureHeight: picture.height)
            .square(of: picture, side: side)
    }
}

extension Picture {
    /// The picture at another size, bilinear between the four nearest pixels as OpenCV does it.
    ///
    /// Half-pixel centres, no averaging when it shrinks, weights of 11 bits. `resized` averages, and is not what the
    /// networks were trained with.
    func interpolated(width newWidth: Int, height newHeight: Int) -> Picture {
        let columns = (0..<newWidth).map { Tap($0, from: width, to: newWidth) }
        let rows = (0..<newHeight).map { Tap($0, from: height, to: newHeight) }
        var result: [UInt8] = []
        result.reserveCapacity(3 * newWidth * newHeight)
        for row in rows {
            for column in columns {
                for channel in 0..<3 {
                    func across(_ y: Int) -> Int32 {
                        let start = 3 * y * width + channel
                        return Int32(pixels[start + 3 * column.first]) * column.firstWeight
                            + Int32(pixels[start + 3 * column.second]) * column.secondWeight
                    }
                    // OpenCV's order of shifts: 4 bits off the row sums, 16 off each product, 2 rounded off the sum.
                    let sum =
                        (row.firstWeight * (across(row.first) >> 4)) >> 16
                        + (row.secondWeight * (across(row.second) >> 4)) >> 16
                    result.append(UInt8(clamping: (sum + 2) >> 2))
                }
            }
        }
        return Picture(width: newWidth, height: newHeight, pixels: result)
    }
}

/// The two old pixels that a new one lies between, with weights that add up to 2048.
private struct Tap {
    let first: Int, second: Int
    let firstWeight: Int32, secondWeight: Int32

    init(_ index: Int, from count: Int, to newCount: Int) {
        let place = Float((Double(index) + 0.5) * (Double(count) / Double(newCount)) - 0.5)
        let low = min(max(Int(floor(place)), 0), count - 1)
        let fraction = low == count - 1 ? 0 : max(place - Float(low), 0)
        (first, second) = (low, min(low + 1, count - 1))
        secondWeight = Int32((fraction * 2048).rounded(.toNearestOrEven))
        firstWeight = Int32(((1 - fraction) * 2048).rounded(.toNearestOrEven))
    }
}
