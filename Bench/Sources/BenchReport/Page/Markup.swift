// The few shapes of HTML and SVG text that the page is made of. Nothing here knows what a benchmark is.

/// Text with the four characters that markup gives a meaning written as entities.
func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.append(character)
        }
    }
}

/// `<name attributes>content</name>`; the content is markup already.
func element(_ name: String, _ attributes: String = "", _ content: String) -> String {
    "<\(name)\(attributes.isEmpty ? "" : " " + attributes)>\(content)</\(name)>"
}

/// A name that may stand in `id` and in a link to it.
func anchor(_ text: String) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
}

/// An SVG coordinate: one decimal, none if it is 0.
func coordinate(_ x: Double) -> String {
    let text = fixed(x, 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
