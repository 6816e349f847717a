// Words as memories are compared by: without contractions, short stop words and endings.
//
// The stemmer is Porter's of 1980 ("An algorithm for suffix stripping", Program 14), with the letters of its steps. Written
// here because the libraries that have it bring a setup step for a hundred lines. The published code uses NLTK's, which
// departs from the paper in a few words.

/// The words of a sentence as memories are compared by.
public func memoryWords(of text: String) -> [String] {
    var words: [String] = []
    for word in text.lowercased().split(whereSeparator: \.isWhitespace) {
        words += plainTerms(of: expandingContraction(String(word.replacing("’", with: "'"))))
    }
    return words.map(porterStem).filter { !stopWords.contains($0) }
}

/// Few, because "you" and "me" matter in a memory; from ParlAI, projects/bb3/agents/utils.py.
private let stopWords = Set(
    [
        "a", "an", "the", "am", "are", "is", "as", "really", "actually", "up", "so", "just", "now", "how", "then",
        "also",
        "very", "too", "most", "but",
    ].map(porterStem))

private func expandingContraction(_ word: String) -> String {
    let core = word.trimmingPrefix { !$0.isLetter }
    for (short, long) in [("can't", "can not"), ("won't", "will not"), ("shan't", "shall not"), ("let's", "let us")]
    where core.hasPrefix(short) {
        return long + core.dropFirst(short.count)
    }
    let pronouns = ["it", "he", "she", "that", "what", "who", "where", "there", "here", "how"]
    if let pronoun = pronouns.first(where: { core.hasPrefix($0 + "'s") }) { return pronoun + " is" }
    for (short, long) in [
        ("n't", " not"), ("'re", " are"), ("'m", " am"), ("'ve", " have"), ("'ll", " will"), ("'d", " would"),
    ] {
        if let range = word.ranges(of: short).first { return word.replacingCharacters(range, with: long) }
    }
    return word
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}

/// A word's stem by Porter's steps 1a to 5b; words of other than lower-case ASCII letters, or of two, stay as they are.
public func porterStem(_ word: String) -> String {
    let letters = Array(word.utf8)
    guard letters.count > 2, letters.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }) else { return word }
    var stem = Stem(letters: letters)
    stem.removePlural()
    stem.removeVerbEnding()
    if stem.ends("y"), stem.hasVowel(without: 1) { stem.replace("y", "i") }
    stem.replaceFirst(doubleEndings) { $0 > 0 }
    stem.replaceFirst(nounEndings) { $0 > 0 }
    stem.removeLongEnding()
    stem.removeFinalE()
    return String(decoding: stem.letters, as: UTF8.self)
}

/// Step 2.
private let doubleEndings = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"),
]
/// Step 3.
private let nounEndings = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
]
/// Step 4; the longer before its own ending.
private let longEndings = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
]

private struct Stem {
    var letters: [UInt8]

    func ends(_ ending: String) -> Bool {
        letters.count > ending.utf8.count && letters.suffix(ending.utf8.count).elementsEqual(ending.utf8)
    }

    mutating func replace(_ ending: String, _ text: String) {
        letters = letters.dropLast(ending.utf8.count) + Array(text.utf8)
    }

    private func isConsonant(_ index: Int) -> Bool {
        switch letters[index] {
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
        case UInt8(ascii: "y"): index == 0 || !isConsonant(index - 1)
        default: true
        }
    }

    /// m: how often a consonant follows a vowel before the last `count` letters.
    func measure(without count: Int) -> Int {
        let kinds = (0..<(letters.count - count)).map(isConsonant)
        return zip(kinds, kinds.dropFirst()).count { !$0 && $1 }
    }

    /// *v*.
    func hasVowel(without count: Int) -> Bool { (0..<(letters.count - count)).contains { !isConsonant($0) } }

    /// *d.
    private var endsInDouble: Bool {
        letters.count > 1 && letters[letters.count - 1] == letters[letters.count - 2] && isConsonant(letters.count - 1)
    }

    /// *o: consonant, vowel, consonant, the last none of w, x, y, before the last `count` letters.
    private func endsShort(without count: Int) -> Bool {
        let last = letters.count - count - 1
        return last > 1 && isConsonant(last) && !isConsonant(last - 1) && isConsonant(last - 2)
            && !Array("wxy".utf8).contains(letters[last])
    }

    /// Step 1a.
    mutating func removePlural() {
        if ends("sses") {
            replace("sses", "ss")
        } else if ends("ies") {
            replace("ies", "i")
        } else if ends("s"), !ends("ss") {
            replace("s", "")
        }
    }

    /// Step 1b.
    mutating func removeVerbEnding() {
        if ends("eed") {
            if measure(without: 3) > 0 { replace("eed", "ee") }
            return
        }
        guard let ending = ["ed", "ing"].first(where: { ends($0) && hasVowel(without: $0.utf8.count) }) else { return }
        replace(ending, "")
        if ends("at") || ends("bl") || ends("iz") {
            letters.append(UInt8(ascii: "e"))
        } else if endsInDouble, !Array("lsz".utf8).contains(letters[letters.count - 1]) {
            letters.removeLast()
        } else if measure(without: 0) == 1, endsShort(without: 0) {
            letters.append(UInt8(ascii: "e"))
        }
    }

    /// Steps 2 and 3: the first ending of the list that is there decides.
    mutating func replaceFirst(_ endings: [(ending: String, text: String)], if fits: (Int) -> Bool) {
        guard let (ending, text) = endings.first(where: { ends($0.ending) }), fits(measure(without: ending.utf8.count))
        else { return }
        replace(ending, text)
    }

    /// Step 4.
    mutating func removeLongEnding() {
        guard let ending = longEndings.first(where: ends) else { return }
        let count = ending.utf8.count
        guard measure(without: count) > 1 else { return }
        if ending == "ion", !Array("st".utf8).contains(letters[letters.count - count - 1]) { return }
        replace(ending, "")
    }

    /// Step 5.
    mutating func removeFinalE() {
        if ends("e") {
            let m = measure(without: 1)
            if m > 1 || m == 1 && !endsShort(without: 1) { letters.removeLast() }
        }
        if ends("ll"), measure(without: 0) > 1 { letters.removeLast() }
    }
}
