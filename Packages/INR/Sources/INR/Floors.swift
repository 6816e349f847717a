// What needs no network: the reconstructions every table shows beside its models. Source: the line's specification, 10.4.

public import Tensors

/// Each picture's mean colour everywhere: three numbers per picture.
///
/// - Parameter images: `[image, height, width, 3]`.
/// - Returns: The same shape.
public func meanColour(of images: Tensor) -> Tensor {
    images.mean(along: [1, 2], keepsAxes: true).expanded(to: images.shape)
}

/// Pictures averaged down to `grid` cells a side and interpolated back by the cubic kernel with a = −0.5.
///
/// - Parameters:
///   - images: `[image, side, side, 3]`; `grid` divides the side.
///   - grid: Cells along a side: 3 · grid² numbers per picture.
/// - Returns: The same shape, not clamped.
public func bicubic(_ images: Tensor, grid: Int) -> Tensor {
    let (count, side, width, channels) = images.shape4
    shapeCheck(side == width && grid > 0 && side % grid == 0, "bicubic", images.shape, [grid])
    let factor = side / grid
    let cells = images.reshaped(to: [count, grid, factor, grid, factor, channels]).mean(along: [2, 4])
    let matrix = cubicMatrix(from: grid, to: side)  // [side, grid]
    let rows = matrix.matmul(cells.reshaped(to: [count, grid, grid * channels]))  // [image, side, grid · 3]
    let columns = rows.reshaped(to: [count * side, grid, channels])
    return matrix.matmul(columns).reshaped(to: images.shape)
}

/// The weights of cubic interpolation between cell centres, rows summing to one; cells outside are left out.
private func cubicMatrix(from cells: Int, to samples: Int) -> Tensor {
    func kernel(_ distance: Double) -> Double {
        let (x, a) = (abs(distance), -0.5)
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return 0
    }
    var scalars: [Float] = []
    for sample in 0..<samples {
        let centre = (Double(sample) + 0.5) * Double(cells) / Double(samples) - 0.5
        let weights = (0..<cells).map { kernel(Double($0) - centre) }
        let total = weights.reduce(0, +)
        scalars += weights.map { Float($0 / total) }
    }
    return Tensor(scalars, shape: [samples, cells])
}

/// Principal components of square patches, fitted to training pictures: the linear code at a given number of values.
public struct PatchPCA: Sendable {
    private let patchSize: Int
    private let mean: Tensor  // [value]
    private let components: Tensor  // [component, value]

    /// Fits `componentCount` components of patches `patchSize` pixels wide to `images` `[image, side, side, 3]`.
    public init(patchSize: Int, componentCount: Int, fittedTo images: Tensor) {
        self.patchSize = patchSize
        let patches = Self.patches(of: images, patchSize)  // [patch, value]
        let (count, size) = patches.shape2
        shapeCheck(componentCount <= size && count > 0, "PatchPCA", images.shape, [componentCount, size])
        mean = patches.mean(along: 0)
        let centred = patches - mean
        let covariance = centred.transposed(0, 1).matmul(centred).scalars.map { Double($0) / Double(count) }
        components = eigenvectors(ofSymmetric: covariance, size: size).sliced(along: 0, 0..<componentCount)
    }

    /// The numbers stored per picture of `side` pixels.
    public func valueCount(side: Int) -> Int { components.shape[0] * (side / patchSize) * (side / patchSize) }

    /// Pictures projected on the components, patch by patch; not clamped.
    public func reconstructed(_ images: Tensor) -> Tensor {
        let (count, side, _, channels) = images.shape4
        let centred = Self.patches(of: images, patchSize) - mean
        let code = centred.matmul(components.transposed(0, 1))  // [patch, component]
        let grid = side / patchSize
        return (code.matmul(components) + mean)
            .reshaped(to: [count, grid, grid, patchSize, patchSize, channels])
            .permuted([0, 1, 3, 2, 4, 5]).reshaped(to: images.shape)
    }

    /// `[image · patch, patchSize² · 3]`, patches row by row.
    private static func patches(of images: Tensor, _ size: Int) -> Tensor {
        let (count, side, width, channels) = images.shape4
        shapeCheck(side == width && side % size == 0, "PatchPCA", images.shape, [size])
        let grid = side / size
        return images.reshaped(to: [count, grid, size, grid, size, channels])
            .permuted([0, 1, 3, 2, 4, 5]).reshaped(to: [count * grid * grid, size * size * channels])
    }
}
