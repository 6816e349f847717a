// Eigenvectors of symmetric matrices, from LAPACK.

internal import COpenBLAS

/// The eigenvectors of a symmetric matrix, largest eigenvalue first.
///
/// Computed in double precision on one thread; equal bits on one machine, other signs and last digits on another.
///
/// - Parameters:
///   - matrix: `size · size` numbers in row-major order.
///   - size: Rows and columns.
/// - Returns: `[eigenvector, component]`, of unit length.
public func eigenvectors(ofSymmetric matrix: [Double], size: Int) -> Tensor {
    shapeCheck(matrix.count == size * size, "eigenvectors", [matrix.count], [size, size])
    if size == 0 { return Tensor([], shape: [0, 0]) }
    openblas_set_num_threads(1)
    var (vectors, values) = (matrix, [Double](repeating: 0, count: size))
    var (n, status) = (Int32(size), Int32(0))
    var (workCount, integerCount) = (Int32(1 + 6 * size + 2 * size * size), Int32(3 + 5 * size))
    var work = [Double](repeating: 0, count: Int(workCount))
    var integers = [Int32](repeating: 0, count: Int(integerCount))
    unsafe dsyevd_("V", "U", &n, &vectors, &n, &values, &work, &workCount, &integers, &integerCount, &status)
    if status != 0 { fatalError("eigenvectors: LAPACK's dsyevd returned \(status); the matrix must be finite.") }
    // LAPACK returns ascending eigenvalues, each vector contiguous.
    let rows = (0..<size).reversed().flatMap { vectors[$0 * size..<($0 + 1) * size].map(Float.init) }
    return Tensor(rows, shape: [size, size])
}
