// Any JSON value, for settings that are known by their names alone.

public import Foundation

/// Any JSON value; numbers keep every digit they were written with, up to 38.
public enum JSONValue: Codable, Sendable, Equatable {
    case null
    case flag(Bool)
    case number(Decimal)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    /// The value that the text is, or the text itself where it is no JSON: `1e-3`, `[1,2]`, `cosine`.
    public init(_ text: String) {
        self = (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .text(text)
    }

    /// Reads whichever of the six it is.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Decimal.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// Writes it as it was read.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSONValue {
    /// What a value is written as, without keys whose value is `nil`.
    ///
    /// Stops where there is no such form: a number that is not finite.
    init(of value: some Encodable) {
        do {
            self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
        } catch {
            fatalError("JSONValue: \(type(of: value)) has no JSON form: \(error)")
        }
    }

    /// The value as a type reads it; `nil` where that takes no such value.
    func decoded<Value: Decodable>(as _: Value.Type) -> Value? {
        try? JSONDecoder().decode(Value.self, from: JSONEncoder().encode(self))
    }

    /// As it is written, keys in order.
    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            fatalError("JSONValue: every value has a JSON form, yet: \(error)")
        }
    }

    /// A text for each value at the end of a path: `["bleu.tokenisation": "none"]`; places in lists are numbers.
    func flattened(under path: String? = nil) -> [String: String] {
        func joined(_ children: some Sequence<(String, JSONValue)>) -> [String: String] {
            children.reduce(into: [:]) { all, child in
                let name = path.map { "\($0).\(child.0)" } ?? child.0
                all.merge(child.1.flattened(under: name)) { first, _ in first }
            }
        }
        switch self {
        case .null: return [path ?? "": "none"]
        case .flag(let value): return [path ?? "": "\(value)"]
        case .number(let value): return [path ?? "": "\(value)"]
        case .text(let value): return [path ?? "": value]
        case .list(let items): return joined(items.enumerated().map { ("\($0)", $1) })
        case .object(let fields): return joined(fields.map { ($0.key, $0.value) })
        }
    }
}
