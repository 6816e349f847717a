// Settings of the modules: decoding as BlenderBot 3 publishes it, and a model that learns in about two minutes.

public import Sequences

/// How a module's output is looked for.
public struct ModuleDecoding: Sendable, Equatable, Codable {
    /// Sequences in work.
    public var beamSize: Int
    /// The fewest tokens.
    public var minimumLength: Int
    /// The most tokens.
    public var maximumLength: Int
    /// n of the n-grams that may occur once only; 0 allows all.
    public var repetitionBlock: Int
    /// n of the n-grams that may not be taken from the context; 0 allows all.
    public var contextBlock: Int

    /// Table 2.1 for the 3B model, whose labels have at most 128 tokens.
    public static func blenderBot3(_ module: DialogueModule) -> ModuleDecoding {
        let (beam, minimum, repetition, context) =
            switch module {
            case .searchDecision, .memoryDecision: (1, 1, 0, 0)
            case .searchQuery: (1, 2, 0, 0)
            case .memoryGeneration: (3, 10, 3, 0)
            case .memoryAccess: (3, 5, 3, 3)
            case .entityExtraction: (3, 1, 3, 3)
            case .knowledgeGeneration: (3, 10, 3, 3)
            case .response: (10, 20, 3, 3)
            }
        return ModuleDecoding(
            beamSize: beam, minimumLength: minimum, maximumLength: 128, repetitionBlock: repetition,
            contextBlock: context)
    }

    /// For a vocabulary of words: the published beams, but no n-gram is blocked and little is asked for.
    ///
    /// Sentences here have three to seven words, many of them said before, which the published minimum lengths and blocks
    /// would forbid. An entity may be none at all.
    public static func reduced(_ module: DialogueModule) -> ModuleDecoding {
        ModuleDecoding(
            beamSize: min(blenderBot3(module).beamSize, 3), minimumLength: module == .entityExtraction ? 0 : 1,
            maximumLength: 12, repetitionBlock: 0, contextBlock: 0)
    }
}

/// The modules' network and training.
public struct ModuleTrainingConfiguration: Sendable, Equatable, Codable {
    /// The world that is talked about.
    public var world: SyntheticWorldConfiguration
    /// Dialogues to learn from.
    public var dialogueCount: Int
    /// Where the control token stands.
    public var placement: ControlPlacement
    /// The width of a token.
    public var channels: Int
    /// Optimiser steps.
    public var steps: Int
    /// Turns per step, each of which teaches five or six modules.
    public var batchSize: Int
    /// AdamW's rate after 50 steps of warm-up; it falls over the last two fifths of the steps.
    public var learningRate: Float

    /// Documents that a search returns.
    public static let documentCount = 3

    /// Turns that are read, as many as a dialogue of the world has.
    public static let historyCount = 5

    /// What `bench try dialogue chat` trains where it is given no model.
    public static let chat = ModuleTrainingConfiguration(
        world: talkative(.easy), dialogueCount: 10_000, placement: .decoderStart, channels: 64, steps: 900,
        batchSize: 24, learningRate: 2e-3)

    /// A few steps, to see that everything runs.
    public static let smoke = ModuleTrainingConfiguration(
        world: talkative(.easy), dialogueCount: 50, placement: .decoderStart, channels: 16, steps: 8, batchSize: 4,
        learningRate: 2e-3)

    /// One dialogue in five ends in small talk.
    private static func talkative(_ world: SyntheticWorldConfiguration) -> SyntheticWorldConfiguration {
        var world = world
        world.chatShare = 0.2
        return world
    }

    /// The world with its annotations.
    public func generatedWorld(seed: UInt64) -> (world: SyntheticWorld, gold: WorldGold) {
        SyntheticWorld.generate(world, train: dialogueCount, test: 200, seed: seed)
    }

    /// Two blocks a side, four heads, four times the width inside.
    public func network(vocabularySize: Int) -> EncoderDecoderConfiguration {
        EncoderDecoderConfiguration(
            vocabularySize: vocabularySize, channels: channels, hiddenSize: 4 * channels, headCount: 4,
            encoderLayerCount: 2, decoderLayerCount: 2)
    }
}
