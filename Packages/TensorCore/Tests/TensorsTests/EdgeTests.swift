// What operations do where it is easy to be wrong: nothing, one, ties, signed zero, infinity, NaN and rows masked whole.

import Learning
import TensorTesting
import Tensors
import Testing

private let inf = Float.infinity
private let nan = Float.nan

/// A computation without inputs and what it must give; NaN equals NaN.
private struct EdgeCase: Sendable, CustomTestStringConvertible {
    let name: String
    let expected: Tensor
    let tolerance: Tolerance
    let compute: @Sendable () -> Tensor
    var testDescription: String { name }

    /// A row; the result is a list unless `shape` says otherwise.
    init(
        _ name: String, gives expected: [Float], shape: [Int]? = nil, within tolerance: Tolerance = .exact,
        _ compute: @escaping @Sendable () -> Tensor
    ) {
        self.name = name
        self.expected = Tensor(expected, shape: shape ?? [expected.count])
        self.tolerance = tolerance
        self.compute = compute
    }
}

@Sendable private func list(_ values: Float...) -> Tensor { Tensor(values, shape: [values.count]) }

@Sendable private func matrix(_ rows: [Float]...) -> Tensor {
    Tensor(rows.flatMap(\.self), shape: [rows.count, rows.first?.count ?? 0])
}

@Sendable private func empty(_ shape: Int...) -> Tensor { .zeros(shape) }

/// The gradient of the sum of a function's elements.
@Sendable private func slope(_ x: Tensor, _ function: (Tensor) -> Tensor) -> Tensor {
    gradient(at: x) { function($0).sum() }
}

private let elementwise: [EdgeCase] = [
    .init("abs", gives: [0, inf, nan]) { list(-0.0, -inf, nan).abs() },
    .init("slope of abs at 0", gives: [-1, 0, 1]) { slope(list(-2, 0, 2)) { $0.abs() } },
    .init("sign", gives: [-1, 0, 0, 1]) { list(-inf, -0.0, 0, 3).sign() },
    .init("negative of a zero is the other zero", gives: [-inf, inf]) { (-list(0, -0.0)).reciprocal() },
    .init("a product with 1 keeps the sign of zero", gives: [-inf]) { (list(-0.0) * 1).reciprocal() },
    .init("relu", gives: [nan, 0, 0, inf]) { list(nan, -0.0, -inf, inf).relu() },
    .init("slope of relu at 0", gives: [0, 0, 1]) { slope(list(-1, 0, 1)) { $0.relu() } },
    .init("clamped", gives: [-1, 1, nan, -1]) { list(-inf, inf, nan, -1).clamped(to: -1...1) },
    .init("slope of clamped", gives: [0, 1, 1, 1, 0]) { slope(list(-2, -1, 0, 1, 2)) { $0.clamped(to: -1...1) } },
    .init("maximum", gives: [nan, nan, inf, 2]) { list(nan, 1, inf, 2).maximum(list(1, nan, -inf, 2)) },
    .init("minimum", gives: [nan, nan, -inf, 2]) { list(nan, 1, inf, 2).minimum(list(1, nan, -inf, 2)) },
    .init("slopes of maximum at a tie", gives: [0, 0.5, 1]) { slope(list(1, 2, 3)) { $0.maximum(list(2, 2, 2)) } },
    .init("slopes of maximum's other at a tie", gives: [1, 0.5, 0]) {
        slope(list(2, 2, 2)) { list(1, 2, 3).maximum($0) }
    },
    .init("slopes of minimum at a tie", gives: [1, 0.5, 0]) { slope(list(1, 2, 3)) { $0.minimum(list(2, 2, 2)) } },
    .init("exp", gives: [0, 0, inf, inf, nan]) { list(-inf, -104, 88.73, inf, nan).exp() },
    .init("expm1 and log1p near 0", gives: [1e-10, 1e-10]) {
        .concatenated([list(1e-10).expm1(), list(1e-10).log1p()], along: 0)
    },
    .init("log", gives: [-inf, -inf, nan, inf, nan]) { list(0, -0.0, -1, inf, nan).log() },
    .init("sqrt", gives: [0, nan, inf, nan]) { list(0, -1, inf, nan).sqrt() },
    .init("slope of sqrt at 0", gives: [inf]) { slope(list(0)) { $0.sqrt() } },
    .init("rsqrt", gives: [inf, nan, 0]) { list(0, -1, inf).rsqrt() },
    .init("reciprocal", gives: [inf, -inf, 0, nan]) { list(0, -0.0, inf, nan).reciprocal() },
    .init("quotient by zero", gives: [inf, -inf, nan]) { list(1, 1, 0) / list(0, -0.0, 0) },
    .init("power 0", gives: [1, 1, 1]) { list(-2, 0, 3).raised(to: 0) },
    .init("slope of power 0", gives: [0, 0, 0]) { slope(list(-2, 0, 3)) { $0.raised(to: 0) } },
    .init("slope of a square at 0", gives: [0]) { slope(list(0)) { $0.raised(to: 2) } },
    .init("rounded, halves to even", gives: [0, 2, 2, 0, nan]) { list(0.5, 1.5, 2.5, -0.5, nan).rounded() },
    .init("rounding keeps the sign of zero", gives: [-inf]) { list(-0.5).rounded().reciprocal() },
    .init("floor", gives: [-1, 0, inf]) { list(-0.5, 0.5, inf).floor() },
    .init("sigmoid", gives: [0, 0, 0.5, 1, 1, nan]) { list(-inf, -200, 0, 200, inf, nan).sigmoid() },
    .init("tanh", gives: [-1, 0, 1, nan]) { list(-inf, 0, inf, nan).tanh() },
    .init("softplus", gives: [0, 21, inf, nan]) { list(-inf, 21, inf, nan).softplus() },
    .init("slope of softplus above its threshold", gives: [1]) { slope(list(21)) { $0.softplus() } },
    .init("erf", gives: [-1, 0, 1, nan]) { list(-inf, 0, inf, nan).erf() },
    .init("sin and cos of no number", gives: [nan, nan, nan]) {
        .concatenated([list(inf, nan).sin(), list(-inf).cos()], along: 0)
    },
    .init("gelu", gives: [0, inf, nan]) { list(0, inf, nan).gelu() },
    .init("comparisons with NaN are false", gives: [0, 0, 1, 0]) {
        .concatenated(
            [
                list(nan).equals(list(nan)), list(nan).isLess(than: list(1)), list(0).equals(list(-0.0)),
                list(nan).isGreater(than: 0),
            ], along: 0)
    },
    .init("selection", gives: [1, 4]) { list(1, inf).selected(where: list(1, 0), else: list(nan, 4)) },
    .init("slope of a selection under an infinite cotangent", gives: [0, 1]) {
        slope(list(1, 2)) { $0.selected(where: list(0, 1), else: list(3, 3)) * list(inf, 1) }
    },
    .init("broadcast of column and row", gives: [11, 21, 12, 22], shape: [2, 2]) { matrix([1], [2]) + list(10, 20) },
    .init("broadcast of nothing", gives: [], shape: [0, 3]) { empty(0, 3) + Tensor.ones([1, 3]) },
    .init("slope of what is broadcast to nothing", gives: [0, 0, 0], shape: [1, 3]) {
        slope(.ones([1, 3])) { empty(0, 3) + $0 }
    },
    .init("slope of what is broadcast", gives: [3, 3], shape: [2, 1]) {
        slope(.ones([2, 1])) { $0 * Tensor.ones([4, 2, 3]) } * 0.25
    },
    .init("dropout of everything", gives: [0, 0, 0]) {
        var generator = Philox(seed: 1)
        return list(1, inf, nan).dropout(1, using: &generator)
    },
]

private let reductions: [EdgeCase] = [
    .init("sum of nothing", gives: [0, 0, 0]) { empty(0, 3).sum(along: 0) },
    .init("no sums", gives: []) { empty(0, 3).sum(along: 1) },
    .init("mean of nothing", gives: [nan], shape: []) { empty(0).mean() },
    .init("sum over no axes", gives: [1, 2]) { list(1, 2).sum(along: []) },
    .init("axes from the back", gives: [10, 26]) {
        Tensor((1...8).map(Float.init), shape: [2, 2, 2]).sum(along: [-1, -2])
    },
    .init("axes apart", gives: [14, 22]) { Tensor((1...8).map(Float.init), shape: [2, 2, 2]).sum(along: [-1, 0]) },
    .init("largest", gives: [3, nan, -inf]) { matrix([1, 3, 3], [1, nan, 3], [-inf, -inf, -inf]).max(along: 1) },
    .init("smallest", gives: [1, nan]) { matrix([1, 3], [nan, 1]).min(along: -1) },
    .init("slope of the largest goes to the first", gives: [0, 1, 0]) { slope(list(1, 3, 3)) { $0.max(along: 0) } },
    .init("slope of the smallest goes to the first", gives: [1, 0, 0]) { slope(list(1, 1, 3)) { $0.min(along: 0) } },
    .init("position of the largest", gives: [1, 1, 0]) {
        let found = matrix([1, 3, 3], [1, nan, nan], [2, 2, 2]).argmax(along: 1)
        return Tensor(found.scalars.map(Float.init), shape: found.shape)
    },
    .init("variance of one, biased", gives: [0], shape: []) { list(5).variance(along: 0, correction: 0) },
    .init("logSumExp", gives: [-inf, inf, nan, 1000]) {
        matrix([-inf, -inf], [inf, 0], [nan, 0], [1000, -inf]).logSumExp(along: 1)
    },
    .init("unit vector of none", gives: [0, 0]) { list(0, 0).l2Normalised(along: 0) },
    .init("layer norm", gives: [-1.3416355, -0.4472118, 0.4472118, 1.3416355], within: .float32) {
        list(1, 2, 3, 4).layerNormalised()
    },
    .init("layer norm of equals is the bias", gives: [5, 6], shape: [1, 2]) {
        matrix([3, 3]).layerNormalised(weight: list(2, 2), bias: list(5, 6))
    },
    .init("layer norm of no rows", gives: [], shape: [0, 4]) { empty(0, 4).layerNormalised() },
    .init("slope of layer norm's weight over no rows", gives: [0, 0]) {
        slope(list(1, 1)) { empty(0, 2).layerNormalised(weight: $0) }
    },
]

/// The specification's logits.
private let logits = matrix([1, 2, 3, 4], [0, 0, 1, -1])

private let rowsOfProbabilities: [EdgeCase] = [
    .init("softmax", gives: [0.5, 0.5, 0, 0, 1, 0], shape: [3, 2]) {
        matrix([1000, 1000], [-inf, -inf], [0, -inf]).softmax()
    },
    .init("slope of softmax masked whole", gives: [0, 0]) { slope(list(-inf, -inf)) { $0.softmax() * list(1, 2) } },
    .init("logSoftmax", gives: [-inf, -inf, 0, -inf], shape: [2, 2]) { matrix([-inf, -inf], [1, -inf]).logSoftmax() },
    .init("softmax of no rows", gives: [], shape: [0, 3]) { empty(0, 3).softmax() },
    .init("softmax of empty rows", gives: [], shape: [3, 0]) { empty(3, 0).softmax() },
    .init("softmax along the last axis but one", gives: [0.5, 0, 0.5, 1], shape: [2, 2]) {
        matrix([7, -inf], [7, 0]).softmax(along: -2)
    },
    // Equal scores: the mean of the values each query may see, aligned at the bottom right.
    .init("causal attention of 2 queries to 4 keys", gives: [2, 2.5], shape: [1, 1, 2, 1]) {
        attention(query: .zeros([1, 1, 2, 3]), key: .ones([1, 1, 4, 3]), value: keys(1, 2, 3, 4), mask: .causal)
    },
    .init("causal attention of 4 queries to 2 keys", gives: [0, 0, 1, 1.5], shape: [1, 1, 4, 1]) {
        attention(query: .zeros([1, 1, 4, 3]), key: .ones([1, 1, 2, 3]), value: keys(1, 2), mask: .causal)
    },
    .init("attention to masked keys", gives: [0, 2], shape: [1, 1, 2, 1]) {
        attention(
            query: .zeros([1, 1, 2, 3]), key: .ones([1, 1, 2, 3]), value: keys(1, 2),
            mask: .additive(matrix([-inf, -inf], [-inf, 0])))
    },
    .init("slope of attention to masked keys", gives: [0, 1], shape: [1, 1, 2, 1]) {
        slope(keys(1, 2)) {
            attention(
                query: .zeros([1, 1, 2, 3]), key: .ones([1, 1, 2, 3]), value: $0,
                mask: .additive(matrix([-inf, -inf], [-inf, 0])))
        }
    },
    .init("attention of one token to itself", gives: [7], shape: [1, 1, 1, 1]) {
        selfAttention(packed: Tensor([1, 2, 7], shape: [1, 1, 3, 1, 1]), mask: .causal)
    },
    .init("crossEntropy, smoothed", gives: [1.5583566], shape: [], within: .float32) {
        crossEntropy(logits, labels: Indices([2, 0]), smoothing: 0.1)
    },
    .init("crossEntropy, one label ignored", gives: [1.4901897], shape: [], within: .float32) {
        crossEntropy(logits, labels: Indices([2, -100]), smoothing: 0.1)
    },
    .init(
        "slope of crossEntropy",
        gives: [0.0035293, 0.0310722, -0.3440586, 0.3094571, -0.364194, 0.0858059, 0.2547233, 0.0236647],
        shape: [2, 4],
        within: .float32
    ) { slope(logits) { crossEntropy($0, labels: Indices([2, 0]), smoothing: 0.1) } },
    .init("crossEntropy, all ignored", gives: [0], shape: []) { crossEntropy(logits, labels: Indices([-100, -100])) },
    .init("slope of crossEntropy, all ignored", gives: [Float](repeating: 0, count: 8), shape: [2, 4]) {
        slope(logits) { crossEntropy($0, labels: Indices([-100, -100]), smoothing: 0.1) }
    },
    .init("crossEntropy beside an impossible class", gives: [0], shape: []) {
        crossEntropy(matrix([0, -inf]), labels: Indices([0]))
    },
]

@Sendable private func keys(_ values: Float...) -> Tensor { Tensor(values, shape: [1, 1, values.count, 1]) }

private let movements: [EdgeCase] = [
    .init("product over nothing", gives: [0, 0, 0, 0], shape: [2, 2]) { empty(2, 0).matmul(empty(0, 2)) },
    .init("no products", gives: [], shape: [0, 2]) { empty(0, 3).matmul(empty(3, 2)) },
    .init("slope of a product of no rows", gives: [0, 0], shape: [2, 1]) {
        slope(.ones([2, 1])) { empty(0, 2).matmul($0) }
    },
    .init("slope of a batch's product over nothing", gives: [], shape: [0, 2]) {
        slope(empty(0, 2)) { empty(3, 2, 0).matmul($0) }
    },
    .init("a product keeps NaN and infinity beside zeros", gives: [nan, nan], shape: [2, 1]) {
        matrix([0, 1], [1, 0]).matmul(matrix([nan], [inf]))
    },
    .init("linear of nothing is the bias", gives: [1, 2, 1, 2], shape: [2, 2]) {
        empty(2, 0).linear(empty(2, 0), bias: list(1, 2))
    },
    .init("linear of no rows", gives: [], shape: [0, 2]) { empty(0, 3).linear(empty(2, 3), activation: .gelu) },
    .init("slope of linear's bias over no rows", gives: [0, 0]) {
        slope(list(1, 2)) { empty(0, 3).linear(empty(2, 3), bias: $0) }
    },
    .init("slope of linear's weight over nothing", gives: [], shape: [2, 0]) {
        slope(empty(2, 0)) { empty(4, 0).linear($0) }
    },
    .init("joined with nothing", gives: [1, 2]) { .concatenated([empty(0), list(1, 2), empty(0)], along: -1) },
    .init("stacked at the back", gives: [1, 3, 2, 4], shape: [2, 2]) { .stacked([list(1, 2), list(3, 4)], along: -1) },
    .init("an empty slice", gives: [], shape: [2, 0]) { Tensor.ones([2, 3]).sliced(along: 1, 3..<3) },
    .init("slope of an empty slice", gives: [0, 0, 0]) { slope(list(1, 2, 3)) { $0.sliced(along: 0, 3..<3) } },
    .init("a slice backwards", gives: [5, 3]) { list(1, 2, 3, 4, 5).sliced(along: -1, 1..<5, step: -2) },
    .init("slope of a slice backwards", gives: [0, 0, 2, 0, 1]) {
        slope(list(1, 2, 3, 4, 5)) { $0.sliced(along: -1, 1..<5, step: -2) * list(1, 2) }
    },
    .init("a scalar spread", gives: [4, 4], shape: [1, 2]) { Tensor(4).expanded(to: [1, 2]) },
    .init("one extent worked out", gives: [], shape: [0, 3]) { empty(0, 6).reshaped(to: [-1, 3]) },
    .init("padded by nothing", gives: [1, 2]) { list(1, 2).padded(along: -1, before: 0, after: 0) },
    .init("padded with a value", gives: [9, 1, 9, 9]) { list(1).padded(along: 0, before: 1, after: 2, value: 9) },
    .init("nothing gathered", gives: [], shape: [0, 2]) { Tensor.ones([3, 2]).gathered(at: Indices([])) },
    .init("slope of nothing gathered", gives: [0, 0, 0]) { slope(list(1, 2, 3)) { $0.gathered(at: Indices([])) } },
    .init("repeated indices add up", gives: [0, 5, 1]) { list(2, 1, 3).scatterAdded(at: Indices([1, 2, 1]), rows: 3) },
    .init("one-hot along the first axis", gives: [0, 1, 1, 0, 0, 0], shape: [3, 2]) {
        Indices([1, 0]).oneHot(classes: 3, along: 0)
    },
]

@Suite struct EdgeTests {
    @Test(arguments: elementwise + reductions + rowsOfProbabilities + movements)
    private func `edges are as documented`(_ edge: EdgeCase) {
        let problem = difference(of: edge.compute(), from: edge.expected, within: edge.tolerance)
        #expect(problem == nil)
    }
}
