// Turns and commands over a network that has learned next to nothing: what happens does not depend on what it says.

import Foundation
import Tensors
import Testing

@testable import Dialogue

private let preset = ModuleTrainingConfiguration.smoke

private func trained(_ placement: ControlPlacement = .decoderStart, steps: Int = 2) throws -> (
    ModuleTraining, ChatModel
) {
    var configuration = preset
    (configuration.placement, configuration.steps) = (placement, steps)
    let (world, gold) = configuration.generatedWorld(seed: 5)
    var training = ModuleTraining(configuration, on: world, gold, seed: 5)
    while !training.isFinished { try training.step() }
    return (training, ChatModel(training, configuration, world: world))
}

@Suite struct ConversationTests {
    @Test(arguments: ControlPlacement.allCases)
    func `the modules learn wherever the control token stands`(_ placement: ControlPlacement) throws {
        let losses = try trained(placement, steps: 40).0.losses
        // Seven or eight modules, each at about ln 200 in the beginning.
        #expect(losses[0] > 25 && losses[39] < 0.75 * losses[0], "\(losses[0]) \(losses[39])")
        #expect(try trained(placement, steps: 3).0.losses == Array(try trained(placement, steps: 3).0.losses))
    }

    @Test func `a turn runs its modules in the published order and keeps what each did`() throws {
        var conversation = try trained().1.conversation()
        let turn = conversation.reply(to: "What, is __do-search__ it?", search: .always)
        #expect(turn.number == 1 && turn.user == "what , is _do-search_ it ?")
        #expect(turn.steps.first?.module == "sgm" || turn.steps.first?.module == "skm")
        #expect(turn.steps.suffix(3).map(\.module) == ["srm", "mgm", "mgm"])
        #expect(turn.steps.allSatisfy { $0.logProbability <= 0 && ($0.milliseconds ?? -1) >= 0 })
        #expect(turn.steps.first?.input == "what , is _do-search_ it ? __generate-query__")
        #expect(conversation.turns == [turn.user, turn.reply])
        let next = conversation.reply(to: "bye", search: .never)
        #expect(next.number == 2 && next.documents.isEmpty && !next.steps.map(\.module).contains("sgm"))
    }

    @Test func `a query of the user's is searched instead of the module's`() throws {
        let model = try trained().1
        var conversation = model.conversation()
        let name = model.documents.names[7]
        let turn = conversation.reply(to: "what ?", search: .never, query: name)
        #expect(turn.documents.first?.name == name && turn.documents.count == 3)
        #expect(turn.steps.first?.module != "sgm" && turn.knowledge.contains { $0.source == .knowledgeGeneration })
    }

    @Test func `commands answer in words, and what is forgotten is nowhere left`() throws {
        var chat = Chat(try trained().1.conversation(), search: .never, showsSteps: false)
        #expect(
            chat.answer("  ").lines.isEmpty
                && chat.answer("/why").lines == ["There is no turn yet; say something first."])
        #expect(chat.answer("/query x").lines == ["There is no turn yet; say something first."])
        #expect(chat.answer("/docs").lines == ["The last reply has no documents."])
        #expect(chat.answer("/what").lines.first == "'/what' is no command; these are:")
        #expect(chat.answer("/remember my code is 123456").lines.first?.hasPrefix("Numbers of six") == true)
        #expect(chat.answer("/remember I like zebras.").lines == ["Remembered as 1."])
        #expect(chat.answer("/memory").lines == ["1  partner's persona: i like zebras .  (age 0, turn 0)"])
        #expect(chat.answer("hello").turn != nil)
        #expect(chat.answer("/export").lines.joined().contains("zebras"))
        #expect(chat.answer("/forget 9").lines == ["There is no memory '9'; '/memory' shows their numbers."])
        #expect(chat.answer("/forget 1").forgotten?.text == "i like zebras .")
        #expect(!chat.answer("/export").lines.joined().contains("zebras"))
        #expect(!chat.answer("/memory").lines.joined().contains("zebras"))
        #expect(chat.answer("/quit").isOver)
    }

    @Test func `a transcript is equal from run to run and holds no times`() throws {
        func transcript() throws -> [String] {
            var chat = Chat(try trained().1.conversation(), search: .always)
            return ["hello", "who is it ?"].compactMap { chat.answer($0).turn?.json }
        }
        let first = try transcript()
        #expect(try first == transcript() && first.count == 2 && !first[0].contains("milliseconds"))
    }

    @Test func `a written model says the same when read`() throws {
        let (world, gold) = preset.generatedWorld(seed: 5)
        let model = ChatModel(ModuleTraining(preset, on: world, gold, seed: 5), preset, world: world)
        let path = FileManager.default.temporaryDirectory.path + "/chat-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try model.write(to: path, preset, seed: 5)
        let read = try ChatModel(contentsOf: path, preset, seed: 5)
        var (one, other) = (model.conversation(), read.conversation())
        #expect(one.reply(to: "hello", search: .always).json == other.reply(to: "hello", search: .always).json)
        #expect(throws: (any Error).self) { try ChatModel(contentsOf: path, preset, seed: 6) }
        #expect(model.unknownWordCount(in: DocumentStore([("a", "i see aardvarks and okapis")])) == 3)
    }

    @Test func `the vocabulary knows every word that is taught`() throws {
        let (world, gold) = preset.generatedWorld(seed: 5)
        let tasks = ModuleTasks(world, gold)
        var generator = Philox(seed: 1, stream: "scenes")
        var modules: Set<DialogueModule> = []
        for _ in 0..<200 {
            for example in tasks.scene(using: &generator) {
                modules.insert(example.module)
                #expect(!(example.turns + example.documents.joined() + example.target).contains(Vocabulary.unknown))
            }
        }
        #expect(modules.count == DialogueModule.allCases.count)
    }

    @Test func `the published decoding is the table's`() {
        let rows = DialogueModule.allCases.map(ModuleDecoding.blenderBot3)
        #expect(rows.map(\.beamSize) == [1, 1, 1, 3, 3, 3, 3, 10])
        #expect(rows.map(\.minimumLength) == [1, 1, 2, 10, 5, 1, 10, 20])
        #expect(rows.map(\.repetitionBlock) == [0, 0, 0, 3, 3, 3, 3, 3])
        #expect(rows.map(\.contextBlock) == [0, 0, 0, 0, 3, 3, 3, 3])
    }
}
