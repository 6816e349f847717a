// One row per operation: its value, gradient and second gradient against the same golden file.

public import Tensors

/// An operation under test, as a function of its tensor inputs.
public struct OperationCase: Sendable {
    /// The name in the golden file.
    public let name: String
    /// The operation.
    public let apply: @Sendable ([Tensor]) -> Tensor
    /// How close all three must be.
    public let tolerance: Tolerance

    /// A row; a wider tolerance carries its measured reason beside it.
    public init(_ name: String, tolerance: Tolerance = .float32, _ apply: @escaping @Sendable ([Tensor]) -> Tensor) {
        self.name = name
        self.apply = apply
        self.tolerance = tolerance
    }
}

extension OperationCase {
    /// What is wrong with the operation where `golden` says otherwise; empty if nothing.
    ///
    /// For inputs x, cotangent u and directions v it compares y = f(x), g = ∇⟨y, u⟩ and h = ∇⟨g, v⟩. The first gradient is
    /// taken twice: by itself, through fused kernels, and inside the second, through differentiable operations.
    public func differences(from golden: Golden) throws -> [String] {
        let inputs = try goldenInputs(golden)
        guard !inputs.isEmpty else {
            return ["\(name): the golden file has no such case; add it to \(golden.maker) and run that."]
        }
        func all(_ letter: String) throws -> [Tensor] {
            try inputs.indices.map { try golden["\(name).\(letter)\($0)"] }
        }
        let directions = try all("v")
        let cotangent = try golden["\(name).u"]
        var problems: [String] = []
        func compare(_ what: String, _ actual: [Tensor], _ expected: [Tensor]) {
            for (index, (a, b)) in zip(actual, expected).enumerated() {
                if let problem = difference(of: a, from: b, within: tolerance) {
                    problems.append("\(name) \(what) \(index): \(problem)")
                }
            }
        }
        compare("value", [apply(inputs)], [try golden["\(name).y"]])
        let expectedGradients = try all("g")
        compare(
            "gradient", valueAndGradients(at: inputs) { (apply($0) * cotangent).sum() }.gradients, expectedGradients)
        var inner: [Tensor] = []
        let second = valueAndGradients(at: inputs) { outer in
            inner = valueAndGradients(at: outer) { (apply($0) * cotangent).sum() }.gradients
            return zip(inner, directions).map { ($0 * $1).sum() }.reduce(Tensor(0), +)
        }.gradients
        compare("recorded gradient", inner, expectedGradients)
        compare("second gradient", second, try all("h"))
        return problems
    }

    /// What is wrong with value and gradient when inputs are not contiguous; empty if nothing.
    ///
    /// Inputs are stored with axes reversed and a gap after every element, then repeated from their first slice with
    /// stride 0; the bits must be those of the same numbers in row-major order.
    public func differencesBetweenLayouts(from golden: Golden) throws -> [String] {
        let cotangent = try golden["\(name).u"]
        func results(_ inputs: [Tensor]) -> [Tensor] {
            [apply(inputs)] + valueAndGradients(at: inputs) { (apply($0) * cotangent).sum() }.gradients
        }
        let inputs = try goldenInputs(golden)
        let strided = inputs.map { x in
            let order = Array((0..<x.rank).reversed())
            let wide = Tensor.concatenated([x, x + 1], along: x.rank - 1).permuted(order)
            return Tensor(wide.scalars, shape: wide.shape).permuted(order).sliced(along: -1, 0..<x.shape[x.rank - 1])
        }
        let repeated = inputs.map { $0.sliced(along: 0, 0..<1).expanded(to: $0.shape) }
        let pairs = [("strided", strided, inputs), ("repeated", repeated, repeated.map { $0 + 0 })]
        return pairs.flatMap { layout, views, copies in
            zip(results(views), results(copies)).enumerated().compactMap { index, pair in
                difference(of: pair.0, from: pair.1, within: .exact).map { "\(name) \(layout), result \(index): \($0)" }
            }
        }
    }
}
