// The operation-case table. Mirrors ci/references/operations.py: to add an operation, add a row there, run it, add one here.

import Foundation
import Learning
import TensorTesting
import Tensors
import Testing

private let rows = Indices([2, 0, 2, 1])

/// 0, 1, 2, … in a matrix.
@Sendable private func ramp(_ rows: Int, _ columns: Int) -> Tensor {
    Tensor((0..<rows * columns).map(Float.init), shape: [rows, columns])
}

let operationCases: [OperationCase] = [
    .init("abs") { $0[0].abs() },
    .init("adaptiveAveragePool") { $0[0].adaptiveAveragePooled(height: 3, width: 2).squared() },
    .init("add") { $0[0] + $0[1] },
    .init("addBroadcast") { $0[0] + $0[1] },
    .init("attention") { attention(query: $0[0], key: $0[1], value: $0[2]) },
    .init("attentionCausal") { attention(query: $0[0], key: $0[1], value: $0[2], mask: .causal) },
    .init("attentionSharedQuery") { attention(query: $0[0], key: $0[1], value: $0[2]) },
    .init("averagePool") {
        $0[0].averagePooled(3, 2, sliding: Sliding(stride: 2, padding: .both(1)), acrossWidth: Sliding()).squared()
    },
    .init("averagePoolCeil") {
        $0[0].averagePooled(3, 3, sliding: Sliding(stride: 2, padding: .both(1)), roundsUp: true, countsPadding: false)
            .squared()
    },
    .init("batchNorm") {
        let start = RunningStatistics(mean: .zeros([2]), variance: .ones([2]))
        return $0[0].batchNormalised(updating: start, weight: $0[1], bias: $0[2]).normalised
    },
    .init("batchNormInference") {
        $0[0].batchNormalised(by: RunningStatistics(mean: $0[1], variance: $0[2]), weight: $0[3], bias: $0[4])
    },
    .init("bceWithLogits") { binaryCrossEntropy($0[0], targets: $0[1]) },
    .init("clamped") { $0[0].clamped(to: -1...1) },
    .init("concatenated") { Tensor.concatenated([$0[0], $0[1]], along: 1).squared() },
    .init("conv1d") {
        $0[0].convolved(with: $0[1], bias: $0[2], sliding: Sliding(dilation: 2, padding: .both(2)))
    },
    .init("conv1dCausal") { $0[0].convolved(with: $0[1], sliding: Sliding(dilation: 2, padding: .causal)) },
    .init("conv2d") { $0[0].convolved(with: $0[1], bias: $0[2]) },
    .init("conv2dDepthwise") {
        $0[0].convolved(with: $0[1], sliding: Sliding(stride: 2, padding: .both(1)), groups: 3)
    },
    .init("conv2dGrouped") { $0[0].convolved(with: $0[1], sliding: Sliding(padding: .both(1)), groups: 2) },
    .init("conv2dSame") { $0[0].convolved(with: $0[1], sliding: Sliding(stride: 2, padding: .same)) },
    .init("conv2dStrided") {
        $0[0].convolved(
            with: $0[1], sliding: Sliding(stride: 2, dilation: 2, padding: .zeros(before: 1, after: 0)),
            acrossWidth: Sliding(stride: 3, padding: .zeros(before: 0, after: 2)))
    },
    .init("convTranspose1d") {
        $0[0].convolvedTransposed(
            with: $0[1], sliding: Sliding(stride: 3, padding: .both(1)), outputPadding: (0, 2))
    },
    .init("convTranspose2d") {
        $0[0].convolvedTransposed(
            with: $0[1], bias: $0[2], sliding: Sliding(stride: 2, padding: .both(1)), outputPadding: (1, 0))
    },
    .init("convTranspose2dGrouped") {
        $0[0].convolvedTransposed(with: $0[1], sliding: Sliding(dilation: 2), outputPadding: (1, 1), groups: 2)
    },
    .init("cos") { $0[0].cos() },
    .init("crossEntropy") { crossEntropy($0[0], labels: Indices([2, 0, 3])) },
    .init("crossEntropySmoothed") { crossEntropy($0[0], labels: Indices([2, -100, 3]), smoothing: 0.1) },
    .init("ctc") { ctcLosses($0[0].logSoftmax(), targets: [[1, 2], [3, 3], []], frameCounts: [5, 4, 3]) },
    .init("cumulativeProduct") { $0[0].cumulativeProduct(along: 1) },
    .init("cumulativeProductExclusive") { $0[0].cumulativeProduct(along: 1, isExclusive: true) },
    .init("cumulativeSum") { $0[0].cumulativeSum(along: 1).squared() },
    .init("cumulativeSumBack") { $0[0].cumulativeSum(along: -1, isReversed: true, isExclusive: true).squared() },
    .init("divide") { $0[0] / $0[1] },
    .init("elu") { $0[0].elu(scale: 0.5) },
    .init("erf") { $0[0].erf() },
    .init("exp") { $0[0].exp() },
    .init("expanded") { $0[0].expanded(to: [4, 3, 5]).squared() },
    .init("expm1") { $0[0].expm1() },
    .init("flipped") { $0[0].flipped(along: 1).squared() },
    .init("gathered") { $0[0].gathered(at: rows).squared() },
    .init("gatheredAlong") { $0[0].gathered(at: Indices([2, 0, 2, 1, 3, 3], shape: [2, 3]), along: 2).squared() },
    .init("gelu") { $0[0].gelu() },
    .init("geluTanh") { $0[0].geluTanh() },
    .init("glu") { $0[0].glu() },
    .init("groupNorm") { $0[0].groupNormalised(groups: 2, weight: $0[1], bias: $0[2]) },
    .init("klDivergence") { klDivergence($0[0].logSoftmax(), target: $0[1]) },
    .init("klDivergenceLog") { klDivergence($0[0].logSoftmax(), logTarget: $0[1].logSoftmax(), reduction: .sum) },
    .init("l2Normalised") { $0[0].l2Normalised(along: -1) },
    .init("layerNorm") { $0[0].layerNormalised(weight: $0[1], bias: $0[2]) },
    .init("layerNormPlain") { $0[0].layerNormalised() },
    .init("leakyRelu") { $0[0].leakyRelu(slope: 0.2).squared() },
    .init("linear") { $0[0].linear($0[1], bias: $0[2]) },
    .init("linearGelu") { $0[0].linear($0[1], bias: $0[2], activation: .gelu) },
    .init("linearNoBias") { $0[0].linear($0[1]) },
    .init("linearPerBatch") { $0[0].linear($0[1], bias: $0[2], activation: .relu) },
    .init("linearRecurrence") { $0[0].linearRecurrence(factors: $0[1], along: 1) },
    .init("linearRecurrenceBack") { $0[0].linearRecurrence(factors: $0[1], along: 1, isReversed: true) },
    .init("linearRelu") { $0[0].linear($0[1], bias: $0[2], activation: .relu) },
    .init("linearSine") { $0[0].linear($0[1] * 0.05, bias: $0[2] * 0.05, activation: .sine) },
    .init("log") { $0[0].log() },
    .init("log1p") { $0[0].log1p() },
    .init("logSoftmax") { $0[0].logSoftmax() },
    .init("logSumExp") { $0[0].logSumExp(along: 1) },
    .init("lowerTriangle") { $0[0].lowerTriangle(diagonal: 1).squared() },
    .init("matmul") { $0[0].matmul($0[1]) },
    .init("matmulBatch") { $0[0].matmul($0[1]) },
    .init("matmulShared") { $0[0].matmul($0[1]) },
    .init("matmulTransposed") { $0[0].transposed(0, 1).matmul($0[1].transposed(0, 1)) },
    .init("maxAll") { $0[0].max() },
    .init("maxAxis") { $0[0].max(along: 1) },
    .init("maxPool") {
        $0[0].maxPooled(3, 2, sliding: Sliding(stride: 2, padding: .both(1)), acrossWidth: Sliding()).squared()
    },
    .init("maxPoolCeil") { $0[0].maxPooled(2, 2, sliding: Sliding(stride: 2), roundsUp: true).squared() },
    .init("maximum") { $0[0].maximum($0[1]) },
    .init("mean") { $0[0].squared().mean(along: -1) },
    .init("meanSquaredError") { meanSquaredError($0[0], target: $0[1]) },
    .init("minAll") { $0[0].min() },
    .init("minAxis") { $0[0].min(along: 0) },
    .init("minimum") { $0[0].minimum($0[1]) },
    .init("multiply") { $0[0] * $0[1] },
    .init("negate") { -$0[0] },
    .init("norm") { $0[0].norm(along: 1) },
    .init("padded") { $0[0].padded(along: 1, before: 1, after: 2).squared() },
    .init("paddedCircular") { $0[0].padded(along: 2, before: 3, after: 5, by: .circular).squared() },
    .init("paddedReflected") { $0[0].padded(along: 2, before: 3, after: 4, by: .reflected).squared() },
    .init("paddedReplicated") { $0[0].padded(along: 2, before: 3, after: 7, by: .replicated).squared() },
    .init("permuted") { $0[0].permuted([2, 0, 1]).squared() },
    .init("picked") { $0[0].picked(at: Indices([2, 0, 3])).squared() },
    .init("prelu") { $0[0].prelu(slopes: $0[1]) },
    .init("product") { $0[0].product(along: 1) },
    .init("raised3") { $0[0].raised(to: 3) },
    .init("raisedHalf") { $0[0].raised(to: 1.5) },
    .init("reciprocal") { $0[0].reciprocal() },
    .init("relu") { $0[0].relu() },
    .init("repeated") { $0[0].repeated(3, along: 1).squared() },
    .init("reshaped") { $0[0].reshaped(to: [5, -1]).squared() },
    .init("resized") { $0[0].resized(height: 7, width: 3).squared() },
    .init("resizedAligned") { $0[0].resized(height: 7, width: 3, alignsCorners: true).squared() },
    .init("rmsNorm") { $0[0].rmsNormalised(weight: $0[1]) },
    .init("rolled") { $0[0].rolled(by: -2, along: 1) * ramp(2, 5) },
    .init("rsqrt") { $0[0].rsqrt() },
    .init("sampledBicubic") { $0[0].sampled(at: $0[1], interpolation: .bicubic).squared() },
    .init("sampledBicubicBorder") {
        $0[0].sampled(at: $0[1], interpolation: .bicubic, beyond: .nearest, alignsCorners: true).squared()
    },
    .init("sampledBilinear") { $0[0].sampled(at: $0[1]).squared() },
    .init("sampledBilinearBorder") { $0[0].sampled(at: $0[1], beyond: .nearest).squared() },
    .init("sampledBilinearReflected") { $0[0].sampled(at: $0[1], beyond: .reflected, alignsCorners: true).squared() },
    .init("sampledNearestReflected") {
        $0[0].sampled(at: $0[1], interpolation: .nearest, beyond: .reflected).squared()
    },
    .init("scaled") { $0[0].scaled(by: 2.5, adding: -1) },
    .init("scatterAdded") { $0[0].scatterAdded(at: rows, rows: 3).squared() },
    .init("selected") { $0[0].selected(where: $0[1].isLess(than: $0[0]), else: $0[1] * 2) },
    .init("selfAttention") { selfAttention(packed: $0[0]) },
    .init("selfAttentionCausal") { selfAttention(packed: $0[0], mask: .causal) },
    .init("sigmoid") { $0[0].sigmoid() },
    .init("silu") { $0[0].silu() },
    .init("sin") { $0[0].sin() },
    .init("slicedStep") { $0[0].sliced(along: 1, 1..<7, step: 2).squared() },
    .init("softmax") { $0[0].softmax() },
    .init("softmaxFirst") { $0[0].softmax(along: 0, scale: 0.5) },
    .init("softplus") { $0[0].softplus() },
    .init("sqrt") { $0[0].sqrt() },
    .init("squared") { $0[0].squared() },
    .init("stacked") { Tensor.stacked([$0[0], $0[1]], along: 1).squared() },
    .init("subtract") { $0[0] - $0[1] },
    .init("sumAll") { $0[0].sum() },
    .init("sumFirst") { $0[0].sum(along: 0) },
    .init("sumOuter") { $0[0].squared().sum(along: [0, 2], keepsAxes: true) },
    .init("swiGLU") { $0[0].swiGLU() },
    .init("taken") { $0[0].taken(at: Indices([2, 0, 1, 1], shape: [2, 1, 2]), along: 2).squared() },
    .init("tanh") { $0[0].tanh() },
    .init("tiled") { $0[0].tiled(3, along: 1) * ramp(9, 2) },
    .init("unstacked") { Tensor.stacked($0[0].unstacked(along: 1).reversed()).squared() },
    .init("upperTriangle") { $0[0].upperTriangle(diagonal: -1).squared() },
    .init("variance") { $0[0].variance(along: 1) },
]

func operationGolden() throws -> Golden {
    func file(_ name: String) throws -> URL {
        try #require(Bundle.module.url(forResource: "Golden/\(name)", withExtension: "safetensors"))
    }
    return try Golden(
        try file("operations"), try file("placed"), madeBy: "ci/references/operations.py", version: 1)
}
