// Settings as text that can be compared, digested and stored.

internal import Foundation

/// A value's JSON with sorted keys: equal settings give equal text.
///
/// Stops where there is no such form: a number that is not finite.
public func canonicalJSON(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
        fatalError("canonicalJSON: \(type(of: value)) has no JSON form: \(error)")
    }
}
