// Operations on pictures, sequences and tables against plain `Double` loops: value and slope.
// All operands of a row lie one after another in one list, so that the slope is checked for each of them.

import Foundation
import Learning
import TensorTesting
import Tensors
import Testing

/// Operands cut from a list.
private struct Operands<Element> {
    private var rest: ArraySlice<Element>

    init(_ all: [Element]) { rest = all[...] }

    mutating func take(_ shape: Int...) -> [Element] {
        defer { rest = rest.dropFirst(shape.reduce(1, *)) }
        return Array(rest.prefix(shape.reduce(1, *)))
    }
}

/// An operation on operands of given shapes and the same as loops.
private struct StructuredCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shapes: [[Int]]
    let apply: @Sendable ([Tensor]) -> Tensor
    let reference: @Sendable (inout Operands<Double>) -> [Double]

    init(
        _ name: String, _ shapes: [[Int]], _ apply: @escaping @Sendable ([Tensor]) -> Tensor,
        _ reference: @escaping @Sendable (inout Operands<Double>) -> [Double]
    ) {
        (testDescription, self.shapes, self.apply, self.reference) = (name, shapes, apply, reference)
    }

    var problem: String? {
        var generator = Philox(seed: 6, stream: testDescription)
        let counts = shapes.map { $0.reduce(1, *) }
        let x = Tensor.normal([counts.reduce(0, +)], using: &generator).scalars
        return gradientCheck(
            { list in
                let parts = list.split(along: 0, counts)
                return apply(zip(parts, shapes).map { $0.reshaped(to: $1) }).reshaped(to: [-1])
            }, at: x,
            reference: {
                var operands = Operands($0)
                return reference(&operands)
            }, within: .float32.times(4))
    }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

private func logSoftmax(_ x: [Double]) -> [Double] {
    let total = log(x.reduce(0) { $0 + exp($1) })
    return x.map { $0 - total }
}

/// Rows of a matrix.
private func rows(_ x: [Double], of length: Int) -> [[Double]] {
    stride(from: 0, to: x.count, by: length).map { Array(x[$0..<$0 + length]) }
}

/// (x − mean)/√(variance + 10⁻⁵) with the biased variance.
private func normalised(_ x: [Double]) -> [Double] {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    return x.map { ($0 - mean) / (variance + 1e-5).squareRoot() }
}

/// All windows of `size` over a picture of `height`·`width`, as (row, column) of each tap, outside ones included.
private func windows(
    _ height: Int, _ width: Int, size: Int, stride: Int, padding: Int
) -> [[(row: Int, column: Int)]] {
    let (down, across) = ((height + 2 * padding - size) / stride + 1, (width + 2 * padding - size) / stride + 1)
    return (0..<down * across).map { window in
        (0..<size * size).map { tap in
            (window / across * stride - padding + tap / size, window % across * stride - padding + tap % size)
        }
    }
}

/// The pixel of a picture without channels, 0 outside.
private func pixel(_ x: [Double], _ height: Int, _ width: Int, _ row: Int, _ column: Int) -> Double {
    0..<height ~= row && 0..<width ~= column ? x[row * width + column] : 0
}

/// Where pixel `i` of `outputs` reads among `inputs`, as a first pixel and the share of the next.
private func bilinear(_ i: Int, _ inputs: Int, _ outputs: Int) -> (first: Int, share: Double) {
    let x = max((Double(i) + 0.5) * Double(inputs) / Double(outputs) - 0.5, 0)
    return (Int(x), Int(x) + 1 < inputs ? x - floor(x) : 0)
}

private let structuredCases: [StructuredCase] = [
    .init("adaptive average pooling", [[1, 1, 5, 5]], { $0[0].adaptiveAveragePooled(height: 2, width: 2) }) {
        let x = $0.take(25)
        // ⌊2.5 i⌋ ..< ⌈2.5 (i + 1)⌉.
        return [0..<3, 2..<5].flatMap { rows in
            [0..<3, 2..<5].map { columns in
                rows.reduce(0) { sum, row in sum + columns.reduce(0) { $0 + x[row * 5 + $1] } } / 9
            }
        }
    },
    .init(
        "attention, causal", [[1, 1, 2, 3], [1, 1, 4, 3], [1, 1, 4, 2]],
        { attention(query: $0[0], key: $0[1], value: $0[2], mask: .causal) }
    ) {
        let (q, k, v) = (rows($0.take(2, 3), of: 3), rows($0.take(4, 3), of: 3), rows($0.take(4, 2), of: 2))
        return (0..<2).flatMap { i in
            let seen = 0...(i + 2)
            let scores = seen.map { j in exp((0..<3).reduce(0) { $0 + q[i][$1] * k[j][$1] } / 3.0.squareRoot()) }
            return (0..<2).map { c in seen.reduce(0) { $0 + scores[$1] * v[$1][c] } / scores.reduce(0, +) }
        }
    },
    .init(
        "average pooling", [[1, 1, 4, 5]],
        { $0[0].averagePooled(3, 3, sliding: Sliding(stride: 2, padding: .both(1))) }
    ) {
        let x = $0.take(20)
        return windows(4, 5, size: 3, stride: 2, padding: 1).map { taps in
            taps.reduce(0) { $0 + pixel(x, 4, 5, $1.row, $1.column) } / 9
        }
    },
    .init(
        "batch norm", [[3, 2, 2], [2], [2]],
        {
            let start = RunningStatistics(mean: .zeros([2]), variance: .ones([2]))
            return $0[0].batchNormalised(updating: start, weight: $0[1], bias: $0[2]).normalised
        }
    ) {
        let (x, weight, bias) = ($0.take(3, 2, 2), $0.take(2), $0.take(2))
        var y = x
        for channel in 0..<2 {
            let places = (0..<6).map { $0 / 2 * 4 + channel * 2 + $0 % 2 }
            for (place, value) in zip(places, normalised(places.map { x[$0] })) {
                y[place] = value * weight[channel] + bias[channel]
            }
        }
        return y
    },
    .init("binary cross-entropy", [[7], [7]], { binaryCrossEntropy($0[0], targets: $0[1]) }) {
        let (x, t) = ($0.take(7), $0.take(7))
        let losses = x.indices.map { i in -t[i] * log(sigmoid(x[i])) - (1 - t[i]) * log(sigmoid(-x[i])) }
        return [losses.reduce(0, +) / 7]
    },
    .init("connectionist temporal classification", [[1, 4, 3]], { ctcLosses($0[0].logSoftmax(), targets: [[2, 2]]) }) {
        let p = rows($0.take(4, 3), of: 3).map { logSoftmax($0).map { exp($0) } }
        // All paths of four frames that spell 2 2: a blank lies between them.
        let paths = [[2, 0, 2, 0], [2, 0, 2, 2], [2, 0, 0, 2], [2, 2, 0, 2], [0, 2, 0, 2]]
        return [-log(paths.reduce(0) { $0 + $1.enumerated().reduce(1) { $0 * p[$1.offset][$1.element] } })]
    },
    .init(
        "convolution", [[1, 2, 4, 5], [3, 2, 3, 3], [3]],
        { $0[0].convolved(with: $0[1], bias: $0[2], sliding: Sliding(stride: 2, padding: .both(1))) }
    ) {
        let (x, w, b) = ($0.take(2, 4, 5), $0.take(3, 2, 3, 3), $0.take(3))
        return (0..<3).flatMap { out in
            windows(4, 5, size: 3, stride: 2, padding: 1).map { taps in
                (0..<2).reduce(b[out]) { sum, channel in
                    let plane = Array(x[channel * 20..<channel * 20 + 20])
                    return taps.indices.reduce(sum) {
                        $0 + w[(out * 2 + channel) * 9 + $1] * pixel(plane, 4, 5, taps[$1].row, taps[$1].column)
                    }
                }
            }
        }
    },
    .init(
        "convolution over a line, dilated, per channel", [[1, 2, 7], [2, 1, 3]],
        { $0[0].convolved(with: $0[1], sliding: Sliding(dilation: 2), groups: 2) }
    ) {
        let (x, w) = ($0.take(2, 7), $0.take(2, 3))
        return (0..<6).map { index in
            let (channel, start) = (index / 3, index % 3)
            return (0..<3).reduce(0) { $0 + w[channel * 3 + $1] * x[channel * 7 + start + 2 * $1] }
        }
    },
    .init(
        "convolution, transposed", [[1, 1, 3], [1, 2, 3]],
        { $0[0].convolvedTransposed(with: $0[1], sliding: Sliding(stride: 2)) }
    ) {
        let (x, w) = ($0.take(3), $0.take(2, 3))
        var y = [Double](repeating: 0, count: 14)
        for (i, value) in x.enumerated() {
            for tap in 0..<6 { y[tap / 3 * 7 + 2 * i + tap % 3] += value * w[tap] }
        }
        return y
    },
    .init(
        "cross-entropy, smoothed", [[2, 4]], { crossEntropy($0[0], labels: Indices([2, 0]), smoothing: 0.1) }
    ) {
        zip(rows($0.take(2, 4), of: 4).map(logSoftmax), [2, 0]).reduce(into: [0]) { sum, row in
            let (lp, label) = row
            sum[0] -= (0.9 * lp[label] + 0.025 * lp.reduce(0, +)) / 2
        }
    },
    .init("cumulative product", [[5]], { $0[0].cumulativeProduct(along: 0) }) { x in
        let x = x.take(5)
        return (1...5).map { x[..<$0].reduce(1, *) }
    },
    .init("cumulative sum", [[5]], { $0[0].cumulativeSum(along: 0) }) { x in
        let x = x.take(5)
        return (1...5).map { x[..<$0].reduce(0, +) }
    },
    .init("elu", [[9]], { $0[0].elu(scale: 0.5) }) { $0.take(9).map { $0 > 0 ? $0 : 0.5 * expm1($0) } },
    .init(
        "gather and scatter", [[3, 2]],
        { x in
            x[0].gathered(at: Indices([2, 0, 2])).scatterAdded(at: Indices([1, 1, 0]), rows: 2)
        }
    ) {
        let x = $0.take(3, 2)
        return [x[4], x[5], x[4] + x[0], x[5] + x[1]]
    },
    .init("glu", [[2, 4]], { $0[0].glu() }) {
        rows($0.take(2, 4), of: 4).flatMap { [$0[0] * sigmoid($0[2]), $0[1] * sigmoid($0[3])] }
    },
    .init("group norm", [[1, 4, 3]], { $0[0].groupNormalised(groups: 2) }) {
        rows($0.take(12), of: 6).flatMap(normalised)
    },
    .init(
        "Kullback-Leibler divergence", [[2, 3]],
        { x in
            klDivergence(x[0].logSoftmax(), target: Tensor([0.2, 0.5, 0.3, 0, 0.25, 0.75], shape: [2, 3]))
        }
    ) {
        let lp = rows($0.take(2, 3), of: 3).flatMap(logSoftmax)
        let t = [0.2, 0.5, 0.3, 0, 0.25, 0.75]
        return [t.indices.reduce(0) { t[$1] == 0 ? $0 : $0 + t[$1] * (log(t[$1]) - lp[$1]) } / 2]
    },
    .init("linear recurrence", [[4], [4]], { $0[0].linearRecurrence(factors: $0[1], along: 0) }) {
        let (b, a) = ($0.take(4), $0.take(4))
        var y = b
        for i in 1..<4 { y[i] += a[i] * y[i - 1] }
        return y
    },
    .init(
        "max pooling", [[1, 1, 4, 5]], { $0[0].maxPooled(3, 3, sliding: Sliding(stride: 2, padding: .both(1))) }
    ) {
        let x = $0.take(20)
        return windows(4, 5, size: 3, stride: 2, padding: 1).map { taps in
            taps.filter { 0..<4 ~= $0.row && 0..<5 ~= $0.column }.map { x[$0.row * 5 + $0.column] }.max() ?? -.infinity
        }
    },
    .init("prelu", [[1, 2, 4], [2]], { $0[0].prelu(slopes: $0[1]) }) {
        let (x, slopes) = ($0.take(8), $0.take(2))
        return x.enumerated().map { $1 > 0 ? $1 : slopes[$0 / 4] * $1 }
    },
    .init("product", [[5]], { $0[0].product(along: 0) }) { [$0.take(5).reduce(1, *)] },
    .init("reflected continuation", [[4]], { $0[0].padded(along: 0, before: 3, after: 2, by: .reflected) }) {
        let x = $0.take(4)
        return [3, 2, 1, 0, 1, 2, 3, 2, 1].map { x[$0] }
    },
    .init("resizing", [[1, 1, 3, 4]], { $0[0].resized(height: 5, width: 2) }) {
        let x = $0.take(12)
        return (0..<10).map { place in
            let ((row, down), (column, across)) = (bilinear(place / 2, 3, 5), bilinear(place % 2, 4, 2))
            let above = (1 - across) * pixel(x, 3, 4, row, column) + across * pixel(x, 3, 4, row, column + 1)
            let below = (1 - across) * pixel(x, 3, 4, row + 1, column) + across * pixel(x, 3, 4, row + 1, column + 1)
            return (1 - down) * above + down * below
        }
    },
    .init("root mean square norm", [[5]], { $0[0].rmsNormalised() }) {
        let x = $0.take(5)
        return x.map { $0 / (x.reduce(0) { $0 + $1 * $1 } / 5 + 1e-6).squareRoot() }
    },
    .init("sampling", [[1, 1, 3, 4], [1, 1, 6, 2]], { $0[0].sampled(at: $0[1]) }) {
        let (x, grid) = ($0.take(12), $0.take(6, 2))
        return (0..<6).map { point in
            let across: Double = ((grid[2 * point] + 1) * 4 - 1) / 2
            let down: Double = ((grid[2 * point + 1] + 1) * 3 - 1) / 2
            return (0..<12).reduce(0.0) { sum, index in
                let (dx, dy) = (abs(across - Double(index % 4)), abs(down - Double(index / 4)))
                return sum + x[index] * max(1 - dx, 0) * max(1 - dy, 0)
            }
        }
    },
    .init("SwiGLU", [[2, 4]], { $0[0].swiGLU() }) {
        rows($0.take(2, 4), of: 4).flatMap { [$0[0] * sigmoid($0[0]) * $0[2], $0[1] * sigmoid($0[1]) * $0[3]] }
    },
    .init("taken", [[2, 3]], { $0[0].taken(at: Indices([2, 0, 1, 1], shape: [2, 2]), along: 1) }) {
        let x = $0.take(2, 3)
        return [x[2], x[0], x[4], x[4]]
    },
]

@Suite struct StructuredReferenceTests {
    @Test(arguments: structuredCases)
    private func `value and slope equal the Double loop's`(_ row: StructuredCase) {
        let problem = row.problem
        #expect(problem == nil, "\(problem ?? "")")
    }
}
