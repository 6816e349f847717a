// Arithmetic on shapes and strides, and the one way a wrong shape stops the program.

/// Stops with a sentence that names the operation and its shapes unless the condition holds.
///
/// `precondition` would lose its message in optimised builds.
@inline(__always)
public func shapeCheck(_ holds: @autoclosure () -> Bool, _ operation: StaticString, _ shapes: [Int]...) {
    if !holds() { shapeFailure(operation, shapes) }
}

@inline(never)
func shapeFailure(_ operation: StaticString, _ shapes: [[Int]]) -> Never {
    fatalError(
        "\(operation): shapes \(shapes.map(\.description).joined(separator: " and ")) do not fit; "
            + "see the shapes in its documentation.")
}

/// The number of elements of a shape; 1 for a scalar.
func elementCount(_ shape: [Int]) -> Int { shape.reduce(1, *) }

/// Row-major strides of a contiguous tensor.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = shape
    var step = 1
    for axis in shape.indices.reversed() {
        strides[axis] = step
        step *= shape[axis]
    }
    return strides
}

/// An axis counted from the front; negative axes count from the back.
func resolvedAxis(_ axis: Int, rank: Int, _ operation: StaticString) -> Int {
    let resolved = axis < 0 ? axis + rank : axis
    if resolved < 0 || resolved >= rank {
        fatalError("\(operation): axis \(axis) is outside a tensor of rank \(rank); use \(-rank)..<\(rank).")
    }
    return resolved
}

/// The common shape of two operands aligned at the right: axes agree or one of them is 1.
func broadcastShape(_ a: [Int], _ b: [Int], _ operation: StaticString) -> [Int] {
    if a == b { return a }
    let rank = max(a.count, b.count)
    return (0..<rank).map { axis in
        let i = axis - (rank - a.count)
        let j = axis - (rank - b.count)
        let (m, n) = (i < 0 ? 1 : a[i], j < 0 ? 1 : b[j])
        shapeCheck(m == n || m == 1 || n == 1, operation, a, b)
        return m == 1 ? n : m
    }
}
