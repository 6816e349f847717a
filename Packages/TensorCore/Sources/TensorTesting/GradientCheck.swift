// Operations against plain `Double` loops, and gradients against central differences.

public import Tensors

/// What is wrong with a function where a plain `Double` loop says otherwise, `nil` if nothing.
///
/// Values are compared with the loop's. The gradient of ⟨f(x), u⟩, u = 1, −½, ⅓, −¼, …, is compared with central
/// differences of the loop, one element at a time with h = 10⁻⁶, so `x` must keep away from kinks.
///
/// - Parameters:
///   - function: The operation, of a tensor `[x.count]`.
///   - x: Where to look.
///   - reference: The same, written without tensors.
///   - tolerance: For values and gradient.
/// - Returns: A sentence that says which of the two differs and how.
public func gradientCheck(
    _ function: (Tensor) -> Tensor, at x: [Float], reference: ([Double]) -> [Double],
    within tolerance: Tolerance = .float32
) -> String? {
    let input = Tensor(x, shape: [x.count])
    let value = function(input)
    let exact = x.map(Double.init)
    let expected = reference(exact)
    if let problem = difference(of: value.scalars, from: expected.map(Float.init), within: tolerance) {
        return "value at \(x): \(problem)"
    }
    let cotangent = expected.indices.map { ($0 % 2 == 0 ? 1 : -1) / Double($0 + 1) }
    func weighted(_ x: [Double]) -> Double { zip(reference(x), cotangent).reduce(0) { $0 + $1.0 * $1.1 } }
    let slopes = exact.indices.map { index in
        let step = 1e-6
        var (above, below) = (exact, exact)
        above[index] += step
        below[index] -= step
        return Float((weighted(above) - weighted(below)) / (2 * step))
    }
    let weights = Tensor(cotangent.map(Float.init), shape: value.shape)
    let found = gradient(at: input) { (function($0) * weights).sum() }
    return difference(of: found.scalars, from: slopes, within: tolerance).map { "gradient at \(x): \($0)" }
}

extension OperationCase {
    /// What is wrong with the gradient g of ⟨f(x), u⟩ along the golden file's direction v; empty if nothing.
    ///
    /// ⟨g, v⟩ must equal (⟨f(x + hv), u⟩ − ⟨f(x − hv), u⟩) / 2h with f evaluated in float32 and the sums in double
    /// precision. With h = 2⁻⁸ the bound is 32ε·Σ|u·f|/h for rounding and 10⁻³·Σ|g·v| for the cubic term.
    public func differencesFromDirectionalSlope(_ golden: Golden) throws -> [String] {
        let inputs = try goldenInputs(golden)
        let directions = try inputs.indices.map { try golden["\(name).v\($0)"] }
        let cotangent = try golden["\(name).u"]
        func terms(_ a: Tensor, _ b: Tensor) -> [Double] { zip(a.scalars, b.scalars).map { Double($0) * Double($1) } }
        func value(_ h: Float) -> [Double] { terms(apply(zip(inputs, directions).map { $0 + $1 * h }), cotangent) }
        func size(_ terms: [Double]) -> Double { terms.reduce(0) { $0 + abs($1) } }
        let h: Float = 0x1p-8
        let gradients = valueAndGradients(at: inputs) { (apply($0) * cotangent).sum() }.gradients
        let products = zip(gradients, directions).flatMap { terms($0, $1) }
        let slope = (value(h).reduce(0, +) - value(-h).reduce(0, +)) / Double(2 * h)
        let found = products.reduce(0, +)
        let bound = 32 * Double(Float.ulpOfOne / h) * size(value(0)) + 1e-3 * size(products)
        return abs(found - slope) <= bound
            ? [] : ["\(name): slope \(found) of the gradient, \(slope) of the function, bound \(bound)"]
    }

    /// The inputs in the golden file.
    func goldenInputs(_ golden: Golden) throws -> [Tensor] {
        try (0...).prefix { golden.tensors["\(name).x\($0)"] != nil }.map { try golden["\(name).x\($0)"] }
    }
}
