// Runs as they come back: by identifier, by what a person types, or to be continued.

public import BenchRecords
internal import Foundation
internal import GRDB
public import Measurements

extension RunStore {
    /// The run with the given UUID; measurements come in the order of their declaration.
    public func run(_ uuid: String) throws -> RunRecord {
        guard let found = try runs("WHERE uuid = ?", [Data(RunIdentifier.bytes(of: uuid))]).first else {
            throw StoreError.noRun(asked: uuid)
        }
        return found
    }

    /// The latest runs of every kind, newest first.
    public func runs(last count: Int) throws -> [RunRecord] { try runs(newestFirst + " LIMIT ?", [count]) }

    /// The run that `asked` names.
    ///
    /// That is `@last`, `@last~N`, what was pinned last as `@baseline` or `@baseline:NAME`, at least four hex digits that
    /// begin or end a run's identifier, or whatever `commit` turns into a commit, of which the latest complete run is
    /// taken.
    public func run(matching asked: String, commit: (String) -> String?) throws -> RunRecord {
        let fitting = try identifiers(fitting: asked)
        guard fitting.count < 2 else {
            throw StoreError.ambiguousRun(asked: asked, runs: fitting.map { String($0.suffix(8)) })
        }
        if let uuid = fitting.first { return try run(uuid) }
        if asked == "@baseline" || asked.hasPrefix("@baseline:") {
            let name = asked.dropFirst("@baseline:".count)
            guard let pin = try pins(named: name.isEmpty ? "main" : String(name)).first else {
                throw StoreError.noBaseline(asked: asked)
            }
            return try run(pin.run)
        }
        let found: RunRecord?
        if let back = stepsBack(asked) {
            found = try runs("WHERE \(isRecord)" + newestFirst + " LIMIT 1 OFFSET ?", [back]).first
        } else if let commit = commit(asked) {
            let condition = "WHERE commit_sha = ? AND status = 'complete' AND \(isRecord)"
            found = try runs(condition + newestFirst + " LIMIT 1", [commit]).first
        } else {
            found = nil
        }
        guard let found else { throw StoreError.noRun(asked: asked) }
        return found
    }

    /// The complete runs that say what a commit is worth, newest first.
    public func runs(at commit: String) throws -> [RunRecord] {
        try runs("WHERE commit_sha = ? AND status = 'complete' AND \(isRecord)" + newestFirst, [commit])
    }

    /// The latest run that stopped before its end, with the same plan, build and machine, begun after `started`.
    public func unfinishedRun(
        planDigest: String, buildDigest: String, machineClass: String, startedAfter started: Int64
    ) throws -> RunRecord? {
        try runs(
            """
            WHERE status = 'partial' AND plan_digest = ? AND build.digest = ? AND machine.class = ? AND started > ?
            """ + newestFirst + " LIMIT 1", [planDigest, buildDigest, machineClass, started]
        ).first
    }

    /// The wall seconds of the case's last ten finished attempts, fastest first: with these settings, if there are any.
    public func recentSeconds(caseID: String, configuration: [String: String]) throws -> [Double] {
        try read { database in
            func seconds(_ condition: String, _ arguments: StatementArguments = []) throws -> [Double] {
                try Double.fetchAll(
                    database,
                    sql: """
                        SELECT (ended - started) / 1e6 FROM run_case JOIN case_def ON pk = case_pk
                        WHERE id = ? AND state = 'done' \(condition) ORDER BY started DESC LIMIT 10
                        """,
                    arguments: [caseID] + arguments
                ).sorted()
            }
            let same = try seconds("AND config = ?", [canonicalJSON(configuration)])
            return try same.isEmpty ? seconds("") : same
        }
    }

    /// The bytes of a case's artefact; `nil` if the case kept none of that name in that run.
    ///
    /// The latest attempt's, from the database or from the file beside it.
    public func artefact(_ name: String, of caseID: String, in run: String) throws -> [UInt8]? {
        let row = try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT artefact.digest, inline FROM artefact
                    JOIN run ON run.pk = run_pk JOIN case_def ON case_def.pk = case_pk
                    WHERE uuid = ? AND id = ? AND artefact.name = ? ORDER BY artefact.pk DESC LIMIT 1
                    """,
                arguments: [Data(RunIdentifier.bytes(of: run)), caseID, name])
        }
        guard let row else { return nil }
        if let inline: Data = row["inline"] { return [UInt8](inline) }
        let file = file(ofDigest: row["digest"])
        guard let bytes = try? Data(contentsOf: file) else {
            throw StoreError.unusable(path: file.path, detail: "artefact '\(name)' cannot be read")
        }
        return [UInt8](bytes)
    }

    /// The files that a case kept in a run, in the order in which it kept them.
    public func artefacts(of caseID: String, in run: String) throws -> [Artefact] {
        let rows = try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT artefact.name, media FROM artefact
                    JOIN run ON run.pk = run_pk JOIN case_def ON case_def.pk = case_pk
                    WHERE uuid = ? AND id = ? GROUP BY artefact.name ORDER BY min(artefact.pk)
                    """,
                arguments: [Data(RunIdentifier.bytes(of: run)), caseID])
        }
        return try rows.compactMap { row in
            let name: String = row["name"]
            return try artefact(name, of: caseID, in: run).map {
                Artefact(name: name, mediaType: row["media"], bytes: $0)
            }
        }
    }

    /// Everything a case kept in a run, as it is stored.
    func storedArtefacts(of caseID: String, in run: String) throws -> [StoredArtefact] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT artefact.* FROM artefact
                    JOIN run ON run.pk = run_pk JOIN case_def ON case_def.pk = case_pk
                    WHERE uuid = ? AND id = ? ORDER BY artefact.pk
                    """,
                arguments: [Data(RunIdentifier.bytes(of: run)), caseID]
            ).map {
                StoredArtefact(
                    name: $0["name"], mediaType: $0["media"], digest: $0["digest"], byteCount: $0["bytes"],
                    inline: $0["inline"])
            }
        }
    }

    func runs(_ condition: String, _ arguments: StatementArguments) throws -> [RunRecord] {
        try read { database in
            try Row.fetchAll(database, sql: "\(runQuery) \(condition)", arguments: arguments).map { row in
                let key: Int64 = row["key"]
                return try storedRun(
                    of: row, cases: cases(of: key, measured: measurements(of: key, in: database), in: database))
            }
        }
    }

    private func identifiers(fitting asked: String) throws -> [String] {
        let digits = asked.lowercased().filter { $0 != "-" }
        guard (4...32).contains(digits.count), digits.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit })
        else {
            return []
        }
        return try read { database in
            try Data.fetchAll(
                database, sql: "SELECT uuid FROM run WHERE hex(uuid) LIKE ? OR hex(uuid) LIKE ? ORDER BY uuid",
                arguments: [digits + "%", "%" + digits]
            ).map { RunIdentifier.text(of: [UInt8]($0)) }
        }
    }
}

let runQuery =
    "SELECT run.*, build.*, machine.*, run.pk AS key FROM run JOIN build ON build.pk = build_pk "
    + "JOIN machine ON machine.pk = machine_pk"

/// Runs that say what a commit is worth; the others try something out, and are found by their identifiers alone.
let isRecord = "kind NOT IN ('explore', 'calibrate', 'confirm', 'verify', 'repro')"

let newestFirst = " ORDER BY started DESC, uuid DESC"

/// 0 for `@last`, N for `@last~N`, `nil` for anything else.
private func stepsBack(_ asked: String) -> Int? {
    guard asked.hasPrefix("@last") else { return nil }
    let rest = asked.dropFirst(5)
    return rest.isEmpty ? 0 : rest.first == "~" ? UInt16(rest.dropFirst()).map(Int.init) : nil
}

func storedRun(of row: Row, cases: [CaseRecord]) throws -> RunRecord {
    let environment: StoredEnvironment = try decoded(row["env"], from: "run.env")
    let uuid: Data = row["uuid"]
    let (patch, note): (Data?, Data?) = (row["patch"], row["note_uuid"])
    let build = BuildRecord(
        commit: row["commit_sha"], commitTime: row["commit_time"], parent: row["parent_sha"], branch: row["branch"],
        patchDigest: row["patch_digest"], patch: try patch.map { try expanded($0, from: "build.patch") },
        toolchain: row["toolchain"], configuration: row["config"],
        dependencies: try decoded(row["deps"], from: "build.deps"),
        libraries: try decoded(row["libs"], from: "build.libs"),
        binaryDigest: row["binary_digest"])
    let seed: Int64 = row["seed"]
    return RunRecord(
        uuid: RunIdentifier.text(of: [UInt8](uuid)), kind: try word(row["kind"], from: "run.kind"), build: build,
        machine: machine(of: row), tier: try word(row["tier"], from: "run.tier"), seed: UInt64(bitPattern: seed),
        threads: environment.threads, planDigest: row["plan_digest"], started: row["started"], ended: row["ended"],
        status: try word(row["status"], from: "run.status"), environment: environment.environment,
        cases: cases, note: note.map { RunIdentifier.text(of: [UInt8]($0)) }, settings: environment.settings)
}

func machine(of row: Row) -> MachineRecord {
    MachineRecord(
        machineClass: row["class"], cpu: row["cpu"], architecture: row["arch"], cores: row["cores"],
        memoryGiB: row["ram_gib"], blas: row["blas"], quota: row["quota"])
}

/// The run's cases that fulfil the condition, each with what was measured of it.
func cases(
    of run: Int64, _ condition: String = "", _ arguments: StatementArguments = [],
    measured: [String: [Measurements.Measurement]], in database: Database
) throws -> [CaseRecord] {
    let rows = try Row.fetchAll(
        database,
        sql: """
            SELECT *, max(attempt) AS latest FROM run_case JOIN case_def ON pk = case_pk
            WHERE run_pk = ? \(condition) GROUP BY id ORDER BY ordinal
            """,
        arguments: [run] + arguments)
    return try rows.map { row in
        let id: String = row["id"]
        return CaseRecord(
            id: id, version: row["version"], tier: try word(row["tier"], from: "case_def.tier"),
            configuration: try decoded(row["config"], from: "case_def.config"),
            dataDigests: try decoded(row["data_digests"], from: "case_def.data_digests"),
            state: try word(row["state"], from: "run_case.state"), attempt: row["attempt"], started: row["started"],
            ended: row["ended"], exitCode: row["exit"], signal: row["signal"], message: row["message"],
            measurements: measured[id] ?? [])
    }
}

private func measurements(of run: Int64, in database: Database) throws -> [String: [Measurements.Measurement]] {
    let rows = try Row.fetchCursor(
        database,
        sql: """
            SELECT metric.*, result.value, result.flag, lo, hi, mde, payload, ids, group_ix FROM result
            JOIN metric ON metric.pk = metric_pk LEFT JOIN scores ON scores.pk = scores_pk
            LEFT JOIN item_set ON item_set.pk = item_set_pk
            WHERE run_pk = ?
            ORDER BY case_id, ordinal, name, sig_digest
            """,
        arguments: [run])
    var result: [String: [Measurements.Measurement]] = [:]
    while let row = try rows.next() {
        var measurement = Measurements.Measurement(try metric(of: row), value: value(of: row))
        measurement.scores = try scores(of: row)
        if let lower: Double = row["lo"], let upper: Double = row["hi"], let distance: Double = row["mde"] {
            measurement.uncertainty = Uncertainty(lower: lower, upper: upper, minimumDetectable: distance)
        }
        result[row["case_id"], default: []].append(measurement)
    }
    return result
}

func value(of row: Row) -> Double { (ValueFlag(rawValue: row["flag"]) ?? .nan).value(row["value"]) }

func metric(of row: Row) throws -> Metric {
    let text: String = row["signature"]
    guard let signature = Signature(parsing: text) else { throw damaged("metric.signature", text) }
    var metric = Metric(
        signature, try word(row["class"], from: "metric.class"), unit: row["unit"],
        direction: Direction(rawValue: row["direction"]) ?? .none, decimals: row["decimals"],
        finaliser: try word(row["finaliser"], from: "metric.finaliser"), smallestEffect: row["sesoi"])
    let published: String? = row["published"]
    metric.published = try published.map { try decoded($0, from: "metric.published") }
    return metric
}

private func scores(of row: Row) throws -> Scores? {
    guard let payload: Data = row["payload"], let names: Data = row["ids"], let groups: Data = row["group_ix"] else {
        return nil
    }
    guard let rows = ScoresPayload.rows(in: [UInt8](payload)) else {
        throw damaged("scores.payload", "\(payload.count) bytes")
    }
    return Scores(
        items: ItemSet.names(in: try expanded(names, from: "item_set.ids")),
        groups: ItemSet.groups(in: [UInt8](groups)), width: rows.width, values: rows.values)
}

extension Signature {
    /// The reverse of `description`; `nil` for a text that no signature has.
    init?(parsing text: String) {
        let fields = text.split(separator: "|", omittingEmptySubsequences: false)
        let pairs = fields.dropFirst().map { $0.split(separator: ":", maxSplits: 1).map { unescaped($0) } }
        guard let name = fields.first, pairs.allSatisfy({ $0.count == 2 }), pairs.first?[0] == "v",
            let version = pairs.first.flatMap({ Int($0[1]) })
        else { return nil }
        self.init(
            name: unescaped(name), version: version,
            options: Dictionary(pairs.dropFirst().map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first }))
    }
}

private func unescaped(_ text: Substring) -> String {
    text.replacingOccurrences(of: "%7C", with: "|").replacingOccurrences(of: "%3A", with: ":")
        .replacingOccurrences(of: "%25", with: "%")
}

func word<Word: RawRepresentable<String>>(_ text: String, from column: String) throws -> Word {
    guard let word = Word(rawValue: text) else { throw damaged(column, text) }
    return word
}

func decoded<Value: Decodable>(_ text: String, from column: String) throws -> Value {
    do {
        return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
        throw damaged(column, text)
    }
}

private func expanded(_ data: Data, from column: String) throws -> [UInt8] {
    guard let bytes = Deflate.expanded([UInt8](data)) else { throw damaged(column, "\(data.count) bytes") }
    return bytes
}

private func damaged(_ column: String, _ found: String) -> StoreError {
    .corrupt(path: column, detail: "found '\(found)'")
}
