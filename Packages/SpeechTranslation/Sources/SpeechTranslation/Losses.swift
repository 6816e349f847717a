// The losses of modality transfer in the order of the specification's sections 2.3 and 2.5. All are per target token, in
// nats, and 0 where the label says that there is none; means are taken last, over the real tokens of a batch.

public import Tensors

/// The label of a position that is no token.
public let ignoredLabel: Int32 = -100

/// Label-smoothed cross-entropy as in fairseq: (1 − ε − ε′)·(−log p_y) + ε′·Σ_v(−log p_v) with ε′ = ε/(V − 1).
///
/// Token by token what `crossEntropy` of Learning averages at a smoothing of ε·V/(V − 1), since that spreads over all V.
///
/// - Parameters:
///   - logits: `[row, token, class]`.
///   - labels: `[row, token]`, each a class or `ignoredLabel`.
///   - smoothing: ε, in `0..<1`.
/// - Returns: `[row, token]`.
public func smoothedCrossEntropies(_ logits: Tensor, labels: Indices, smoothing: Float) -> Tensor {
    shapeCheck(Array(logits.shape.dropLast()) == labels.shape, "smoothedCrossEntropies", logits.shape, labels.shape)
    let other = smoothing / Float(logits.shape[logits.rank - 1] - 1)
    let logProbabilities = logits.logSoftmax()
    let hit = logProbabilities.picked(at: Indices(labels.scalars.map { max($0, 0) }, shape: labels.shape))
    return (hit * (smoothing + other - 1) - logProbabilities.sum(along: -1) * other) * counted(labels)
}

/// Knowledge distillation: T²·KL(q‖p) of distributions softened by the temperature T; gradients flow to the student only.
///
/// - Parameters:
///   - student: Logits of p, `[row, token, class]`.
///   - teacher: Logits of q, the same shape.
///   - temperature: T, above 0.
/// - Returns: `[row, token]`, padding included.
public func distillationDivergences(of student: Tensor, from teacher: Tensor, temperature: Float = 1) -> Tensor {
    shapeCheck(student.shape == teacher.shape, "distillationDivergences", student.shape, teacher.shape)
    let target = (teacher.detached / temperature).logSoftmax()
    let softened = (student / temperature).logSoftmax()
    return (target.exp() * (target - softened)).sum(along: -1) * (temperature * temperature)
}

/// Consistency: ½·(KL(p₁‖p₂) + KL(p₂‖p₁)) of two passes of one input under independent dropout; gradients flow to both.
///
/// - Parameters:
///   - first: Logits of p₁, `[row, token, class]`.
///   - second: Logits of p₂, the same shape.
/// - Returns: `[row, token]`, padding included.
public func consistencyDivergences(_ first: Tensor, _ second: Tensor) -> Tensor {
    shapeCheck(first.shape == second.shape, "consistencyDivergences", first.shape, second.shape)
    let (a, b) = (first.logSoftmax(), second.logSoftmax())
    // The two divergences share their terms: Σ (p₁ − p₂)·(log p₁ − log p₂).
    return ((a.exp() - b.exp()) * (a - b)).sum(along: -1) * 0.5
}

/// Consistency-informed distillation: how much each token's distillation weighs, as a function of its consistency CL.
///
/// The published formula could not be read; this is the family around it, and its controls.
public struct ConsistencyWeighting: Sendable, Equatable, Codable {
    /// The function of CL; c is `scale`.
    public enum Variant: String, CaseIterable, Sendable, Codable {
        /// exp(−CL/c).
        case exponential = "exp"
        /// 1 − CL/c, held in 0…1.
        case linear
        /// 1/(1 + CL/c).
        case inverse
        /// exp(−CL/c) of two dropout passes of the teacher: trust it where it is stable.
        case teacher
        /// 1 + CL/c: the control that must not be better for a good reason.
        case anti
    }

    /// The function.
    public var variant: Variant
    /// c, above 0.
    public var scale: Float
    /// Whether weights are rescaled to a mean of 1 over the batch's tokens, which keeps λ comparable.
    public var normalises: Bool
    /// Whether every token gets the mean weight: the control against a gain that is only another λ.
    public var isConstant: Bool

    /// The default: exp(−CL), rescaled to mean 1.
    public init(
        _ variant: Variant = .exponential, scale: Float = 1, normalises: Bool = true, isConstant: Bool = false
    ) {
        self.variant = variant
        self.scale = scale
        self.normalises = normalises
        self.isConstant = isConstant
    }

    /// The weights, never differentiated.
    ///
    /// - Parameters:
    ///   - consistency: CL of the student, or of the teacher for the variant `teacher`: `[row, token]`.
    ///   - counted: 1 for real tokens, else 0: `[row, token]`, not all 0.
    /// - Returns: `[row, token]`.
    public func weights(_ consistency: Tensor, counted: Tensor) -> Tensor {
        shapeCheck(consistency.shape == counted.shape, "ConsistencyWeighting", consistency.shape, counted.shape)
        let x = consistency.detached / scale
        let raw =
            switch variant {
            case .exponential, .teacher: (-x).exp()
            case .linear: (-x + 1).clamped(to: 0...1)
            case .inverse: (x + 1).reciprocal()
            case .anti: x + 1
            }
        let mean = (raw * counted).sum() / counted.sum()
        let chosen = isConstant ? mean.expanded(to: raw.shape) : raw
        // Where every weight is 0 there is nothing to rescale.
        return normalises && mean.item > 0 ? chosen / mean : chosen
    }
}

/// What is minimised: CE + λ·KD + α·CL per real target token.
public struct TransferObjective: Sendable, Equatable, Codable {
    /// ε of the cross-entropy.
    public var smoothing: Float
    /// λ; 0 for no distillation.
    public var distillationWeight: Float
    /// T of the distillation.
    public var temperature: Float
    /// α, by this convention: cross-entropy and distillation are means over the two passes; 0 for no consistency.
    public var consistencyWeight: Float
    /// The weights of distillation, if not all equal.
    public var weighting: ConsistencyWeighting?

    /// Smoothed cross-entropy alone, unless said otherwise.
    public init(
        smoothing: Float = 0.1, distillationWeight: Float = 0, temperature: Float = 1, consistencyWeight: Float = 0,
        weighting: ConsistencyWeighting? = nil
    ) {
        self.smoothing = smoothing
        self.distillationWeight = distillationWeight
        self.temperature = temperature
        self.consistencyWeight = consistencyWeight
        self.weighting = weighting
    }

    /// How many dropout passes of the student it takes.
    public var passCount: Int {
        consistencyWeight > 0 || (weighting.map { $0.variant != .teacher } ?? false) ? 2 : 1
    }

    /// Whether a teacher is needed.
    public var usesTeacher: Bool { distillationWeight > 0 }

    /// Whether two dropout passes of the teacher are needed.
    public var usesTeacherPasses: Bool { usesTeacher && weighting?.variant == .teacher }
}

/// A loss and its parts, each a scalar in nats per real target token.
public struct TransferLoss: Sendable {
    /// CE + λ·KD + α·CL.
    public let total: Tensor
    /// CE.
    public let crossEntropy: Tensor
    /// KD, weighted; 0 without a teacher.
    public let distillation: Tensor
    /// CL; 0 with one pass.
    public let consistency: Tensor
}

/// The loss of a batch.
///
/// - Parameters:
///   - logits: `[pass · row, token, class]`: all rows of the first pass, then those of the second.
///   - labels: `[row, token]`.
///   - teacher: Logits without dropout, `[row, token, class]`, if the objective uses a teacher.
///   - teacherPasses: Logits of two passes with dropout, `[2 · row, token, class]`, if the objective uses them.
///   - objective: What is minimised.
/// - Returns: The loss; 0 if there is no real token.
public func transferLoss(
    _ logits: Tensor, labels: Indices, teacher: Tensor? = nil, teacherPasses: Tensor? = nil,
    _ objective: TransferObjective
) -> TransferLoss {
    let (rows, passCount) = (labels.shape[0], objective.passCount)
    shapeCheck(logits.shape[0] == passCount * rows, "transferLoss (passes)", logits.shape, labels.shape)
    shapeCheck(!objective.usesTeacher || teacher != nil, "transferLoss (the objective needs a teacher)")
    shapeCheck(!objective.usesTeacherPasses || teacherPasses != nil, "transferLoss (the variant needs teacher passes)")
    let counted = counted(labels)  // [row, token]
    let tokenCount = max(counted.sum().item, 1)
    let crossEntropy =
        smoothedCrossEntropies(logits, labels: labels.repeated(passCount), smoothing: objective.smoothing).sum()
        / (tokenCount * Float(passCount))
    let consistencies = passCount == 2 ? halves(logits, consistencyDivergences) : .zeros(counted.shape)
    let consistency = (consistencies * counted).sum() / tokenCount
    var distillation = Tensor(0)
    if objective.usesTeacher, let teacher {
        let repeatedTeacher = Tensor.concatenated([Tensor](repeating: teacher.detached, count: passCount), along: 0)
        let perPass = distillationDivergences(of: logits, from: repeatedTeacher, temperature: objective.temperature)
        let perToken = passCount == 2 ? halves(perPass) { ($0 + $1) * 0.5 } : perPass  // [row, token]
        let stability = teacherPasses.map { halves($0, consistencyDivergences) }
        let weights = objective.weighting.map {
            $0.weights($0.variant == .teacher ? stability ?? consistencies : consistencies, counted: counted)
        }
        distillation = (perToken * counted * (weights ?? Tensor(1))).sum() / tokenCount
    }
    let total =
        crossEntropy + distillation * objective.distillationWeight + consistency * objective.consistencyWeight
    return TransferLoss(
        total: total, crossEntropy: crossEntropy, distillation: distillation, consistency: consistency)
}

/// A function of the two passes of `[2 · row, …]`.
private func halves(_ passes: Tensor, _ combine: (Tensor, Tensor) -> Tensor) -> Tensor {
    let rows = passes.shape[0] / 2
    return combine(passes.sliced(along: 0, 0..<rows), passes.sliced(along: 0, rows..<2 * rows))
}

/// 1 for real tokens, 0 for ignored labels.
private func counted(_ labels: Indices) -> Tensor {
    Tensor(labels.scalars.map { $0 == ignoredLabel ? 0 : 1 }, shape: labels.shape)
}
