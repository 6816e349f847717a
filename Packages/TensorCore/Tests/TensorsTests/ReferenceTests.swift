// Value and gradient against plain `Double` loops, at every size around the vector width.

import Foundation
import TensorTesting
import Tensors
import Testing

/// An operation on a list and the same without tensors.
private struct ReferenceCase: Sendable, CustomTestStringConvertible {
    let name: String
    let sizes: ClosedRange<Int>
    let isPositive: Bool
    let apply: @Sendable (Tensor) -> Tensor
    let reference: @Sendable ([Double]) -> [Double]
    var testDescription: String { name }

    init(
        _ name: String, sizes: ClosedRange<Int> = 0...17, positive: Bool = false,
        _ apply: @escaping @Sendable (Tensor) -> Tensor, _ reference: @escaping @Sendable ([Double]) -> [Double]
    ) {
        (self.name, self.sizes, self.isPositive) = (name, sizes, positive)
        (self.apply, self.reference) = (apply, reference)
    }

    /// A function of one element.
    init(
        each name: String, positive: Bool = false, _ apply: @escaping @Sendable (Tensor) -> Tensor,
        _ reference: @escaping @Sendable (Double) -> Double
    ) {
        self.init(name, positive: positive, apply) { $0.map(reference) }
    }

    /// Seventeen different numbers in −3.2...3.5, none nearer to 0 than 0.12 or to ±1 than 0.05.
    func input(_ size: Int) -> [Float] {
        (0..<size).map { index in
            let x = (Float(index * 7 % 17) - 8 + 0.3) * 0.42
            return isPositive ? abs(x) + 0.5 : x
        }
    }
}

@Sendable private func normalDistribution(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

@Sendable private func softmax(_ x: [Double]) -> [Double] {
    let powers = x.map { exp($0 - (x.max() ?? 0)) }
    return powers.map { $0 / powers.reduce(0, +) }
}

@Sendable private func moments(_ x: [Double]) -> (mean: Double, squares: Double) {
    let mean = x.reduce(0, +) / Double(x.count)
    return (mean, x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) })
}

/// Row `i`, column `j` of a fixed matrix.
@Sendable private func weight(_ i: Int, _ j: Int) -> Double { Double((i * 5 + j * 3) % 7) - 3 }

@Sendable private func weights(_ rows: Int, _ columns: Int) -> Tensor {
    Tensor((0..<rows * columns).map { Float(weight($0 / columns, $0 % columns)) }, shape: [rows, columns])
}

private let referenceCases: [ReferenceCase] = [
    .init(each: "abs", { $0.abs() }, { abs($0) }),
    .init(each: "clamped", { $0.clamped(to: -1...1) }, { min(max($0, -1), 1) }),
    .init(each: "cos", { $0.cos() }, { cos($0) }),
    .init(each: "erf", { $0.erf() }, { erf($0) }),
    .init(each: "exp", { $0.exp() }, { exp($0) }),
    .init(each: "expm1", { $0.expm1() }, { expm1($0) }),
    .init(each: "floor", { $0.floor() }, { floor($0) }),
    .init(each: "gelu", { $0.gelu() }, { $0 * normalDistribution($0) }),
    .init(
        each: "geluTanh", { $0.geluTanh() },
        { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }),
    .init("l2Normalised", sizes: 1...17, { $0.l2Normalised(along: 0) }) { x in
        x.map { $0 / x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    },
    .init("layerNormalised", sizes: 2...17, { $0.layerNormalised() }) { x in
        let (mean, squares) = moments(x)
        return x.map { ($0 - mean) / (squares / Double(x.count) + 1e-5).squareRoot() }
    },
    .init(
        "linear", { $0.reshaped(to: [1, $0.count]).linear(weights(3, $0.count), bias: Tensor([1, 2, 3], shape: [3])) }
    ) {
        x in (0..<3).map { out in x.indices.reduce(Double(out + 1)) { $0 + x[$1] * weight(out, $1) } }
    },
    .init(each: "log", positive: true, { $0.log() }, { log($0) }),
    .init(each: "log1p", positive: true, { $0.log1p() }, { log1p($0) }),
    .init("logSoftmax", { $0.logSoftmax() }) { x in softmax(x).map { log($0) } },
    .init("logSumExp", sizes: 1...17, { $0.logSumExp(along: 0) }) { x in [log(x.reduce(0) { $0 + exp($1) })] },
    .init("matmul", { $0.reshaped(to: [1, $0.count]).matmul(weights($0.count, 3)) }) { x in
        (0..<3).map { column in x.indices.reduce(0) { $0 + x[$1] * weight($1, column) } }
    },
    .init("matmul, outer", { $0.reshaped(to: [$0.count, 1]).matmul(weights(1, 3)) }) { x in
        x.flatMap { x in (0..<3).map { x * weight(0, $0) } }
    },
    .init("max", sizes: 1...17, { $0.max(along: 0) }) { [$0.max() ?? .nan] },
    .init("mean", { $0.mean() }) { [moments($0).mean] },
    .init("min", sizes: 1...17, { $0.min(along: 0) }) { [$0.min() ?? .nan] },
    .init("norm", sizes: 1...17, { $0.norm(along: 0) }) { x in [x.reduce(0) { $0 + $1 * $1 }.squareRoot()] },
    .init(each: "raised to 5", { $0.raised(to: 5) }, { pow($0, 5) }),
    .init(each: "raised to -3/2", positive: true, { $0.raised(to: -1.5) }, { pow($0, -1.5) }),
    .init(each: "reciprocal", { $0.reciprocal() }, { 1 / $0 }),
    .init(each: "relu", { $0.relu() }, { max($0, 0) }),
    .init(each: "rounded", { $0.rounded() }, { $0.rounded(.toNearestOrEven) }),
    .init(each: "rsqrt", positive: true, { $0.rsqrt() }, { 1 / $0.squareRoot() }),
    .init(each: "scaled", { $0.scaled(by: 2.5, adding: -1) }, { 2.5 * $0 - 1 }),
    .init(each: "sigmoid", { $0.sigmoid() }, { 1 / (1 + exp(-$0)) }),
    .init(each: "silu", { $0.silu() }, { $0 / (1 + exp(-$0)) }),
    .init(each: "sin", { $0.sin() }, { sin($0) }),
    .init("softmax", { $0.softmax() }, softmax),
    .init(each: "softplus", { $0.softplus() }, { log1p(exp($0)) }),
    .init(each: "sqrt", positive: true, { $0.sqrt() }, { $0.squareRoot() }),
    .init(each: "squared", { $0.squared() }, { $0 * $0 }),
    .init("sum", { $0.sum() }) { [$0.reduce(0, +)] },
    .init(each: "tanh", { $0.tanh() }, { tanh($0) }),
    .init("variance", sizes: 2...17, { $0.variance(along: 0) }) { x in [moments(x).squares / Double(x.count - 1)] },
]

@Suite struct ReferenceTests {
    @Test(arguments: referenceCases)
    private func `value and gradient equal the Double loop's at sizes up to 17`(_ row: ReferenceCase) {
        for size in row.sizes {
            let problem = gradientCheck(row.apply, at: row.input(size), reference: row.reference)
            #expect(problem == nil, "size \(size), \(problem ?? "")")
        }
    }

    /// The bound 8·√k·ε·(|A||B|) of the specification, over shapes that leave a rest in every block.
    @Test(arguments: [(1, 1, 1), (2, 3, 5), (7, 9, 17), (13, 16, 31), (17, 15, 1), (33, 47, 65), (97, 50, 129)])
    func `a product is within its error bound of the Double loop`(_ m: Int, _ n: Int, _ k: Int) {
        var generator = Philox(seed: 3)
        let (a, b) = (Tensor.normal([m, k], using: &generator), Tensor.normal([k, n], using: &generator))
        let (x, y, found) = (a.scalars, b.scalars, a.matmul(b).scalars)
        for row in 0..<m {
            for column in 0..<n {
                let terms = (0..<k).map { Double(x[row * k + $0]) * Double(y[$0 * n + column]) }
                let bound = 8 * Double(k).squareRoot() * Double(Float.ulpOfOne) * terms.reduce(0) { $0 + abs($1) }
                #expect(abs(Double(found[row * n + column]) - terms.reduce(0, +)) <= bound, "\(row), \(column)")
            }
        }
    }
}
