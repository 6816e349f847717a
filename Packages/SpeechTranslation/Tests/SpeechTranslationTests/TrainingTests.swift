// Every method trains, deterministically; the switches do what their names say; a few numbers are learned by heart.

import Learning
import Sequences
import TensorTesting
import Tensors
import Testing

@testable import SpeechTranslation

private let tiny: TransferConfiguration = {
    var tiny = TransferConfiguration.nanoSmoke
    tiny.model.text.channels = 16
    tiny.model.text.hiddenSize = 24
    tiny.model.subsamplerChannels = 16
    tiny.textStage.batchSize = 8
    tiny.speechStage.batchSize = 8
    tiny.speechStage.steps = 3
    return tiny
}()

private let numbers = SpokenNumbers(.formantVoices(trainTakes: 2, testTakes: 1), .few)

private func textModel() throws -> EncoderDecoder {
    var training = TextTraining(tiny, seed: 3)
    while !training.isFinished { try training.step() }
    return training.model
}

private func trained(_ method: TransferMethod, seed: UInt64 = 1) throws -> TransferTraining {
    var training = TransferTraining(method, tiny, from: try textModel(), on: numbers.train, seed: seed)
    while !training.isFinished { try training.step() }
    return training
}

private func values(_ model: SpeechTranslator) -> [[Float]] { model.parameters.map { $0.box.value.scalars } }

@Suite struct TrainingTests {
    @Test(arguments: TransferMethod.allCases)
    func `a method gives the same bits again, other bits for another seed, and finite losses`(_ method: TransferMethod)
        throws
    {
        let (first, second, other) = (try trained(method), try trained(method), try trained(method, seed: 2))
        #expect(first.losses.count == 3 && first.losses.allSatisfy(\.isFinite))
        #expect(first.losses == second.losses && values(first.model) == values(second.model))
        #expect(first.losses != other.losses)
    }

    /// In a process of its own: the number of threads belongs to the process.
    @Test func `three steps have the same bits with 1, 2 and 3 threads`() async {
        await #expect(processExitsWith: .success) {
            let results = try [1, 2, 3].map { count in
                Threads.count = count
                let training = try trained(.informed)
                return values(training.model) + [training.losses]
            }
            #expect(results[1] == results[0] && results[2] == results[0])
        }
    }

    @Test func `all methods from text start from one front and one batch, and end apart`() throws {
        let methods = TransferMethod.allCases.filter(\.startsFromText)
        let ends = try methods.map { values(try trained($0).model) }
        #expect(Set(ends).count == methods.count)
        let starts = try methods.map {
            values(TransferTraining($0, tiny, from: try textModel(), on: numbers.train, seed: 1).model)
        }
        #expect(Set(starts).count == 1)
    }

    @Test func `shared layers move by the factor, the front by the whole rate`() throws {
        func movement(_ factor: Float) throws -> (front: Double, text: Double) {
            var configuration = tiny
            configuration.sharedRateFactor = factor
            configuration.speechStage.steps = 1
            let text = try textModel()
            var training = TransferTraining(.fineTuning, configuration, from: text, on: numbers.train, seed: 1)
            let before = training.model.parameters.map { $0.box.value }
            try training.step()
            func moved(_ prefix: String) -> Double {
                zip(before, training.model.parameters).filter { $0.1.name.hasPrefix(prefix) }
                    .reduce(0) { $0 + Double(($1.1.box.value - $1.0).abs().sum().item) }
            }
            return (moved("front."), moved("text."))
        }
        let (whole, part, none) = (try movement(1), try movement(0.15), try movement(0))
        #expect(whole.front == part.front && part.front == none.front && whole.front > 0)
        // Adam's first step is the rate itself in every element; float32 parameters round it.
        #expect(abs(part.text / whole.text - 0.15) < 0.01)
        #expect(none.text == 0)
    }

    @Test func `the teacher is left as it was`() throws {
        let text = try textModel()
        let before = text.parameters.map { $0.box.value.scalars }
        var training = TransferTraining(.informed, tiny, from: text, on: numbers.train, seed: 1)
        try training.step()
        #expect(text.parameters.map { $0.box.value.scalars } == before)
    }

    @Test(
        arguments: [
            (.fineTuning, 1, false, false), (.distillation, 1, true, false), (.consistency, 2, false, false),
            (.both, 2, true, false), (.informed, 2, true, true), (.informedConstant, 2, true, true),
        ] as [(TransferMethod, Int, Bool, Bool)])
    func `a method's switches`(_ method: TransferMethod, _ passes: Int, _ teacher: Bool, _ weighted: Bool) {
        let objective = method.objective(.nano)
        #expect(objective.passCount == passes && objective.usesTeacher == teacher)
        #expect((objective.weighting != nil) == weighted)
    }

    @Test func `the constant control has the unscaled variant's mean weight`() {
        let consistency = Tensor([0.1, 0.9, 2], shape: [1, 3])
        let weights = [TransferMethod.informedUnscaled, .informedConstant].compactMap {
            $0.objective(.nano).weighting?.weights(consistency, counted: .ones([1, 3]))
        }
        #expect(abs(weights[0].mean().item - weights[1].mean().item) < 1e-6)
        #expect(Set(weights[1].scalars).count == 1 && Set(weights[0].scalars).count == 3)
    }

    @Test func `the variant that trusts a stable teacher trains`() throws {
        var configuration = tiny
        configuration.weighting = ConsistencyWeighting(.teacher)
        var training = TransferTraining(.informed, configuration, from: try textModel(), on: numbers.train, seed: 1)
        try training.step()
        let informed = try trained(.informed).losses
        #expect(training.losses[0].isFinite && training.losses != informed)
    }

    @Test func `each setting of a hypothesis changes what it says and nothing else`() {
        for setting in TransferSetting.allCases {
            var configuration = TransferConfiguration.nano(setting)
            #expect(configuration != .nano)
            switch setting {
            case .scarce: configuration.model.text.style = TransferConfiguration.nano.model.text.style
            case .textTeacher: configuration.distilsTranscripts = false
            case .consistentText: configuration.textConsistencyWeight = 0
            case .numberWords:
                configuration.textDomain = .longNumbers
                configuration.model.text.vocabularySize = 41
            }
            #expect(configuration == .nano)
        }
    }

    @Test func `consistency of text and distillation on transcripts change their stage's loss`() throws {
        var consistent = tiny
        consistent.textConsistencyWeight = 1
        var (plain, other) = (TextTraining(tiny, seed: 3), TextTraining(consistent, seed: 3))
        try plain.step()
        try other.step()
        #expect(plain.losses != other.losses)
        var holding = tiny
        holding.distilsTranscripts = true
        func loss(_ method: TransferMethod, _ configuration: TransferConfiguration) throws -> Float {
            var training = TransferTraining(method, configuration, from: plain.model, on: numbers.train, seed: 1)
            try training.step()
            return training.losses[0]
        }
        // Dropout keeps the student from being the teacher, so that the added divergence is above 0.
        #expect(try loss(.distillation, holding) > loss(.distillation, tiny))
        #expect(try loss(.fineTuning, holding) == loss(.fineTuning, tiny))
    }

    @Test func `eight spoken numbers are learned by heart`() throws {
        let few = Array(numbers.train.prefix(8))
        var training = TransferTraining(.scratch, .nanoOverfit, from: nil, on: few, seed: 1)
        while !training.isFinished { try training.step() }
        let last = training.losses.last ?? .nan
        #expect(last < 0.1, "\(training.losses[0]) became \(last)")
        #expect(training.model.translations(of: few).exactShare == 1)
    }
}
