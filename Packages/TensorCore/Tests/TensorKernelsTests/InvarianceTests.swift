// Bits do not depend on the number of threads or on the instruction set.

import TensorKernels
import Testing

/// A kernel with everything it needs, as bits of its output.
struct KernelCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: @Sendable () -> [UInt32]

    init(_ name: String, _ run: @escaping @Sendable () -> [Float]) {
        testDescription = name
        self.run = { run().map(\.bitPattern) }
    }
}

/// Normal numbers of a seed.
func numbers(_ count: Int, seed: UInt64) -> [Float] { Array(pool[Int(seed) * 61..<Int(seed) * 61 + count]) }

private let pool: [Float] = {
    var y = [Float](repeating: 0, count: 6_000_000)
    unsafe tk_random_normal(tk_random(key: 1, first_block: 0, stream: 0, step: 0), &y, y.count, 0, 1)
    return y
}()

/// Lengths around the vector widths, around the blocks, and far beyond.
private let lengths = Array(1...35) + [63, 64, 65, 4095, 4097, 40_003]

/// Plain; strided, dilated and unevenly padded; wider than its input.
private let windows = [
    tk_window(input: (9, 40), size: (3, 3), stride: (1, 1), dilation: (1, 1), output: (9, 40), before: (1, 1)),
    tk_window(input: (10, 11), size: (2, 3), stride: (2, 3), dilation: (2, 1), output: (5, 4), before: (1, 0)),
    tk_window(input: (1, 2), size: (3, 5), stride: (1, 1), dilation: (1, 2), output: (1, 2), before: (1, 4)),
]

private let kernelCases: [KernelCase] =
    (0..<TK_UNARY_COUNT.rawValue).map { code in
        KernelCase("unary \(code)") {
            lengths.flatMap { n in
                let x = numbers(n, seed: 1).map { $0 * 5 }
                var y = x
                unsafe tk_unary(tk_unary_operation(code), x, &y, n, 1.5, 2)
                return y
            }
        }
    }
    + (0..<TK_BINARY_COUNT.rawValue).map { code in
        KernelCase("binary \(code)") {
            lengths.flatMap { n in
                var y = [Float](repeating: 0, count: 3 * n)
                unsafe tk_binary(
                    tk_binary_operation(code), 2, [3, n], numbers(3 * n, seed: 1), [n, 1], numbers(n, seed: 2), [0, 1],
                    &y)
                return y
            }
        }
    }
    + [TK_SUM, TK_MEAN, TK_MAX, TK_MIN].map(\.rawValue).flatMap { code in
        [(1, 1), (3, 1), (2, 7), (1, 130)].map { outer, inner in
            KernelCase("reduction \(code) outer \(outer) inner \(inner)") {
                lengths.flatMap { n in
                    var y = [Float](repeating: 0, count: outer * inner)
                    unsafe tk_reduce(tk_reduction(code), numbers(outer * n * inner, seed: 3), outer, n, inner, &y)
                    return y
                }
            }
        }
    }
    + [
        KernelCase("softmax") {
            lengths.flatMap { n in
                var y = [Float](repeating: 0, count: 5 * n)
                unsafe tk_softmax(numbers(5 * n, seed: 4), &y, 5, n, 0.7, 0)
                return y
            }
        },
        KernelCase("softmax gradient") {
            lengths.flatMap { n in
                var y = [Float](repeating: 0, count: 5 * n)
                unsafe tk_softmax_gradient(numbers(5 * n, seed: 4), numbers(5 * n, seed: 5), &y, 5, n, 0.7)
                return y
            }
        },
        KernelCase("log softmax") {
            lengths.flatMap { n in
                var y = [Float](repeating: 0, count: 5 * n)
                unsafe tk_log_softmax(numbers(5 * n, seed: 4), &y, 5, n)
                var gradient = y
                unsafe tk_log_softmax_gradient(y, numbers(5 * n, seed: 5), &gradient, 5, n)
                return y + gradient
            }
        },
        KernelCase("layer norm and its gradient") {
            lengths.filter { $0 < 5000 }.flatMap { n in
                let rows = 201
                let (x, weight) = (numbers(rows * n, seed: 6), numbers(n, seed: 7))
                var (y, statistics) = (x, [Float](repeating: 0, count: 2 * rows))
                unsafe tk_layer_norm(x, weight, numbers(n, seed: 8), 1e-5, &y, &statistics, rows, n)
                var (dx, dw, db) = (x, weight, weight)
                unsafe tk_layer_norm_gradient(x, weight, statistics, numbers(rows * n, seed: 9), &dx, &dw, &db, rows, n)
                return y + statistics + dx + dw + db
            }
        },
        KernelCase("cross-entropy and its gradient") {
            lengths.filter { $0 < 5000 }.flatMap { n in
                let rows = 70
                let x = numbers(rows * n, seed: 24)
                let labels = (0..<rows).map { Int32($0 % 9 == 8 ? -100 : $0 % n) }
                var (losses, dx) = (numbers(rows, seed: 25), x)
                unsafe tk_cross_entropy(x, labels, 0.1, -100, &losses, rows, n)
                unsafe tk_cross_entropy_gradient(x, labels, 0.1, -100, numbers(rows, seed: 26), &dx, rows, n)
                return losses + dx
            }
        },
        KernelCase("the way back through bias and activation") {
            [TK_IDENTITY, TK_RELU, TK_GELU].map(\.rawValue).flatMap { code in
                lengths.filter { $0 < 5000 }.flatMap { n in
                    let rows = 201
                    var (dx, dbias) = (numbers(rows * n, seed: 27), numbers(n, seed: 28))
                    unsafe tk_activation_cotangent(
                        tk_activation(code), numbers(rows * n, seed: 29), numbers(rows * n, seed: 30), &dx, &dbias,
                        rows, n)
                    return dx + dbias
                }
            }
        },
        KernelCase("dropout") {
            lengths.flatMap { n in
                // The first block's number overflows into its upper word for some.
                var y = numbers(n, seed: 31)
                let random = tk_random(key: 7 << 40 | 5, first_block: 0xffff_fff5, stream: 3, step: 2)
                unsafe tk_dropout(random, numbers(n, seed: 32), &y, n, 0.3, 1 / 0.7)
                return y
            }
        },
        KernelCase("attention and its gradient") {
            [(1, 1, 3), (5, 7, 4), (50, 9, 33), (130, 600, 8)].flatMap { queries, keys, dim in
                attentionAndCotangents(queries: queries, keys: keys, dim: dim)
            }
        },
        KernelCase("scatter of rows") {
            let index = (0..<900).map { Int32($0 * 7 % 31) }
            var y = [Float](repeating: 0, count: 31 * 150)
            unsafe tk_scatter_add_rows(numbers(900 * 150, seed: 10), index, &y, 900, 150)
            return y
        },
        KernelCase("unfold and fold") {
            windows.flatMap { window in
                var window = window
                let (batch, channels) = (3, 5)
                let pixels = window.input.0 * window.input.1
                let taps = window.size.0 * window.size.1 * window.output.0 * window.output.1
                var columns = [Float](repeating: .nan, count: batch * channels * taps)
                unsafe tk_unfold(&window, numbers(batch * channels * pixels, seed: 16), batch, channels, &columns)
                var x = [Float](repeating: .nan, count: batch * channels * pixels)
                unsafe tk_fold(&window, columns.map { $0 * $0 }, batch, channels, &x)
                return columns + x
            }
        },
        KernelCase("largest under a window") {
            windows.flatMap { window -> [Float] in
                var window = window
                let count = 15 * window.output.0 * window.output.1
                var y = [Float](repeating: .nan, count: count)
                var index = [Int32](repeating: 0, count: count)
                unsafe tk_max_pool(&window, numbers(15 * window.input.0 * window.input.1, seed: 17), 15, 1, &y, &index)
                var (last, lastIndex) = (y, index)
                unsafe tk_max_pool(
                    &window, numbers(15 * window.input.0 * window.input.1, seed: 17), 3, 5, &last, &lastIndex)
                let results: [[Float]] = [y, index.map(Float.init), last, lastIndex.map(Float.init)]
                return results.flatMap { $0 }
            }
        },
        KernelCase("banded map") {
            [(1, 1), (700, 1), (3, 130), (40, 64)].flatMap { outer, inner in
                let (start, offset): ([Int32], [Int32]) = ([0, 1, 4], [0, 3, 3, 6])
                var y = [Float](repeating: .nan, count: outer * 3 * inner)
                unsafe start.withUnsafeBufferPointer { start in
                    unsafe offset.withUnsafeBufferPointer { offset in
                        unsafe numbers(6, seed: 18).withUnsafeBufferPointer { weight in
                            var band = unsafe tk_band(
                                inputs: 7, outputs: 3, start: start.baseAddress, offset: offset.baseAddress,
                                weight: weight.baseAddress)
                            unsafe tk_apply_band(&band, numbers(outer * 7 * inner, seed: 19), outer, inner, &y)
                        }
                    }
                }
                return y
            }
        },
        KernelCase("recurrence") {
            [(1, 1), (9, 1), (2, 67), (3, 200)].flatMap { outer, inner in
                let count = outer * 50 * inner
                return [false, true].flatMap { reversed in
                    var (y, sum) = (numbers(count, seed: 20), numbers(count, seed: 20))
                    let (a, b) = (numbers(count, seed: 21), numbers(count, seed: 22))
                    unsafe tk_recurrence(a, b, outer, 50, inner, reversed, &y)
                    unsafe tk_recurrence(nil, b, outer, 50, inner, reversed, &sum)
                    return y + sum
                }
            }
        },
        KernelCase("Adam") {
            lengths.flatMap { n in
                var (p, m, v) = (numbers(n, seed: 11), numbers(n, seed: 12), numbers(n, seed: 13).map { $0 * $0 })
                unsafe tk_adam(
                    &p, numbers(n, seed: 14), &m, &v, n, 0.01, 0.9, 0.999, 1e-8, 0.1, true, 0.1, 0.001, 0.5)
                return p + m + v
            }
        },
        KernelCase("sum of squares") {
            lengths.flatMap { n -> [Float] in
                let bits = unsafe tk_sum_squares(numbers(n, seed: 15), n).bitPattern
                return [Float(bitPattern: UInt32(bits >> 32)), Float(bitPattern: UInt32(truncatingIfNeeded: bits))]
            }
        },
        KernelCase("uniform numbers") {
            var y = [Float](repeating: 0, count: 50_001)
            unsafe tk_random_uniform(tk_random(key: 3, first_block: 9, stream: 1, step: 4), &y, y.count, -2, 5)
            return y
        },
    ]
    + productShapes.flatMap { shape in
        [TK_GELU, TK_SINE].map(\.rawValue).map { code in
            KernelCase("product \(shape), activation \(code)") {
                shape.product(activation: tk_activation(code), usesBias: true, keepsSlope: true)
            }
        }
    }
    + sequenceCases

/// Masked, dropped attention of two images with three heads: result and the three cotangents.
private func attentionAndCotangents(queries: Int, keys: Int, dim: Int) -> [Float] {
    let counts = (query: 6 * queries * dim, key: 6 * keys * dim)
    let (q, k, v) = (
        numbers(counts.query, seed: 33), numbers(counts.key, seed: 34), numbers(counts.key, seed: 35)
    )
    let (mask, g) = (numbers(keys, seed: 36), numbers(counts.query, seed: 37))
    var (y, dq, dk, dv) = (q, q, k, v)
    unsafe q.withUnsafeBufferPointer { q in
        unsafe k.withUnsafeBufferPointer { k in
            unsafe v.withUnsafeBufferPointer { v in
                unsafe mask.withUnsafeBufferPointer { mask in
                    let rows = (query: (3 * queries * dim, queries * dim, dim), key: (3 * keys * dim, keys * dim, dim))
                    var a = unsafe tk_attention()
                    unsafe (a.batch, a.heads, a.queries, a.keys) = (2, 3, queries, keys)
                    unsafe (a.dim, a.channels, a.scale) = (dim, dim, 0.5)
                    unsafe (a.query, a.key, a.value) = (q.baseAddress, k.baseAddress, v.baseAddress)
                    unsafe (a.mask, a.is_causal) = (mask.baseAddress, queries < keys)
                    unsafe (a.query_strides, a.key_strides, a.value_strides) = (rows.query, rows.key, rows.key)
                    unsafe (a.dropout, a.dropout_scale) = (0.2, 1.25)
                    unsafe a.random = tk_random(key: 1, first_block: 2, stream: 3, step: 4)
                    let strides = [rows.query.0, rows.query.1, rows.query.2]
                    unsafe tk_attend(&a, &y, strides)
                    unsafe dq.withUnsafeMutableBufferPointer { dq in
                        unsafe dk.withUnsafeMutableBufferPointer { dk in
                            unsafe dv.withUnsafeMutableBufferPointer { dv in
                                var d = unsafe tk_attention_cotangents()
                                unsafe (d.query, d.key, d.value) = (dq.baseAddress, dk.baseAddress, dv.baseAddress)
                                unsafe (d.query_strides, d.key_strides, d.value_strides) =
                                    (rows.query, rows.key, rows.key)
                                unsafe tk_attend_gradient(&a, g, strides, &d)
                            }
                        }
                    }
                }
            }
        }
    }
    return y + dq + dk + dv
}

@Suite(.serialized) struct InvarianceTests {
    @Test(arguments: kernelCases + convolutionCases)
    func `one thread, two, three and seven give the same bits`(_ c: KernelCase) {
        defer { tk_set_threads(2) }
        tk_set_threads(1)
        let expected = c.run()
        for count: Int32 in [2, 3, 7] {
            tk_set_threads(count)
            #expect(c.run() == expected, "\(count) threads")
        }
    }

    @Test(arguments: kernelCases + convolutionCases)
    func `every instruction set gives the same bits`(_ c: KernelCase) {
        let best = tk_get_level()
        defer { tk_set_level(best) }
        tk_set_level(TK_BASELINE)
        let expected = c.run()
        for level in [TK_AVX2, TK_AVX512] where level.rawValue <= best.rawValue {
            tk_set_level(level)
            #expect(c.run() == expected, "level \(level.rawValue)")
        }
    }
}
