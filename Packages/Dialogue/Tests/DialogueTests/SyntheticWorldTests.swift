// The synthetic world against the specification's measured table, and the vocabulary.

import Foundation
import Measurements
import Tensors
import TensorTesting
import Testing

@testable import Dialogue

private let searchNames = ["last turn", "full context", "random header", "hindsight", "gold query"]

@Suite struct SyntheticWorldTests {
    @Test func `a seed makes one world and another seed another`() {
        let digests = [5, 5, 6].map { seed in
            SyntheticWorld.generate(.easy, train: 20, test: 10, seed: seed).world.digest
        }
        #expect(digests[0] == digests[1] && digests[0] != digests[2])
    }

    @Test func `training and test dialogues share no entity but every word`() {
        let (world, gold) = SyntheticWorld.generate(.easy, train: 400, test: 100)
        func titles(_ golds: [GoldAnnotation?]) -> Set<String> {
            Set(golds.compactMap { $0.map { world.documents[$0.document].title } })
        }
        #expect(titles(gold.train).isDisjoint(with: titles(gold.test)))
        #expect(world.documents.count == 640 && Set(world.documents.map(\.title)).count == 160)
        let texts = world.documents.map(\.text) + (world.train + world.test).flatMap { $0.context + [$0.reply] }
        #expect(!texts.contains { world.vocabulary.tokens(of: $0).contains(Vocabulary.unknown) })
    }

    /// R@1 and R@5 of 400 dialogues, within four standard errors of the difference of two samples.
    ///
    /// The specification's small numbers for the last turn look like documents without a shared word in their order; ours
    /// never count.
    @Test(arguments: [
        (SyntheticWorldConfiguration.easy, [(0.000, 0.013), (0.112, 0.450), (0.132, 0.485), (0.918, 1), (1, 1)]),
        (.medium, [(0.000, 0.005), (0.032, 0.175), (0.040, 0.220), (0.952, 0.998), (1, 1)]),
    ])
    func `BM25 finds what the specification's table says`(
        _ configuration: SyntheticWorldConfiguration, _ expected: [(Double, Double)]
    ) {
        let (world, gold) = SyntheticWorld.generate(configuration, train: 400, test: 0)
        let search = WorldSearch(world.documents)
        var generator = Philox(seed: 1)
        var found = [(Double, Double)](repeating: (0, 0), count: searchNames.count)
        for (dialogue, gold) in zip(world.train, gold.train) {
            guard let gold else { continue }
            let header = search.namedDocuments(in: dialogue.context)
            let queries = [
                dialogue.context.last ?? "", unrepeatedWords(dialogue.context),
                world.documents[header[generator.integer(below: header.count)]].header,
                unrepeatedWords(dialogue.context + [dialogue.reply]), gold.query,
            ]
            for (place, query) in queries.enumerated() {
                let rank = rank(of: [gold.document], in: search.index.best(5, for: query))
                found[place].0 += rank == 1 ? 1.0 / 400 : 0
                found[place].1 += rank != nil ? 1.0 / 400 : 0
            }
        }
        for (name, (ours, table)) in zip(searchNames, zip(found, expected)) {
            for (a, b) in [(ours.0, table.0), (ours.1, table.1)] {
                let error = (max(b * (1 - b), 0.004) * 2 / 400).squareRoot()
                #expect(abs(a - b) <= 4 * error, "\(name): \(a) instead of \(b)")
            }
        }
    }

    @Test func `with alias 1 no reply has a word of its document, with 0 each has one`() {
        for alias in [0.0, 1.0] {
            var configuration = SyntheticWorldConfiguration.easy
            configuration.alias = alias
            let (world, gold) = SyntheticWorld.generate(configuration, train: 50, test: 0)
            for (dialogue, gold) in zip(world.train, gold.train.compactMap { $0 }) {
                let shared = Set(plainTerms(of: dialogue.reply))
                    .intersection(plainTerms(of: world.documents[gold.document].text))
                #expect(shared.count == (alias == 0 ? 1 : 0))
                #expect(plainTerms(of: dialogue.reply).contains(gold.value))
            }
        }
    }

    @Test func `small talk comes at its rate and has no gold`() {
        var configuration = SyntheticWorldConfiguration.easy
        configuration.chatShare = 0.2
        let (_, gold) = SyntheticWorld.generate(configuration, train: 1000, test: 0)
        let share = Double(gold.train.count { $0 == nil }) / 1000
        // Four standard errors of √(0.2 · 0.8/1000).
        #expect(abs(share - 0.2) < 0.051)
    }
}

@Suite struct VocabularyTests {
    @Test func `words come back, unknown words and marks in a text do not`() {
        let vocabulary = Vocabulary(["a", "b", "a"])
        #expect(vocabulary.count == Vocabulary.marks.count + 2)
        let tokens = vocabulary.tokens(of: "b a __generate-query__ c")
        #expect(vocabulary.text(of: tokens) == "b a __unk__ __unk__")
        #expect(DialogueModule.searchQuery.startToken == Vocabulary.token(ofMark: "__generate-query__"))
    }

    @Test func `the last turn is the user's`() {
        let vocabulary = Vocabulary(["a", "b"])
        let text = vocabulary.text(of: vocabulary.tokens(ofTurns: ["a", "b", "a b"]))
        #expect(text == "__user__ a __bot__ b __user__ a b __end__")
    }
}

@Suite struct WorldSignatureTests {
    @Test func `every field of the world moves the signatures of what is measured in it`() throws {
        #expect(try fieldsWithoutEffect(onSignatureOf: SyntheticWorldConfiguration.easy) == [])
        var other = SyntheticWorldConfiguration.easy
        other.alias = 1
        let metrics = [SyntheticWorldConfiguration.easy, other].map { WorldEvaluation.metrics(configuration: $0) }
        #expect(zip(metrics[0], metrics[1]).allSatisfy { $0.signature != $1.signature })
    }
}
