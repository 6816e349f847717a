// Settings: the published ones first, reduced ones derived from them.

public import Learning

/// The hyperparameters of the three methods and of their training.
public struct INRConfiguration: Sendable, Equatable, Codable {
    /// Pixels per side of the square input.
    public var imageSize: Int
    /// Pixels per side of a patch.
    public var patchSize: Int
    /// Zero padding on each side of the image.
    public var patchPadding: Int
    /// Subtracted from input values in 0...1.
    public var inputMean: Float
    /// Divides them then.
    public var inputDeviation: Float
    /// Channels of the encoder.
    public var encoderWidth: Int
    /// Blocks of the encoder.
    public var layerCount: Int
    /// Attention heads of the encoder.
    public var headCount: Int
    /// Standard deviation of position table and learnable tokens at the start.
    public var tableDeviation: Float
    /// R: latent tokens of LA-GINR, rank of IPC.
    public var tokenCount: Int
    /// d: numbers per latent token of LA-GINR.
    public var latentWidth: Int
    /// Width of the coordinate network.
    public var hiddenWidth: Int
    /// Hidden layers of the coordinate networks of TransINR and IPC.
    public var hiddenLayerCount: Int
    /// n: frequencies per axis of each Fourier map.
    public var frequencyCount: Int
    /// σ of TransINR and IPC, in units of π radians per coordinate unit.
    public var bandwidth: Float
    /// G: generated column groups per layer of TransINR.
    public var groupCount: Int
    /// σ_q of LA-GINR's queries.
    public var queryBandwidth: Float
    /// σ_1, σ_2, … of LA-GINR in order of composition.
    public var bands: [Float]
    /// Heads of the token aggregation.
    public var attentionHeadCount: Int
    /// Channels of each of those heads.
    public var attentionHeadWidth: Int
    /// Factor on the initial query and key maps of the token aggregation.
    public var attentionGain: Float
    /// How it is trained.
    public var training: TrainingConfiguration

    /// Numbers per Fourier map of a 2-D coordinate.
    public var featureCount: Int { 4 * frequencyCount }

    /// Patches along one side.
    public var patchesPerSide: Int { (imageSize + 2 * patchPadding) / patchSize }

    /// Data tokens.
    public var patchCount: Int { patchesPerSide * patchesPerSide }
}

/// What is optimised, for how long and on how much at a time.
public struct TrainingConfiguration: Sendable, Equatable, Codable {
    /// Optimiser steps.
    public var steps: Int
    /// Images per step.
    public var batchSize: Int
    /// Random pixels per step, shared by the batch; `nil` for all.
    public var pointCount: Int?
    /// Adam's rate before the schedule.
    public var learningRate: Float
    /// The factor on the rate.
    public var schedule: Schedule
    /// The bound on the gradient's global norm, if any.
    public var maximumNorm: Float?
    /// Whether images are mirrored with probability one half.
    public var usesFlips: Bool
}

extension INRConfiguration {
    /// Imagenette at 178 pixels as published; 4,000 epochs of 9,469 images at batch 16.
    ///
    /// Never run here: 43.6 M parameters.
    /// Source: LA-GINR's setting as recalled in the line's specification, section 2.4; the encoder's dropout of IPC is 0 here.
    public static let imagenette178 = INRConfiguration(
        imageSize: 178, patchSize: 9, patchPadding: 1, inputMean: 0, inputDeviation: 1, encoderWidth: 768,
        layerCount: 6, headCount: 12, tableDeviation: 1, tokenCount: 256, latentWidth: 256, hiddenWidth: 256,
        hiddenLayerCount: 4,
        frequencyCount: 64, bandwidth: 128, groupCount: 64, queryBandwidth: 16, bands: [128, 32], attentionHeadCount: 2,
        attentionHeadWidth: 64, attentionGain: 1,
        training: TrainingConfiguration(
            steps: 2_367_250, batchSize: 16, pointCount: nil, learningRate: 1e-4, schedule: .constant, maximumNorm: nil,
            usesFlips: true))

    /// The setting at 32 pixels that separates the three methods within minutes: `bench run 'inr.img32.*'`.
    public static let nightly32 = reduced(steps: 1000)

    /// A few steps of the same setting, to see that everything runs: `bench run 'inr.img32.smoke.*'`.
    public static let smoke32 = reduced(steps: 12)

    private static func reduced(steps: Int) -> INRConfiguration {
        var configuration = imagenette178
        configuration.imageSize = 32
        configuration.patchSize = 4
        configuration.patchPadding = 0
        configuration.inputMean = 0.45
        configuration.inputDeviation = 0.25
        configuration.encoderWidth = 128
        configuration.layerCount = 3
        configuration.headCount = 4
        configuration.tableDeviation = 0.5
        configuration.tokenCount = 32
        configuration.latentWidth = 64
        configuration.hiddenWidth = 64
        configuration.frequencyCount = 16
        configuration.bandwidth = 16
        configuration.groupCount = 8
        configuration.queryBandwidth = 4
        configuration.bands = [16, 6]
        configuration.attentionHeadWidth = 32
        configuration.attentionGain = 2
        configuration.training = TrainingConfiguration(
            steps: steps, batchSize: 16, pointCount: 256, learningRate: 1e-3,
            schedule: .cosine(warmup: 100, total: steps, floor: 0.05), maximumNorm: 1, usesFlips: true)
        return configuration
    }
}
