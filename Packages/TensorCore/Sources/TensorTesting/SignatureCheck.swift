// Whether a metric's signature tells every setting apart.

internal import Foundation
internal import Measurements

/// The fields of a metric's configuration that can change without its signature changing, by dotted path.
///
/// Each field in turn gets another value: a flag its opposite, a number one more, an empty one 7, a text each of `words`
/// that it takes.
///
/// - Throws: What encoding throws.
public func fieldsWithoutEffect(
    onSignatureOf configuration: some Codable & Sendable, words: [String] = []
) throws -> [String] {
    func signature(_ configuration: some Encodable) -> String {
        Metric("any", .quality, configuration: configuration).signature.description
    }
    func decoded<Configuration: Codable>(_ text: Data, as _: Configuration) -> Configuration? {
        try? JSONDecoder().decode(Configuration.self, from: text)
    }
    let original = signature(configuration)
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(configuration)) as? [String: Any] ?? [:]
    // What is nil has no place in the JSON.
    let empty = Mirror(reflecting: configuration).children.compactMap(\.label).filter { json[$0] == nil }
    return (leaves(of: json) + empty.map { [$0] }).filter { path in
        let changed = replacements(of: value(at: path[...], in: json), words).compactMap { replacement -> String? in
            let other = replacing(path[...], in: json, by: replacement)
            let data = try? JSONSerialization.data(withJSONObject: other)
            return data.flatMap { decoded($0, as: configuration) }.map { signature($0) }
        }
        return changed.isEmpty || changed.contains(original)
    }.map { $0.joined(separator: ".") }
}

private func leaves(of json: [String: Any]) -> [[String]] {
    json.keys.sorted().flatMap { key in
        (json[key] as? [String: Any]).map { leaves(of: $0).map { [key] + $0 } } ?? [[key]]
    }
}

private func value(at path: ArraySlice<String>, in json: Any?) -> Any? {
    guard let key = path.first else { return json }
    return value(at: path.dropFirst(), in: (json as? [String: Any])?[key])
}

private func replacing(_ path: ArraySlice<String>, in json: [String: Any], by replacement: Any) -> [String: Any] {
    guard let key = path.first else { return json }
    let inner = json[key] as? [String: Any]
    let new = path.count == 1 ? replacement : replacing(path.dropFirst(), in: inner ?? [:], by: replacement)
    return json.merging([key: new]) { $1 }
}

private func replacements(of value: Any?, _ words: [String]) -> [Any] {
    switch value {
    case let text as String: words.filter { $0 != text }
    // A number that is 0 or 1 is taken for a flag too; what does not fit the field is not decoded.
    case let number as NSNumber: [!number.boolValue, number.doubleValue + 1]
    default: [7]
    }
}
