// BlenderBot 3's modules without a trained network: the strings, the memory's rules, the retriever's golden scores, and a
// scripted chat. Source: dialogue specification, sections 2, 6.1 and 11.

internal import Dialogue
public import Measurements
internal import TensorIO

/// What is checked.
public enum DialogueSmoke: String, CaseIterable, Sendable, BenchCase {
    /// What the modules read, byte for byte, and what a memory store keeps.
    case format = "modules.format"
    /// BM25's golden scores, in memory and from the index file.
    case bm25 = "bm25.golden"
    /// A session through the code of the chat's front end.
    case script = "chat.script"

    /// `dialogue.<check>`.
    public var id: String { "dialogue.\(rawValue)" }

    /// What `bench list --long` says.
    public var summary: String {
        switch self {
        case .format: "The strings that BlenderBot 3's modules read and the memory's rules, by digest."
        case .bm25: "BM25's golden scores to 1e-6, and bit for bit from the index file."
        case .script: "A scripted chat with a network of eight training steps: the transcript, by digest."
        }
    }

    /// Seconds in all.
    public var tier: Tier { .smoke }
    /// Seconds on two cores.
    public var expectedSeconds: Double { self == .script ? 2 : 0.2 }
    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }
    /// What the digests depend on.
    public var configuration: [String: String] {
        self == .script ? ["training": canonicalJSON(ModuleTrainingConfiguration.smoke), "world seed": "2023"] : [:]
    }
    /// None.
    public var dataFolders: [String] { [] }
    /// A digest's first 32 bits, or the distance from the golden scores.
    public var metrics: [Metric] {
        switch self {
        case .format, .script: [Self.digest]
        case .bm25: [Self.error]
        }
    }

    private static let digest = Metric("digest32", .exact, decimals: 0)
    private static let error = Metric(
        "score_error", .quality, direction: .lowerIsBetter, decimals: 12, finaliser: .mean, smallestEffect: 1e-9)

    /// Runs the check.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        switch self {
        case .format: return digest(of: Self.formats())
        case .script: return digest(of: try Self.script())
        case .bm25:
            let errors = try Self.scoreErrors(in: context.scratchFolder)
            for (query, error) in errors where !(error <= 1e-6) {
                throw GoldenMissed(caseID: id, what: "the scores of '\(query)'", difference: error, bound: 1e-6)
            }
            return CaseOutcome([
                Measurement(Self.error, scores: Scores(items: errors.map(\.0), values: errors.map(\.1)))
            ])
        }
    }

    private func digest(of lines: [String]) -> CaseOutcome {
        let bytes = Array(lines.joined(separator: "\n").utf8)
        let value = Int(SHA256.hexDigest(of: bytes).prefix(8), radix: 16) ?? 0
        return CaseOutcome(
            [Measurement(Self.digest, value: Double(value))],
            artefacts: [Artefact(name: "lines.txt", mediaType: "text/plain", bytes: bytes)])
    }

    private static func formats() -> [String] {
        let turns = ["hello", "hi , who are you ?", "do you like jazz ?"]
        var store = MemoryStore()
        let said = [
            "i play the horn", "i play", "i play the horn and sing", "no persona", "", "i am at x@y.org",
            "call 1234567",
        ]
        let outcomes = said.enumerated().map { "\(store.add($1, about: .user, turn: $0))" }
        let knowledge = [Knowledge(from: .knowledgeGeneration, "b"), Knowledge(from: .memoryAccess, "a")]
        return outcomes
            + DialogueModule.allCases.map { $0.input(turns: turns, memories: store.records, knowledge: knowledge) }
            + Vocabulary.marks.map { escapingControlTokens(in: $0) }
    }

    /// The specification's table: per query the largest distance of four scores, with both settings; infinite where a
    /// store read from its file scores otherwise than the one in memory.
    private static func scoreErrors(in folder: String) throws -> [(String, Double)] {
        let documents = ["the cat sat on the mat", "the dog sat", "cats and dogs and cats", "a cat a cat a cat"]
        let golden: [(String, [Double], [Double])] = [
            ("cat", [0.351495, 0, 0, 0.523525], [0.291238, 0, 0, 0.474758]),
            ("cat sat", [0.702989, 0.394731, 0, 0.523525], [0.582477, 0.376710, 0, 0.474758]),
            ("cat cat sat", [1.054484, 0.394731, 0, 1.047050], [0.873715, 0.376710, 0, 0.949517]),
            ("dog the", [0.466452, 1.080364, 0, 0], [0.410146, 1.031043, 0, 0]),
        ]
        return try golden.map { query, anserini, lucene in
            let errors = try [(BM25Settings(), anserini), (BM25Settings(k1: 1.2, b: 0.75), lucene)].flatMap {
                settings, expected in
                let store = DocumentStore(documents.map { ("", $0) }, settings: settings)
                try store.write(to: folder + "/golden.swix")
                let read = try DocumentStore(contentsOf: folder + "/golden.swix")
                let scores = store.index.scores(of: plainTerms(of: query))
                let isEqual = read.index.scores(of: plainTerms(of: query)) == scores
                return zip(scores, expected).map { isEqual ? abs($0 - $1) : .infinity }
            }
            return (query, errors.max() ?? .infinity)
        }
    }

    private static func script() throws -> [String] {
        let preset = ModuleTrainingConfiguration.smoke
        let (world, gold) = preset.generatedWorld(seed: 2023)
        var training = ModuleTraining(preset, on: world, gold, seed: 2023)
        while !training.isFinished { try training.step() }
        let conversation = ChatModel(training, preset, world: world).conversation()
        var chat = Chat(conversation, search: .always, showsSteps: false)
        let said = world.test[0].context.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        let commands = ["/docs", "/query \(world.documents[3].title)", "/why", "/memory", "/forget 1", "/memory"]
        let lines = ["/remember i like __do-search__ tea"] + said + commands + ["/export", "/what", "/quit"]
        return lines.flatMap { line in
            let answer = chat.answer(line)
            return ["> \(line)"] + (answer.turn.map { [$0.json] } ?? []) + answer.lines
        }
    }
}
