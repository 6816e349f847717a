// CMU_DoG: chats about a movie whose document at least one speaker has read, with silver labels of the sentence used.
//
// The label is computed from the reply, so only scorers may read it. Source: Zhou et al. 2018; line specification, 8.2.

internal import TensorIO

/// A reader's turn and the knowledge sentence that is nearest to it.
public struct CMUDoGTurn: Sendable, Equatable {
    /// `<dialogue>/<turn>`: unique.
    public let name: String
    /// The dialogue's number.
    public let dialogue: Int
    /// The movie.
    public let movie: Int
    /// What was said before, the last turn last; not empty.
    public let context: [String]
    /// The sentence's place in the store.
    public let sentence: Int
}

/// Turns with a label, and the sentences to search.
public struct CMUDoG: Sendable {
    /// The sentences to search, all movies'.
    public let sentences: [String]
    /// The movie of each sentence.
    public let movies: [Int]
    /// The turns that have a label and something before them.
    public let turns: [CMUDoGTurn]

    private struct Sentence: Decodable {
        let id, text: String
        let wiki: Int
    }
    private struct Dialogue: Decodable {
        struct Turn: Decodable {
            let t: String
            let k: String?
        }
        let id: String
        let wiki: Int
        let turns: [Turn]
    }

    /// Reads `cmudog_kb.jsonl.gz` and `cmudog_<split>.jsonl.gz`.
    ///
    /// - Throws: `TensorIOError` for a file that cannot be read or a line that is not what it should be.
    public init(folder: String, split: String) throws {
        let sentences: [Sentence] = try jsonLines(folder + "/cmudog_kb.jsonl.gz")
        let places = Dictionary(sentences.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let dialogues: [Dialogue] = try jsonLines(folder + "/cmudog_\(split).jsonl.gz")
        turns = dialogues.enumerated().flatMap { number, dialogue in
            dialogue.turns.enumerated().dropFirst().compactMap { index, turn -> CMUDoGTurn? in
                guard let sentence = turn.k.flatMap({ places[$0] }) else { return nil }
                return CMUDoGTurn(
                    name: "\(dialogue.id)/\(index)", dialogue: number, movie: dialogue.wiki,
                    context: dialogue.turns[..<index].map(\.t), sentence: sentence)
            }
        }
        (self.sentences, movies) = (sentences.map(\.text), sentences.map(\.wiki))
    }
}
