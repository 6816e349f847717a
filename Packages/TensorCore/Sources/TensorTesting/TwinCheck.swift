// A whole model against the same model in another framework.

public import Learning
public import Tensors

/// What is wrong with a model where its twin's golden values say otherwise; empty if nothing.
///
/// Takes the twin's `parameter.*` and compares `prediction`, `loss`, every `gradient.*` and, over ten steps, `losses`.
///
/// - Parameters:
///   - model: Its parameters become the twin's, and ten steps more.
///   - golden: The twin's values.
///   - prefix: What stands before the names, for a file with several models.
///   - optimiser: Without history, as the twin's.
///   - predict: The prediction that was recorded.
///   - loss: The loss.
/// - Returns: One sentence per fault.
/// - Throws: `GoldenError.missing` for a value that is not in the file.
public func differencesFromTwin<M: Module>(
    _ model: M, _ golden: Golden, prefix: String = "", optimiser: some Optimiser, predict: (M) -> Tensor,
    loss: (M) -> Tensor
) throws -> [String] {
    var problems: [String] = []
    func compare(_ what: String, _ actual: Tensor, within tolerance: Tolerance) throws {
        if let problem = difference(of: actual, from: try golden[prefix + what], within: tolerance) {
            problems.append("\(what): \(problem)")
        }
    }
    let parameters = model.parameters
    let named = golden.tensors.keys.filter { $0.hasPrefix(prefix + "parameter.") }.count
    if named != parameters.count { problems.append("\(parameters.count) parameters, the twin has \(named)") }
    for (name, box) in parameters {
        let value = try golden["\(prefix)parameter.\(name)"]
        if value.shape != box.value.shape { problems.append("\(name): \(box.value.shape), the twin's \(value.shape)") }
        box.value = value
    }
    // Twenty times the bound of one operation: a forward pass chains about that many.
    let bound = Tolerance.float32.times(20)
    try compare("prediction", predict(model), within: bound)
    let (value, gradients) = valueAndGradient(of: model, loss)
    try compare("loss", value, within: .float32)
    for ((name, _), gradient) in zip(parameters, gradients) {
        try compare("gradient.\(name)", gradient, within: bound)
        if !gradient.scalars.contains(where: { $0 != 0 }) { problems.append("\(name) gets no gradient") }
    }
    var optimiser = optimiser
    let losses = (0..<10).map { _ in
        let (value, gradients) = valueAndGradient(of: model, loss)
        optimiser.update(model, gradients: gradients)
        return value.item
    }
    // Float32 against float32: 1e-5 relative was the worst seen over ten steps of any model.
    try compare("losses", Tensor(losses, shape: [10]), within: Tolerance(absolute: 0, relative: 1e-4))
    return problems
}
