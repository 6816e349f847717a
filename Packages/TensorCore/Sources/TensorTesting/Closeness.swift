// How close is close: one table of tolerances, one comparison.

public import Tensors

/// The bound `|a − b| ≤ absolute + relative · |b|`.
public struct Tolerance: Sendable, Equatable {
    /// In the values' unit.
    public var absolute: Float
    /// As a share of the expected value.
    public var relative: Float

    /// A bound from its parts.
    public init(absolute: Float, relative: Float) {
        self.absolute = absolute
        self.relative = relative
    }

    /// For a short chain of float32 operations.
    public static let float32 = Tolerance(absolute: 2e-6, relative: 4e-6)

    /// The same values to the bit.
    public static let exact = Tolerance(absolute: 0, relative: 0)

    /// A wider bound; the reason stands beside the call.
    public func times(_ factor: Float) -> Tolerance {
        Tolerance(absolute: absolute * factor, relative: relative * factor)
    }
}

/// What is wrong with `actual` where `expected` should be, where NaN equals NaN: `nil` if nothing.
///
/// - Returns: A sentence with the count of misses, the worst place, both values and both shapes.
public func difference(of actual: Tensor, from expected: Tensor, within tolerance: Tolerance = .float32) -> String? {
    if actual.shape != expected.shape { return "shape \(actual.shape) instead of \(expected.shape)" }
    return difference(of: actual.scalars, from: expected.scalars, within: tolerance).map {
        "shape \(actual.shape): \($0)"
    }
}

/// What is wrong with `actual` where `expected` should be, where NaN equals NaN: `nil` if nothing.
public func difference(of actual: [Float], from expected: [Float], within tolerance: Tolerance = .float32) -> String? {
    if actual.count != expected.count { return "\(actual.count) values instead of \(expected.count)" }
    var misses = 0
    var worst = (excess: -Float.infinity, index: 0)
    for (index, (a, b)) in zip(actual, expected).enumerated() where !(a == b || a.isNaN && b.isNaN) {
        let excess = abs(a - b) - (tolerance.absolute + tolerance.relative * abs(b))
        if excess <= 0 { continue }
        misses += 1
        if excess > worst.excess || excess.isNaN { worst = (excess, index) }
    }
    if misses == 0 { return nil }
    return "\(misses) of \(actual.count) values differ, worst at \(worst.index): "
        + "\(actual[worst.index]) instead of \(expected[worst.index])"
}
