// What is remembered, what is refused, and what wins; stems from Porter's own paper.

import Dialogue
import Testing

private func store(_ texts: String...) -> MemoryStore {
    var store = MemoryStore()
    for text in texts { _ = store.add(text, about: .user, turn: 0) }
    return store
}

@Suite struct MemoryStoreTests {
    @Test(
        arguments: [
            ("", .empty), ("  \n", .empty), ("?!", .empty), ("the a an", .empty), ("partner's persona: ", .empty),
            ("no persona", .noPersona), ("No persona.", .noPersona), ("__NO__PERSONA__", .noPersona),
            ("__NO__PERSONA__BEAM__MIN__LEN__20__", .noPersona), ("partner's persona: no persona", .noPersona),
            ("my number is 123456", .personalData), ("call 555-12 34", .personalData),
            ("call (0) 55/1234", .personalData), ("write to a.b@example.org", .personalData),
        ] as [(String, MemoryStore.Rejection)])
    func `a sentence that must not be stored is refused`(_ text: String, _ reason: MemoryStore.Rejection) {
        var store = MemoryStore()
        #expect(store.add(text, about: .user, turn: 0) == .rejected(reason))
        #expect(store.records.isEmpty)
    }

    @Test(arguments: ["i was born in 1999", "i have 12 cats and 345 dogs", "meet me @ noon", "i am in room 12345"])
    func `a sentence that may be stored is`(_ text: String) { #expect(store(text).records.map(\.text) == [text]) }

    @Test(
        arguments: [
            // Before, new, and what is left.
            ("i have a dog", "i have a dog named rex", ["i have a dog named rex"]),
            ("i have a dog named rex", "i have a dog", ["i have a dog named rex"]),
            ("I'm really liking cats", "i am like cat", ["i am like cat"]),
            ("i can't swim", "i can not swim", ["i can not swim"]), ("it's big", "it is big", ["it is big"]),
            ("i like cats", "you like cats", ["i like cats", "you like cats"]),
            ("i like cats", "i like dogs", ["i like cats", "i like dogs"]),
        ] as [(String, String, [String])])
    func `of two sentences with the same words the one that says more stays, else the newer`(
        _ before: String, _ new: String, _ expected: [String]
    ) { #expect(store(before, new).records.map(\.text) == expected) }

    @Test func `what was superseded is told, and numbers are never given twice`() {
        var store = store("i have a dog", "i live in rome")
        let old = store.records[0]
        let new = MemoryRecord(id: 3, person: .user, text: "i have a dog and a cat", turn: 4)
        #expect(
            store.add(" partner's persona: i have a dog and a cat", about: .user, turn: 4)
                == .stored(new, superseding: [old]))
        #expect(store.records.map(\.id) == [2, 3])
        #expect(
            store.add("i have a dog", about: .bot, turn: 4)
                == .stored(MemoryRecord(id: 4, person: .bot, text: "i have a dog", turn: 4), superseding: []))
        #expect(store.forget(3) == new && store.forget(3) == nil)
        #expect(store.records.map(\.prefixed) == ["partner's persona: i live in rome", "your persona: i have a dog"])
    }

    @Test func `a used memory is young again and the others grow older`() {
        var store = store("i like cats", "i like dogs", "i like frogs")
        store.grow(used: nil)
        store.grow(used: 2)
        #expect(store.records.map(\.age) == [2, 0, 2])
    }

    @Test func `from 32 memories on, those with the rarest shared words are looked at`() {
        var store = MemoryStore()
        for number in 0..<40 { _ = store.add("word\(number) common", about: .user, turn: number) }
        #expect(MemoryStore(Array(store.records.prefix(31))).available(for: "x").count == 31)
        // "word3" is rarer than "common", which all have; the others are equal, and the newest of them stay.
        #expect(store.available(for: "word3 common").map(\.id) == [4] + Array(10...40))
        #expect(store.available(for: "").map(\.id) == Array(9...40))
    }

    @Test(
        // Porter 1980, the examples of each step.
        arguments: Array(
            zip(
                "caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized hopping"
                    .split(separator: " ")
                    + "tanned falling hissing fizzed failing filing happy sky".split(separator: " "),
                "caress poni ti caress cat feed agre plaster bled motor sing conflat troubl size hop tan fall hiss fizz fail file happi sky"
                    .split(separator: " "))))
    func `step 1 has its paper's examples`(_ word: Substring, _ stem: Substring) {
        #expect(porterStem(String(word)) == stem)
    }

    @Test(
        arguments: [
            // Steps 2 to 5 of the paper, carried to the end of the algorithm.
            ("relational", "relat"), ("conditional", "condit"), ("rational", "ration"), ("valenci", "valenc"),
            ("hesitanci", "hesit"), ("digitizer", "digit"), ("conformabli", "conform"), ("radicalli", "radic"),
            ("differentli", "differ"), ("vileli", "vile"), ("analogousli", "analog"), ("vietnamization", "vietnam"),
            ("predication", "predic"), ("operator", "oper"), ("feudalism", "feudal"), ("decisiveness", "decis"),
            ("hopefulness", "hope"), ("callousness", "callous"), ("formaliti", "formal"), ("sensitiviti", "sensit"),
            ("sensibiliti", "sensibl"), ("triplicate", "triplic"), ("formative", "form"), ("formalize", "formal"),
            ("electriciti", "electr"), ("electrical", "electr"), ("hopeful", "hope"), ("goodness", "good"),
            ("revival", "reviv"), ("allowance", "allow"), ("inference", "infer"), ("airliner", "airlin"),
            ("gyroscopic", "gyroscop"), ("adjustable", "adjust"), ("defensible", "defens"), ("irritant", "irrit"),
            ("replacement", "replac"), ("adjustment", "adjust"), ("dependent", "depend"), ("adoption", "adopt"),
            ("homologou", "homolog"), ("communism", "commun"), ("activate", "activ"), ("angulariti", "angular"),
            ("homologous", "homolog"), ("effective", "effect"), ("bowdlerize", "bowdler"), ("probate", "probat"),
            ("rate", "rate"), ("cease", "ceas"), ("controll", "control"), ("roll", "roll"), ("is", "is"),
            ("naïve", "naïve"), ("generalizations", "gener"), ("oscillators", "oscil"),
        ])
    func `the later steps have their paper's examples`(_ word: String, _ stem: String) {
        #expect(porterStem(word) == stem)
    }

    @Test func `memories are compared by words without fillers`() {
        #expect(
            memoryWords(of: "I’m really a Teacher, and they're so happy!") == ["i", "teacher", "and", "thei", "happi"])
        #expect(memoryWords(of: "I won't; I've a cat's toy.") == ["i", "will", "not", "i", "have", "cat", "s", "toi"])
    }
}
