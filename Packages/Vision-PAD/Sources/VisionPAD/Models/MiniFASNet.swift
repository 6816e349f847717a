// MiniFASNet, the small networks of Silent-Face-Anti-Spoofing, and the published pair of them. The Fourier branch, which
// serves training only, is not here.
//
// Source: line specification, section 3.5; names as in the published files after `ownName`.

public import Learning
public import TensorIO
public import Tensors

/// The four published architectures.
public enum MiniFASNetVariant: String, Sendable, CaseIterable {
    case v1, v2, v1SE, v2SE

    /// Inner channels of the residual blocks at 20 × 20.
    fileprivate var expansions3: [Int] { [.v1, .v1SE].contains(self) ? [13, 26, 13, 52] : [13, 13, 13, 13] }
    /// Inner channels of the residual blocks at 10 × 10.
    fileprivate var expansions4: [Int] {
        [.v1, .v1SE].contains(self) ? [154, 52, 26, 52, 26, 26] : [231, 52, 26, 77, 26, 26]
    }
    /// Whether the last block of each residual stage weighs its channels.
    fileprivate var usesSqueezeExcitation: Bool { [.v1SE, .v2SE].contains(self) }
}

/// Convolution, batch norm, PReLU.
struct ConvolutionBlock: Module {
    let conv: Convolution
    let bn: BatchNorm
    let prelu: PReLU

    init(
        _ inputs: Int, _ outputs: Int, size: Int, sliding: Sliding = Sliding(), groups: Int = 1,
        using generator: inout Philox
    ) {
        conv = Convolution(
            inputs, outputs, size: size, sliding: sliding, groups: groups, usesBias: false, using: &generator)
        bn = BatchNorm(outputs)
        prelu = PReLU(outputs)
    }

    func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        prelu(conv(x, normalisedBy: bn, isTraining: isTraining))
    }
}

/// Convolution and batch norm, without activation.
struct LinearBlock: Module {
    let conv: Convolution
    let bn: BatchNorm

    init(_ inputs: Int, _ outputs: Int, size: Int, groups: Int = 1, using generator: inout Philox) {
        conv = Convolution(inputs, outputs, size: size, groups: groups, usesBias: false, using: &generator)
        bn = BatchNorm(outputs)
    }

    func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor { conv(x, normalisedBy: bn, isTraining: isTraining) }
}

/// To more channels, a 3 × 3 convolution per channel, and back; with the input added if that is asked for.
struct DepthwiseBottleneck: Module {
    let conv: ConvolutionBlock
    let convDw: ConvolutionBlock
    let project: LinearBlock
    let seModule: SqueezeExcitation?
    private let isResidual: Bool

    init(
        _ inputs: Int, expansion: Int, _ outputs: Int, stride: Int = 1, isResidual: Bool = false,
        usesSqueezeExcitation: Bool = false, using generator: inout Philox
    ) {
        conv = ConvolutionBlock(inputs, expansion, size: 1, using: &generator)
        convDw = ConvolutionBlock(
            expansion, expansion, size: 3, sliding: Sliding(stride: stride, padding: .both(1)), groups: expansion,
            using: &generator)
        project = LinearBlock(expansion, outputs, size: 1, using: &generator)
        seModule = usesSqueezeExcitation ? SqueezeExcitation(outputs, using: &generator) : nil
        self.isResidual = isResidual
    }

    /// `[batch, in, height, width]` to `[batch, out, height/stride, width/stride]`.
    func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        let inner = convDw(conv(x, isTraining: isTraining), isTraining: isTraining)
        var y = project(inner, isTraining: isTraining)
        if let seModule { y = seModule(y, isTraining: isTraining) }
        return isResidual ? x + y : y
    }
}

/// Residual blocks of equal size.
struct ResidualStage: Module {
    let model: [DepthwiseBottleneck]

    init(_ channels: Int, expansions: [Int], usesSqueezeExcitation: Bool, using generator: inout Philox) {
        model = expansions.indices.map {
            DepthwiseBottleneck(
                channels, expansion: expansions[$0], channels, isResidual: true,
                usesSqueezeExcitation: usesSqueezeExcitation && $0 == expansions.count - 1, using: &generator)
        }
    }

    func callAsFunction(_ x: Tensor, isTraining: Bool) -> Tensor {
        model.reduce(x) { $1($0, isTraining: isTraining) }
    }
}

/// A network of 0.4 million parameters from an 80 × 80 crop to three classes: 1 is live, 0 and 2 two kinds of attack.
public struct MiniFASNet: Module {
    let conv1: ConvolutionBlock
    let conv2Dw: ConvolutionBlock
    let conv23: DepthwiseBottleneck
    let conv3: ResidualStage
    let conv34: DepthwiseBottleneck
    let conv4: ResidualStage
    let conv45: DepthwiseBottleneck
    let conv5: ResidualStage
    let conv6Sep: ConvolutionBlock
    let conv6Dw: LinearBlock
    let linear: Linear
    let bn: BatchNorm
    let prob: Linear
    private let dropoutProbability: Float

    /// Pixels per side of the input.
    public static let inputSide = 80

    /// A network with fresh parameters.
    public init(_ variant: MiniFASNetVariant, using generator: inout Philox) {
        let usesSqueezeExcitation = variant.usesSqueezeExcitation
        conv1 = ConvolutionBlock(3, 32, size: 3, sliding: Sliding(stride: 2, padding: .both(1)), using: &generator)
        conv2Dw = ConvolutionBlock(32, 32, size: 3, sliding: Sliding(padding: .both(1)), groups: 32, using: &generator)
        conv23 = DepthwiseBottleneck(32, expansion: 103, 64, stride: 2, using: &generator)
        conv3 = ResidualStage(
            64, expansions: variant.expansions3, usesSqueezeExcitation: usesSqueezeExcitation, using: &generator)
        conv34 = DepthwiseBottleneck(64, expansion: 231, 128, stride: 2, using: &generator)
        conv4 = ResidualStage(
            128, expansions: variant.expansions4, usesSqueezeExcitation: usesSqueezeExcitation, using: &generator)
        conv45 = DepthwiseBottleneck(128, expansion: 308, 128, stride: 2, using: &generator)
        conv5 = ResidualStage(
            128, expansions: [26, 26], usesSqueezeExcitation: usesSqueezeExcitation, using: &generator)
        conv6Sep = ConvolutionBlock(128, 512, size: 1, using: &generator)
        conv6Dw = LinearBlock(512, 512, size: (Self.inputSide + 15) / 16, groups: 512, using: &generator)
        linear = Linear(512, 128, usesBias: false, using: &generator)
        bn = BatchNorm(128)
        prob = Linear(128, 3, usesBias: false, using: &generator)
        dropoutProbability = usesSqueezeExcitation ? 0.75 : 0.2
    }

    /// Logits of the three classes.
    ///
    /// - Parameters:
    ///   - x: `[batch, 3, 80, 80]`, blue, green, red in 0...255; `input(of:)` makes it from pictures.
    ///   - dropout: The source of dropout in training; without one the network infers.
    /// - Returns: `[batch, 3]`.
    public func callAsFunction(_ x: Tensor, dropout: inout Philox?) -> Tensor {
        shapeCheck(
            x.rank == 4 && x.shape[1...] == [3, Self.inputSide, Self.inputSide], "MiniFASNet", x.shape,
            [3, Self.inputSide, Self.inputSide])
        let isTraining = dropout != nil
        var y = conv2Dw(conv1(x, isTraining: isTraining), isTraining: isTraining)  // [batch, 32, 40, 40]
        y = conv3(conv23(y, isTraining: isTraining), isTraining: isTraining)  // [batch, 64, 20, 20]
        y = conv4(conv34(y, isTraining: isTraining), isTraining: isTraining)  // [batch, 128, 10, 10]
        y = conv5(conv45(y, isTraining: isTraining), isTraining: isTraining)  // [batch, 128, 5, 5]
        y = conv6Dw(conv6Sep(y, isTraining: isTraining), isTraining: isTraining)  // [batch, 512, 1, 1]
        y = bn(linear(y.reshaped(to: [-1, 512])), isTraining: isTraining)  // [batch, 128]
        return prob(y.dropout(dropoutProbability, using: &dropout))  // [batch, 3]
    }

    /// Logits `[batch, 3]` in inference.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        var inference: Philox?
        return self(x, dropout: &inference)
    }

    /// Crops as the networks take them, `[crop, 3, 80, 80]`: blue, green, red in 0...255.
    ///
    /// Order and range are those of the published networks. In red, green, blue every attack among the published
    /// samples passes for live; in 0...1 everything is an attack.
    public static func input(of crops: [Picture]) -> Tensor {
        shapeCheck(
            crops.allSatisfy { $0.width == inputSide && $0.height == inputSide }, "MiniFASNet.input",
            crops.first.map { [$0.height, $0.width] } ?? [], [inputSide, inputSide])
        let values = crops.flatMap { crop in
            [2, 1, 0].flatMap { stride(from: $0, to: crop.pixels.count, by: 3).map { Float(crop.pixels[$0]) } }
        }
        return Tensor(values, shape: [crops.count, 3, inputSide, inputSide])
    }

    /// A published network from its file, whose tensors must be the variant's and no others.
    public init(_ variant: MiniFASNetVariant, contentsOf path: String) throws(TensorIOError) {
        // Every value is replaced.
        var generator = Philox(seed: 0)
        self.init(variant, using: &generator)
        try load(try SafeTensors(contentsOf: path).tensors(), named: path, ownName: Self.ownName)
    }

    /// The name here of a published tensor: each part in camel case, and `running_var` spelt out.
    static func ownName(_ published: String) -> String {
        published.split(separator: ".").map { part in
            if part == "running_var" { return "runningVariance" }
            let words = part.split(separator: "_")
            return words[0] + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        }.joined(separator: ".")
    }
}

/// What the published pair says of one face.
public struct FaceVerdict: Sendable, Equatable {
    /// The mean of the networks' softmaxes: attack of the first kind, live, attack of the second kind.
    public let probabilities: [Double]

    /// Whether live is likelier than each kind of attack.
    public var isLive: Bool { probabilities[1] > probabilities[0] && probabilities[1] > probabilities[2] }
    /// 1 − 2·p(live), in -1...1: higher is likelier an attack.
    public var score: Double { 1 - 2 * probabilities[1] }
}

extension FaceVerdict {
    /// The mean of each network's three probabilities.
    fileprivate init(softmaxes: [[Float]]) {
        probabilities = (0..<3).map { label in
            softmaxes.reduce(0) { $0 + Double($1[label]) } / Double(softmaxes.count)
        }
    }
}

/// The published pair: V2 on 2.7 boxes and V1SE on 4.
public struct SilentFace: Sendable {
    /// A network and how much around the face it sees.
    struct Member: Sendable {
        let network: MiniFASNet
        let scale: Double
    }

    let members: [Member]

    /// Reads `minifasnet_v2_2.7_80x80.safetensors` and `minifasnet_v1se_4.0_80x80.safetensors` from a folder.
    public init(folder: String) throws(TensorIOError) {
        func member(_ variant: MiniFASNetVariant, _ file: String, scale: Double) throws(TensorIOError) -> Member {
            Member(network: try MiniFASNet(variant, contentsOf: "\(folder)/\(file).safetensors"), scale: scale)
        }
        members = [
            try member(.v2, "minifasnet_v2_2.7_80x80", scale: 2.7),
            try member(.v1SE, "minifasnet_v1se_4.0_80x80", scale: 4),
        ]
    }

    /// Each network's logits of one face, three each.
    func logits(of photo: Picture, box: FaceBox) throws(FaceBoxError) -> [[Float]] {
        var all: [[Float]] = []
        for member in members {
            let crop = try box.crop(of: photo, scale: member.scale, side: MiniFASNet.inputSide)
            all.append(member.network(MiniFASNet.input(of: [crop])).scalars)
        }
        return all
    }

    /// The verdict on one face.
    public func verdict(on photo: Picture, box: FaceBox) throws(FaceBoxError) -> FaceVerdict {
        FaceVerdict(softmaxes: try logits(of: photo, box: box).map { Tensor($0, shape: [3]).softmax().scalars })
    }

    /// The verdicts on pictures that show a face and a little around it: both networks see each of them whole.
    public func verdicts(onCrops crops: [Picture]) -> [FaceVerdict] {
        // Batches bound the memory and do not change the result.
        stride(from: 0, to: crops.count, by: 64).flatMap { start in
            let batch = crops[start..<min(start + 64, crops.count)].map {
                $0.interpolated(width: MiniFASNet.inputSide, height: MiniFASNet.inputSide)
            }
            let input = MiniFASNet.input(of: batch)
            let softmaxes = members.map { $0.network(input).softmax().scalars }
            return batch.indices.map { index in
                FaceVerdict(softmaxes: softmaxes.map { Array($0[3 * index..<3 * index + 3]) })
            }
        }
    }
}
