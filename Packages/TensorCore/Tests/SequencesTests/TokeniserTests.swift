// Tokenisers trained on a few generated sentences: laws, edges and hostile bytes. Golden counts: TokeniserGoldenTests.

import Sequences
import Tensors
import Testing

/// Sentences of made-up words, the same for a seed.
private func sentences(_ count: Int, seed: UInt64 = 1) -> [String] {
    var generator = Philox(seed: seed, stream: "sentences")
    let syllables = ["ba", "ko", "tin", "sel", "um", "gra", "ne", "vo"]
    return (0..<count).map { _ in
        (0..<Int.random(in: 3...9, using: &generator)).map { _ in
            (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                syllables[Int.random(in: 0..<8, using: &generator)]
            }.joined()
        }.joined(separator: " ")
    }
}

private func small(_ kind: Tokeniser.Kind = .unigram, symbols: [String] = []) throws -> Tokeniser {
    try Tokeniser(
        trainingOn: sentences(200),
        .init(kind: kind, vocabularySize: 60, isVocabularySizeSoft: true, symbols: symbols))
}

@Suite struct TokeniserTests {
    @Test(arguments: Tokeniser.Kind.allCases)
    func `decoding undoes encoding`(_ kind: Tokeniser.Kind) throws {
        let tokeniser = try small(kind)
        for sentence in sentences(50, seed: 2) {
            let ids = try tokeniser.encode(sentence)
            #expect(try tokeniser.decode(ids) == sentence)
            #expect(ids.allSatisfy { (4..<tokeniser.vocabularySize).contains($0) })
            #expect(try tokeniser.pieces(of: sentence) == ids.map { tokeniser.pieces[$0] })
            #expect(try tokeniser.pieces(of: sentence).joined() == "▁" + sentence.replacing(" ", with: "▁"))
        }
    }

    @Test func `characters are cut one by one`() throws {
        #expect(try small(.character).pieces(of: "tin ba") == ["▁", "t", "i", "n", "▁", "b", "a"])
    }

    @Test func `the specials have fairseq's ids`() throws {
        let tokeniser = try small()
        #expect(tokeniser.pieces.prefix(4) == ["<s>", "<pad>", "</s>", "<unk>"])
        #expect(tokeniser.id(of: "</s>") == Tokeniser.end)
        #expect(try tokeniser.decode([Tokeniser.beginning, Tokeniser.padding, Tokeniser.end]) == "")
        #expect(try !tokeniser.encode("<s> </s> <pad>").contains { $0 < Tokeniser.unknown })
    }

    @Test(arguments: Tokeniser.Kind.allCases)
    func `training twice and loading give the same tokeniser`(_ kind: Tokeniser.Kind) throws {
        let (first, second) = (try small(kind), try small(kind))
        #expect(first.serialised == second.serialised)
        let loaded = try Tokeniser(serialised: first.serialised, named: "x")
        #expect(loaded.pieces == first.pieces)
        #expect(try loaded.encode("tin vo") == first.encode("tin vo"))
    }

    @Test(arguments: Tokeniser.Kind.allCases)
    func `a symbol is one piece`(_ kind: Tokeniser.Kind) throws {
        let symbols = ["__generate-query__", "a,b", "say\"so\"", "__is-search-required__"]
        let tokeniser = try small(kind, symbols: symbols)
        #expect(tokeniser.pieces[4..<8] == symbols[...])
        for (index, symbol) in symbols.enumerated() {
            #expect(try tokeniser.encode("tin" + symbol + "ko").filter { $0 == 4 + index }.count == 1)
            #expect(try tokeniser.decode(tokeniser.encode("tin \(symbol) ko")) == "tin \(symbol) ko")
        }
    }

    @Test(arguments: [
        (
            "A \u{FB01}ne \u{201C}quoted\u{201D} text\u{2026}  with\tspaces",
            "A fine \u{201C}quoted\u{201D} text... with spaces"
        ),
        ("\u{BD} \u{FF11}\u{FF12}", "1\u{2044}2 12"),
        (" \r\n a\r\nb \u{A0}\u{3000}", "a b"),
        ("e\u{301}\u{200B}x", "\u{E9} x"),
        ("a\u{1}\u{7F}b", "ab"),
        ("", ""), (" \t ", ""),
        ("a\0b", "a\0b"),
        ("\u{FFFD}\u{10FFFF}", "\u{10FFFF}"),
    ])
    func `text is normalised by nmt_nfkc`(text: String, normal: String) throws {
        let pieces = try small().pieces(of: text).joined().replacing("▁", with: " ")
        #expect(Array(pieces.unicodeScalars.dropFirst()) == Array(normal.unicodeScalars))
    }

    @Test func `an unknown character decodes as a mark`() throws {
        let tokeniser = try small()
        let ids = try tokeniser.encode("tin ☃☃")
        #expect(ids.filter { $0 == Tokeniser.unknown }.count == 1)
        #expect(try tokeniser.decode(ids) == "tin  \u{2047} ")
        #expect(try tokeniser.decode([Tokeniser.unknown]) == " \u{2047} ")
    }

    @Test(arguments: [-1, 60, Int.max, Int.min, 1 << 32])
    func `an id outside the vocabulary is refused`(_ id: Int) throws {
        let tokeniser = try small()
        #expect(tokeniser.vocabularySize == 60)
        let error = TokeniserError.unknownID(id, vocabularySize: 60)
        #expect(throws: error) { try tokeniser.decode([5, id]) }
        #expect(throws: error) { try tokeniser.score(of: id) }
    }

    @Test func `a piece is found byte for byte`() throws {
        let tokeniser = try small(symbols: ["caf\u{E9}"])
        #expect(tokeniser.id(of: "caf\u{E9}") == 4)
        #expect(tokeniser.id(of: "cafe\u{301}") == nil)
        #expect(tokeniser.id(of: "") == nil)
        #expect(tokeniser.id(of: "<unk>") == Tokeniser.unknown)
    }

    @Test func `a long sentence is kept`() throws {
        // SentencePiece's default leaves out what is longer than 4192 bytes, without a word.
        let tokeniser = try Tokeniser(
            trainingOn: [String(repeating: "xyz ", count: 2000)], .init(kind: .character, vocabularySize: 8))
        #expect(Set(tokeniser.pieces.suffix(4)) == ["▁", "x", "y", "z"])
    }

    @Test func `threads may share a tokeniser`() async throws {
        let tokeniser = try small(.bpe)
        let texts = sentences(200, seed: 3)
        let alone = try texts.map { try tokeniser.encode($0) }
        try await withThrowingTaskGroup(of: [[Int]].self) { group in
            for _ in 0..<4 { group.addTask { try texts.map { try tokeniser.encode($0) } } }
            for try await ids in group { #expect(ids == alone) }
        }
    }
}

@Suite struct TokeniserErrorTests {
    @Test(
        arguments: [
            (
                .damaged(name: "a.model", what: "a piece's score is not finite"),
                "a.model: is damaged as a SentencePiece model: a piece's score is not finite; copy the file again or "
                    + "train it anew."
            ),
            (
                .otherSpecials(name: "a.model", ids: [1, -1, 2, 0]),
                "a.model: has the ids [1, -1, 2, 0] for <s>, <pad>, </s> and <unk>, not [0, 1, 2, 3]; train it with "
                    + "those."
            ),
            (
                .reservedCharacter(0, sentence: 7),
                "sentence 7: holds the reserved character U+0000; remove it before training."
            ),
            (
                .unusableSymbol("x y"),
                "symbol 'x y': did not become a piece; use letters and punctuation that stand for themselves."
            ),
            (
                .cannotTrain(what: "no"),
                "tokeniser training: SentencePiece says 'no'; change the options or give other text."
            ),
            (
                .unknownID(9, vocabularySize: 8),
                "id 9: is not in 0..<8; decode with the tokeniser that made the ids."
            ),
            (.library("no"), "SentencePiece: fails with 'no'; report the text that does this."),
        ] as [(TokeniserError, String)])
    func `an error says where, what and what to do`(error: TokeniserError, sentence: String) {
        #expect(error.description == sentence)
    }

    @Test(arguments: ["\0", "\u{2585}"])
    func `a reserved character is refused`(_ character: String) {
        let scalar = character.unicodeScalars.first?.value ?? 1
        #expect(throws: TokeniserError.reservedCharacter(scalar, sentence: 1)) {
            try Tokeniser(trainingOn: ["a b", "a\(character)b"], .init(vocabularySize: 8))
        }
    }

    @Test(
        arguments: [
            ([], .init(vocabularySize: 8)), ([""], .init(vocabularySize: 8)), (["a b"], .init(vocabularySize: 5000)),
            (["a b c d e f"], .init(vocabularySize: 5)), (["a b"], .init(vocabularySize: -1)),
            (["a b"], .init(kind: .bpe, vocabularySize: 1 << 40)),
            (["a b"], .init(vocabularySize: 8, characterCoverage: 7)),
            (["a b"], .init(vocabularySize: 20, symbols: ["<unk>"])),
            (["a b"], .init(vocabularySize: 20, isVocabularySizeSoft: true, symbols: ["<s>"])),
            (["a b"], .init(vocabularySize: 20, symbols: ["x", "x"])),
            (["a b"], .init(vocabularySize: 20, isVocabularySizeSoft: true, symbols: [""])),
            (["a b"], .init(vocabularySize: 20, isVocabularySizeSoft: true, symbols: ["a\0b"])),
        ] as [([String], Tokeniser.Options)])
    func `what cannot be trained is refused`(sentences: [String], options: Tokeniser.Options) {
        #expect(throws: TokeniserError.self) { try Tokeniser(trainingOn: sentences, options) }
    }

    @Test func `training says why it cannot`() throws {
        let error = try #require(throws: TokeniserError.self) {
            _ = try Tokeniser(trainingOn: ["a b"], .init(vocabularySize: 5000))
        }
        // The library's number of the largest size follows.
        #expect(error.description.hasPrefix("tokeniser training: SentencePiece says 'Vocabulary size too high (5000)."))
    }

    @Test func `a model cut off anywhere is refused`() throws {
        let bytes = try small().serialised
        for count in Array(0..<600) + stride(from: 600, to: bytes.count, by: 997) {
            let part = Array(bytes.prefix(count))
            #expect(throws: TokeniserError.self) { _ = try Tokeniser(serialised: part, named: "x") }
        }
    }

    @Test func `a changed model is refused or works`() throws {
        let bytes = try small().serialised
        var generator = Philox(seed: 5, stream: "changes")
        var refused = 0
        for round in 0..<200 {
            var changed = bytes
            for _ in 0...round % 3 {
                // The pieces and the trainer's options lie in the first bytes, the normalisation rules fill the rest.
                let index = Int.random(in: 0..<(round % 2 == 0 ? 1200 : bytes.count), using: &generator)
                changed[index] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                let tokeniser = try Tokeniser(serialised: changed, named: "x")
                let ids = (try? tokeniser.encode("A ﬁne “text”… ½ ㍿ tin vo\0 ☃")) ?? []
                #expect((try? tokeniser.decode(ids)) != nil)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 50)
    }

    @Test func `a score that is no number is refused`() throws {
        var bytes = try small().serialised
        // The fifth piece: tag 0x15 is its score.
        let text = Array(try small().pieces[4].utf8)
        let place = try #require(bytes.firstRange(of: text)).upperBound
        #expect(bytes[place] == 0x15)
        bytes.replaceSubrange(place + 1..<place + 5, with: [0, 0, 0xC0, 0x7F])
        #expect(throws: TokeniserError.damaged(name: "x", what: "a piece's score is not finite")) {
            try Tokeniser(serialised: bytes, named: "x")
        }
    }
}
