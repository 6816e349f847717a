// Channels-last convolutions and batch norm against plain loops in `Double`.

import TensorKernels
import Testing

/// A convolution with square windows and equal padding on both sides.
struct ConvolutionShape: Sendable, CustomTestStringConvertible {
    var batch = 2
    let inputs: Int, outputs: Int
    let height: Int, width: Int
    var size = 3, stride = 1, dilation = 1, padding = 1

    var testDescription: String {
        "\(batch)×\(inputs)×\(height)×\(width) to \(outputs), size \(size), stride \(stride), dilation \(dilation)"
    }

    var code: tk_convolution {
        func output(_ input: Int) -> Int { (input + 2 * padding - dilation * (size - 1) - 1) / stride + 1 }
        let window = tk_window(
            input: (height, width), size: (size, size), stride: (stride, stride), dilation: (dilation, dilation),
            output: (output(height), output(width)), before: (padding, padding))
        return tk_convolution(window: window, batch: batch, inputs: inputs, outputs: outputs)
    }

    /// The adjoint in the input of a convolution of stride 1, as a convolution.
    var adjoint: tk_convolution {
        var code = code
        swap(&code.window.input, &code.window.output)
        swap(&code.inputs, &code.outputs)
        code.window.before = (size - 1 - padding, size - 1 - padding)
        return code
    }

    var inputCount: Int { batch * height * width * inputs }
    var outputCount: Int { batch * code.window.output.0 * code.window.output.1 * outputs }
    func weightCount(isDepthwise: Bool) -> Int { outputs * (isDepthwise ? 1 : inputs) * size * size }
    var x: [Float] { numbers(inputCount, seed: 30) }
    var g: [Float] { numbers(outputCount, seed: 31) }
    func weight(isDepthwise: Bool) -> [Float] { numbers(weightCount(isDepthwise: isDepthwise), seed: 32) }

    /// Calls `body` with the indices of input, weight and output of every product.
    func products(isDepthwise: Bool, _ body: (_ x: Int, _ weight: Int, _ y: Int) -> Void) {
        let (oh, ow) = code.window.output
        for position in 0..<batch * oh * ow {
            let (image, row, column) = (position / ow / oh, position / ow % oh, position % ow)
            for tap in 0..<size * size {
                let y = row * stride + tap / size * dilation - padding
                let x = column * stride + tap % size * dilation - padding
                if y < 0 || y >= height || x < 0 || x >= width { continue }
                let pixel = (image * height + y) * width + x
                for o in 0..<outputs {
                    if isDepthwise {
                        body(pixel * inputs + o, o * size * size + tap, position * outputs + o)
                        continue
                    }
                    for i in 0..<inputs {
                        body(
                            pixel * inputs + i, (o * inputs + i) * size * size + tap, position * outputs + o)
                    }
                }
            }
        }
    }

    /// What a kernel makes of this shape: `y`, the cotangents of x and of the weight.
    func results(_ form: ConvolutionForm) -> (y: [Float], dx: [Float], dw: [Float]) {
        let isDepthwise = form == .depthwise
        let (x, g, w) = (x, g, weight(isDepthwise: isDepthwise))
        var (y, dx) = ([Float](repeating: .nan, count: outputCount), [Float](repeating: .nan, count: inputCount))
        var dw = [Float](repeating: .nan, count: w.count)
        var (code, adjoint) = (code, adjoint)
        switch form {
        case .depthwise:
            unsafe tk_depthwise(&code, x, w, tk_epilogue(), &y)
            unsafe tk_depthwise_input(&code, g, w, &dx)
            unsafe tk_depthwise_weight(&code, x, g, &dw)
        case .direct:
            var panels = unsafe [Float](repeating: .nan, count: tk_direct_panel_count(&code, false))
            unsafe tk_direct_pack(&code, w, false, &panels)
            unsafe tk_direct(&code, x, panels, tk_epilogue(), &y)
            panels = unsafe [Float](repeating: .nan, count: tk_direct_panel_count(&code, true))
            unsafe tk_direct_pack(&code, w, true, &panels)
            unsafe tk_direct_input(&code, g, panels, &dx)
            var partial = unsafe [Float](repeating: .nan, count: tk_direct_partial_count(&code))
            unsafe tk_direct_weight(&code, x, g, &partial, &dw)
        case .winograd:
            var transformed = unsafe [Float](repeating: .nan, count: tk_winograd_weight_count(&code))
            unsafe tk_winograd_pack(&code, w, false, &transformed)
            unsafe tk_winograd(&code, x, transformed, tk_epilogue(), &y)
            transformed = unsafe [Float](repeating: .nan, count: tk_winograd_weight_count(&adjoint))
            unsafe tk_winograd_pack(&adjoint, w, true, &transformed)
            unsafe tk_winograd(&adjoint, g, transformed, tk_epilogue(), &dx)
            var workspace = unsafe [Float](repeating: .nan, count: tk_winograd_workspace_count(&code))
            unsafe tk_winograd_adjoint(&code, x, g, &workspace, &dw)
        }
        return (y, dx, dw)
    }
}

/// How a convolution is computed.
enum ConvolutionForm: Sendable { case direct, winograd, depthwise }

let directShapes = [
    ConvolutionShape(inputs: 3, outputs: 64, height: 10, width: 13),
    ConvolutionShape(inputs: 3, outputs: 8, height: 9, width: 12, stride: 2),
    ConvolutionShape(inputs: 5, outputs: 7, height: 4, width: 3, size: 5, padding: 4),
    ConvolutionShape(inputs: 8, outputs: 24, height: 9, width: 11, stride: 2),
    ConvolutionShape(inputs: 20, outputs: 33, height: 7, width: 12, stride: 3, dilation: 2, padding: 2),
    ConvolutionShape(batch: 3, inputs: 48, outputs: 33, height: 20, width: 21, size: 1, padding: 0),
    ConvolutionShape(inputs: 6, outputs: 5, height: 6, width: 5, size: 2, stride: 4, padding: 0),
    ConvolutionShape(batch: 1, inputs: 300, outputs: 20, height: 5, width: 6),
]
let winogradShapes = [
    ConvolutionShape(inputs: 32, outputs: 32, height: 8, width: 8),
    ConvolutionShape(inputs: 37, outputs: 41, height: 11, width: 14),
    ConvolutionShape(batch: 1, inputs: 64, outputs: 48, height: 13, width: 17, padding: 0),
]
let depthwiseShapes = [
    ConvolutionShape(inputs: 20, outputs: 20, height: 9, width: 14),
    ConvolutionShape(inputs: 64, outputs: 64, height: 10, width: 11, stride: 2),
    ConvolutionShape(inputs: 17, outputs: 17, height: 12, width: 9, dilation: 3, padding: 3),
    ConvolutionShape(inputs: 13, outputs: 13, height: 5, width: 5, size: 5, padding: 0),
    ConvolutionShape(inputs: 9, outputs: 9, height: 8, width: 2, size: 7, stride: 3, padding: 3),
]

private func cases(_ form: ConvolutionForm, _ shapes: [ConvolutionShape]) -> [KernelCase] {
    shapes.map { shape in
        KernelCase("\(form) convolution \(shape.testDescription)") { () -> [Float] in
            let (y, dx, dw) = shape.results(form)
            return [y, dx, dw].flatMap { $0 }
        }
    }
}

let convolutionCases: [KernelCase] = [
    cases(.direct, directShapes), cases(.winograd, winogradShapes), cases(.depthwise, depthwiseShapes), normCases,
].flatMap { $0 }

private let normCases: [KernelCase] = [
    KernelCase("epilogue of a convolution") { () -> [Float] in
        let results: [[Float]] = [
            directShapes[3].withEpilogue(.direct), winogradShapes[1].withEpilogue(.winograd),
            depthwiseShapes[0].withEpilogue(.depthwise),
        ]
        return results.flatMap { $0 }
    },
    KernelCase("batch norm and its gradient") { () -> [Float] in
        let sizes: [(Int, Int)] = [(1000, 64), (70_000, 3), (1001, 36), (3, 20), (2, 1), (9, 600)]
        return sizes.flatMap { rows, channels -> [Float] in
            let x = numbers(rows * channels, seed: 33), g = numbers(rows * channels, seed: 36)
            let weight = numbers(channels, seed: 34), bias = numbers(channels, seed: 35)
            var (y, statistics) = (x, [Float](repeating: 0, count: 2 * channels))
            unsafe tk_batch_norm(x, rows, channels, weight, bias, 1e-5, TK_RELU, &y, &statistics)
            var (dx, dw, db) = (x, weight, weight)
            unsafe tk_batch_norm_gradient(
                x, g, rows, channels, weight, bias, statistics, 1e-5, TK_RELU, &dx, &dw, &db)
            let results: [[Float]] = [y, statistics, dx, dw, db]
            return results.flatMap { $0 }
        }
    },
    KernelCase("PReLU and its gradient") { () -> [Float] in
        mapSizes.flatMap { rows, channels -> [Float] in
            let results = Rectified(rows, channels)
            return results.y + results.dx + results.dSlope
        }
    },
]

/// Rows and channels: whole vectors, rows taken several at a time with and without a rest, rows wider than that.
private let mapSizes = [(300, 64), (5003, 12), (1001, 36), (3, 20), (1, 1), (9, 601)]

/// PReLU of rows of channels, with the cotangents of its input and slopes.
private struct Rectified {
    let x: [Float], g: [Float], slope: [Float]
    var y: [Float], dx: [Float], dSlope: [Float]

    init(_ rows: Int, _ channels: Int) {
        (x, g) = (numbers(rows * channels, seed: 40), numbers(rows * channels, seed: 41))
        slope = numbers(channels, seed: 42)
        (y, dx, dSlope) = (x, x, slope)
        unsafe tk_prelu(x, rows, channels, slope, &y)
        unsafe tk_prelu_gradient(x, g, rows, channels, slope, &dx, &dSlope)
    }
}

extension ConvolutionShape {
    /// relu(sum · scale + offset).
    func withEpilogue(_ form: ConvolutionForm) -> [Float] {
        let (x, w) = (x, weight(isDepthwise: form == .depthwise))
        let (scale, offset) = (numbers(outputs, seed: 37), numbers(outputs, seed: 38))
        var y = [Float](repeating: .nan, count: outputCount)
        var code = code
        return unsafe scale.withUnsafeBufferPointer { scale in
            unsafe offset.withUnsafeBufferPointer { offset in
                let epilogue = unsafe tk_epilogue(
                    scale: scale.baseAddress, offset: offset.baseAddress, activation: TK_RELU)
                if form == .depthwise {
                    unsafe tk_depthwise(&code, x, w, epilogue, &y)
                } else if form == .direct {
                    var panels = unsafe [Float](repeating: .nan, count: tk_direct_panel_count(&code, false))
                    unsafe tk_direct_pack(&code, w, false, &panels)
                    unsafe tk_direct(&code, x, panels, epilogue, &y)
                } else {
                    var transformed = unsafe [Float](repeating: .nan, count: tk_winograd_weight_count(&code))
                    unsafe tk_winograd_pack(&code, w, false, &transformed)
                    unsafe tk_winograd(&code, x, transformed, epilogue, &y)
                }
                return y
            }
        }
    }
}

@Suite struct ConvolutionKernelTests {
    @Test(arguments: directShapes) func `the direct form equals the plain loop`(_ shape: ConvolutionShape) {
        expectClose(shape, .direct, factor: 8)
    }

    /// The specification allows Winograd sixteen times the error.
    @Test(arguments: winogradShapes) func `Winograd's form equals the plain loop`(_ shape: ConvolutionShape) {
        var (code, adjoint) = (shape.code, shape.adjoint)
        #expect(unsafe tk_winograd_applies(&code) && tk_winograd_applies(&adjoint))
        expectClose(shape, .winograd, factor: 128)
    }

    @Test(arguments: depthwiseShapes) func `one window per channel equals the plain loop`(_ shape: ConvolutionShape) {
        expectClose(shape, .depthwise, factor: 8)
    }

    @Test(arguments: [
        (ConvolutionForm.direct, directShapes[3]), (.winograd, winogradShapes[1]), (.depthwise, depthwiseShapes[0]),
    ])
    func `scale, offset and activation follow the sum`(_ form: ConvolutionForm, _ shape: ConvolutionShape) {
        let (scale, offset) = (numbers(shape.outputs, seed: 37), numbers(shape.outputs, seed: 38))
        let plain = shape.results(form).y
        for (index, value) in shape.withEpilogue(form).enumerated() {
            let channel = index % shape.outputs
            #expect(value == max(0, offset[channel].addingProduct(plain[index], scale[channel])))
        }
    }

    @Test(arguments: mapSizes) func `PReLU equals the plain loop`(_ rows: Int, _ channels: Int) {
        let results = Rectified(rows, channels)
        var (sums, magnitudes) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
        for (index, x) in results.x.enumerated() {
            let (g, slope) = (results.g[index], results.slope[index % channels])
            #expect(results.y[index] == (x > 0 ? x : x * slope) && results.dx[index] == (x > 0 ? g : g * slope))
            if x > 0 { continue }
            sums[index % channels] += Double(g) * Double(x)
            magnitudes[index % channels] += abs(Double(g) * Double(x))
        }
        for (channel, value) in results.dSlope.enumerated() {
            #expect(abs(Double(value) - sums[channel]) <= 1e-5 * magnitudes[channel])
        }
    }

    @Test(arguments: mapSizes) func `batch norm and its gradient equal the plain loops`(_ rows: Int, _ channels: Int) {
        guard rows > 1 else { return }
        let (x, g) = (numbers(rows * channels, seed: 43), numbers(rows * channels, seed: 44))
        let weight = numbers(channels, seed: 45)
        var (y, statistics) = (x, [Float](repeating: 0, count: 2 * channels))
        unsafe tk_batch_norm(x, rows, channels, weight, nil, 1e-5, TK_IDENTITY, &y, &statistics)
        var (dx, dw, db) = (x, weight, weight)
        unsafe tk_batch_norm_gradient(x, g, rows, channels, weight, nil, statistics, 1e-5, TK_IDENTITY, &dx, &dw, &db)
        let count = Double(rows)
        for channel in 0..<channels {
            let places = Array(stride(from: channel, to: x.count, by: channels))
            let mean = places.reduce(0) { $0 + Double(x[$1]) } / count
            let variance = places.reduce(0) { $0 + (Double(x[$1]) - mean) * (Double(x[$1]) - mean) } / count
            let rstd = 1 / (variance + 1e-5).squareRoot()
            let sum = places.reduce(0) { $0 + Double(g[$1]) }
            let product = places.reduce(0) { $0 + Double(g[$1]) * (Double(x[$1]) - mean) * rstd }
            #expect(abs(Double(dw[channel]) - product) < 1e-5 * count && abs(Double(db[channel]) - sum) < 1e-5 * count)
            for place in places {
                let normalised = (Double(x[place]) - mean) * rstd
                let cotangent = Double(g[place]) - sum / count - normalised * product / count
                #expect(abs(Double(y[place]) - normalised * Double(weight[channel])) < 1e-4)
                #expect(abs(Double(dx[place]) - cotangent * rstd * Double(weight[channel])) < 1e-4)
            }
        }
    }

    @Test func `batch norm of channels far from zero keeps their deviations`() {
        // Mean 1000, deviation 1: squares of uncentred values would leave two digits.
        let (rows, channels) = (5000, 5)
        let x = numbers(rows * channels, seed: 39).map { $0 + 1000 }
        var (y, statistics) = (x, [Float](repeating: 0, count: 2 * channels))
        unsafe tk_batch_norm(x, rows, channels, nil, nil, 0, TK_IDENTITY, &y, &statistics)
        for channel in 0..<channels {
            let column = stride(from: channel, to: x.count, by: channels).map { Double(x[$0]) }
            let mean = column.reduce(0, +) / Double(rows)
            let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
            #expect(abs(Double(statistics[channel]) - mean) < 1e-4)
            #expect(abs(Double(statistics[channels + channel]) / variance - 1) < 1e-5)
        }
    }

    /// Every output within factor·√K·ε of the sum of its products' magnitudes, K products deep.
    private func expectClose(_ shape: ConvolutionShape, _ form: ConvolutionForm, factor: Double) {
        let isDepthwise = form == .depthwise
        let (x, g, w) = (shape.x, shape.g, shape.weight(isDepthwise: isDepthwise))
        typealias Sum = (value: Double, magnitude: Double, depth: Double)
        func sums(_ count: Int) -> [Sum] { [Sum](repeating: (0, 0, 0), count: count) }
        var (y, dx, dw) = (sums(shape.outputCount), sums(x.count), sums(w.count))
        func add(_ a: Float, _ b: Float, to sum: inout Sum) {
            let product = Double(a) * Double(b)
            sum = (sum.value + product, sum.magnitude + abs(product), sum.depth + 1)
        }
        shape.products(isDepthwise: isDepthwise) { i, k, o in
            add(x[i], w[k], to: &y[o])
            add(g[o], w[k], to: &dx[i])
            add(g[o], x[i], to: &dw[k])
        }
        func worst(_ actual: [Float], _ expected: [Sum]) -> Double {
            zip(actual, expected).map { value, sum in
                let error = abs(Double(value) - sum.value)
                let bound = factor * sum.depth.squareRoot() * Double(Float.ulpOfOne) * sum.magnitude
                return value.isFinite ? (error == 0 ? 0 : error / bound) : .infinity
            }.max() ?? 0
        }
        let results = shape.results(form)
        #expect(worst(results.y, y) <= 1)
        #expect(worst(results.dx, dx) <= 1)
        #expect(worst(results.dw, dw) <= 1)
    }
}
