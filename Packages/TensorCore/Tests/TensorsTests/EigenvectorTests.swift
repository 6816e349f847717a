import TensorTesting
import Tensors
import Testing

@Suite struct EigenvectorTests {
    @Test func `a matrix made by hand has its eigenvectors, largest eigenvalue first`() {
        // 5aaᵀ + 2bbᵀ − ccᵀ with the orthonormal a = (1, 2, 2)/3, b = (2, 1, −2)/3, c = (2, −2, 1)/3.
        let vectors: [[Double]] = [[1, 2, 2], [2, 1, -2], [2, -2, 1]].map { $0.map { $0 / 3 } }
        let matrix = (0..<9).map { place in
            zip([5.0, 2, -1], vectors).reduce(0) { $0 + $1.0 * $1.1[place / 3] * $1.1[place % 3] }
        }
        let found = eigenvectors(ofSymmetric: matrix, size: 3).scalars
        for (row, vector) in vectors.enumerated() {
            let product = (0..<3).reduce(0) { $0 + Double(found[row * 3 + $1]) * vector[$1] }
            #expect(abs(abs(product) - 1) < 1e-6, "eigenvector \(row)")
        }
        #expect(eigenvectors(ofSymmetric: [], size: 0).shape == [0, 0])
    }
}
