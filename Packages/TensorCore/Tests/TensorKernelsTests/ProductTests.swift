// Products against the plain loop: every output is one chain of fused multiply-adds, so equality is to the bit.

import Glibc
import TensorKernels
import Testing

struct ProductCase: Sendable, CustomStringConvertible {
    var (m, n, k) = (1, 1, 1)
    var batch = (1, 1)
    var (aIsTransposed, bIsTransposed) = (false, false)
    /// Whether all of a batch share one A, or one B.
    var (sharesA, sharesB) = (false, false)

    init(_ m: Int, _ n: Int, _ k: Int) { (self.m, self.n, self.k) = (m, n, k) }

    func with(_ change: (inout ProductCase) -> Void) -> ProductCase {
        var copy = self
        change(&copy)
        return copy
    }

    var description: String {
        "\(batch.0)x\(batch.1) of \(m)x\(n)x\(k)" + (aIsTransposed ? " aT" : "") + (bIsTransposed ? " bT" : "")
            + (sharesA ? " one A" : "") + (sharesB ? " one B" : "")
    }

    private var a: [Float] { numbers((sharesA ? 1 : batch.0 * batch.1) * m * k, seed: 21) }
    private var b: [Float] { numbers((sharesB ? 1 : batch.0 * batch.1) * k * n, seed: 22) }
    private var bias: [Float] { numbers(n, seed: 23) }

    /// The product and, if wanted, the activation's derivative behind it.
    func product(activation: tk_activation, usesBias: Bool, keepsSlope: Bool = false) -> [Float] {
        let (a, b, bias) = (a, b, bias)
        let count = batch.0 * batch.1 * m * n
        var c = [Float](repeating: .nan, count: keepsSlope ? 2 * count : count)
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe bias.withUnsafeBufferPointer { bias in
                    unsafe c.withUnsafeMutableBufferPointer { c in
                        var p = unsafe tk_product()
                        unsafe (p.m, p.n, p.k, p.batch) = (m, n, k, batch)
                        unsafe (p.a, p.b, p.c) = (a.baseAddress, b.baseAddress, c.baseAddress)
                        unsafe (p.a_row, p.a_column) = aIsTransposed ? (1, m) : (k, 1)
                        unsafe (p.b_row, p.b_column) = bIsTransposed ? (1, k) : (n, 1)
                        unsafe p.a_batch = sharesA ? (0, 0) : (batch.1 * m * k, m * k)
                        unsafe p.b_batch = sharesB ? (0, 0) : (batch.1 * k * n, k * n)
                        unsafe (p.c_row, p.c_batch) = (n, (batch.1 * m * n, m * n))
                        unsafe p.bias = usesBias ? bias.baseAddress : nil
                        unsafe p.activation = activation
                        if keepsSlope, let base = c.baseAddress { unsafe p.slope = base + count }
                        unsafe tk_matmul(&p)
                    }
                }
            }
        }
        return c
    }

    /// The same numbers by the definition.
    func plainProduct(usesBias: Bool) -> [Float] {
        let (a, b, bias) = (a, b, bias)
        return (0..<batch.0 * batch.1).flatMap { index -> [Float] in
            let (a0, b0) = (sharesA ? 0 : index * m * k, sharesB ? 0 : index * k * n)
            return (0..<m).flatMap { i in
                (0..<n).map { j -> Float in
                    var sum: Float = 0
                    for t in 0..<k {
                        sum = fmaf(
                            a[a0 + (aIsTransposed ? t * m + i : i * k + t)],
                            b[b0 + (bIsTransposed ? j * k + t : t * n + j)], sum)
                    }
                    return usesBias ? sum + bias[j] : sum
                }
            }
        }
    }
}

/// Shapes around every border of the tiling, small and shared paths, all orders of storage.
let productShapes: [ProductCase] = {
    let plain = [
        ProductCase(1, 1, 1), ProductCase(1, 17, 5), ProductCase(5, 16, 300), ProductCase(6, 33, 257),
        ProductCase(7, 15, 8),
        ProductCase(13, 64, 31), ProductCase(48, 200, 200), ProductCase(97, 130, 260), ProductCase(200, 70, 600),
        ProductCase(100, 1000, 24), ProductCase(3, 2, 0), ProductCase(50, 600, 900),
    ]
    let transposed = plain.flatMap { shape in
        [(false, true), (true, false), (true, true)].map { a, b in
            shape.with {
                $0.aIsTransposed = a
                $0.bIsTransposed = b
            }
        }
    }
    let batched = [
        ProductCase(3, 3, 3).with { $0.batch = (10, 7) },
        ProductCase(4, 4, 4).with {
            $0.batch = (90, 100)
            ($0.aIsTransposed, $0.sharesB) = (true, true)
        },
        ProductCase(2, 5, 3).with { $0.batch = (3, 4) },
        ProductCase(20, 33, 40).with { $0.batch = (3, 2) },
        ProductCase(96, 64, 96).with { $0.batch = (2, 5) },
        ProductCase(64, 70, 96).with {
            $0.batch = (4, 3)
            $0.sharesA = true
        },
        ProductCase(17, 70, 40).with {
            $0.batch = (4, 3)
            $0.sharesB = true
        },
        ProductCase(60, 300, 300).with { $0.batch = (1, 3) },
    ]
    return plain + transposed + batched
}()

@Suite struct ProductTests {
    @Test(arguments: productShapes.indices)
    func `a product equals the plain chain of multiply-adds to the bit`(_ index: Int) {
        let shape = productShapes[index]
        #expect(
            shape.product(activation: TK_IDENTITY, usesBias: true) == shape.plainProduct(usesBias: true), "\(shape)")
        #expect(
            shape.product(activation: TK_RELU, usesBias: false)
                == shape.plainProduct(usesBias: false).map { max($0, 0) })
    }

    @Test func `infinities and NaN spread as IEEE says, a zero does not hide them`() {
        var (a, b): ([Float], [Float]) = ([0, 1, 0, 0], [.infinity, 1, .nan, 2])
        var c = [Float](repeating: 0, count: 4)
        unsafe a.withUnsafeMutableBufferPointer { a in
            unsafe b.withUnsafeMutableBufferPointer { b in
                unsafe c.withUnsafeMutableBufferPointer { c in
                    var p = unsafe tk_product()
                    unsafe (p.m, p.n, p.k, p.batch) = (2, 2, 2, (1, 1))
                    unsafe (p.a, p.b, p.c) = (UnsafePointer(a.baseAddress), UnsafePointer(b.baseAddress), c.baseAddress)
                    unsafe (p.a_row, p.a_column, p.b_row, p.b_column, p.c_row) = (2, 1, 2, 1, 2)
                    unsafe tk_matmul(&p)
                }
            }
        }
        #expect(c[0].isNaN && c[1] == 2 && c[2].isNaN && c[3] == 0)
    }
}
