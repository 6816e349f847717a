// PSNR and SSIM of single pictures, accumulated in double precision.
// Source: the line's specification, section 5; PSNR as TransINR, IPC and LA-GINR compute it, per picture.

internal import Glibc
public import Tensors

/// 10 log₁₀(1 / MSE) of each picture, all channels pooled, peak 1; the MSE is not allowed below 10⁻¹².
///
/// - Parameters:
///   - pictures: `[image, height, width, channel]`, not clamped here.
///   - truth: The same shape, in 0...1.
/// - Returns: Decibels per picture.
public func psnr(of pictures: Tensor, against truth: Tensor) -> [Double] {
    shapeCheck(pictures.shape == truth.shape && pictures.rank == 4, "psnr", pictures.shape, truth.shape)
    return meanSquaredErrors(pictures, truth).map { -10 * log10(max($0, 1e-12)) }
}

/// The mean squared error of each picture over all its values.
func meanSquaredErrors(_ pictures: Tensor, _ truth: Tensor) -> [Double] {
    let (a, b) = (pictures.scalars, truth.scalars)
    let size = pictures.shape.dropFirst().reduce(1, *)
    return (0..<pictures.shape[0]).map { image in
        var sum = 0.0
        for i in image * size..<(image + 1) * size {
            let difference = Double(a[i]) - Double(b[i])
            sum += difference * difference
        }
        return sum / Double(size)
    }
}

/// The structural similarity of each picture: per channel over the region where an 11×11 Gaussian window (deviation 1.5)
/// fits, then the mean.
///
/// K₁ = 0.01, K₂ = 0.03, peak 1, population covariances. Source: Wang et al. 2004; the INR papers do not define theirs.
///
/// - Parameters:
///   - pictures: `[image, height, width, channel]`, each side at least 11.
///   - truth: The same shape, in 0...1.
/// - Returns: A number in −1...1 per picture.
public func ssim(of pictures: Tensor, against truth: Tensor) -> [Double] {
    shapeCheck(
        pictures.shape == truth.shape && pictures.rank == 4 && pictures.shape[1] >= 11 && pictures.shape[2] >= 11,
        "ssim",
        pictures.shape, truth.shape)
    let (count, height, width, channels) = pictures.shape4
    let (a, b) = (pictures.scalars, truth.scalars)
    return (0..<count).map { image in
        let sums = (0..<channels).map { channel in
            let plane = (0..<height * width).map { (image * height * width + $0) * channels + channel }
            return planeSSIM(plane.map { Double(a[$0]) }, plane.map { Double(b[$0]) }, height: height, width: width)
        }
        return sums.reduce(0, +) / Double(channels)
    }
}

private func planeSSIM(_ x: [Double], _ y: [Double], height: Int, width: Int) -> Double {
    let (c1, c2) = (0.01 * 0.01, 0.03 * 0.03)
    func blurred(_ plane: [Double]) -> [Double] { gaussianBlurred(plane, height: height, width: width) }
    let (meanX, meanY) = (blurred(x), blurred(y))
    let (squareX, squareY) = (blurred(zip(x, x).map { $0 * $1 }), blurred(zip(y, y).map { $0 * $1 }))
    let product = blurred(zip(x, y).map { $0 * $1 })
    var sum = 0.0
    for i in meanX.indices {
        let (mx, my) = (meanX[i], meanY[i])
        let covariance = product[i] - mx * my
        let variances = squareX[i] - mx * mx + squareY[i] - my * my
        sum += (2 * mx * my + c1) * (2 * covariance + c2) / ((mx * mx + my * my + c1) * (variances + c2))
    }
    return sum / Double(meanX.count)
}

/// The Gaussian window of SSIM, normalised.
private let gaussianWindow: [Double] = {
    let weights = (-5...5).map { exp(-Double($0 * $0) / (2 * 1.5 * 1.5)) }
    return weights.map { $0 / weights.reduce(0, +) }
}()

/// A plane under the window, wherever it fits: `(height − 10) · (width − 10)` values.
private func gaussianBlurred(_ plane: [Double], height: Int, width: Int) -> [Double] {
    let inner = width - 10
    var rows = [Double](repeating: 0, count: height * inner)
    for y in 0..<height {
        for x in 0..<inner {
            var sum = 0.0
            for k in 0..<11 { sum += gaussianWindow[k] * plane[y * width + x + k] }
            rows[y * inner + x] = sum
        }
    }
    var result = [Double](repeating: 0, count: (height - 10) * inner)
    for y in 0..<height - 10 {
        for x in 0..<inner {
            var sum = 0.0
            for k in 0..<11 { sum += gaussianWindow[k] * rows[(y + k) * inner + x] }
            result[y * inner + x] = sum
        }
    }
    return result
}
