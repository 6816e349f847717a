// bench try dialogue

internal import ArgumentParser
internal import BenchCommands
internal import BenchStore
internal import Dialogue
internal import Foundation
internal import TensorIO

struct TryDialogue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dialogue", abstract: "Chats over documents, with every step shown.",
        subcommands: [ChatCommand.self, IndexCommand.self])
}

struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Makes an index file of a folder's .txt files, one document each.")

    @Argument(help: "The folder.") var folder: String
    @Option(help: "The index file to write.") var output: String

    func run() throws {
        do {
            let store = try DocumentStore(folder: folder)
            try store.write(to: output)
            print("\(store.names.count) documents, \(store.index.termCount) words")
            print("VERDICT indexed | documents=\(store.names.count) | run=00000000 | exit=0")
        } catch {
            throw TrialRefused(because: error)
        }
    }
}

struct ChatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat", abstract: "A chat with BlenderBot 3's modules, at the smallest scale.",
        discussion: """
            The model speaks the language of a made-up world ("what is the kona of it ?") and
            is trained in about two minutes if --model names no file yet. At a terminal, lines
            are answered with their steps; from a pipe, each answer is one JSON line, equal
            for equal input and seed. Nothing leaves this machine.

            \(Chat.commands.joined(separator: "\n"))
            """)

    enum Shown: String, ExpressibleByArgument, CaseIterable {
        case steps, none
    }

    @Option(help: "The model's file; written after training if it is not there.")
    var model = ".bench/dialogue-chat.safetensors"
    @Option(help: "An index file, or a folder of .txt files. (default: the made-up world's documents)")
    var index: String?
    @Option(help: "Whether to search: auto, always, never. (default: auto)", transform: searchRule(named:))
    var search = SearchRule.auto
    @Option(help: "A name under which the session is kept, in .bench/dialogue-sessions.sqlite. (default: not kept)")
    var session: String?
    @Option(help: "What is shown besides replies: steps, none.") var show = Shown.steps
    @Option(help: "The seed of the made-up world and of the training.") var seed: UInt64 = 2023

    func run() throws {
        do {
            try chat()
        } catch {
            throw TrialRefused(because: error)
        }
    }

    private func chat() throws {
        let store = try index.map { path in
            var isFolder: ObjCBool = false
            let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            return exists && isFolder.boolValue
                ? try DocumentStore(folder: path) : try DocumentStore(contentsOf: path)
        }
        let trained = try chatModel()
        if let store, trained.unknownWordCount(in: store) > 0 {
            say(
                "The model does not know \(trained.unknownWordCount(in: store)) of the index's \(store.index.termCount) "
                    + "words; it can find documents by them but not say them.")
        }
        let kept = try session.map { name in
            try SessionStore(
                path: ".bench/dialogue-sessions.sqlite", name: name, created: Int64(Date().timeIntervalSince1970),
                modelDigest: try SHA256.hexDigest(ofFile: model), indexDigest: (store ?? trained.documents).digest,
                seed: seed)
        }
        let memories = try kept?.memories().compactMap(MemoryRecord.init) ?? []
        var chat = Chat(
            trained.conversation(over: store, turns: try kept?.turns() ?? [], memories: MemoryStore(memories)),
            search: search, showsSteps: show == .steps)
        let isInteractive = isatty(STDIN_FILENO) == 1
        while true {
            if isInteractive { print("> ", terminator: "") }
            guard let line = readLine() else { break }
            let answer = chat.answer(line)
            if isInteractive {
                for line in answer.lines { print(line) }
            } else if !answer.lines.isEmpty {
                print(answer.turn?.json ?? canonicalJSON(["lines": answer.lines]))
            }
            if let kept { try keep(answer, chat, in: kept) }
            if answer.isOver { break }
        }
    }

    private func keep(_ answer: ChatAnswer, _ chat: Chat, in store: SessionStore) throws {
        let memories = chat.conversation.memories.records.map {
            SessionMemory(id: $0.id, person: $0.person.rawValue, text: $0.text, turn: $0.turn, age: $0.age)
        }
        if let turn = answer.turn {
            let steps = turn.steps.map {
                SessionStep(
                    module: $0.module, input: $0.input, output: $0.output, logProbability: $0.logProbability,
                    milliseconds: $0.milliseconds ?? 0)
            }
            try store.save(
                turn: turn.number, user: turn.user, reply: turn.reply, steps: steps,
                documents: turn.documents.map { ($0.document, $0.score) }, memories: memories)
        } else if let forgotten = answer.forgotten {
            try store.forget(forgotten.text, leaving: memories)
        } else {
            try store.save(memories: memories)
        }
    }

    /// The model of the file, or one that is trained now and written there.
    private func chatModel() throws -> ChatModel {
        let preset = ModuleTrainingConfiguration.chat
        if FileManager.default.fileExists(atPath: model) {
            return try ChatModel(contentsOf: model, preset, seed: seed)
        }
        say("There is no model at \(model) yet: training one, about two minutes on two idle cores.")
        let (world, gold) = preset.generatedWorld(seed: seed)
        var training = ModuleTraining(preset, on: world, gold, seed: seed)
        let progress = TrainingProgress(of: preset.steps, "modules")
        while !training.isFinished {
            try training.step()
            progress.report(training.losses.count)
        }
        let trained = ChatModel(training, preset, world: world)
        let folder = URL(fileURLWithPath: model).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try trained.write(to: model, preset, seed: seed)
        return trained
    }
}

private func searchRule(named name: String) throws -> SearchRule {
    guard let rule = SearchRule(rawValue: name) else {
        throw ValidationError("unknown rule '\(name)'; give one of auto, always, never.")
    }
    return rule
}

extension MemoryRecord {
    init?(_ memory: SessionMemory) {
        guard let person = Person(rawValue: memory.person) else { return nil }
        self.init(id: memory.id, person: person, text: memory.text, turn: memory.turn, age: memory.age)
    }
}
