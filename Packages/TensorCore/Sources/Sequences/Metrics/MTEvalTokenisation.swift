// The tokenisation `13a` of sacreBLEU, which is that of the script mteval-v13a.

/// The tokens of a text: symbols and full stops apart, numbers and words with apostrophes whole.
///
/// Only ASCII punctuation is split, and "digit" is `0...9`. Source: sacreBLEU 2.6, tokenizer_13a and tokenizer_re.
func mteval13aTokens(of text: String) -> [Scalars] {
    let isDigit = { ("0"..."9").contains($0 as Unicode.Scalar) }
    let isStop = { $0 == "." || $0 == "," as Unicode.Scalar }
    var line = Scalars(text.unicodeScalars)
    while let last = line.last, last.isSpace { line.removeLast() }
    for (mark, replacement) in [("<skipped>", ""), ("-\n", ""), ("\n", " ")] + entities {
        line = line.replacing(Scalars(mark.unicodeScalars), with: Scalars(replacement.unicodeScalars))
    }
    line = [" "] + line + [" "]
    line = line.flatMap { isSymbol($0) ? [" ", $0, " "] : [$0] }
    line = rewritten(line, where: { !isDigit($0) && isStop($1) }) { [$0, " ", $1, " "] }
    line = rewritten(line, where: { isStop($0) && !isDigit($1) }) { [" ", $0, " ", $1] }
    line = rewritten(line, where: { isDigit($0) && $1 == "-" }) { [$0, " ", $1, " "] }
    return words(of: line)
}

// `&apos;` is not among them.
private let entities = [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")]

/// ASCII punctuation except `'`, `,`, `-` and `.`, and the space.
private func isSymbol(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case " "..."&", "("..."+", "/", ":"..."@", "["..."`", "{"..."~": true
    default: false
    }
}

/// A copy in which pairs that hold, found from left to right without overlap, are replaced.
private func rewritten(
    _ line: Scalars, where holds: (Unicode.Scalar, Unicode.Scalar) -> Bool,
    _ replacement: (Unicode.Scalar, Unicode.Scalar) -> Scalars
) -> Scalars {
    var result: Scalars = [], index = 0
    while index < line.count {
        if index + 1 < line.count, holds(line[index], line[index + 1]) {
            result += replacement(line[index], line[index + 1])
            index += 2
        } else {
            result.append(line[index])
            index += 1
        }
    }
    return result
}
