// German numbers by hand, the rule of what is held out, and the sets made from either kind of recordings.

import Foundation
import TensorIO
import TensorTesting
import Tensors
import Testing

@testable import SpeechTranslation

/// Three takes of train and two of test by each made-up voice.
private let voices = DigitRecordings.formantVoices(trainTakes: 3, testTakes: 2)

@Suite struct DataTests {
    @Test(
        arguments: [
            (0, "null"), (1, "eins"), (7, "sieben"), (10, "zehn"), (11, "elf"), (12, "zwölf"), (13, "drei zehn"),
            (16, "sech zehn"), (17, "sieb zehn"), (19, "neun zehn"), (20, "zwanzig"), (21, "ein und zwanzig"),
            (36, "sechs und dreißig"), (70, "siebzig"), (100, "ein hundert"), (101, "ein hundert eins"),
            (372, "drei hundert zwei und siebzig"), (416, "vier hundert sech zehn"), (1000, "ein tausend"),
            (1001, "ein tausend eins"), (21_000, "ein und zwanzig tausend"),
            (20_511, "zwanzig tausend fünf hundert elf"),
            (201_030, "zwei hundert ein tausend dreißig"),
            (987_654, "neun hundert sieben und achtzig tausend sechs hundert vier und fünfzig"),
        ])
    func `a number's German morphemes`(_ number: Int, _ text: String) {
        #expect(germanMorphemes(of: number).joined(separator: " ") == text)
        #expect(NumberPair(number).reference == text)
    }

    @Test func `digits are said one by one`() {
        #expect(englishDigitWords(of: 372) == ["three", "seven", "two"])
        #expect(englishDigitWords(of: 0) == ["zero"])
    }

    @Test(
        arguments: [
            (0, "zero"), (7, "seven"), (10, "ten"), (13, "thirteen"), (20, "twenty"), (46, "forty six"),
            (100, "one hundred"), (372, "three hundred seventy two"), (905, "nine hundred five"),
            (817, "eight hundred seventeen"),
        ])
    func `a number's English words`(_ number: Int, _ text: String) {
        #expect(englishNumberWords(of: number).joined(separator: " ") == text)
    }

    @Test func `text beyond speech is longer, or in other words and no longer`() {
        var generator = Philox(seed: 3)
        let longer = (0..<200).map { _ in TextDomain.longNumbers.pair(using: &generator) }
        #expect(Set(longer.map { String($0.number).count }) == [1, 2, 3, 4, 5, 6])
        #expect(longer.allSatisfy { $0 == NumberPair($0.number) })
        let others = (0..<200).map { _ in TextDomain.numberWords.pair(using: &generator) }
        #expect(others.allSatisfy { $0.number < 1000 && !isHeldOut($0.number) })
        // From 10 on words differ from digits: two thirds of the half, 67 ± 7 of 200.
        #expect((47...87).contains(others.count { $0 != NumberPair($0.number) }))
        let sets = SpokenNumbers(voices, .few, textDomain: .numberWords)
        #expect(sets.textOut.allSatisfy { 10..<1000 ~= $0.number && ($0.number < 100 || isHeldOut($0.number)) })
        #expect(sets.textOut.allSatisfy { $0.source != NumberPair($0.number).source })
        #expect(sets.textIn == SpokenNumbers(voices, .few).textIn)
    }

    @Test func `speech needs 37 words and 4 specials, all different, and every number uses only them`() {
        #expect(NumberVocabulary.spokenWords.count == 41)
        // Besides: ten to nineteen, eight tens, hundred.
        #expect(NumberVocabulary.words.count == 60 && Set(NumberVocabulary.words).count == 60)
        var used: Set<Int32> = []
        for number in (0..<2000).map({ $0 }) + stride(from: 2000, to: 1_000_000, by: 997) {
            let pair = NumberPair(number)
            used.formUnion(pair.source + pair.target)
        }
        #expect(used == Set([NumberVocabulary.end] + Array(4..<41)))
    }

    @Test func `held out are numbers from 100 on whose hash is a multiple of five`() {
        // By hand: n · 2654435761 mod 2³² is 3450571044, …, 2823943735 for 103, 1183412200 for 104, 3837847961 for 105.
        #expect((100...105).filter(isHeldOut) == [103, 104])
        #expect(!(0..<100).contains(where: isHeldOut))
        let share = Double((1000..<101_000).count(where: isHeldOut)) / 100_000
        #expect(abs(share - 0.2) < 0.005)
    }

    @Test func `pairs keep their number of digits and their side of the held-out rule`() {
        var generator = Philox(seed: 1)
        var lengths: Set<Int> = []
        for _ in 0..<300 {
            let inside = NumberPair.random(digits: 1...6, heldOut: false, using: &generator)
            #expect(!isHeldOut(inside.number))
            lengths.insert(String(inside.number).count)
            let outside = NumberPair.random(digits: 4...6, heldOut: true, using: &generator)
            #expect(isHeldOut(outside.number) && (1000..<1_000_000).contains(outside.number))
        }
        #expect(lengths == [1, 2, 3, 4, 5, 6])
    }

    @Test func `sets are the same each time, centred, scaled, and apart`() {
        let sets = SpokenNumbers(voices, .few)
        let counts = [sets.train.count, sets.speechIn.count, sets.textIn.count, sets.textOut.count]
        #expect(counts == [64, 12, 12, 12] as [Int])
        let again = SpokenNumbers(voices, .few)
        for (a, b) in zip(sets.train + sets.speechOut, again.train + again.speechOut) {
            #expect(a.pair == b.pair && difference(of: a.features, from: b.features, within: .exact) == nil)
        }
        let means = sets.train.map { $0.features.mean(along: 0).abs().max().item }
        #expect(means.allSatisfy { $0 < 1e-4 })
        let all = Tensor.concatenated(sets.train.map(\.features), along: 0)
        #expect(abs(all.squared().mean().item - 1) < 1e-3)
        #expect(sets.train.allSatisfy { 1...3 ~= String($0.pair.number).count && !isHeldOut($0.pair.number) })
        #expect(sets.speechIn.allSatisfy { $0.pair.number < 100 || isHeldOut($0.pair.number) })
        #expect(sets.speechOut.allSatisfy { isHeldOut($0.pair.number) && $0.pair.number >= 1000 })
    }

    @Test func `an utterance is one speaker's takes in order with at most eight frames between two`() {
        var generator = Philox(seed: 4)
        for _ in 0..<20 {
            let count = voices.utterance(of: NumberPair(35), isTest: true, using: &generator).count
            let bounds = voices.speakers.map { speaker in
                let lengths = [3, 5].map { speaker.test[$0].map(\.count) }
                let least = lengths.reduce(0) { $0 + ($1.min() ?? 0) }
                return least...(lengths.reduce(8 * 80) { $0 + ($1.max() ?? 0) })
            }
            #expect(bounds.contains { $0.contains(count) })
        }
    }

    @Test func `made-up voices keep to full loudness and differ from digit to digit and voice to voice`() {
        let takes = voices.speakers.flatMap { $0.train.map { $0[0] } + $0.test.map { $0[0] } }
        #expect(takes.allSatisfy { (800...8000).contains($0.count) && $0.allSatisfy { abs($0) <= 0.5 } })
        #expect(Set(takes).count == takes.count)
    }

    @Test(.enabled(if: isThere("st/fsdd"), "the folder st/fsdd of the shared data is absent"))
    func `the published recordings are 45 and 5 takes of ten digits by six speakers`() throws {
        let recordings = try DigitRecordings(folder: sharedData + "/st/fsdd")
        #expect(recordings.speakers.count == 6)
        #expect(recordings.speakers.allSatisfy { $0.train.allSatisfy { $0.count == 45 } })
        #expect(recordings.speakers.allSatisfy { $0.test.allSatisfy { $0.count == 5 } })
        // The index's second line: george says 0, take 0, 2384 samples.
        #expect(recordings.speakers[0].test[0][0].count == 2384)
        let seconds =
            recordings.speakers.flatMap { ($0.train + $0.test).flatMap { $0 } }.reduce(0) { $0 + $1.count } / 8000
        #expect(seconds == 1312)
    }

    @Test func `what is wrong with a folder of recordings is said`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("recordings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let header = "id\tsplit\tspeaker\tdigit\ttake\tfile\toffset\tn_samples\n"
        func write(_ rate: Int, _ lines: String) throws {
            try Waveform(samples: .zeros([1, 100]), sampleRate: rate).writeFLAC(to: folder.path + "/a.flac")
            try writeFile(Array((header + lines).utf8), to: folder.path + "/segments.tsv")
        }
        func sentence() -> String {
            do {
                _ = try DigitRecordings(folder: folder.path)
                return "nothing"
            } catch {
                return "\(error)".replacingOccurrences(of: folder.path + "/", with: "")
            }
        }
        try write(8000, "")
        #expect(sentence() == "segments.tsv: lists no recording; copy the data again.")
        try write(8000, "x\ttrain\ta\t10\t0\ta.flac\t0\t50\n")
        #expect(sentence() == "segments.tsv:2: does not have the index's columns; copy the data again.")
        try write(16_000, "x\ttrain\ta\t1\t0\ta.flac\t0\t50\n")
        #expect(sentence() == "a.flac: is sampled at 16000 Hz instead of 8000; resample it.")
        try write(8000, "x\ttrain\ta\t1\t0\ta.flac\t0\t50\n")
        #expect(sentence() == "a: has no recording of 0 in the split 'train'; leave the speaker out.")
        try write(8000, "x\ttrain\ta\t1\t0\ta.flac\t\(Int.max)\t50\n")
        #expect(sentence() == "segments.tsv:2: does not have the index's columns; copy the data again.")
        try write(8000, "x\ttrain\ta\t1\t0\ta.flac\t60\t50\n")
        #expect(sentence().hasPrefix("a.flac: "))
    }
}
