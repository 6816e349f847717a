// Baseline A: how often each local binary pattern occurs in six colour planes of a face, and a linear classifier.
//
// Source: line specification, section 3.2, the 354 features of LBP(8,1); the variants of 833 features are not here.

internal import Glibc
public import TensorIO
internal import Tensors

/// A colour-texture classifier of faces of 64 × 64 pixels.
public struct ColourLBP: Sendable {
    private let classifier: LogisticRegression

    /// Pixels per side of a face.
    public static let side = 64

    /// A classifier fitted to faces of 64 × 64 pixels, of which `isAttack` says what they are; both kinds must occur.
    public init(fittedTo faces: [Picture], isAttack: [Bool]) {
        classifier = LogisticRegression(fittedTo: faces.map(colourPatternFeatures), labels: isAttack)
    }

    /// 2·p(attack) − 1, in -1...1.
    public func score(of face: Picture) -> Double {
        2 * classifier.probability(of: colourPatternFeatures(of: face)) - 1
    }
}

/// The 354 features: for each of H, S, V, Y, Cb, Cr the square roots of the shares of 59 uniform patterns.
///
/// Only pixels with eight neighbours count.
func colourPatternFeatures(of face: Picture) -> [Double] {
    shapeCheck(
        face.width == ColourLBP.side && face.height == ColourLBP.side, "ColourLBP", [face.height, face.width],
        [ColourLBP.side, ColourLBP.side])
    return colourPlanes(of: face).flatMap { plane in
        var counts = [Double](repeating: 0, count: 59)
        for y in 1..<(face.height - 1) {
            for x in 1..<(face.width - 1) { counts[patternBins[patternCode(plane, face.width, x, y)]] += 1 }
        }
        let total = Double((face.width - 2) * (face.height - 2))
        return counts.map { ($0 / total).squareRoot() }
    }
}

/// LBP(8,1): bit i is set iff neighbour i is at least the centre.
func patternCode(_ plane: [UInt8], _ width: Int, _ x: Int, _ y: Int) -> Int {
    let centre = plane[y * width + x]
    var code = 0
    for bit in 0..<8 where plane[(y + neighbours[bit].dy) * width + x + neighbours[bit].dx] >= centre {
        code |= 1 << bit
    }
    return code
}

private let neighbours = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)].map {
    (dy: $0.0, dx: $0.1)
}

/// For each code its bin: those with at most two changes around the circle have one each, ascending, the others 58.
let patternBins: [Int] = {
    var next = 0
    return (0..<256).map { code in
        let changes = (0..<8).count { (code >> $0 & 1) != (code >> (($0 + 1) % 8) & 1) }
        defer { next += changes <= 2 ? 1 : 0 }
        return changes <= 2 ? next : 58
    }
}()

/// H, S, V, Y, Cb and Cr of 8 bits each.
///
/// H is the angle with 255 for the whole circle, 0 for grey; S is 0 for black; Y, Cb, Cr are BT.601 over the full
/// range.
func colourPlanes(of picture: Picture) -> [[UInt8]] {
    var planes = [[UInt8]](repeating: [], count: 6)
    for start in stride(from: 0, to: picture.pixels.count, by: 3) {
        let (r, g, b) = (
            Double(picture.pixels[start]), Double(picture.pixels[start + 1]), Double(picture.pixels[start + 2])
        )
        let (high, low) = (max(r, g, b), min(r, g, b))
        let range = high - low
        var sixths = 0.0
        if range > 0 {
            sixths = high == r ? (g - b) / range : high == g ? 2 + (b - r) / range : 4 + (r - g) / range
        }
        let y = 0.299 * r + 0.587 * g + 0.114 * b
        let values = [
            255 * (sixths < 0 ? sixths + 6 : sixths) / 6, high == 0 ? 0 : 255 * range / high, high, y,
            128 + (b - y) / 1.772, 128 + (r - y) / 1.402,
        ]
        for (plane, value) in values.enumerated() {
            planes[plane].append(UInt8(min(max(value.rounded(.toNearestOrEven), 0), 255)))
        }
    }
    return planes
}

/// Logistic regression on standardised features: the mean log loss plus 0.01·‖w‖², minimised by Newton's method.
///
/// The optimum is unique, so that the specification's L-BFGS would end at the same place.
struct LogisticRegression: Sendable {
    /// For standardised features, then the constant, which is not penalised.
    private(set) var weights: [Double]
    private let means: [Double]
    /// 0 for a feature that never varies: it is left out.
    private let scales: [Double]

    private static let penalty = 0.01
    private static let maximumSteps = 200

    /// Rows of equal length; both labels must occur, or the constant has no optimum.
    init(fittedTo rows: [[Double]], labels: [Bool]) {
        shapeCheck(
            rows.count == labels.count && labels.contains(true) && labels.contains(false),
            "LogisticRegression (a label per row, both kinds)", [rows.count], [labels.count])
        let (count, width) = (Double(rows.count), rows[0].count)
        let means = (0..<width).map { column in rows.reduce(0) { $0 + $1[column] } / count }
        scales = (0..<width).map { column in
            let variance = rows.reduce(0) { $0 + pow($1[column] - means[column], 2) } / count
            // Above what the rounding of a mean leaves of a constant; features are of the order of 1.
            return variance > 1e-20 ? 1 / variance.squareRoot() : 0
        }
        self.means = means
        weights = [Double](repeating: 0, count: width + 1)
        let inputs = rows.map(standardised)
        let targets = labels.map { $0 ? 1.0 : 0 }
        var objective = objective(weights, inputs, targets)
        for _ in 0..<Self.maximumSteps {
            let (gradient, hessian) = derivatives(inputs, targets)
            if gradient.allSatisfy({ abs($0) < 1e-10 }) { break }
            let direction = solved(hessian, gradient)
            var step = 1.0
            var next = objective
            var candidate = weights
            repeat {
                candidate = zip(weights, direction).map { $0 - step * $1 }
                next = self.objective(candidate, inputs, targets)
                step /= 2
            } while next > objective && step > 1e-9
            if next >= objective { break }
            (weights, objective) = (candidate, next)
        }
    }

    /// The probability of the label `true`.
    func probability(of row: [Double]) -> Double { 1 / (1 + exp(-margin(weights, standardised(row)))) }

    private func standardised(_ row: [Double]) -> [Double] {
        row.indices.map { (row[$0] - means[$0]) * scales[$0] } + [1]
    }

    private func margin(_ weights: [Double], _ input: [Double]) -> Double {
        var sum = 0.0
        for index in input.indices { sum += weights[index] * input[index] }
        return sum
    }

    private func objective(_ weights: [Double], _ inputs: [[Double]], _ targets: [Double]) -> Double {
        let losses = zip(inputs, targets).reduce(0.0) { sum, pair in
            let z = margin(weights, pair.0)
            return sum + max(z, 0) - z * pair.1 + log1p(exp(-abs(z)))
        }
        return losses / Double(inputs.count) + Self.penalty * weights.dropLast().reduce(0) { $0 + $1 * $1 }
    }

    /// The objective's gradient and the lower half of its Hessian, row by row.
    private func derivatives(_ inputs: [[Double]], _ targets: [Double]) -> (gradient: [Double], hessian: [[Double]]) {
        let (last, share) = (weights.count - 1, 1 / Double(inputs.count))
        let probabilities = inputs.map { 1 / (1 + exp(-margin(weights, $0))) }
        var gradient = weights.indices.map { $0 < last ? 2 * Self.penalty * weights[$0] : 0 }
        let hessian = weights.indices.map { row in
            var line = [Double](repeating: 0, count: row + 1)
            line[row] = row < last ? 2 * Self.penalty : 0
            for (index, input) in inputs.enumerated() {
                let p = probabilities[index]
                gradient[row] += share * (p - targets[index]) * input[row]
                let factor = share * p * (1 - p) * input[row]
                for column in line.indices { line[column] += factor * input[column] }
            }
            return line
        }
        return (gradient, hessian)
    }
}

/// The solution of a·x = b by Cholesky's factorisation; `lower` is the lower half of a positive definite a.
private func solved(_ lower: [[Double]], _ b: [Double]) -> [Double] {
    var (factor, x): ([[Double]], [Double]) = ([], b)
    for row in x.indices {
        var line = lower[row]
        for column in 0...row {
            let other = column < row ? factor[column] : line
            var sum = line[column]
            for inner in 0..<column { sum -= line[inner] * other[inner] }
            line[column] = row == column ? sum.squareRoot() : sum / other[column]
        }
        for inner in 0..<row { x[row] -= line[inner] * x[inner] }
        x[row] /= line[row]
        factor.append(line)
    }
    for row in x.indices.reversed() {
        for inner in (row + 1)..<x.count { x[row] -= factor[inner][row] * x[inner] }
        x[row] /= factor[row][row]
    }
    return x
}
