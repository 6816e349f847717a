// Settings of a case replaced from outside, by their path: `speechStage.steps=1400`.

/// A case whose settings can be replaced.
public protocol VariableCase: BenchCase {
    associatedtype Settings: Codable, Sendable
    /// What the result depends on, stored in ``BenchCase/configuration``; the names in its JSON are the paths.
    var settings: Settings { get set }
}

/// One setting and its new value.
public struct Setting: Codable, Sendable, Equatable, CustomStringConvertible {
    /// The names that lead to it, with dots between them; places in lists are numbers from 0.
    public var path: String
    /// Its new value.
    public var value: JSONValue

    /// A setting from its parts.
    public init(_ path: String, _ value: JSONValue) { (self.path, self.value) = (path, value) }

    /// The reverse of ``description``; `nil` for a text without a path or without a `=`.
    public init?(parsing text: String) {
        guard let sign = text.firstIndex(of: "="), sign != text.startIndex else { return nil }
        self.init(String(text[..<sign]), JSONValue(String(text[text.index(after: sign)...])))
    }

    /// `path=value`; words without quotes, unless they would be taken for something else.
    public var description: String {
        if case .text(let word) = value, JSONValue(word) == value { return "\(path)=\(word)" }
        return "\(path)=\(value.json)"
    }
}

extension BenchCase {
    /// The case with its settings replaced one after the other; its id stays, its configuration tells.
    ///
    /// - Throws: ``SettingError`` where the case has no such settings, or its result does not depend on one of them.
    public func varied(by changes: [Setting]) throws(SettingError) -> any BenchCase {
        guard let variable = self as? any VariableCase else {
            if changes.isEmpty { return self }
            throw .noSettings(caseID: id)
        }
        return try variable.replacing(changes)
    }
}

extension VariableCase {
    fileprivate func replacing(_ changes: [Setting]) throws(SettingError) -> Self {
        var varied = self
        for change in changes {
            let (before, configuration) = (JSONValue(of: varied.settings), varied.configuration)
            varied.settings = try replaced(change, in: varied.settings)
            if JSONValue(of: varied.settings) != before && varied.configuration == configuration {
                throw .ignored(caseID: id, path: change.path)
            }
        }
        return varied
    }
}

/// The value with what the setting names in its JSON replaced.
///
/// - Throws: ``SettingError/unknown(path:known:)`` or ``SettingError/unfit(_:now:)``.
public func replaced<Value: Codable>(_ setting: Setting, in value: Value) throws(SettingError) -> Value {
    let names = setting.path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let before = JSONValue(of: value)
    let changed = try before.replacing(names[...], with: setting.value, path: setting.path)
    guard let result = changed.decoded(as: Value.self) else {
        throw .unfit(setting, now: before.at(names)?.json)
    }
    // What is nil has no name in the JSON yet; what nothing reads has none afterwards either.
    guard before.at(names) != nil || JSONValue(of: result).at(names) != nil else {
        throw .unknown(path: setting.path, known: before.at(names.dropLast())?.names ?? [])
    }
    return result
}

/// A reason why a setting cannot be replaced.
public enum SettingError: Error, Equatable, CustomStringConvertible {
    /// The case has no settings that can be replaced.
    case noSettings(caseID: String)
    /// The case's result is the same whatever the setting says.
    case ignored(caseID: String, path: String)
    /// No setting has that path; `known` are the names where it leaves what there is.
    case unknown(path: String, known: [String])
    /// The setting takes no such value; `now` is its value as JSON, if it has one.
    case unfit(Setting, now: String?)

    /// Where, what was found, what to do.
    public var description: String {
        switch self {
        case .noSettings(let id): "\(id): has no settings that can be replaced; choose other cases."
        case .ignored(let id, let path): "\(id): its result does not depend on '\(path)'; leave that out."
        case .unknown(let path, []): "'\(path)': there is no such setting; nothing lies below a value."
        case .unknown(let path, let known):
            "'\(path)': there is no such setting; there are \(known.joined(separator: ", "))."
        case .unfit(let setting, let now):
            "'\(setting)': the setting takes no such value; " + (now.map { "it is \($0) now." } ?? "it has none now.")
        }
    }
}

extension JSONValue {
    /// The names or places below the value, in order.
    fileprivate var names: [String] {
        switch self {
        case .object(let fields): fields.keys.sorted()
        case .list(let items): items.indices.map(String.init)
        case .null, .flag, .number, .text: []
        }
    }

    private func child(_ name: String) -> JSONValue? {
        switch self {
        case .object(let fields): fields[name]
        case .list(let items): Int(name).flatMap { items.indices.contains($0) ? items[$0] : nil }
        case .null, .flag, .number, .text: nil
        }
    }

    /// What stands at the end of the path.
    fileprivate func at(_ names: some Sequence<String>) -> JSONValue? {
        names.reduce(Optional(self)) { $0?.child($1) }
    }

    fileprivate func replacing(
        _ names: ArraySlice<String>, with value: JSONValue, path: String
    ) throws(SettingError) -> JSONValue {
        guard let name = names.first else { return value }
        let rest = names.dropFirst()
        let child = child(name)
        guard child != nil || rest.isEmpty else { throw .unknown(path: path, known: self.names) }
        let changed = try child?.replacing(rest, with: value, path: path) ?? value
        switch self {
        case .object(var fields):
            fields[name] = changed
            return .object(fields)
        case .list(var items) where child != nil:
            items[Int(name) ?? 0] = changed
            return .list(items)
        case .null, .flag, .number, .text, .list: throw .unknown(path: path, known: self.names)
        }
    }
}
