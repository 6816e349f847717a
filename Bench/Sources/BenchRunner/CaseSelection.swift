// Which cases a person means: ids, suites and globs.

/// The items whose ids the patterns name, in the order of `items`.
///
/// A pattern is a glob over ids (`*` any text, `?` one character) or a suite: the leading words of ids, so that `inr`
/// stands for everything below it. `!pattern` takes away; with nothing but such patterns, or none, all items are the
/// start.
///
/// - Throws: ``RunnerError`` with the nearest valid name for a pattern that fits nothing.
public func selected<Item>(
    _ patterns: [String], from items: [Item], id: (Item) -> String
) throws(RunnerError) -> [Item] {
    let excluding = patterns.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) }
    let including = patterns.filter { !$0.hasPrefix("!") }
    let ids = items.map(id)
    for pattern in including + excluding where !ids.contains(where: { fits($0, pattern) }) {
        throw .unknownCase(asked: pattern, nearest: nearestName(to: pattern, in: ids))
    }
    return items.filter { item in
        let id = id(item)
        return (including.isEmpty || including.contains { fits(id, $0) }) && !excluding.contains { fits(id, $0) }
    }
}

/// Whether the id is the pattern's, lies below it, or is matched by its wildcards.
func fits(_ id: String, _ pattern: String) -> Bool {
    id.hasPrefix(pattern + ".") || matches(Array(id)[...], Array(pattern)[...])
}

/// Whether the whole text fits the pattern: `*` stands for any text, `?` for one character.
func matches(_ text: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
        return matches(text, pattern.dropFirst()) || (!text.isEmpty && matches(text.dropFirst(), pattern))
    }
    guard let character = text.first, first == "?" || first == character else { return false }
    return matches(text.dropFirst(), pattern.dropFirst())
}

/// The id or suite with the fewest edits to `asked`; the first in order among equals.
func nearestName(to asked: String, in ids: [String]) -> String? {
    let names = Set(
        ids.flatMap { id in
            let words = id.split(separator: ".")
            return words.indices.map { words[...$0].joined(separator: ".") }
        })
    return names.sorted().min { editDistance($0, asked) < editDistance($1, asked) }
}

/// Insertions, deletions and replacements of one character that turn `a` into `b` (Levenshtein 1966).
func editDistance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
    var row = Array(0...b.count)
    for (i, character) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            (diagonal, row[j + 1]) = (
                row[j + 1], min(row[j] + 1, row[j + 1] + 1, diagonal + (character == b[j] ? 0 : 1))
            )
        }
    }
    return row[b.count]
}
