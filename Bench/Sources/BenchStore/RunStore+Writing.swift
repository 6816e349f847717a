// What the one writer writes: a run is begun, its cases start and finish one by one, the run ends.
//
// A finished case is one transaction: a reader, or a crash, meets all of it or nothing.

public import BenchRecords
internal import Foundation
internal import GRDB
public import Measurements
internal import TensorIO

extension RunStore {
    /// Stores a new run with its planned cases.
    public func begin(_ run: RunRecord) throws { try record(.run(run)) }

    /// Marks a case, or a further attempt at it, as it stands now: running, interrupted.
    public func start(_ item: CaseRecord, in run: String) throws {
        try record(.item(item, [], of: address(of: run)))
    }

    /// Stores a case that ended, with everything it measured, as one line and one transaction.
    ///
    /// Artefacts of at most 64 KiB stay in the database; larger ones become files in `cas` beside it, by their SHA-256.
    public func finish(_ item: CaseRecord, in run: String, artefacts: [Artefact] = []) throws {
        for artefact in artefacts where artefact.bytes.count > StoredArtefact.inlineLimit { try keepInFile(artefact) }
        try record(.item(item, artefacts.map(StoredArtefact.init), of: address(of: run)))
    }

    /// Closes a run, or opens it again with the status `running` and no end.
    public func end(_ run: String, status: RunStatus, at microseconds: Int64?) throws {
        try record(.end(status, at: microseconds, of: address(of: run)))
    }

    /// Brings the database to what the entry, the line of this UUID, says; once more changes nothing.
    func apply(_ entry: LedgerEntry, line: String, in database: Database) throws {
        switch entry {
        case .run(let run): try insertRun(run, in: database)
        case .item(let item, let artefacts, let address):
            let run = try runKey(address.run, in: database)
            let definition = try writeCase(item, in: run, database)
            let seed = try Int64.fetchOne(database, sql: "SELECT seed FROM run WHERE pk = ?", arguments: [run])
            for (ordinal, measurement) in item.measurements.enumerated() {
                try insertResult(
                    measurement, ordinal: ordinal, caseID: item.id, run: run, seed: seed ?? 0, in: database)
            }
            for artefact in artefacts { try insertArtefact(artefact, definition: definition, run: run, in: database) }
        case .end(let status, let microseconds, let address):
            try database.execute(
                sql: "UPDATE run SET status = ?, ended = ? WHERE pk = ?",
                arguments: [status.rawValue, microseconds, runKey(address.run, in: database)])
        case .note(let event): try insertNote(event, uuid: line, in: database)
        }
    }

    private func address(of run: String) throws -> RunAddress {
        let machine = try read { database in
            try String.fetchOne(
                database, sql: "SELECT class FROM machine JOIN run ON machine_pk = machine.pk WHERE uuid = ?",
                arguments: [Data(RunIdentifier.bytes(of: run))])
        }
        guard let machine else { throw StoreError.noRun(asked: run) }
        return RunAddress(run: run, machine: machine)
    }

    func closeAbandonedRuns() throws {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE run_case SET state = 'interrupted', message = 'the program was stopped while the case ran'
                    WHERE state = 'running';
                    UPDATE run SET status = 'partial' WHERE status = 'running';
                    """)
        }
    }

    /// Files are written to a temporary name and renamed, so that a digest never names half a file.
    private func keepInFile(_ artefact: Artefact) throws {
        let file = file(ofDigest: SHA256.hexDigest(of: artefact.bytes))
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(artefact.bytes).write(to: file, options: .atomic)
        } catch {
            throw StoreError.unusable(path: file.path, detail: "artefact '\(artefact.name)' cannot be written")
        }
    }

    /// Where an artefact too large for the database lies.
    func file(ofDigest digest: String) -> URL { folder.appendingPathComponent(StoredArtefact.file(ofDigest: digest)) }

    /// The folder that the database lies in.
    var folder: URL { URL(fileURLWithPath: path).deletingLastPathComponent() }
}

/// The run's column `env`: what the record holds beside the columns of the table.
struct StoredEnvironment: Codable {
    var threads: Int
    var environment: [String: String]
    var settings: [Setting]?
}

private func insertRun(_ run: RunRecord, in database: Database) throws {
    let build = try insertBuild(run.build, in: database)
    let machine = try insertMachine(run.machine, in: database)
    let environment = StoredEnvironment(
        threads: run.threads, environment: run.environment, settings: run.settings)
    try database.execute(
        sql: """
            INSERT INTO run (uuid, kind, build_pk, machine_pk, tier, preset, seed, plan_digest, started, ended, status,
                env, note_uuid)
            VALUES (?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uuid) DO NOTHING
            """,
        arguments: [
            Data(RunIdentifier.bytes(of: run.uuid)), run.kind.rawValue, build, machine, run.tier.rawValue,
            Int64(bitPattern: run.seed), run.planDigest, run.started, run.ended, run.status.rawValue,
            canonicalJSON(environment), run.note.map { Data(RunIdentifier.bytes(of: $0)) },
        ])
    guard database.changesCount > 0 else { return }
    let key = database.lastInsertedRowID
    for (ordinal, item) in run.cases.enumerated() {
        try writeAttempt(
            item, definition: insertDefinition(item, in: database), ordinal: ordinal, of: key, in: database)
    }
}

private func runKey(_ uuid: String, in database: Database) throws -> Int64 {
    let bytes = Data(RunIdentifier.bytes(of: uuid))
    guard let key = try Int64.fetchOne(database, sql: "SELECT pk FROM run WHERE uuid = ?", arguments: [bytes]) else {
        throw StoreError.noRun(asked: uuid)
    }
    return key
}

/// The key of the row that the statement inserts or finds.
private func key(_ sql: String, _ arguments: StatementArguments, in database: Database) throws -> Int64 {
    let statement = try database.cachedStatement(sql: sql + " RETURNING pk")
    guard let key = try Int64.fetchOne(statement, arguments: arguments) else {
        fatalError("an insertion that ends in DO UPDATE returns its row")
    }
    return key
}

private func insertMachine(_ machine: MachineRecord, in database: Database) throws -> Int64 {
    try key(
        """
        INSERT INTO machine (class, cpu, arch, cores, ram_gib, blas, quota, canonical) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (class) DO UPDATE SET class = class
        """,
        [
            machine.machineClass, machine.cpu, machine.architecture, machine.cores, machine.memoryGiB, machine.blas,
            machine.quota, machine.canonical,
        ], in: database)
}

private func insertBuild(_ build: BuildRecord, in database: Database) throws -> Int64 {
    try key(
        """
        INSERT INTO build (digest, commit_sha, commit_time, parent_sha, branch, dirty, patch_digest, patch, toolchain,
            config, flags, deps, libs, binary_digest)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?, ?, ?)
        ON CONFLICT (digest) DO UPDATE SET digest = digest
        """,
        [
            build.digest, build.commit, build.commitTime, build.parent, build.branch, build.isDirty, build.patchDigest,
            build.patch.map { Data(Deflate.compressed($0)) }, build.toolchain, build.configuration,
            canonicalJSON(build.dependencies), canonicalJSON(build.libraries), build.binaryDigest,
        ], in: database)
}

private func insertDefinition(_ item: CaseRecord, in database: Database) throws -> Int64 {
    try key(
        """
        INSERT INTO case_def (id, line, version, tier, config, config_digest, data_digests) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id, version, config_digest) DO UPDATE SET tier = excluded.tier
        """,
        [
            item.id, item.line, item.version, item.tier.rawValue, canonicalJSON(item.configuration),
            item.configurationDigest, canonicalJSON(item.dataDigests),
        ], in: database)
}

/// Writes the attempt and returns the key of its definition; a case that was not planned comes last.
///
/// What data a case met is known only when it ends, and is part
/// of its definition: an attempt that was stored under another one moves.
private func writeCase(_ item: CaseRecord, in run: Int64, _ database: Database) throws -> Int64 {
    let ordinal = try Int.fetchOne(
        database,
        sql: """
            SELECT coalesce(min(ordinal) FILTER (WHERE id = ?2), count(DISTINCT ordinal))
            FROM run_case JOIN case_def ON pk = case_pk WHERE run_pk = ?1
            """,
        arguments: [run, item.id])
    try database.execute(
        sql: """
            DELETE FROM run_case WHERE run_pk = ? AND attempt = ? AND case_pk IN (SELECT pk FROM case_def WHERE id = ?)
            """,
        arguments: [run, item.attempt, item.id])
    let definition = try insertDefinition(item, in: database)
    try writeAttempt(item, definition: definition, ordinal: ordinal ?? 0, of: run, in: database)
    return definition
}

private func writeAttempt(
    _ item: CaseRecord, definition: Int64, ordinal: Int, of run: Int64, in database: Database
) throws {
    try database.execute(
        sql: """
            INSERT INTO run_case (run_pk, case_pk, ordinal, state, attempt, started, ended, exit, signal, message)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
        arguments: [
            run, definition, ordinal, item.state.rawValue, item.attempt, item.started, item.ended, item.exitCode,
            item.signal, item.message,
        ])
}

private func insertResult(
    _ measurement: Measurements.Measurement, ordinal: Int, caseID: String, run: Int64, seed: Int64,
    in database: Database
) throws {
    let metric = try insertMetric(measurement.metric, ordinal: ordinal, caseID: caseID, in: database)
    let stored = try measurement.scores.map { try insertScores($0, metric: measurement.metric.name, in: database) }
    let value = measurement.value
    try database.cachedStatement(
        sql: """
            INSERT INTO result (metric_pk, run_pk, seed, value, flag, n, groups, lo, hi, mde, scores_pk, result_digest)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (metric_pk, run_pk, seed) DO UPDATE SET value = excluded.value, flag = excluded.flag,
                n = excluded.n, groups = excluded.groups, lo = excluded.lo, hi = excluded.hi, mde = excluded.mde,
                scores_pk = excluded.scores_pk, result_digest = excluded.result_digest
            """
    ).execute(
        arguments: [
            metric, run, seed, value.isFinite ? value : nil, ValueFlag(value).rawValue, stored?.items.count ?? 0,
            stored?.items.groupCount ?? 0, measurement.uncertainty?.lower, measurement.uncertainty?.upper,
            measurement.uncertainty?.minimumDetectable, stored?.key, stored?.digest ?? ScoresPayload([value]).digest,
        ])
}

private func insertMetric(
    _ metric: Metric, ordinal: Int, caseID: String, in database: Database
) throws -> Int64 {
    let signature = metric.signature.description
    return try key(
        """
        INSERT INTO metric (case_id, name, class, unit, direction, decimals, finaliser, sesoi, gate, ordinal,
            signature, sig_digest, published)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (case_id, name, sig_digest) DO UPDATE SET class = excluded.class, unit = excluded.unit,
            direction = excluded.direction, decimals = excluded.decimals, finaliser = excluded.finaliser,
            sesoi = excluded.sesoi, gate = excluded.gate, ordinal = excluded.ordinal, published = excluded.published
        """,
        [
            caseID, metric.name, metric.metricClass.rawValue, metric.unit, metric.direction.rawValue, metric.decimals,
            metric.finaliser.rawValue, metric.smallestEffect, metric.metricClass == .exact || metric.direction != .none,
            ordinal, signature, String(SHA256.hexDigest(of: Array(signature.utf8)).prefix(12)),
            metric.published.map(canonicalJSON),
        ], in: database)
}

private func insertScores(
    _ scores: Scores, metric: String, in database: Database
) throws -> (key: Int64, items: ItemSet, digest: String) {
    let items = try ItemSet(scores, metric: metric)
    let payload = ScoresPayload(scores.values, width: scores.width)
    let set = try key(
        """
        INSERT INTO item_set (order_digest, group_digest, n, groups, ids, group_ix) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (order_digest, group_digest) DO UPDATE SET n = n
        """,
        [
            items.orderDigest, items.groupDigest, items.count, items.groupCount, Data(Deflate.compressed(items.lines)),
            Data(items.groups),
        ], in: database)
    let scores = try key(
        """
        INSERT INTO scores (digest, item_set_pk, width, dtype, payload) VALUES (?, ?, ?, 2, ?)
        ON CONFLICT (digest, item_set_pk) DO UPDATE SET width = width
        """,
        [payload.digest, set, scores.width, Data(payload.bytes)], in: database)
    return (scores, items, payload.digest)
}

private func insertArtefact(_ artefact: StoredArtefact, definition: Int64, run: Int64, in database: Database) throws {
    let family = artefact.mediaType.prefix { $0 != "/" }
    try database.execute(
        sql: "DELETE FROM artefact WHERE run_pk = ? AND case_pk = ? AND name = ?",
        arguments: [run, definition, artefact.name])
    try database.execute(
        sql: """
            INSERT INTO artefact (run_pk, case_pk, kind, name, digest, bytes, media, inline)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
        arguments: [
            run, definition, ["image", "audio"].contains(family) ? String(family) : "text", artefact.name,
            artefact.digest, artefact.byteCount, artefact.mediaType, artefact.inline,
        ])
}

/// Why a value is NULL: SQLite has no NaN, and turns it into NULL silently.
enum ValueFlag: Int {
    case finite, nan, positiveInfinity, negativeInfinity

    init(_ value: Double) {
        self =
            value.isNaN
            ? .nan : value == .infinity ? .positiveInfinity : value == -.infinity ? .negativeInfinity : .finite
    }

    func value(_ stored: Double?) -> Double {
        switch self {
        case .finite: stored ?? .nan
        case .nan: .nan
        case .positiveInfinity: .infinity
        case .negativeInfinity: -.infinity
        }
    }
}
