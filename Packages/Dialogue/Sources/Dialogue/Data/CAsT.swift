// TREC CAsT 2019 to 2022: conversations with a search engine, each turn with a human rewrite that stands alone.
//
// The rewrite is the annotated query: only scorers and the supervised baseline may read it.

internal import Foundation
internal import TensorIO

/// A turn of a conversation with a search engine, and the passage that answers it.
public struct CAsTTurn: Sendable, Equatable {
    /// `<year>/<conversation>/<turn>/<path>`: unique.
    public let name: String
    /// The conversation's number in the store's order.
    public let conversation: Int
    /// What the user said, the turns before it first.
    public let userTurns: [String]
    /// The human query that needs no context.
    public let rewrite: String
    /// The answer's place among the passages.
    public let passage: Int
}

/// Turns whose answer is known, and the passages to search.
public struct CAsT: Sendable {
    /// The texts to search.
    public let passages: [String]
    /// The turns with an answer, without repeats of shared beginnings.
    public let turns: [CAsTTurn]

    private struct Passage: Decodable {
        let id, text: String
    }
    private struct Row: Decodable {
        let year: Int
        let conv, turn, raw, rewrite: String
        let doc: String?
    }

    /// Reads `cast_turns.jsonl.gz` and `cast_passages.jsonl.gz`.
    ///
    /// - Throws: `TensorIOError` for a file that cannot be read or a line that is not what it should be.
    public init(folder: String) throws {
        let passages: [Passage] = try jsonLines(folder + "/cast_passages.jsonl.gz")
        let places = Dictionary(passages.enumerated().map { ($1.id, $0) }) { first, _ in first }
        var (turns, path, seen): ([CAsTTurn], [Row], Set<[String]>) = ([], [], [])
        var (conversations, paths): ([String: Int], Int) = ([:], 0)
        for row in try jsonLines(folder + "/cast_turns.jsonl.gz") as [Row] {
            // A branching conversation is stored path by path, each from its first turn.
            if ["1", "1-1"].contains(row.turn) { (path, paths) = ([], paths + 1) }
            path.append(row)
            let key = "\(row.year)/\(row.conv)"
            let conversation = conversations[key] ?? conversations.count
            conversations[key] = conversation
            guard let doc = row.doc, let passage = places[doc], seen.insert([row.raw, row.rewrite, doc]).inserted
            else { continue }
            turns.append(
                CAsTTurn(
                    name: "\(key)/\(row.turn)/\(paths)", conversation: conversation, userTurns: path.map(\.raw),
                    rewrite: row.rewrite, passage: passage))
        }
        (self.passages, self.turns) = (passages.map(\.text), turns)
    }
}

/// The values of a gzip file with one JSON object per line.
func jsonLines<Value: Decodable>(_ path: String) throws -> [Value] {
    let decoder = JSONDecoder()
    return try readGzipFile(path).split(separator: UInt8(ascii: "\n")).enumerated().map { index, line in
        do {
            return try decoder.decode(Value.self, from: Data(line))
        } catch {
            throw TensorIOError.damaged(file: path, what: "line \(index + 1) is not the JSON object it should be")
        }
    }
}
