// The kernels of decoding and of features against plain loops: to the bit where the order of additions is promised.

import Glibc
import TensorKernels
import Testing

/// `activation(A · B + bias)` through panels, B `[k, n]` being stored transposed.
private func thinProduct(_ m: Int, _ n: Int, _ k: Int, activation: tk_activation = TK_GELU) -> [Float] {
    let (a, b, bias) = (numbers(m * k, seed: 31), numbers(n * k, seed: 32), numbers(n, seed: 33))
    var panels = [Float](repeating: .nan, count: tk_panel_count(k, n))
    unsafe tk_pack_panels(b, 1, k, k, n, &panels)
    return multiplied(a, panels, bias, m, n, k, activation)
}

private func multiplied(
    _ a: [Float], _ panels: [Float], _ bias: [Float], _ m: Int, _ n: Int, _ k: Int, _ activation: tk_activation
) -> [Float] {
    var c = [Float](repeating: .nan, count: m * n)
    unsafe a.withUnsafeBufferPointer { a in
        unsafe panels.withUnsafeBufferPointer { panels in
            unsafe bias.withUnsafeBufferPointer { bias in
                unsafe c.withUnsafeMutableBufferPointer { c in
                    var t = unsafe tk_thin(
                        m: m, n: n, k: k, a: a.baseAddress, a_row: k, a_column: 1, panels: panels.baseAddress,
                        c: c.baseAddress, c_row: n, bias: bias.baseAddress, activation: activation)
                    unsafe tk_thin_product(&t)
                }
            }
        }
    }
    return c
}

/// Every number of rows at a time, panels left over after groups, columns left over in a panel, and one shared by threads.
private let thinShapes =
    (1...13).map { ($0, 53, 9) } + [(1, 16, 1), (1, 131, 40), (2, 47, 3), (3, 80, 5), (4, 7, 0), (47, 18, 20)]
    + [(1, 9000, 256), (5, 1900, 301)]

private struct FewQueries {
    var (rows, tokens, heads, dim, keys) = (4, 1, 2, 12, 9)
    var (rowsPerSource, isCausal, hasMask, hasSlots) = (2, false, false, false)

    private var sources: Int { rows / rowsPerSource }
    private var query: [Float] { numbers(rows * tokens * heads * dim, seed: 34) }
    /// `[source, key, head, dim]`; with slots, `[place, head, dim]`.
    private var key: [Float] { numbers(sources * keys * heads * dim, seed: 35) }
    private var value: [Float] { numbers(sources * keys * heads * dim, seed: 36) }
    private var slots: [Int32] { (0..<keys * rows).map { Int32($0 * 7 % (sources * keys)) } }
    private var mask: [Float] { (0..<sources * keys).map { $0 % 5 == 3 ? -.infinity : Float($0 % 3) * 0.5 } }

    func callAsFunction() -> [Float] {
        var y = [Float](repeating: .nan, count: query.count)
        let (query, key, value, slots, mask) = (query, key, value, slots, mask)
        unsafe query.withUnsafeBufferPointer { query in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe value.withUnsafeBufferPointer { value in
                    unsafe slots.withUnsafeBufferPointer { slots in
                        unsafe mask.withUnsafeBufferPointer { mask in
                            unsafe y.withUnsafeMutableBufferPointer { y in
                                let channels = heads * dim
                                var f = unsafe tk_few_queries(
                                    rows: rows, tokens: tokens, heads: heads, dim: dim, keys: keys,
                                    rows_per_source: hasSlots ? rows : rowsPerSource, query: query.baseAddress,
                                    query_row: tokens * channels, query_token: channels, key: key.baseAddress,
                                    value: value.baseAddress, key_source: keys * channels, key_head: dim,
                                    key_step: channels, value_source: keys * channels, value_head: dim,
                                    value_step: channels, slot: hasSlots ? slots.baseAddress : nil,
                                    mask: hasMask ? mask.baseAddress : nil, mask_source: keys, scale: 0.25,
                                    is_causal: isCausal, y: y.baseAddress)
                                unsafe tk_attend_few(&f)
                            }
                        }
                    }
                }
            }
        }
        return y
    }

    /// The same by the definition, softmax from its own kernel.
    var plain: [Float] {
        let (query, key, value, slots, mask) = (query, key, value, slots, mask)
        var y: [Float] = []
        for row in 0..<rows {
            for token in 0..<tokens {
                for head in 0..<heads {
                    let source = hasSlots ? 0 : row / rowsPerSource
                    func at(_ j: Int) -> Int {
                        ((hasSlots ? Int(slots[j * rows + row]) : source * keys + j) * heads + head) * dim
                    }
                    var scores: [Float] = []
                    for j in 0..<keys {
                        var sum: Float = 0
                        for d in 0..<dim {
                            sum = fmaf(query[((row * tokens + token) * heads + head) * dim + d], key[at(j) + d], sum)
                        }
                        scores.append(hasMask ? sum * 0.25 + mask[source * keys + j] : sum)
                    }
                    let visible = isCausal ? keys - tokens + token + 1 : keys
                    var weights = [Float](repeating: 0, count: keys)
                    unsafe tk_softmax(scores, &weights, 1, visible, hasMask ? 1 : 0.25, 0)
                    for d in 0..<dim {
                        var sum: Float = 0
                        for j in 0..<keys { sum = fmaf(weights[j], value[at(j) + d], sum) }
                        y.append(sum)
                    }
                }
            }
        }
        return y
    }
}

private func queries(_ change: (inout FewQueries) -> Void) -> FewQueries {
    var copy = FewQueries()
    change(&copy)
    return copy
}

/// Keys around the eights, heads wider than all vectors together, masks, causality, slots, and many threads' worth.
private let queryCases: [FewQueries] = [
    queries { _ in },
    queries { $0.keys = 1 },
    queries { ($0.keys, $0.dim) = (16, 64) },
    queries { ($0.keys, $0.dim, $0.hasMask) = (23, 67, true) },
    queries { ($0.tokens, $0.keys, $0.isCausal) = (3, 10, true) },
    queries { ($0.tokens, $0.keys, $0.isCausal, $0.hasSlots) = (2, 17, true, true) },
    queries { ($0.rows, $0.keys, $0.dim, $0.hasSlots) = (6, 300, 130, true) },
]

/// What Fourier transforms need: twiddles of `half`, and the kernels that surround them.
private func twiddles(_ half: Int) -> [Float] {
    var (cosines, sines): ([Float], [Float]) = ([], [])
    for k in 0..<half {
        let angle = Double.pi * Double(k) / Double(half)
        let (c, s) = (Float(cos(angle) / 2), Float(-sin(angle) / 2))
        cosines += [c, -c]
        sines += [s, s]
    }
    return cosines + sines
}

private func unpacked(_ half: Int) -> [Float] {
    var x = [Float](repeating: .nan, count: 2 * half + 2)
    unsafe tk_unpack_real(numbers(2 * half, seed: 41), twiddles(half), half, &x)
    return x
}

private func windowed(_ n: Int, removesMean: Bool) -> [Float] {
    var y = [Float](repeating: .nan, count: n)
    unsafe tk_window_frame(numbers(n, seed: 42), n, removesMean, 0.97, numbers(n, seed: 43), &y)
    return y
}

private let bandStarts: [Int32] = [0, 2, 3, 9, 9, 20, 21, 1, 5, 0, 30]
private let bandOffsets: [Int32] = [0, 4, 9, 9, 12, 30, 31, 40, 45, 47, 52, 55]

private func logBands(_ count: Int, usesPower: Bool) -> [Float] {
    let (bins, bands) = (33, bandStarts.count)
    var y = [Float](repeating: .nan, count: count * bands)
    unsafe tk_log_bands(
        numbers(8 * 70, seed: 44), 70, count, bins, bands, bandStarts, bandOffsets,
        numbers(55, seed: 45).map { $0 * $0 }, usesPower, 0.5, &y)
    return y
}

/// Heights and widths: every prime factor, fewer and more rows and frequencies than lanes.
private let planeSizes = [(1, 2), (3, 4), (4, 6), (5, 10), (7, 14), (20, 36), (18, 70), (112, 28)]

private func planeTransform(_ height: Int, _ width: Int) -> [Float] {
    func table(_ length: Int) -> [Float] { [Float](repeating: .nan, count: tk_fourier_table_count(length)) }
    var (across, down) = (table(width / 2), table(height))
    var y = [Float](repeating: .nan, count: height * (width + 2))
    unsafe across.withUnsafeMutableBufferPointer { across in
        unsafe down.withUnsafeMutableBufferPointer { down in
            var plans = unsafe (
                tk_fourier_make(width / 2, across.baseAddress), tk_fourier_make(height, down.baseAddress)
            )
            unsafe tk_fourier_plane(&plans.0, &plans.1, numbers(height * width, seed: 46), &y)
        }
    }
    return y
}

let sequenceCases: [KernelCase] =
    thinShapes.map { shape in
        KernelCase("thin product \(shape)") { thinProduct(shape.0, shape.1, shape.2) }
    }
    + queryCases.indices.map { index in KernelCase("few queries \(index)") { queryCases[index]() } }
    + [
        KernelCase("unpacked spectra") { (1...40).flatMap(unpacked) + unpacked(256) },
        KernelCase("windowed frames") {
            (1...40).flatMap { windowed($0, removesMean: true) + windowed($0, removesMean: false) }
                + windowed(400, removesMean: true)
        },
        KernelCase("bands of spectra") {
            (1...8).flatMap { logBands($0, usesPower: true) + logBands($0, usesPower: false) }
        },
        KernelCase("transforms of planes") { planeSizes.flatMap { planeTransform($0.0, $0.1) } },
    ]

@Suite struct SequenceTests {
    @Test(arguments: thinShapes.indices)
    func `a product through panels equals the plain chain of multiply-adds to the bit`(_ index: Int) {
        let (m, n, k) = thinShapes[index]
        let (a, b, bias) = (numbers(m * k, seed: 31), numbers(n * k, seed: 32), numbers(n, seed: 33))
        var expected: [Float] = []
        for i in 0..<m {
            for j in 0..<n {
                var sum: Float = 0
                for t in 0..<k { sum = fmaf(a[i * k + t], b[j * k + t], sum) }
                expected.append(max(sum + bias[j], 0))
            }
        }
        #expect(thinProduct(m, n, k, activation: TK_RELU) == expected)
    }

    @Test func `panels packed at one level serve another`() {
        let best = tk_get_level()
        defer { tk_set_level(best) }
        let (m, n, k) = (2, 45, 19)
        let (a, b, bias) = (numbers(m * k, seed: 31), numbers(n * k, seed: 32), numbers(n, seed: 33))
        var panels: [[Float]] = []
        for level in [TK_BASELINE, best] {
            tk_set_level(level)
            panels.append([Float](repeating: .nan, count: tk_panel_count(k, n)))
            unsafe tk_pack_panels(b, 1, k, k, n, &panels[panels.count - 1])
        }
        #expect(panels[0] == panels[1])
        let last = multiplied(a, panels[0], bias, m, n, k, TK_IDENTITY)
        tk_set_level(TK_BASELINE)
        #expect(multiplied(a, panels[1], bias, m, n, k, TK_IDENTITY) == last)
    }

    @Test(arguments: queryCases.indices)
    func `attention of few queries equals scores, softmax and mixture to the bit`(_ index: Int) {
        #expect(queryCases[index]() == queryCases[index].plain)
    }

    @Test func `the best sums come in order, ties by column, then by row`() {
        for (n, rows, limit) in [(7, 3, 4), (100, 1, 1), (333, 5, 10), (8000, 5, 10), (3, 2, 20)] {
            // Few different values, so that there are many ties, of one row and of two.
            var x = numbers(rows * n, seed: 51).map { ($0 * 2).rounded() }
            for index in stride(from: 0, to: x.count, by: 11) { x[index] = index % 2 == 0 ? .nan : -.infinity }
            let base = (0..<rows).map { $0 == 1 ? -Double.infinity : Double($0 % 2) - 3 }
            let excluded = (0..<rows).map { row in (0..<row % 4).map { Int32($0 * 5 % n) } }
            var ends: [Int] = []
            for columns in excluded { ends.append((ends.last ?? 0) + columns.count) }
            var found = [tk_ranked](repeating: tk_ranked(), count: limit)
            let count = unsafe tk_best_sums(
                x, n, rows, n, base, excluded.flatMap { $0 }, ends, limit, &found)
            var expected: [(sum: Double, column: Int32, row: Int32)] = []
            for row in 0..<rows {
                for column in 0..<n where !excluded[row].contains(Int32(column)) {
                    let sum = base[row] + Double(x[row * n + column])
                    if sum > -.infinity { expected.append((sum, Int32(column), Int32(row))) }
                }
            }
            expected.sort { a, b in
                a.sum != b.sum ? a.sum > b.sum : a.column != b.column ? a.column < b.column : a.row < b.row
            }
            expected = Array(expected.prefix(limit))
            #expect(found.prefix(count).map(\.score) == expected.map(\.sum))
            #expect(found.prefix(count).map(\.column) == expected.map(\.column))
            #expect(found.prefix(count).map(\.row) == expected.map(\.row))
            #expect(found.prefix(count).allSatisfy { $0.value == x[Int($0.row) * n + Int($0.column)] })
        }
    }

    @Test func `base and element are compared as their sum in double`() {
        // 1 + 1e-17 and 1 + 0 are the same double: the lower column wins.
        var found = [tk_ranked](repeating: tk_ranked(), count: 2)
        let count = unsafe tk_best_sums([0, 1e-17, -1], 3, 1, 3, [1], [], [0], 2, &found)
        #expect(found.prefix(count).map(\.column) == [0, 1])
    }

    @Test(arguments: [1, 2, 3, 5, 16, 41])
    func `a spectrum is unpacked from a transform of half the length`(_ half: Int) {
        let x = numbers(2 * half, seed: 41).map(Double.init)
        // The transform of x[2j] + i x[2j + 1], in double, then the kernel; and the transform of x itself.
        func transform(_ values: [(Double, Double)]) -> [(Double, Double)] {
            values.indices.map { k in
                var (re, im) = (0.0, 0.0)
                for j in values.indices {
                    let angle = -2 * Double.pi * Double(j * k % values.count) / Double(values.count)
                    let (c, s) = (cos(angle), sin(angle))
                    re += values[j].0 * c - values[j].1 * s
                    im += values[j].0 * s + values[j].1 * c
                }
                return (re, im)
            }
        }
        let packed = transform((0..<half).map { (x[2 * $0], x[2 * $0 + 1]) }).flatMap { [Float($0.0), Float($0.1)] }
        var spectrum = [Float](repeating: .nan, count: 2 * half + 2)
        unsafe tk_unpack_real(packed, twiddles(half), half, &spectrum)
        for (k, expected) in transform(x.map { ($0, 0) }).prefix(half + 1).enumerated() {
            let bound = 1e-6 * Double(half).squareRoot() + 1e-6
            #expect(abs(Double(spectrum[2 * k]) - expected.0) < bound, "\(k)")
            #expect(abs(Double(spectrum[2 * k + 1]) - expected.1) < bound, "\(k)")
        }
    }

    @Test func `bands are logarithms of weighted sums, at least of the floor`() {
        let (x, weight) = (numbers(8 * 70, seed: 44), numbers(55, seed: 45).map { $0 * $0 })
        for usesPower in [true, false] {
            let found = logBands(5, usesPower: usesPower)
            for f in 0..<5 {
                for o in bandStarts.indices {
                    let taps = Int(bandOffsets[o])..<Int(bandOffsets[o + 1])
                    let sum = taps.reduce(0.0) { sum, t in
                        let bin = Int(bandStarts[o]) + t - taps.lowerBound
                        let (re, im) = (Double(x[f * 70 + 2 * bin]), Double(x[f * 70 + 2 * bin + 1]))
                        return sum + Double(weight[t]) * (usesPower ? re * re + im * im : hypot(re, im))
                    }
                    #expect(abs(Double(found[f * bandStarts.count + o]) - log(max(sum, 0.5))) < 2e-6, "\(f) \(o)")
                }
            }
        }
    }

    @Test(arguments: planeSizes)
    func `a plane's transform equals the sum over all of its pixels`(_ height: Int, _ width: Int) {
        let (x, y) = (numbers(height * width, seed: 46).map(Double.init), planeTransform(height, width))
        for (k, l) in [(0, 0), (height / 2, width / 2), (height - 1, 1), (height / 3, width / 4)] {
            var (re, im) = (0.0, 0.0)
            for (index, value) in x.enumerated() {
                let (row, column) = (index / width, index % width)
                let turns = Double(row * k % height) / Double(height) + Double(column * l % width) / Double(width)
                re += value * cos(2 * Double.pi * turns)
                im -= value * sin(2 * Double.pi * turns)
            }
            let (at, bound) = (2 * (k * (width / 2 + 1) + l), 1e-6 * Double(x.count).squareRoot())
            #expect(abs(Double(y[at]) - re) < bound && abs(Double(y[at + 1]) - im) < bound, "\(k) \(l)")
        }
    }

    @Test func `lengths with other prime factors are not taken`() {
        #expect([1, 2, 224, 6_561, 16_384].allSatisfy { tk_fourier_fits($0) })
        #expect([0, 11, 26, 32_768].allSatisfy { !tk_fourier_fits($0) })
    }
}
