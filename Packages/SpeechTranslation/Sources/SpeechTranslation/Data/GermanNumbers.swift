// Numbers as English digit words and as German number words cut into morphemes, and the vocabulary of both; English number
// words too, which only text knows.
// Source: the specification's section 13.1. Units come before tens in German, so the mapping is not monotone.

internal import Tensors

/// The words of both languages behind four special tokens.
public enum NumberVocabulary {
    /// Before the first token of a target.
    public static let start: Int32 = 0
    /// What fills short sequences.
    public static let padding: Int32 = 1
    /// After the last token of a source or a target.
    public static let end: Int32 = 2
    /// A word that is none of these.
    public static let unknown: Int32 = 3
    /// Specials and words by token; those that only English number words have stand last.
    public static let words = spokenWords + englishTeens + englishTens.dropFirst(2) + ["hundred"]
    /// Specials and the words of digits and German numbers: all that speech and its translations need.
    public static let spokenWords = ["<s>", "<pad>", "</s>", "<unk>"] + englishDigits + germanWords

    private static let tokens = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, Int32($0)) })

    /// The tokens of words.
    public static func tokens(of words: [String]) -> [Int32] { words.map { tokens[$0] ?? unknown } }

    /// The text of tokens: words with spaces between them.
    public static func text(of tokens: [Int32]) -> String { tokens.map { words[Int($0)] }.joined(separator: " ") }
}

private let englishDigits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
private let englishTeens = [
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]
private let englishTens = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
]
private let germanUnits = ["null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
private let germanTens = [
    "", "zehn", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig",
]
private let germanWords =
    ["eins", "elf", "zwölf", "sech", "sieb", "und", "hundert", "tausend"] + germanUnits + germanTens.dropFirst()

/// A number's digits as English words: 372 is "three", "seven", "two".
public func englishDigitWords(of number: Int) -> [String] {
    String(number).compactMap { $0.wholeNumberValue }.map { englishDigits[$0] }
}

/// A number's English words: 372 is "three", "hundred", "seventy", "two".
///
/// - Parameter number: In `0..<1000`.
/// - Returns: At least one word.
public func englishNumberWords(of number: Int) -> [String] {
    switch number {
    case 0..<10: return [englishDigits[number]]
    case 10..<20: return [englishTeens[number - 10]]
    case 20..<100: return [englishTens[number / 10]] + (number % 10 == 0 ? [] : [englishDigits[number % 10]])
    default:
        let rest = number % 100
        return [englishDigits[number / 100], "hundred"] + (rest == 0 ? [] : englishNumberWords(of: rest))
    }
}

/// A number's German morphemes: 372 is "drei", "hundert", "zwei", "und", "siebzig".
///
/// - Parameters:
///   - number: In `0..<1_000_000`.
///   - isFinal: Whether nothing follows: "eins", else "ein".
/// - Returns: At least one word.
public func germanMorphemes(of number: Int, isFinal: Bool = true) -> [String] {
    switch number {
    case 1: return [isFinal ? "eins" : "ein"]
    case 0..<10: return [germanUnits[number]]
    case 10: return ["zehn"]
    case 11: return ["elf"]
    case 12: return ["zwölf"]
    case 16: return ["sech", "zehn"]
    case 17: return ["sieb", "zehn"]
    case 13..<20: return [germanUnits[number - 10], "zehn"]
    case 20..<100:
        let tens = germanTens[number / 10]
        return number % 10 == 0 ? [tens] : [germanUnits[number % 10], "und", tens]
    case 100..<1000: return [germanUnits[number / 100], "hundert"] + rest(number % 100, isFinal: isFinal)
    default:
        return germanMorphemes(of: number / 1000, isFinal: false) + ["tausend"] + rest(number % 1000, isFinal: isFinal)
    }
}

private func rest(_ number: Int, isFinal: Bool) -> [String] {
    number == 0 ? [] : germanMorphemes(of: number, isFinal: isFinal)
}

/// Whether a number never occurs in training: a fifth of those with three digits and more.
public func isHeldOut(_ number: Int) -> Bool {
    number >= 100 && (UInt64(number) * 2_654_435_761 % (1 << 32)) % 5 == 0
}

/// A number in both languages, as tokens with their end.
public struct NumberPair: Sendable, Equatable {
    /// The number.
    public let number: Int
    /// English words and the end.
    public let source: [Int32]
    /// German morphemes and the end.
    public let target: [Int32]

    /// The pair of a number in `0..<1_000_000`, its source digit by digit unless another is given.
    public init(_ number: Int, source words: [String]? = nil) {
        self.number = number
        source = NumberVocabulary.tokens(of: words ?? englishDigitWords(of: number)) + [NumberVocabulary.end]
        target = NumberVocabulary.tokens(of: germanMorphemes(of: number)) + [NumberVocabulary.end]
    }

    /// The translation as a reader would see it.
    public var reference: String { NumberVocabulary.text(of: target.dropLast()) }

    /// A pair whose number of digits is uniform in `digits`, then the number among those (not) held out.
    ///
    /// Up to two digits nothing is held out, so `heldOut` says nothing about those.
    static func random(digits: ClosedRange<Int>, heldOut: Bool, using generator: inout Philox) -> NumberPair {
        let length = digits.lowerBound + generator.integer(below: digits.count)
        let first = length == 1 ? 0 : (1..<length).reduce(1) { power, _ in power * 10 }
        let count = length == 1 ? 10 : 9 * first
        while true {
            let number = first + generator.integer(below: count)
            if number < 100 || isHeldOut(number) == heldOut { return NumberPair(number) }
        }
    }
}
