// What every layer and every optimiser must do, checked the same way for all.

public import Learning
public import Tensors

/// What is wrong with a layer; empty if nothing.
///
/// The output has the expected shape and is finite, every parameter gets a gradient that is not all zeros, building and
/// running it again from the same seed gives the same bits, and so does a layer from another seed that was given its
/// parameters and buffers: nothing that matters is kept elsewhere.
///
/// - Parameters:
///   - make: Builds the layer from a generator.
///   - apply: Runs it on an input drawn from the same generator.
///   - shape: The output's shape.
/// - Returns: One sentence per fault.
public func checkLayer<M: Module>(
    _ make: (inout Philox) -> M, _ apply: (M, inout Philox) -> Tensor, gives shape: [Int]
) -> [String] {
    func run(loading saved: [Tensor]? = nil) -> (output: Tensor, names: [String], gradients: [Tensor], saved: [Tensor])
    {
        var generator = Philox(seed: 7, stream: "checkLayer")
        var other = Philox(seed: 8, stream: "checkLayer")
        let original = make(&generator)
        let model = saved == nil ? original : make(&other)
        let boxes = (model.parameters + model.buffers).map(\.box)
        for (box, value) in zip(boxes, saved ?? []) { box.value = value }
        let start = boxes.map(\.value)
        var output = Tensor(0)
        let gradients = valueAndGradient(of: model) { model in
            var input = generator.stream("input")
            let y = apply(model, &input)
            output = y.detached
            // A plain sum would hide what normalisation subtracts.
            return (y * Tensor.normal(y.shape, using: &input)).sum()
        }.gradients
        return (output, model.parameters.map(\.name), gradients, start)
    }
    let (first, second) = (run(), run())
    let loaded = run(loading: first.saved)
    var problems: [String] = []
    if first.output.shape != shape { problems.append("the output has shape \(first.output.shape) instead of \(shape)") }
    if !first.output.scalars.allSatisfy(\.isFinite) { problems.append("the output is not finite") }
    for (name, gradient) in zip(first.names, first.gradients) where !gradient.scalars.contains(where: { $0 != 0 }) {
        problems.append("\(name) gets no gradient")
    }
    let pairs = zip([first.output] + first.gradients, [second.output] + second.gradients)
    if pairs.contains(where: { difference(of: $0, from: $1, within: .exact) != nil }) {
        problems.append("the same seed gives other bits")
    }
    let reloaded = zip([first.output] + first.gradients, [loaded.output] + loaded.gradients)
    if reloaded.contains(where: { difference(of: $0, from: $1, within: .exact) != nil }) {
        problems.append("loaded into a layer from another seed, it gives other bits")
    }
    return problems
}

/// A model of two parameters whose values are given.
private struct Pair: Module {
    @Parameter var a: Tensor
    @Parameter var b: Tensor
}

/// What is wrong with an optimiser's memory; empty if nothing.
///
/// Three steps, one of them without a finite gradient, then its state is put into a fresh optimiser: the next step must
/// change equal parameters to equal bits, and the state must be the same again.
///
/// - Parameter make: Makes the optimiser without history.
/// - Returns: One sentence per fault.
public func checkOptimizer<O: Optimiser>(_ make: () -> O) -> [String] {
    var generator = Philox(seed: 7, stream: "checkOptimizer")
    let model = Pair(a: .normal([3, 5], using: &generator), b: .normal([4], using: &generator))
    var optimiser = make()
    for index in 0..<3 {
        var gradients = [Tensor.normal([3, 5], using: &generator), Tensor.normal([4], using: &generator)]
        if index == 1 { gradients[0] = gradients[0] / 0 }
        optimiser.update(model, gradients: gradients, factor: 0.5, maximumNorm: 1)
    }
    var resumed = make()
    resumed.state = optimiser.state
    let copy = Pair(a: model.a + 0, b: model.b + 0)
    let gradients = [Tensor.normal([3, 5], using: &generator), Tensor.normal([4], using: &generator)]
    let before = model.a
    optimiser.update(model, gradients: gradients)
    resumed.update(copy, gradients: gradients)
    var problems: [String] = []
    if difference(of: model.a, from: before, within: .exact) == nil { problems.append("a step changes nothing") }
    for (name, a, b) in [("a", model.a, copy.a), ("b", model.b, copy.b)] {
        if let problem = difference(of: b, from: a, within: .exact) { problems.append("resumed, \(name): \(problem)") }
    }
    let (saved, again) = (optimiser.state, resumed.state)
    if saved.stepCount != again.stepCount || saved.skippedCount != again.skippedCount || saved.stepCount != 3 {
        problems.append("step counts \(saved.stepCount) and \(again.stepCount), of which 3 were made")
    }
    if saved.tensors.keys.sorted() != again.tensors.keys.sorted() { problems.append("the states hold other tensors") }
    return problems
}
