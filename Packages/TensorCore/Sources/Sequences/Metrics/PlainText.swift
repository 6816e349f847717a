// Text as the reference implementations of the metrics see it: code points, and Python's notion of white space.
//
// Swift compares strings by canonical equivalence and sees `\r\n` as one character; the reference implementations do not.

typealias Scalars = [Unicode.Scalar]

extension Unicode.Scalar {
    /// Whether Python's `str.split` separates here.
    var isSpace: Bool { properties.isWhitespace || ("\u{1C}"..."\u{1F}").contains(self) }

    /// Whether it is one of ``!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~``.
    var isASCIIPunctuation: Bool {
        switch self {
        case "!"..."/", ":"..."@", "["..."`", "{"..."~": true
        default: false
        }
    }
}

/// The words between white space.
func words(of text: some Collection<Unicode.Scalar>) -> [Scalars] {
    text.split(whereSeparator: \.isSpace).map { Scalars($0) }
}

/// The code points in lower case, as Python has them.
func lowercased(_ text: String) -> Scalars {
    guard text.unicodeScalars.contains("Σ") else { return Scalars(text.lowercased().unicodeScalars) }
    let scalars = Scalars(text.unicodeScalars)
    return scalars.indices.flatMap { index -> Scalars in
        // At the end of a word it is ς: behind a letter, before none.
        guard scalars[index] == "Σ" else { return Scalars(scalars[index].properties.lowercaseMapping.unicodeScalars) }
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true ? ["ς"] : ["σ"]
    }
}
