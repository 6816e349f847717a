// The settings of any Codable value as text by dotted path.

internal import Foundation

/// A setting an entry: `["bleu.tokenisation": "none", "decoding": "greedy"]`; places in lists are numbers.
///
/// Stops where there is no such form: a number that is not finite.
public func flattened(_ settings: some Encodable) -> [String: String] {
    do {
        return try JSONDecoder().decode(SettingsTree.self, from: JSONEncoder().encode([settings])).entries(under: nil)
            .reduce(into: [:]) { $0[String($1.path.dropFirst(2))] = $1.value }
    } catch {
        fatalError("flattened: \(type(of: settings)) has no JSON form: \(error)")
    }
}

/// Any JSON value, its numbers as they print.
private enum SettingsTree: Decodable {
    case leaf(String)
    case branches([(key: String, tree: SettingsTree)])

    init(from decoder: any Decoder) throws {
        if let keyed = try? decoder.container(keyedBy: SettingKey.self) {
            self = .branches(
                try keyed.allKeys.map { ($0.stringValue, try keyed.decode(SettingsTree.self, forKey: $0)) })
        } else if var list = try? decoder.unkeyedContainer() {
            var items: [(key: String, tree: SettingsTree)] = []
            while !list.isAtEnd { items.append(("\(items.count)", try list.decode(SettingsTree.self))) }
            self = .branches(items)
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .leaf("none")
            } else if let flag = try? value.decode(Bool.self) {
                self = .leaf("\(flag)")
            } else if let number = try? value.decode(Int64.self) {
                self = .leaf("\(number)")
            } else if let number = try? value.decode(Double.self) {
                self = .leaf("\(number)")
            } else {
                self = .leaf(try value.decode(String.self))
            }
        }
    }

    func entries(under path: String?) -> [(path: String, value: String)] {
        switch self {
        case .leaf(let value): [(path ?? "", value)]
        case .branches(let branches):
            branches.flatMap { key, tree in tree.entries(under: path.map { "\($0).\(key)" } ?? key) }
        }
    }
}

private struct SettingKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
