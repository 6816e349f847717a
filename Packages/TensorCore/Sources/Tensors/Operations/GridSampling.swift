// Pictures read at any place: each output is a weighted sum of the pixels around a point.
// Everything is composed of differentiable operations, so gradients exist to any order where the weights are smooth.

/// How a value between pixels is made.
public enum Interpolation: Sendable {
    /// The nearest pixel, halves to even.
    case nearest
    /// Two by two pixels.
    case bilinear
    /// Four by four pixels, cubic convolution with a = −¾.
    case bicubic
}

/// What is read beyond the border.
public enum Border: Sendable {
    /// Zeros, pixel by pixel: a point near the border mixes both.
    case zeros
    /// The nearest border pixel.
    case nearest
    /// The picture mirrored about its outer edge, or about the centres of its border pixels if corners are aligned.
    case reflected
}

extension Tensor {
    /// The picture at the points of a grid.
    ///
    /// −1 and 1 are the outer edges of the border pixels, or their centres if corners are aligned: x = ((g + 1)·width − 1)/2,
    /// or (g + 1)·(width − 1)/2. The grid has no gradient where a coordinate is held at the border.
    ///
    /// - Parameters:
    ///   - grid: `[batch, row, column, 2]`: across, then down.
    ///   - interpolation: What is mixed.
    ///   - border: What lies beyond.
    ///   - alignsCorners: Where −1 and 1 are.
    /// - Returns: `[batch, channel, row, column]` from `[batch, channel, height, width]`; NaN where a coordinate is NaN.
    public func sampled(
        at grid: Tensor, interpolation: Interpolation = .bilinear, beyond border: Border = .zeros,
        alignsCorners: Bool = false
    ) -> Tensor {
        shapeCheck(
            rank == 4 && grid.rank == 4 && grid.shape[0] == shape[0] && grid.shape[3] == 2 && shape[2] >= 1
                && shape[3] >= 1, "sampled", shape, grid.shape)
        let (batch, channels, height, width) = shape4
        let points = grid.shape[1] * grid.shape[2]
        let axes = [(0, width), (1, height)].map { index, extent in
            let axis = GridAxis(extent: extent, border: border, alignsCorners: alignsCorners)
            return axis.taps(of: grid.selected(index, along: 3).reshaped(to: [batch * points]), interpolation)
        }
        let pixels = permuted([0, 2, 3, 1]).reshaped(to: [batch * height * width, channels])
        var result = Tensor.zeros([batch * points, channels])
        for row in axes[1] {
            for column in axes[0] {
                let places = Indices(
                    row.pixels.indices.map { point in
                        Int32((point / points * height + row.pixels[point]) * width + column.pixels[point])
                    })
                let isInside = (row.isInside * column.isInside).unsqueezed(at: 1)
                let value = pixels.gathered(at: places).selected(where: isInside, else: Tensor(0))
                result = result + value * (row.weight * column.weight).unsqueezed(at: 1)
            }
        }
        return result.reshaped(to: [batch, grid.shape[1], grid.shape[2], channels]).permuted([0, 3, 1, 2])
    }
}

/// One of the pixels along an axis that a list of points reads.
private struct Tap {
    /// For every point a pixel within the picture.
    let pixels: [Int]
    /// 1 where that pixel is the one asked for, 0 where it stands for one beyond the border.
    let isInside: Tensor
    /// For every point the pixel's weight.
    let weight: Tensor
}

/// An axis of a picture and what lies beyond its ends.
private struct GridAxis {
    let extent: Int
    let border: Border
    let alignsCorners: Bool

    /// The pixels that points at grid coordinates `g` read.
    func taps(of g: Tensor, _ interpolation: Interpolation) -> [Tap] {
        let size = Float(extent)
        let free = alignsCorners ? (g + 1) * ((size - 1) / 2) : ((g + 1) * size - 1) * 0.5
        switch interpolation {
        case .nearest:
            let x = held(free).detached
            return [tap(x.rounded(), weight: x * 0 + 1)]
        case .bilinear:
            let x = held(free)
            let first = x.detached.floor()
            let t = x - first
            return [tap(first, weight: -t + 1), tap(first + 1, weight: t)]
        case .bicubic:
            let first = free.detached.floor()
            let t = free - first
            return ([-1, 0, 1, 2] as [Float]).map { offset in
                let weight = cubicConvolution((t - offset).abs(), isOuter: offset == -1 || offset == 2)
                return tap(held(first + offset).rounded(), weight: weight)
            }
        }
    }

    /// The pixel coordinate that is read for `x`.
    private func held(_ x: Tensor) -> Tensor {
        let last = Float(extent - 1)
        switch border {
        case .zeros: return x
        case .nearest: return x.clamped(to: 0...last)
        case .reflected:
            let (low, span): (Float, Float) = alignsCorners ? (0, last) : (-0.5, last + 1)
            if span == 0 { return x * 0 }
            let distance = (x - low).abs()
            let flips = (distance.detached / span).floor()
            let rest = distance - flips * span
            let isOdd = flips - (flips / 2).floor() * 2
            return (rest.selected(where: -isOdd + 1, else: -rest + span) + low).clamped(to: 0...last)
        }
    }

    private func tap(_ position: Tensor, weight: Tensor) -> Tap {
        let wanted = position.scalars
        let pixels = wanted.map { $0.isNaN ? 0 : Int(Swift.min(Swift.max($0, 0), Float(extent - 1))) }
        let isInside = zip(wanted, pixels).map { Float($0) == Float($1) ? Float(1) : 0 }
        return Tap(pixels: pixels, isInside: Tensor(isInside, shape: position.shape), weight: weight)
    }
}

/// The weight of a pixel at `distance`, below 1 or, for an outer tap, in 1...2 (Keys 1981, a = −¾).
private func cubicConvolution(_ distance: Tensor, isOuter: Bool) -> Tensor {
    // In factors: the expanded polynomials cancel near their zeros.
    let a: Float = -0.75
    return isOuter
        ? (distance - 1) * (distance - 2).squared() * a
        : (distance - 1) * (distance.squared() * (a + 2) - distance - 1)
}
