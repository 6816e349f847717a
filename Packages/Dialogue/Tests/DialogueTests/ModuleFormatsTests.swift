// The strings that BlenderBot 3's modules read, byte for byte, and what their outputs mean.

import Dialogue
import Testing

private let turns = ["hello", "hi , who are you ?", "do you like jazz ?"]
private let memories = [
    MemoryRecord(id: 1, person: .user, text: "i play the horn", turn: 0),
    MemoryRecord(id: 2, person: .bot, text: "i am a program", turn: 1),
    MemoryRecord(id: 3, person: .user, text: "i live by the sea", turn: 2),
]

@Suite struct ModuleFormatsTests {
    @Test(
        arguments: [
            (.searchDecision, "do you like jazz ? __is-search-required__"),
            (.memoryGeneration, "do you like jazz ? __generate-memory__"),
            (.searchQuery, "hello\nhi , who are you ?\ndo you like jazz ? __generate-query__"),
            (.memoryAccess, "hello\nhi , who are you ?\ndo you like jazz ? __access-memory__"),
            (.entityExtraction, "hello\nhi , who are you ?\ndo you like jazz ? __extract-entity__"),
            (.knowledgeGeneration, "hello\nhi , who are you ?\ndo you like jazz ? __generate-knowledge__"),
            (.response, "hello\nhi , who are you ?\ndo you like jazz ?"),
            (.memoryDecision, "do you like jazz ? __is-memory-required__"),
        ] as [(DialogueModule, String)])
    func `a module reads its turns and its token`(_ module: DialogueModule, _ expected: String) {
        #expect(Array(module.input(turns: turns).utf8) == Array(expected.utf8))
    }

    @Test func `the memory decision reads the program's memories, then the other's, then the turn`() {
        #expect(
            DialogueModule.memoryDecision.input(turns: turns, memories: memories)
                == "your persona: i am a program\npartner's persona: i play the horn i live by the sea\n"
                + "do you like jazz ? __is-memory-required__")
        #expect(
            DialogueModule.memoryDecision.input(turns: ["hello"], memories: Array(memories.prefix(1)))
                == "your persona: \npartner's persona: i play the horn\nhello __is-memory-required__")
    }

    @Test func `the reply reads entity, memory and search in this order, whatever came first`() {
        let knowledge = [
            Knowledge(from: .knowledgeGeneration, "jazz is from new orleans"),
            Knowledge(from: .memoryAccess, memories[0].prefixed), Knowledge(from: .entityExtraction, "jazz"),
        ]
        #expect(
            DialogueModule.response.input(turns: ["do you like jazz ?"], knowledge: knowledge)
                == "do you like jazz ?\n__entity__ jazz __endentity__"
                + "__memory__ partner's persona: i play the horn __endmemory__"
                + "__knowledge__ jazz is from new orleans __endknowledge__")
    }

    @Test(
        arguments: [
            (.searchDecision, "__do-search__", true), (.searchDecision, "__do-search__ now", true),
            (.searchDecision, "__do-not-search__", false), (.searchDecision, "__do-not-search__ now", false),
            (.searchDecision, "yes", nil), (.searchDecision, "", nil), (.searchDecision, " __do-search__", nil),
            (.searchDecision, "__do-access-memory__", nil), (.memoryDecision, "__do-access-memory__", true),
            (.memoryDecision, "__do-not-access-memory__ .", false), (.memoryDecision, "__do-search__", nil),
            (.response, "__do-search__", nil),
        ] as [(DialogueModule, String, Bool?)])
    func `a decision is told by the beginning of its output`(
        _ module: DialogueModule, _ output: String, _ expected: Bool?
    ) {
        #expect(module.decision(in: output) == expected)
    }

    @Test func `the modules have their published names`() {
        #expect(DialogueModule.allCases.map(\.tag) == ["sdm", "mdm", "sgm", "mgm", "mkm", "ckm", "skm", "srm"])
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("__do-search__", "_do-search_"), ("snake_case", "snake_case"),
        ("a __generate-query__ b", "a _generate-query_ b"), ("____knowledge____", "_knowledge_"),
        ("_ _", "_ _"), ("a\nb\r\n\tc  d", "a b c d"), ("", ""),
    ])
    func `text from outside can give no orders and take no turn`(_ text: String, _ expected: String) {
        #expect(escapingControlTokens(in: text) == expected)
        for mark in Vocabulary.marks { #expect(!escapingControlTokens(in: "x\(mark)\(text)_\(mark)").contains(mark)) }
    }
}
