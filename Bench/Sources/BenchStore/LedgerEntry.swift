// What the lines of the ledger say: a run begins, a case of it stands so, the run ends. No SQL here: who has no database
// (a task on a cluster) writes the same lines.

public import BenchRecords
internal import Foundation
public import Measurements
internal import TensorIO

/// A run as its lines name it: enough to find its file without any other line.
public struct RunAddress: Codable, Sendable, Hashable {
    /// The run's UUID.
    public var run: String
    /// The class of the machine it ran on.
    public var machine: String

    /// The address of a run.
    public init(_ run: RunRecord) { (self.run, machine) = (run.uuid, run.machine.machineClass) }

    init(run: String, machine: String) { (self.run, self.machine) = (run, machine) }
}

/// An artefact as it is stored: inline when small, else a file named by its digest.
public struct StoredArtefact: Codable, Sendable, Equatable {
    var name: String
    var mediaType: String
    var digest: String
    var byteCount: Int
    var inline: Data?

    /// At most so many bytes stand inside a line and in the database; more are a file in `cas`, which both refer to.
    static let inlineLimit = 64 << 10

    init(name: String, mediaType: String, digest: String, byteCount: Int, inline: Data?) {
        (self.name, self.mediaType, self.digest) = (name, mediaType, digest)
        (self.byteCount, self.inline) = (byteCount, inline)
    }

    /// An artefact that a case returned.
    public init(_ artefact: Artefact) {
        self.init(
            name: artefact.name, mediaType: artefact.mediaType, digest: SHA256.hexDigest(of: artefact.bytes),
            byteCount: artefact.bytes.count,
            inline: artefact.bytes.count <= Self.inlineLimit ? Data(artefact.bytes) : nil)
    }

    /// Where the file of a large artefact lies below the folder `cas`.
    static func file(ofDigest digest: String) -> String { "cas/\(digest.prefix(2))/\(digest.dropFirst(2))" }
}

/// One statement of the ledger.
public enum LedgerEntry: Sendable, Equatable {
    /// A run begins, with its planned cases.
    case run(RunRecord)
    /// A case of a run stands so: it runs, or it ended with all that it measured.
    case item(CaseRecord, [StoredArtefact], of: RunAddress)
    /// A run ended, or is taken up again with the status `running`.
    case end(RunStatus, at: Int64?, of: RunAddress)
    /// Something happened to a note.
    case note(NoteEvent)

    /// The file of the lines about the same run or note, below the ledger's folder.
    var path: String {
        switch self {
        case .run(let run): Self.path(of: RunAddress(run))
        case .item(_, _, let address), .end(_, _, let address): Self.path(of: address)
        case .note(let event): notePath(event.note)
        }
    }

    /// A UUIDv7 begins with its time, which gives the month.
    static func path(of address: RunAddress) -> String {
        let milliseconds = Double(Int64(address.run.filter { $0 != "-" }.prefix(12), radix: 16) ?? 0)
        let month = Date(timeIntervalSince1970: milliseconds / 1000).formatted(.iso8601.year().month())
        return "\(address.machine)/\(month)/\(address.run).ndjson"
    }

    /// When it was true, in microseconds since 1970; 0 where nothing tells.
    var time: Int64 {
        switch self {
        case .run(let run): run.started
        case .item(let item, _, _): item.ended ?? item.started ?? 0
        case .end(_, let time, _): time ?? 0
        case .note(let event): event.at
        }
    }

    /// Whether it must be on the disk before anyone is told: all but that a case runs.
    var isDurable: Bool {
        if case .item(let item, _, _) = self { item.state != .running } else { true }
    }
}

func notePath(_ note: String) -> String { "notes/\(note).ndjson" }

extension LedgerEntry {
    /// The line that says it after `last`.
    ///
    /// - Throws: ``StoreError/badScores(metric:detail:)`` for scores that would not come back as they were.
    func line(after last: (uuid: String, digest: String)?) throws(StoreError) -> LedgerLine {
        switch self {
        case .run(var run):
            let patch = run.build.patch.map { Data(Deflate.compressed($0)) }
            run.build.patch = nil
            return LedgerLine(
                .run, payload: canonicalJSON(RunPayload(run: run, patch: patch)), at: time, after: last)
        case .item(let item, let artefacts, let address):
            let payload = canonicalJSON(try CasePayload(item, artefacts, address))
            return LedgerLine(.item, payload: payload, at: time, after: last)
        case .end(let status, let ended, let address):
            let payload = canonicalJSON(EndPayload(at: address, ended: ended, status: status))
            return LedgerLine(.end, payload: payload, at: time, after: last)
        case .note(let event): return LedgerLine(.note, payload: canonicalJSON(event), at: time, after: last)
        }
    }

    /// What a line says; `nil` if its payload has another form.
    init?(_ line: LedgerLine) {
        func decoded<Payload: Decodable>(_ type: Payload.Type) -> Payload? {
            try? JSONDecoder().decode(type, from: Data(line.payload))
        }
        switch line.kind {
        case .run:
            guard var payload = decoded(RunPayload.self) else { return nil }
            if let patch = payload.patch {
                guard let bytes = Deflate.expanded([UInt8](patch)) else { return nil }
                payload.run.build.patch = bytes
            }
            self = .run(payload.run)
        case .item:
            guard let payload = decoded(CasePayload.self), let item = payload.record else { return nil }
            self = .item(item, payload.artefacts, of: payload.at)
        case .end:
            guard let payload = decoded(EndPayload.self) else { return nil }
            self = .end(payload.status, at: payload.ended, of: payload.at)
        case .note:
            guard let event = decoded(NoteEvent.self) else { return nil }
            self = .note(event)
        }
    }
}

/// The patch stands beside the run because a list of numbers, as JSON has it, is four times as long.
private struct RunPayload: Codable {
    var run: RunRecord
    var patch: Data?
}

private struct EndPayload: Codable {
    var at: RunAddress
    var ended: Int64?
    var status: RunStatus
}

/// A whole case in one line: what was cut off is no line, so that half a case cannot be read.
private struct CasePayload: Codable {
    struct Items: Codable, Equatable {
        var names: [String]
        var groups: [Int]
    }

    struct Result: Codable {
        var metric: Metric
        var value: Double?
        var flag: Int
        /// The place in `items` and the payload of the scores, both or neither.
        var items: Int?
        var scores: Data?
        var uncertainty: Uncertainty?
    }

    var at: RunAddress
    var item: CaseRecord
    /// Each list of items once, though several metrics score it.
    var items: [Items] = []
    var results: [Result] = []
    var artefacts: [StoredArtefact]

    init(_ item: CaseRecord, _ artefacts: [StoredArtefact], _ address: RunAddress) throws(StoreError) {
        (at, self.item, self.artefacts) = (address, item, artefacts)
        self.item.measurements = []
        for measurement in item.measurements {
            let value = measurement.value
            var result = Result(
                metric: measurement.metric, value: value.isFinite ? value : nil, flag: ValueFlag(value).rawValue)
            result.uncertainty = measurement.uncertainty
            if let scores = measurement.scores {
                _ = try ItemSet(scores, metric: measurement.metric.name)
                let set = Items(names: scores.items, groups: scores.groups)
                result.items = items.firstIndex(of: set) ?? items.count
                if result.items == items.count { items.append(set) }
                result.scores = Data(ScoresPayload(scores.values, width: scores.width).bytes)
            }
            results.append(result)
        }
    }

    /// The case with its measurements; `nil` if a result refers to items that are not there.
    var record: CaseRecord? {
        var record = item
        for result in results {
            guard let flag = ValueFlag(rawValue: result.flag) else { return nil }
            var measurement = Measurements.Measurement(result.metric, value: flag.value(result.value))
            measurement.uncertainty = result.uncertainty
            if let index = result.items, let bytes = result.scores {
                guard items.indices.contains(index), let rows = ScoresPayload.rows(in: [UInt8](bytes)) else {
                    return nil
                }
                measurement.scores = Scores(
                    items: items[index].names, groups: items[index].groups, width: rows.width, values: rows.values)
            }
            record.measurements.append(measurement)
        }
        return record
    }
}
