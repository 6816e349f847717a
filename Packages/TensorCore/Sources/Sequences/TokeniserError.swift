// What can be wrong with a tokeniser's bytes, its training text, or ids, in sentences.

/// A tokeniser that cannot be had, or ids it does not know.
public enum TokeniserError: Error, Equatable, CustomStringConvertible {
    /// The bytes are no SentencePiece model; `what` completes "it is damaged: …".
    case damaged(name: String, what: String)
    /// A model whose ids of `<s>`, `<pad>`, `</s>`, `<unk>` are not 0, 1, 2, 3; -1 where it has none.
    case otherSpecials(name: String, ids: [Int])
    /// A character that training cannot take, in the sentence with this index.
    case reservedCharacter(UInt32, sentence: Int)
    /// A symbol that did not become a piece.
    case unusableSymbol(String)
    /// The text and the options do not fit, in SentencePiece's words.
    case cannotTrain(what: String)
    /// An id outside the vocabulary.
    case unknownID(Int, vocabularySize: Int)
    /// A failure that no input is known to cause, in SentencePiece's words.
    case library(String)

    /// Where, what was found, and what to do.
    public var description: String {
        switch self {
        case .damaged(let name, let what):
            "\(name): is damaged as a SentencePiece model: \(what); copy the file again or train it anew."
        case .otherSpecials(let name, let ids):
            "\(name): has the ids \(ids) for <s>, <pad>, </s> and <unk>, not [0, 1, 2, 3]; train it with those."
        case .reservedCharacter(let scalar, let sentence):
            "sentence \(sentence): holds the reserved character U+\(hexadecimal(scalar)); remove it before training."
        case .unusableSymbol(let symbol):
            "symbol '\(symbol)': did not become a piece; use letters and punctuation that stand for themselves."
        case .cannotTrain(let what):
            "tokeniser training: SentencePiece says '\(what)'; change the options or give other text."
        case .unknownID(let id, let vocabularySize):
            "id \(id): is not in 0..<\(vocabularySize); decode with the tokeniser that made the ids."
        case .library(let what): "SentencePiece: fails with '\(what)'; report the text that does this."
        }
    }

    private func hexadecimal(_ scalar: UInt32) -> String {
        let digits = String(scalar, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
