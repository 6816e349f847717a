// How answers are brought to a common form before their words are compared.

/// The normalisation of an answer: lower case, no ASCII punctuation, no articles.
///
/// Only ASCII punctuation goes; a typographic ’ or — stays inside its word.
public enum AnswerNormalisation: Sendable, CaseIterable {
    /// A punctuation mark becomes a space: `U.S.` is two words. Source: ParlAI, parlai/core/metrics.py.
    case parlAI
    /// A punctuation mark vanishes: `U.S.` is one word. Source: the evaluation script of SQuAD 1.1.
    case squad
    /// Text is only cut at white space.
    case none

    /// The normalised words.
    public func words(of text: String) -> [String] {
        scalarWords(of: text).map { String(String.UnicodeScalarView($0)) }
    }

    /// The normalised words as code points, which compare as the reference implementations compare.
    func scalarWords(of text: String) -> [Scalars] {
        switch self {
        case .parlAI:
            Sequences.words(of: withoutArticles(lowercased(text).map { $0.isASCIIPunctuation ? " " : $0 }))
        case .squad: Sequences.words(of: withoutArticles(lowercased(text).filter { !$0.isASCIIPunctuation }))
        case .none: Sequences.words(of: text.unicodeScalars)
        }
    }
}

/// The text with a space for each whole word a, an, the, where a word is a run of letters and digits: `a’b` holds one.
private func withoutArticles(_ text: Scalars) -> Scalars {
    var result: Scalars = [], rest = text[...]
    while let first = rest.first {
        let word = rest.prefix { $0.isWordCharacter == first.isWordCharacter }
        rest = rest.dropFirst(word.count)
        result += articles.contains(Scalars(word)) ? [" "] : word
    }
    return result
}

private let articles: [Scalars] = [["a"], ["a", "n"], ["t", "h", "e"]]

extension Unicode.Scalar {
    /// Whether Python's `\w` matches; the underscore is gone before this is asked.
    fileprivate var isWordCharacter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            true
        default: false
        }
    }
}
