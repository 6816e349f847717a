// Which cases a person means: ids, suites and globs.

public import Measurements

/// The cases that the patterns name, in the order of `cases`.
///
/// A pattern is a glob over ids (`*` any text, `?` one character) or a suite: the leading words of ids, so that `inr`
/// stands for everything below it. `!pattern` takes away; with nothing but such patterns, or none, all cases are the start.
///
/// - Throws: ``RunnerError`` with the nearest valid name for a pattern that fits nothing.
public func selectedCases(_ patterns: [String], from cases: [any BenchCase]) throws(RunnerError) -> [any BenchCase] {
    let excluding = patterns.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) }
    let including = patterns.filter { !$0.hasPrefix("!") }
    for pattern in including + excluding where !cases.contains(where: { fits($0.id, pattern) }) {
        throw .unknownCase(asked: pattern, nearest: nearestName(to: pattern, in: cases.map(\.id)))
    }
    return cases.filter { item in
        (including.isEmpty || including.contains { fits(item.id, $0) }) && !excluding.contains { fits(item.id, $0) }
    }
}

/// Whether the id is the pattern's, lies below it, or is matched by its wildcards.
func fits(_ id: String, _ pattern: String) -> Bool {
    id.hasPrefix(pattern + ".") || matches(Array(id)[...], Array(pattern)[...])
}

private func matches(_ text: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
        return matches(text, pattern.dropFirst()) || (!text.isEmpty && matches(text.dropFirst(), pattern))
    }
    guard let character = text.first, first == "?" || first == character else { return false }
    return matches(text.dropFirst(), pattern.dropFirst())
}

/// The id or suite with the fewest edits to `asked`; the first in order among equals.
func nearestName(to asked: String, in ids: [String]) -> String? {
    let names = Set(ids.flatMap { id in
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
