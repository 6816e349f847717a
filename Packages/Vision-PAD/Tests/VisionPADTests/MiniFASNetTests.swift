// The published networks against outputs of the original code in PyTorch (shared data), and what holds without them.

import Foundation
import Learning
import TensorIO
import TensorTesting
import Tensors
import Testing

@testable import VisionPAD

/// The parts of golden.json that concern the networks.
private struct GoldenOutputs: Decodable {
    struct Stage: Decodable { let mean: Float, std: Float, first: Float }
    struct Crop: Decodable { let logits: [Float], stage_stats: [String: Stage] }
    struct Image: Decodable {
        let box_xywh: [Int], crops: [String: Crop], mean_softmax: [Double], verdict: String, frvt_score: Double
    }
    struct Wrong: Decodable { let rgb_instead_of_bgr: [Float], divided_by_255: [Float] }
    struct Formula: Decodable { let pattern: [Float], zeros: [Float], all128: [Float] }
    struct Synthetic: Decodable { let outputs: [String: Formula] }
    struct Canvas: Decodable {
        struct Crop: Decodable { let crop_inclusive_xyxy: [Int], logits: [Float] }
        let box_xywh: [Int], crops: [String: Crop]
    }
    let images: [String: Image]
    let wrong_preprocessing_softmax: [String: [String: Wrong]]
    let synthetic_input: Synthetic
    let canvas_T1_unclamped: Canvas

    static func read() throws -> GoldenOutputs {
        try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: padData + "/golden.json")))
    }
}

private let files: [(name: String, variant: MiniFASNetVariant)] = [
    ("minifasnet_v2_2.7_80x80", .v2), ("minifasnet_v1se_4.0_80x80", .v1SE),
]

private let milli = Tolerance(absolute: 1e-3, relative: 0)

private func network(_ file: (name: String, variant: MiniFASNetVariant)) throws -> MiniFASNet {
    try MiniFASNet(file.variant, contentsOf: "\(padData)/\(file.name).safetensors")
}

private func box(_ numbers: [Int]) -> FaceBox {
    FaceBox(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
}

/// A stored crop, whose bytes are blue, green, red, as a picture.
private func picture(_ crop: Tensor) -> Picture {
    var pixels = crop.scalars.map { UInt8($0) }
    for start in stride(from: 0, to: pixels.count, by: 3) { pixels.swapAt(start, start + 2) }
    return Picture(width: crop.shape[1], height: crop.shape[0], pixels: pixels)
}

/// The outputs of every stage in inference, by their published names.
private func stages(_ network: MiniFASNet, _ x: Tensor) -> [(name: String, value: Tensor)] {
    var (y, all): (Tensor, [(String, Tensor)]) = (x, [])
    func ran(_ name: String, _ value: Tensor) {
        y = value
        all.append((name, value))
    }
    ran("conv1", network.conv1(y, isTraining: false))
    ran("conv2_dw", network.conv2Dw(y, isTraining: false))
    ran("conv_23", network.conv23(y, isTraining: false))
    ran("conv_3", network.conv3(y, isTraining: false))
    ran("conv_34", network.conv34(y, isTraining: false))
    ran("conv_4", network.conv4(y, isTraining: false))
    ran("conv_45", network.conv45(y, isTraining: false))
    ran("conv_5", network.conv5(y, isTraining: false))
    ran("conv_6_sep", network.conv6Sep(y, isTraining: false))
    ran("conv_6_dw", network.conv6Dw(y, isTraining: false))
    ran("linear", network.linear(y.reshaped(to: [-1, 512])))
    ran("bn", network.bn(y, isTraining: false))
    return all
}

@Suite struct MiniFASNetTests {
    // Section 3.5's table; its 453,920 for V2SE counts that variant's default of four classes, 128 more.
    @Test(arguments: [
        (MiniFASNetVariant.v1, 414_354), (.v2, 434_560), (.v1SE, 433_586), (.v2SE, 453_920 - 128),
    ])
    func `the variants have the published numbers of parameters`(_ variant: MiniFASNetVariant, _ count: Int) {
        var generator = Philox(seed: 1)
        #expect(MiniFASNet(variant, using: &generator).parameterCount == count)
    }

    @Test(arguments: [
        ("conv1.conv.weight", "conv1.conv.weight"), ("conv2_dw.prelu.weight", "conv2Dw.prelu.weight"),
        ("conv_23.conv_dw.bn.running_mean", "conv23.convDw.bn.runningMean"),
        ("conv_3.model.0.project.bn.running_var", "conv3.model.0.project.bn.runningVariance"),
        ("conv_5.model.1.se_module.fc1.weight", "conv5.model.1.seModule.fc1.weight"),
        ("conv_6_sep.bn.bias", "conv6Sep.bn.bias"), ("prob.weight", "prob.weight"),
    ])
    func `a published name is one of ours`(_ published: String, _ own: String) {
        #expect(MiniFASNet.ownName(published) == own)
        var generator = Philox(seed: 1)
        let network = MiniFASNet(.v2SE, using: &generator)
        #expect((network.parameters + network.buffers).contains { $0.name == own })
    }

    @Test func `every parameter gets a gradient, and equal seeds give equal bits`() {
        func make(_ generator: inout Philox) -> MiniFASNet { MiniFASNet(.v2SE, using: &generator) }
        func run(_ network: MiniFASNet, _ generator: inout Philox) -> Tensor {
            var dropout: Philox? = generator.stream("dropout")
            return network(.uniform([2, 3, 80, 80], in: 0..<255, using: &generator), dropout: &dropout)
        }
        #expect(checkLayer(make, run, gives: [2, 3]) == [])
    }

    @Test func `the input is blue, green, red in 0 to 255`() {
        var pixels = [UInt8](repeating: 0, count: 3 * 80 * 80)
        pixels[0...2] = [10, 20, 30]
        let input = MiniFASNet.input(of: [Picture(width: 80, height: 80, pixels: pixels)])
        #expect(input.shape == [1, 3, 80, 80])
        #expect([0, 6400, 12800].map { input.scalars[$0] } == [30, 20, 10])
    }

    @Test func `the likeliest class is the verdict, and the score falls with live`() {
        let live = FaceVerdict(probabilities: [0.3, 0.4, 0.3])
        #expect(live.isLive)
        #expect(abs(live.score - 0.2) < 1e-12)
        for others in [[0.1, 0.4, 0.5], [0.5, 0.4, 0.1], [0.5, 0.5, 0], [0, 0.5, 0.5], [.nan, .nan, .nan]] {
            #expect(!FaceVerdict(probabilities: others).isLive)
        }
    }

    @Test func `a file of another variant is refused`() throws {
        #expect(throws: TensorIOError.self) { try MiniFASNet(.v2, contentsOf: "/nowhere.safetensors") }
        guard hasPADData else { return }
        #expect(throws: TensorIOError.self) {
            try MiniFASNet(.v1, contentsOf: "\(padData)/\(files[0].name).safetensors")
        }
    }
}

@Suite(.enabled(if: hasPADData, "needs ../shared/data/pad")) struct PublishedNetworkTests {
    @Test(arguments: files.indices) func `stored crops give the published logits and stages`(_ index: Int) throws {
        let (file, network) = try (files[index], network(files[index]))
        let crops = try SafeTensors(contentsOf: padData + "/golden_crops.safetensors")
        for (image, golden) in try GoldenOutputs.read().images {
            let expected = try #require(golden.crops[file.name])
            let x = MiniFASNet.input(of: [picture(try crops.tensor("\(image).\(file.name).crop_bgr_u8"))])
            #expect(difference(of: network(x).scalars, from: expected.logits, within: milli) == nil)
            for (name, value) in stages(network, x) {
                let stage = try #require(expected.stage_stats[name])
                let mean = value.mean().item
                let deviation = (value.squared().mean().item - mean * mean).squareRoot()
                let seen = [mean, deviation, value.scalars[0]]
                #expect(
                    difference(
                        of: seen, from: [stage.mean, stage.std, stage.first],
                        within: .init(absolute: 1e-4, relative: 1e-4))
                        == nil, "\(image) \(name)")
            }
            let embedding = try #require(stages(network, x).first { $0.name == "linear" }).value
            #expect(
                difference(
                    of: embedding.scalars, from: try crops.tensor("\(image).\(file.name).embedding").scalars,
                    within: milli) == nil)
        }
    }

    @Test(arguments: files.indices) func `inputs given by formulas give the published logits`(_ index: Int) throws {
        let network = try network(files[index])
        let golden = try #require(try GoldenOutputs.read().synthetic_input.outputs[files[index].name])
        let pattern: [Float] = (0..<(3 * 80 * 80)).map { (n: Int) -> Float in Float((37 * n + 11 * (n / 80)) % 256) }
        let inputs: [(Tensor, [Float])] = [
            (Tensor(pattern, shape: [1, 3, 80, 80]), golden.pattern), (.zeros([1, 3, 80, 80]), golden.zeros),
            (.filled(128, shape: [1, 3, 80, 80]), golden.all128),
        ]
        for (input, logits) in inputs {
            #expect(difference(of: network(input).scalars, from: logits, within: milli) == nil)
        }
        let together = network(.concatenated(inputs.map(\.0), along: 0))
        #expect(difference(of: together.scalars, from: inputs.flatMap(\.1), within: milli) == nil)
    }

    @Test func `red for blue and 0 to 1 give the known wrong answers, which the right input does not`() throws {
        let golden = try GoldenOutputs.read()
        let crops = try SafeTensors(contentsOf: padData + "/golden_crops.safetensors")
        for file in files {
            let network = try network(file)
            for (image, wrong) in golden.wrong_preprocessing_softmax {
                let wrong = try #require(wrong[file.name])
                let x = MiniFASNet.input(of: [picture(try crops.tensor("\(image).\(file.name).crop_bgr_u8"))])
                let planes = [2, 1, 0].map { x.sliced(along: 1, $0..<($0 + 1)) }
                let red = Tensor.concatenated(planes, along: 1)
                let right = network(x).softmax().scalars
                for (input, softmax) in [(red, wrong.rgb_instead_of_bgr), (x / 255, wrong.divided_by_255)] {
                    #expect(difference(of: network(input).softmax().scalars, from: softmax, within: milli) == nil)
                    #expect(difference(of: right, from: softmax, within: milli) != nil)
                }
            }
        }
    }

    @Test func `the sample pictures get their crops to the byte, and their verdicts`() throws {
        let pair = try SilentFace(folder: padData)
        let crops = try SafeTensors(contentsOf: padData + "/golden_crops.safetensors")
        for (name, golden) in try GoldenOutputs.read().images {
            let (photo, box) = (try Picture(contentsOf: "\(padData)/\(name).png"), box(golden.box_xywh))
            let logits = try pair.logits(of: photo, box: box)
            for (index, file) in files.enumerated() {
                let crop = try box.crop(of: photo, scale: pair.members[index].scale, side: 80)
                #expect(crop == picture(try crops.tensor("\(name).\(file.name).crop_bgr_u8")))
                let expected = try #require(golden.crops[file.name]).logits
                #expect(difference(of: logits[index], from: expected, within: milli) == nil)
            }
            let verdict = try pair.verdict(on: photo, box: box)
            #expect(verdict.isLive == (golden.verdict == "live"))
            #expect(abs(verdict.score - golden.frvt_score) < 1e-4)
            #expect(zip(verdict.probabilities, golden.mean_softmax).allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }

    @Test func `on a canvas the two networks see different crops and their published logits`() throws {
        let golden = try GoldenOutputs.read().canvas_T1_unclamped
        let photo = try Picture(contentsOf: "\(padData)/image_T1.png")
        var pixels = [UInt8](repeating: 128, count: 3 * 1200 * 1600)
        for row in 0..<photo.height {
            let start = 3 * ((480 + row) * 1200 + 360)
            pixels.replaceSubrange(
                start..<(start + 3 * photo.width),
                with: photo.pixels[(3 * row * photo.width)..<(3 * (row + 1) * photo.width)])
        }
        let canvas = Picture(width: 1200, height: 1600, pixels: pixels)
        let logits = try SilentFace(folder: padData).logits(of: canvas, box: box(golden.box_xywh))
        for (file, seen) in zip(files, logits) {
            let expected = try #require(golden.crops[file.name]).logits
            #expect(difference(of: seen, from: expected, within: milli) == nil)
        }
    }
}
