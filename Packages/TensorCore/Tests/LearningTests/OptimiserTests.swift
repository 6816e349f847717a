// Steps, clipping and schedules against numbers worked out by PyTorch or by hand.

import Learning
import TensorTesting
import Tensors
import Testing

private struct Point: Module {
    @Parameter var position: Tensor

    init(_ values: Float...) { _position = Parameter(wrappedValue: Tensor(values, shape: [values.count])) }
}

private func gradients(_ values: Float...) -> [Tensor] { [Tensor(values, shape: [values.count])] }

@Suite struct OptimiserTests {
    /// Three steps from (1, −2) at rate 0.1; PyTorch 2.15 gives the same numbers.
    @Test(
        arguments: [
            (false, 0, [1, -2, 1, -2, 1, -2], 0),
            (true, 0.01, [0.899, -1.898, 0.8048831, -1.8694683, 0.8247139, -1.847011], 0.1),
            (false, 0.01, [0.9, -1.9, 0.8065551, -1.8711524, 0.8258478, -1.8477955], 0.1),
        ] as [(Bool, Float, [Float], Float)])
    func `AdamW and Adam with L2 take the published steps`(
        isDecoupled: Bool, decay: Float, expected: [Float], rate: Float
    ) {
        let model = Point(1, -2)
        var optimiser = Adam(learningRate: rate, weightDecay: decay, isDecayDecoupled: isDecoupled)
        var positions: [Float] = []
        for gradient in [gradients(0.5, -1), gradients(0.25, 0.5), gradients(-1, 0)] {
            #expect(optimiser.update(model, gradients: gradient).isNaN)
            positions += model.position.scalars
        }
        #expect(difference(of: positions, from: expected) == nil)
        #expect(optimiser.stepCount == 3)
    }

    /// Three steps from (1, −2) at rate 0.1, the specification's numbers.
    @Test func `SGD, RMSprop and Adagrad take the published steps`() {
        let momentum = SGD(learningRate: 0.1, momentum: 0.9, isNesterov: true, weightDecay: 0.01)
        expectSteps(momentum, [0.9031, -1.8062, 0.8125741, -1.8151482, 0.9428697, -1.7763784])
        expectSteps(RMSprop(learningRate: 0.1), [2e-7, -1, -0.449013, -1.4490132, 0.4257267, -1.4490132])
        expectSteps(Adagrad(learningRate: 0.1), [0.9, -1.9, 0.8552786, -1.9447213, 0.9425658, -1.9447213])
        // 1 − 0.1·0.5, then − 0.1·0.25, then + 0.1.
        expectSteps(SGD(learningRate: 0.1), [0.95, -1.9, 0.925, -1.95, 1.025, -1.95])
        // v = 0.5, 0.7, −0.37 and −1, −0.4, −0.36.
        expectSteps(SGD(learningRate: 0.1, momentum: 0.9), [0.95, -1.9, 0.88, -1.86, 0.917, -1.824])
    }

    private func expectSteps(_ start: some Optimiser, _ expected: [Float]) {
        let model = Point(1, -2)
        var optimiser = start
        var positions: [Float] = []
        for gradient in [gradients(0.5, -1), gradients(0.25, 0.5), gradients(-1, 0)] {
            optimiser.update(model, gradients: gradient)
            positions += model.position.scalars
        }
        #expect(difference(of: positions, from: expected) == nil, "\(start)")
    }

    @Test func `a map of few rows sees each step, and has the bits of a map of many`() {
        var generator = Philox(seed: 2)
        let layer = Linear(20, 37, activation: .gelu, using: &generator)
        let x = Tensor.normal([60, 20], using: &generator)
        var optimiser = Adam(learningRate: 0.1)
        for _ in 0..<3 {
            let few = (0..<60).map { layer(x.sliced(along: 0, $0..<$0 + 1)) }
            #expect(Tensor.concatenated(few, along: 0).scalars == layer(x).scalars)
            optimiser.update(layer, gradients: valueAndGradient(of: layer) { $0(x).squared().mean() }.gradients)
        }
    }

    @Test func `a saved and resumed optimiser takes the same next step`() {
        for isDecoupled in [true, false] {
            #expect(checkOptimizer { Adam(learningRate: 0.1, weightDecay: 0.02, isDecayDecoupled: isDecoupled) } == [])
        }
        #expect(checkOptimizer { SGD(learningRate: 0.1) } == [])
        #expect(checkOptimizer { SGD(learningRate: 0.1, momentum: 0.9, isNesterov: true, weightDecay: 0.02) } == [])
        #expect(checkOptimizer { RMSprop(learningRate: 0.1) } == [])
        #expect(checkOptimizer { Adagrad(learningRate: 0.1) } == [])
    }

    @Test func `the factor scales the rate, and a step leaves other owners' values alone`() {
        let (model, slow) = (Point(1, -2), Point(1, -2))
        let before = model.position
        var (optimiser, half) = (Adam(learningRate: 0.1), Adam(learningRate: 0.2))
        optimiser.update(model, gradients: gradients(0.5, -1))
        half.update(slow, gradients: gradients(0.5, -1), factor: 0.5)
        #expect(model.position.scalars == slow.position.scalars)
        #expect(before.scalars == [1, -2])
    }

    @Test func `clipping scales by the global norm`() {
        // √(3² + 4²) = 5 over two tensors; scaled by 1/(5 + 10⁻⁶): the moments show (0.6, 0.8)·(1 − β₁).
        #expect(globalNorm(gradients(3) + gradients(4)) == 5)
        let model = Point(0, 0)
        var optimiser = Adam(learningRate: 0.1)
        #expect(optimiser.update(model, gradients: gradients(3, 4), maximumNorm: 1) == 5)
        let first = optimiser.state.tensors["first.position"]?.scalars ?? []
        #expect(difference(of: first, from: [0.06, 0.08]) == nil)
        // A norm below the maximum is left as it is.
        var free = Adam(learningRate: 0.1)
        #expect(free.update(Point(0, 0), gradients: gradients(3, 4), maximumNorm: 6) == 5)
        #expect(difference(of: free.state.tensors["first.position"]?.scalars ?? [], from: [0.3, 0.4]) == nil)
    }

    @Test(arguments: [Float.nan, .infinity])
    func `a gradient whose norm is not finite skips the step and is counted`(_ bad: Float) {
        let model = Point(1, -2)
        var optimiser = Adam(learningRate: 0.1)
        let norm = optimiser.update(model, gradients: gradients(1, bad), maximumNorm: 1)
        #expect(!norm.isFinite)
        #expect(model.position.scalars == [1, -2])
        #expect(optimiser.stepCount == 0 && optimiser.skippedCount == 1)
    }

    /// Values by the formulas of the doc comments.
    @Test(
        arguments: [
            (.constant, [1: 1, 1000: 1]),
            // Half way from 10 to 110 is ½·(1 + cos(π/2)): 0.05 + 0.95·0.5.
            (
                .cosine(warmup: 10, total: 110, floor: 0.05),
                [1: 0.1, 10: 1, 35: 0.8608757, 60: 0.525, 110: 0.05, 500: 0.05]
            ),
            (.cosine(warmup: 0, total: 2, floor: 0), [1: 0.5, 2: 0]),
            (.inverseSquareRoot(warmup: 4), [1: 0.25, 4: 1, 16: 0.5, 400: 0.1]),
            // PyTorch's OneCycleLR with its defaults over 20 steps.
            (
                .oneCycle(total: 20),
                [
                    1: 0.04, 2: 0.1316718, 5: 0.9083282, 6: 1, 7: 0.987464, 13: 0.500002, 19: 0.01253999, 20: 4e-6,
                    30: 4e-6,
                ]
            ),
            (.steps(after: [10, 15], factor: 0.1), [1: 1, 10: 1, 11: 0.1, 15: 0.1, 16: 0.01]),
        ] as [(Schedule, [Int: Float])])
    func `a schedule has its values`(_ schedule: Schedule, _ values: [Int: Float]) {
        for (step, factor) in values { #expect(abs(schedule(step) - factor) < 1e-6, "step \(step)") }
    }

    @Test func `the mean squared error of a hand-made pair`() {
        // (1² + 2² + 0²)/3.
        let (x, y) = (Tensor([1, 2, 3], shape: [3]), Tensor([2, 0, 3], shape: [3]))
        #expect(abs(meanSquaredError(x, target: y).item - 5.0 / 3) < 1e-6)
    }

    @Test func `a moving average trails the parameters, and lends itself to a model`() {
        let model = Point(1, -2)
        var average = ExponentialMovingAverage(of: model, decay: 0.75)
        model.position = Tensor([3, 2], shape: [2])
        average.update(from: model)
        // ¾·1 + ¼·3 and ¾·(−2) + ¼·2.
        #expect(average.averages[0].scalars == [1.5, -1])
        #expect(average.applied(to: model) { $0.position.scalars } == [1.5, -1])
        #expect(model.position.scalars == [3, 2])
    }

    @Test func `accumulated parts give the gradient of the whole batch, weighed by their tokens`() {
        let model = Point(1, -2)
        let x = Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2])
        func mean(_ rows: Range<Int>) -> [Tensor] {
            valueAndGradient(of: model) { ($0.position * x.sliced(along: 0, rows)).squared().sum(along: 1).mean() }
                .gradients
        }
        var accumulator = GradientAccumulator()
        accumulator.add(mean(0..<1), weight: 1)
        accumulator.add(mean(1..<3), weight: 2)
        #expect(difference(of: accumulator.average()[0], from: mean(0..<3)[0]) == nil)
        #expect(accumulator.average().isEmpty)
    }

    @Test(arguments: [Float.nan, .infinity])
    func `a loss that is not finite is an error with its step`(_ bad: Float) throws {
        #expect(try Tensor(0.5).finiteLoss(atStep: 1) == 0.5)
        let error = #expect(throws: NonFiniteLoss.self) { try Tensor(bad).finiteLoss(atStep: 12) }
        #expect(
            error?.description
                == "step 12: the loss is \(bad); lower the learning rate, or look for data that is not finite.")
    }
}
