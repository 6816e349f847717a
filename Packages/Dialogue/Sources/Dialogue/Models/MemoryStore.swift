// What is remembered about the two speakers from turn to turn. Source: line specification, 2.3, after ParlAI, projects/bb3.

internal import Foundation

/// One sentence about a speaker.
public struct MemoryRecord: Sendable, Equatable, Codable {
    /// Whom it is about; the raw value is the published prefix.
    public enum Person: String, Sendable, Codable, CaseIterable {
        /// The program.
        case bot = "your persona"
        /// Who talks to it.
        case user = "partner's persona"
    }

    /// Unique in its store, from 1 on; never given twice.
    public let id: Int
    /// Whom it is about.
    public let person: Person
    /// The sentence, without prefix.
    public let text: String
    /// The turn it comes from.
    public let turn: Int
    /// Turns since it was used or stored.
    public var age: Int

    /// A record from its parts.
    public init(id: Int, person: Person, text: String, turn: Int, age: Int = 0) {
        (self.id, self.person, self.text, self.turn, self.age) = (id, person, text, turn, age)
    }

    /// `your persona: …` or `partner's persona: …`, as the modules read it.
    public var prefixed: String { "\(person.rawValue): \(text)" }
}

/// The memories of a conversation, in the order they came.
public struct MemoryStore: Sendable, Equatable, Codable {
    /// Why a sentence was not stored.
    public enum Rejection: String, Sendable, Codable {
        /// Nothing was said.
        case empty
        /// The module found nothing to remember.
        case noPersona
        /// It holds a number of six or more digits or an e-mail address.
        case personalData
        /// Another memory of the same person says at least as much.
        case known
    }

    /// What became of a sentence.
    public enum Outcome: Sendable, Equatable {
        /// It is stored; memories that said no more than it are gone.
        case stored(MemoryRecord, superseding: [MemoryRecord])
        /// It is not.
        case rejected(Rejection)
    }

    /// The most memories that a turn looks at: 512 tokens of 16 each.
    static let availableCount = 32

    /// What is remembered.
    public private(set) var records: [MemoryRecord]
    private var nextID: Int

    /// A store that continues with the given records.
    public init(_ records: [MemoryRecord] = []) {
        (self.records, nextID) = (records, (records.map(\.id).max() ?? 0) + 1)
    }

    /// Stores a sentence if there is something in it that is not known yet.
    ///
    /// Sentences are compared by their normalised words, both ways: what the new one contains it supersedes, and if it is
    /// itself contained it is `known`. The published code has the first test only, and rejects the newer sentence there.
    public mutating func add(_ text: String, about person: MemoryRecord.Person, turn: Int) -> Outcome {
        var text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if text.hasPrefix(person.rawValue + ":") {
            text = text.dropFirst(person.rawValue.count + 1).trimmingCharacters(in: .whitespaces)
        }
        if isNoPersona(text) { return .rejected(.noPersona) }
        let words = Set(memoryWords(of: text))
        if words.isEmpty { return .rejected(.empty) }
        if holdsPersonalData(text) { return .rejected(.personalData) }
        let same = records.filter { $0.person == person }.map { (record: $0, words: Set(memoryWords(of: $0.text))) }
        if same.contains(where: { words.isStrictSubset(of: $0.words) }) { return .rejected(.known) }
        let superseded = same.filter { $0.words.isSubset(of: words) }.map(\.record)
        records.removeAll { record in superseded.contains { $0.id == record.id } }
        let record = MemoryRecord(id: nextID, person: person, text: text, turn: turn)
        records.append(record)
        nextID += 1
        return .stored(record, superseding: superseded)
    }

    /// Removes a memory; `nil` if there is none of this number.
    public mutating func forget(_ id: Int) -> MemoryRecord? {
        records.firstIndex { $0.id == id }.map { records.remove(at: $0) }
    }

    /// A turn has passed: the memory that was used is young again, the others grow older.
    public mutating func grow(used id: Int?) {
        for index in records.indices { records[index].age = records[index].id == id ? 0 : records[index].age + 1 }
    }

    /// The memories for a turn: all of them, or the 32 that share the rarest words with what the user said.
    ///
    /// A shared word counts 1/(1 + ln(1 + n)) with n memories that have it, and the sum is divided by √(words of the text ·
    /// words of the memory); equal sums prefer the newer. The published code takes n from its dictionary. In store order.
    public func available(for text: String) -> [MemoryRecord] {
        guard records.count >= Self.availableCount else { return records }
        let words = records.map { plainTerms(of: $0.text) }
        let frequencies = words.flatMap(Set.init).reduce(into: [:]) { $0[$1, default: 0] += 1 }
        let query = plainTerms(of: text)
        // In the text's order: a sum over a set would differ in its last bits from run to run.
        let asked = query.enumerated().filter { !query[..<$0.offset].contains($0.element) }.map(\.element)
        let scores = words.map { words in
            asked.filter(words.contains).reduce(0) { $0 + 1 / (1 + log(1 + Double(frequencies[$1] ?? 0))) }
                / Double(max(query.count * words.count, 1)).squareRoot()
        }
        let best = scores.indices.sorted { (scores[$1], $1) < (scores[$0], $0) }.prefix(Self.availableCount)
        return best.sorted().map { records[$0] }
    }
}

/// Whether a module's output says that there is nothing to remember: the token, which ends in a length in the published
/// model, or the words of the decoder-only variant.
private func isNoPersona(_ text: String) -> Bool {
    let text = text.lowercased()
    return text.hasPrefix("__no__persona") || text.hasPrefix("no persona")
}

/// Whether a text holds six digits in a row, with single separators allowed between them, or an e-mail address.
private func holdsPersonalData(_ text: String) -> Bool {
    text.contains(#/\d(?:[ .\-\/()]{0,2}\d){5}/#) || text.contains(#/[^\s@]@[^\s@]/#)
}
