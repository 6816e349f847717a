// The methods of modality transfer, one switch each.
// Source: the specification's section 2.4; not here: ASR pre-training, the cross-modal loss and cascades.

/// What the speech stage starts from and what it minimises.
public enum TransferMethod: String, CaseIterable, Sendable, Codable {
    /// From random parameters, cross-entropy.
    case scratch
    /// From text, cross-entropy.
    case fineTuning = "ft"
    /// From text, with the cross-entropy of the utterances' transcripts and of external text beside it.
    case progressive = "prog"
    /// From text, with the cross-entropy of the utterances' transcripts beside it.
    case multitask = "mtl"
    /// From text, with distillation.
    case distillation = "kd"
    /// From text, with consistency.
    case consistency = "cl"
    /// From text, with both.
    case both = "kd+cl"
    /// From text, with both, tokens of distillation weighted by their consistency.
    case informed = "cikd"
    /// The same without rescaling the weights to mean 1: λ shrinks.
    case informedUnscaled = "cikd-unscaled"
    /// Its control: the same mean weight for every token. The control of `cikd` is `kd+cl`.
    case informedConstant = "cikd-constant"

    /// Whether it starts from a text translator.
    public var startsFromText: Bool { self != .scratch }

    /// Whether it rehearses the transcripts of its utterances.
    var rehearsesTranscripts: Bool { self == .progressive || self == .multitask }

    /// Whether it rehearses external text.
    var rehearsesExternalText: Bool { self == .progressive }

    /// What it minimises on speech.
    public func objective(_ configuration: TransferConfiguration) -> TransferObjective {
        var objective = TransferObjective(smoothing: configuration.smoothing, temperature: configuration.temperature)
        switch self {
        case .scratch, .fineTuning, .progressive, .multitask: return objective
        case .distillation: objective.distillationWeight = configuration.distillationWeight
        case .consistency: objective.consistencyWeight = configuration.consistencyWeight
        case .both, .informed, .informedUnscaled, .informedConstant:
            objective.distillationWeight = configuration.distillationWeight
            objective.consistencyWeight = configuration.consistencyWeight
        }
        guard ![.distillation, .consistency, .both].contains(self) else { return objective }
        var weighting = configuration.weighting
        if self != .informed { weighting.normalises = false }
        weighting.isConstant = self == .informedConstant
        objective.weighting = weighting
        return objective
    }
}
