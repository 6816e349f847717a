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
        let count = (0...).prefix { golden.tensors["\(name).x\($0)"] != nil }.count
        guard count > 0 else {
            return ["\(name): the golden file has no such case; add it to \(golden.maker) and run that."]
        }
        func all(_ letter: String) throws -> [Tensor] { try (0..<count).map { try golden["\(name).\(letter)\($0)"] } }
        let (inputs, directions) = (try all("x"), try all("v"))
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

    /// What is wrong with the operation when its inputs are not contiguous; empty if nothing.
    public func differencesOnStridedInputs(from golden: Golden) throws -> [String] {
        let inputs = try (0...).prefix { golden.tensors["\(name).x\($0)"] != nil }.map { try golden["\(name).x\($0)"] }
        let strided = inputs.map { x in
            // Stored with its axes reversed and a gap after every element of the last one.
            let order = Array((0..<x.rank).reversed())
            let wide = Tensor.concatenated([x, x + 1], along: x.rank - 1).permuted(order)
            return (wide + 0).permuted(order).sliced(along: -1, 0..<x.shape[x.rank - 1])
        }
        return difference(of: apply(strided), from: apply(inputs), within: .exact).map { ["\(name) strided: \($0)"] }
            ?? []
    }
}
