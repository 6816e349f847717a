// The golden case of the specification's sections 2.3 and 2.5, where gradients go, and the traps of section 9.

import TensorTesting
import Tensors
import Testing

@testable import SpeechTranslation

/// V = 4, two tokens, y = [0, 2].
private enum Example {
    static let labels = Indices([0, 2], shape: [1, 2])
    static let first = Tensor([2, 1, 0, -1, 0, 0, 3, 0], shape: [1, 2, 4])
    static let second = Tensor([1, 2, 0, -1, 0, 1, 2, 0], shape: [1, 2, 4])
    static let teacher = Tensor([3, 1, 0, 0, 0, 0, 2, 1], shape: [1, 2, 4])
    static let passes = Tensor.concatenated([first, second], along: 0)
}

/// Six decimals are given.
private let sixDecimals = Tolerance(absolute: 1.5e-6, relative: 0)

@Suite struct LossesTests {
    @Test func `the golden case's losses of each token are those of the specification`() {
        func expect(_ actual: Tensor, _ expected: [Float], _ what: Comment) {
            #expect(difference(of: actual.scalars, from: expected, within: sixDecimals) == nil, what)
        }
        let labels = Example.labels
        expect(smoothedCrossEntropies(Example.first, labels: labels, smoothing: 0), [0.440190, 0.139206], "−l[y]")
        expect(smoothedCrossEntropies(Example.first, labels: labels, smoothing: 0.1), [0.640190, 0.439206], "LS 1")
        expect(smoothedCrossEntropies(Example.second, labels: labels, smoothing: 0.1), [1.506856, 0.660478], "LS 2")
        expect(consistencyDivergences(Example.first, Example.second), [0.407031, 0.220475], "CL")
        let (student, teacher) = (Example.first, Example.teacher)
        expect(distillationDivergences(of: student, from: teacher), [0.079284, 0.259614], "KD")
        // With T = 2 the table's values stand before the factor T² = 4.
        expect(
            distillationDivergences(of: student, from: teacher, temperature: 2) / 4, [0.028838, 0.077337], "KD, T = 2")
    }

    @Test func `the golden case's total is the mean over tokens of CE, KD and CL over both passes`() {
        let objective = TransferObjective(distillationWeight: 1, consistencyWeight: 1)
        let loss = transferLoss(Example.passes, labels: Example.labels, teacher: Example.teacher, objective)
        let found = [loss.total, loss.crossEntropy, loss.distillation, loss.consistency].map(\.item)
        // KD and CL: the means of the table's 0.429377, 0.200767 and 0.407031, 0.220475.
        let expected: [Float] = [1.440508, 0.811683, 0.315072, 0.313753]
        #expect(difference(of: found, from: expected, within: sixDecimals) == nil)
    }

    @Test(
        arguments: [
            (ConsistencyWeighting(), 0.304441), (ConsistencyWeighting(normalises: false), 0.223423),
            // The mean weight 0.733880 times the plain 0.315072.
            (ConsistencyWeighting(normalises: false, isConstant: true), 0.231225),
            (ConsistencyWeighting(isConstant: true), 0.315072),
        ] as [(ConsistencyWeighting, Float)])
    func `the golden case's weighted distillation`(_ weighting: ConsistencyWeighting, _ expected: Float) {
        let objective = TransferObjective(distillationWeight: 1, consistencyWeight: 1, weighting: weighting)
        let loss = transferLoss(Example.passes, labels: Example.labels, teacher: Example.teacher, objective)
        #expect(difference(of: [loss.distillation.item], from: [expected], within: sixDecimals) == nil)
    }

    @Test(
        arguments: [
            // By hand at CL = 0.407031, 0.220475 and 3, which `linear` clips.
            (.exponential, 1, [0.665623, 0.802137, 0.049787]), (.teacher, 1, [0.665623, 0.802137, 0.049787]),
            (.linear, 1, [0.592969, 0.779525, 0]), (.inverse, 1, [0.710716, 0.819353, 0.25]),
            (.anti, 1, [1.407031, 1.220475, 4]), (.linear, 2, [0.796485, 0.889763, 0]),
        ] as [(ConsistencyWeighting.Variant, Float, [Float])])
    func `a variant's weights`(_ variant: ConsistencyWeighting.Variant, _ scale: Float, _ expected: [Float]) {
        let consistency = Tensor([0.407031, 0.220475, 3], shape: [1, 3])
        let counted = Tensor.ones([1, 3])
        let plain = ConsistencyWeighting(variant, scale: scale, normalises: false)
        #expect(
            difference(of: plain.weights(consistency, counted: counted).scalars, from: expected, within: sixDecimals)
                == nil)
        let normalised = ConsistencyWeighting(variant, scale: scale).weights(consistency, counted: counted)
        #expect(abs(normalised.mean().item - 1) < 1e-6)
    }

    @Test func `mean-normalised weights of the golden case leave out padding`() {
        let weights = ConsistencyWeighting().weights(
            Tensor([0.407031, 0.220475, 9], shape: [1, 3]), counted: Tensor([1, 1, 0], shape: [1, 3]))
        #expect(
            difference(of: Array(weights.scalars.prefix(2)), from: [0.906992, 1.093008], within: sixDecimals) == nil)
    }

    @Test func `padding adds nothing to any part, nor to the count of tokens`() {
        let objective = TransferObjective(
            distillationWeight: 1, consistencyWeight: 1, weighting: ConsistencyWeighting())
        func padded(_ x: Tensor) -> Tensor { x.padded(along: 1, before: 0, after: 2, value: 7) }
        let bare = transferLoss(Example.passes, labels: Example.labels, teacher: Example.teacher, objective)
        let labels = Indices([0, 2, ignoredLabel, ignoredLabel], shape: [1, 4])
        let loss = transferLoss(padded(Example.passes), labels: labels, teacher: padded(Example.teacher), objective)
        #expect(difference(of: loss.total, from: bare.total) == nil)
        let nothing = transferLoss(
            Example.passes, labels: Indices([ignoredLabel, ignoredLabel], shape: [1, 2]), teacher: Example.teacher,
            TransferObjective(distillationWeight: 1, consistencyWeight: 1))
        #expect(nothing.total.item == 0)
    }

    @Test func `distillation moves the student only, consistency both passes`() {
        let distilled = valueAndGradients(at: [Example.first, Example.teacher]) {
            distillationDivergences(of: $0[0], from: $0[1]).sum()
        }.gradients
        // ∂KL(q‖p)/∂logits = p − q.
        let expected = Example.first.softmax() - Example.teacher.softmax()
        #expect(difference(of: distilled[0], from: expected, within: .float32) == nil)
        #expect(distilled[1].scalars.allSatisfy { $0 == 0 })
        let consistent = valueAndGradients(at: [Example.first, Example.second]) {
            consistencyDivergences($0[0], $0[1]).sum()
        }.gradients
        #expect(consistent.allSatisfy { $0.scalars.allSatisfy { $0 != 0 } })
    }

    @Test func `weights are not differentiated`() {
        func gradient(_ weighting: ConsistencyWeighting?, _ scale: Float) -> Tensor {
            Tensors.gradient(at: Example.passes) {
                let objective = TransferObjective(
                    smoothing: 0, distillationWeight: scale, consistencyWeight: 1, weighting: weighting)
                let loss = transferLoss($0, labels: Example.labels, teacher: Example.teacher, objective)
                return loss.total - loss.crossEntropy - loss.consistency
            }
        }
        // Constant weights of mean w are λ = w without weights, gradient included, only if w is a constant.
        let weighted = gradient(ConsistencyWeighting(normalises: false, isConstant: true), 1)
        let mean = (Float(0.665623) + 0.802137) / 2
        #expect(
            difference(of: weighted, from: gradient(nil, mean), within: Tolerance(absolute: 2e-6, relative: 1e-5))
                == nil)
    }

    @Test func `a teacher equal to the student distils nothing`() {
        #expect(distillationDivergences(of: Example.first, from: Example.first).scalars == [0, 0])
    }

    @Test func `the value and gradient of the whole loss equal a plain loop's central differences`() {
        let objective = TransferObjective(distillationWeight: 0.7, temperature: 2, consistencyWeight: 1.5)
        let teacher = Example.teacher
        let problem = gradientCheck(
            { x in
                transferLoss(x.reshaped(to: [2, 2, 4]), labels: Example.labels, teacher: teacher, objective).total
                    .reshaped(to: [1])
            }, at: Example.passes.scalars,
            reference: { [plainLoss($0, teacher: teacher.scalars.map(Double.init), objective)] },
            within: Tolerance(absolute: 1e-5, relative: 1e-5))
        #expect(problem == nil)
    }
}

/// The loss of two passes `[2, 2, 4]` against the example's labels, in loops.
private func plainLoss(_ passes: [Double], teacher: [Double], _ objective: TransferObjective) -> Double {
    func distribution(_ logits: ArraySlice<Double>, _ temperature: Double = 1) -> [Double] {
        let e = logits.map { exponential($0 / temperature) }
        return e.map { $0 / e.reduce(0, +) }
    }
    func divergence(_ q: [Double], _ p: [Double]) -> Double {
        zip(q, p).reduce(0) { $0 + $1.0 * (logarithm($1.0) - logarithm($1.1)) }
    }
    let (smoothing, t) = (Double(objective.smoothing), Double(objective.temperature))
    let other = smoothing / 3
    var total = 0.0
    for token in 0..<2 {
        let slices = [0, 1].map { passes[(8 * $0 + 4 * token)..<(8 * $0 + 4 * token + 4)] }
        let p = slices.map { distribution($0) }
        let y = Int(Example.labels.scalars[token])
        for (pass, slice) in slices.enumerated() {
            let smooth = p[pass].reduce(0) { $0 - other * logarithm($1) }
            total += 0.5 * (smooth - (1 - smoothing - other) * logarithm(p[pass][y]))
            let q = distribution(teacher[(4 * token)..<(4 * token + 4)], t)
            total += 0.5 * Double(objective.distillationWeight) * t * t * divergence(q, distribution(slice, t))
        }
        let both = divergence(p[0], p[1]) + divergence(p[1], p[0])
        total += 0.5 * Double(objective.consistencyWeight) * both
    }
    return total / 2
}
