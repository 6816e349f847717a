// The rows that a case wrote on its way, as a file kept with its result.

internal import Foundation
internal import Measurements
internal import Synchronization

/// Collects the rows of a case while it runs.
final class TraceRows: Sendable {
    private let rows = Mutex<[TraceRow]>([])
    private static let name = "trace.json"

    func append(_ row: TraceRow) { rows.withLock { $0.append(row) } }

    /// The file; `nil` without rows.
    func artefact() throws -> Artefact? {
        let rows = rows.withLock(\.self)
        if rows.isEmpty { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Artefact(
            name: Self.name, mediaType: "application/json", bytes: [UInt8](try encoder.encode(rows)))
    }

    /// The rows in the files of a result; none where no file is a trace.
    static func rows(in artefacts: [Artefact]) throws -> [TraceRow] {
        guard let file = artefacts.last(where: { $0.name == name }) else { return [] }
        return try JSONDecoder().decode([TraceRow].self, from: Data(file.bytes))
    }
}
