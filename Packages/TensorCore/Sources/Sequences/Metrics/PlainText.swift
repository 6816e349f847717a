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

/// The code points in lower case.
///
/// A capital sigma becomes σ at the end of a word too, where Python writes ς.
func lowercased(_ text: String) -> Scalars { Scalars(text.lowercased().unicodeScalars) }
