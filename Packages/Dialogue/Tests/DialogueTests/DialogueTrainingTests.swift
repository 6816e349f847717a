// The shared network, padding that changes nothing, and that every method trains deterministically without gold.

import Foundation
import Learning
import Measurements
import Sequences
import TensorTesting
import Tensors
import Testing

@testable import Dialogue

private let tiny: DialogueConfiguration = {
    var tiny = DialogueConfiguration.probe
    (tiny.model.channels, tiny.model.hiddenSize, tiny.model.encoderLayerCount) = (16, 24, 1)
    (tiny.steps, tiny.warmSteps, tiny.batchSize, tiny.gate, tiny.replyTurns) = (4, 2, 8, 0, 1)
    return tiny
}()

private let (world, gold) = SyntheticWorld.generate(.easy, train: 60, test: 6)
private let search = WorldSearch(world.documents)

private func trained(
    _ method: DialogueMethod, _ configuration: DialogueConfiguration = tiny, seed: UInt64 = 1
) throws -> DialogueTraining {
    var training = try DialogueTraining(
        method, configuration, on: world, search: search, annotations: method.usesAnnotations ? gold.train : [],
        seed: seed)
    while !training.isFinished { try training.step() }
    return training
}

private func values(_ model: ModularDialogue) -> [[Float]] { model.parameters.map { $0.box.value.scalars } }

@Suite struct DialogueTrainingTests {
    @Test(arguments: DialogueMethod.allCases)
    func `a method gives the same bits again, other bits for another seed, and finite losses`(_ method: DialogueMethod)
        throws
    {
        let (first, second, other) = (try trained(method), try trained(method), try trained(method, seed: 2))
        #expect(first.losses.count == 4 && first.losses.allSatisfy(\.isFinite))
        #expect(first.losses == second.losses && values(first.model) == values(second.model))
        #expect(first.losses != other.losses)
        #expect(first.warmStepCount == (method == .latent ? 2 : nil))
    }

    @Test(arguments: QueryEstimator.allCases)
    func `every estimator trains`(_ estimator: QueryEstimator) throws {
        var configuration = tiny
        configuration.estimator = estimator
        #expect(try trained(.latent, configuration).losses.allSatisfy(\.isFinite))
    }

    @Test func `the latent method is its hindsight start until the gate`() throws {
        let (latent, distilled) = (try trained(.latent), try trained(.hindsightDistillation))
        #expect(latent.losses.prefix(2) == distilled.losses.prefix(2))
        #expect(latent.losses[2] != distilled.losses[2])
    }

    @Test func `a gate that nobody passes keeps the start`() throws {
        var configuration = tiny
        configuration.gate = 1.1
        let training = try trained(.latent, configuration)
        #expect(training.warmStepCount == nil && training.gateShares[2] != nil)
    }

    @Test func `with a null document the decision learns too`() throws {
        var configuration = tiny
        (configuration.searchCost, configuration.steps) = (0.3, 3)
        let training = try trained(.latent, configuration)
        let evaluation = WorldEvaluation(
            training.model, .latent, decides: true, queryLength: 4, replyTurns: 1, on: world, search: search,
            golds: gold.test)
        #expect(evaluation.turns.count == 6 && evaluation.turns.allSatisfy { $0.searchProbability < 1 })
    }

    @Test func `three latent steps have the same bits with 1, 2 and 3 threads`() async {
        await #expect(processExitsWith: .success) {
            let results = try [1, 2, 3].map { count in
                Threads.count = count
                let training = try trained(.latent)
                return values(training.model) + [training.losses]
            }
            #expect(results[1] == results[0] && results[2] == results[0])
        }
    }

    @Test func `no query looks at the reply`() throws {
        let model = try trained(.latent).model
        func queries(_ world: SyntheticWorld) -> [String?] {
            WorldEvaluation(model, .latent, queryLength: 4, replyTurns: 1, on: world, search: search, golds: gold.test)
                .turns
                .map(\.query)
        }
        let other = SyntheticWorld(
            configuration: world.configuration, documents: world.documents, train: world.train,
            test: world.test.map { GeneratedDialogue(name: $0.name, context: $0.context, reply: "i see .") },
            vocabulary: world.vocabulary)
        #expect(queries(world) == queries(other))
    }

    @Test func `texts longer than the positions are refused`() {
        var configuration = tiny
        configuration.model.learnedPositionCount = 30
        let longest = (world.train + world.test).map { world.vocabulary.tokens(ofTurns: $0.context).count }.max()
        #expect(throws: DialogueConfigurationError.tooLong(tokens: longest ?? 0, positions: 30)) {
            try trained(.latent, configuration)
        }
    }

    @Test func `the gold query finds the gold document, and no search finds none`() throws {
        let model = try trained(.noSearch).model
        func evaluation(_ method: DialogueMethod) -> WorldEvaluation {
            WorldEvaluation(model, method, queryLength: 4, replyTurns: 1, on: world, search: search, golds: gold.test)
        }
        #expect(evaluation(.oracle).turns.allSatisfy { $0.rank == 1 && $0.query == $0.goldQuery })
        #expect(evaluation(.noSearch).turns.allSatisfy { $0.rank == nil && $0.query == nil })
        let measured = evaluation(.oracle).measurements(configuration: [String: String]())
        #expect(measured.map(\.metric) == WorldEvaluation.metrics(configuration: [String: String]()))
        #expect(measured.prefix(3).allSatisfy { $0.value == 1 })
    }
}

@Suite struct ModularDialogueTests {
    private let model: ModularDialogue = {
        var generator = Philox(seed: 4)
        var shape = tiny.model
        shape.vocabularySize = world.vocabulary.count
        return ModularDialogue(shape, using: &generator)
    }()

    @Test func `a row alone has the log-likelihood it has beside longer ones`() {
        var inference: Philox?
        let contexts = world.train.prefix(3).map { world.vocabulary.tokens(ofTurns: $0.context) }
        let documents = [0, 1, 2].map { [world.vocabulary.tokens(ofDocument: $0 == 1 ? "" : world.documents[$0].text)] }
        let targets = world.train.prefix(3).map { world.vocabulary.tokens(of: $0.reply) }
        func likelihoods(_ rows: [Int]) -> [Float] {
            let source = model.encode(rows.map { contexts[$0] }, dropout: &inference)
            let told = model.fused(source, rows.map { documents[$0] }, dropout: &inference)
            return model.logLikelihoods(of: rows.map { targets[$0] }, as: .response, given: told, dropout: &inference)
                .scalars
        }
        let together = likelihoods([0, 1, 2])
        let alone = (0..<3).flatMap { likelihoods([$0]) }
        #expect(difference(of: alone, from: together, within: Tolerance(absolute: 2e-5, relative: 0)) == nil)
    }

    @Test func `another module is another text, and a decision's two answers sum to 1`() {
        var inference: Philox?
        let source = model.encode([world.vocabulary.tokens(ofTurns: world.train[0].context)], dropout: &inference)
        let values = DialogueModule.allCases.map {
            model.logLikelihoods(of: [[]], as: $0, given: source, dropout: &inference).item
        }
        #expect(Set(values).count == DialogueModule.allCases.count)
        let answers = model.decision(
            .searchDecision, between: ("__do-search__", "__do-not-search__"), given: source, dropout: &inference)
        #expect(abs(answers.exp().sum().item - 1) < 1e-6)
    }

    @Test func `a sample's recorded log-probability is the one recomputed`() {
        var (inference, generator) = (Philox?.none, Philox(seed: 9))
        let contexts = world.train.prefix(4).map { world.vocabulary.tokens(ofTurns: $0.context) }
        let source = model.encode(contexts, dropout: &inference)
        let drawn = model.sampled(.searchQuery, count: 3, given: source, maximumLength: 4, using: &generator).flatMap(
            \.self)
        let again = model.logLikelihoods(of: drawn.map(\.tokens), as: .searchQuery, given: source, dropout: &inference)
        let recorded = drawn.map { Float($0.logProbability) }
        #expect(difference(of: again.scalars, from: recorded, within: Tolerance(absolute: 1e-4, relative: 0)) == nil)
        #expect(drawn.allSatisfy { (1...4).contains($0.tokens.count) })
        #expect(drawn.flatMap(\.tokens).allSatisfy { $0 >= Int32(Vocabulary.marks.count) })
    }

    @Test func `the probe has the parameters that counting gives`() {
        var generator = Philox(seed: 1)
        var shape = DialogueConfiguration.probe.model
        shape.vocabularySize = 162
        // Encoder blocks 2 · 22,064, decoder block 31,568, last norms 192, embedding 162 · 48 = 7,776: 83,664; positions
        // 2 · 64 · 48. The specification's 87,840 hold 87 rows of positions.
        #expect(ModularDialogue(shape, using: &generator).parameterCount == 89_808)
    }
}

@Suite struct TwinTests {
    @Test func `ℓ, the latent query's loss, every gradient and ten AdamW steps equal the PyTorch twin`() throws {
        let file = try #require(Bundle.module.url(forResource: "Golden/dialogue_model", withExtension: "safetensors"))
        let golden = try Golden(file, madeBy: "ci/references/dialogue_model.py", version: 1)
        let contexts: [[Int32]] = [[3, 23, 24, 1], [3, 25, 4, 26, 3, 27, 1], [3, 28, 29, 1]]
        let documents: [[[Int32]]] = [[[23, 25, 1], [1]], [[26, 1], [27, 28, 29, 1]], [[23, 25, 1], [24, 1]]]
        let replies: [[Int32]] = [[25, 24], [29], [23, 26, 27]]
        let queries: [[Int32]] = [[23, 24], [28], [26], [27, 28, 24], [29], [23, 25]]
        var shape = tiny.model
        (shape.vocabularySize, shape.channels, shape.hiddenSize, shape.learnedPositionCount) = (30, 16, 24, nil)
        var generator = Philox(seed: 1)
        func likelihoods(_ model: ModularDialogue) -> (replies: Tensor, queries: Tensor) {
            var inference: Philox?
            let source = model.encode(contexts, dropout: &inference)
            let told = model.fused(source, documents, dropout: &inference)
            let targets = replies.flatMap { [$0, $0] }
            let reply = model.logLikelihoods(of: targets, as: .response, given: told, dropout: &inference)
            let query = model.logLikelihoods(of: queries, as: .searchQuery, given: source, dropout: &inference)
            return (reply.reshaped(to: [3, 2]), query.reshaped(to: [3, 2]))
        }
        let problems = try differencesFromTwin(
            ModularDialogue(shape, using: &generator), golden, optimiser: Adam(learningRate: 1e-3, weightDecay: 0.01)
        ) {
            likelihoods($0).replies
        } loss: {
            let (replies, queries) = likelihoods($0)
            return latentQueryLoss(.snis, replies: replies, queries: queries, temperature: 1.5)
        }
        #expect(problems == [])
    }
}
