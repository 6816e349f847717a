// The tables, as text, and how an older database becomes a newer one. Source: harness specification, section 3.3.
//
// Only additions: what is not additive is a rebuild from the ledger. Tables of later parts stand here from the start.

internal import GRDB

/// One step of the schema; its place in the list is the version it leads to.
struct Migration: Sendable {
    var name: String
    var sql: String
}

extension Migration {
    static let all = [
        Migration(name: "v001-initial", sql: initial),
        // A metric's place among its case's, as last declared; the first is the one that methods are compared by.
        Migration(name: "v002-ordinal", sql: "ALTER TABLE metric ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0"),
        Migration(name: "v003-views", sql: View.migration),
        // What a paper says of a metric, as JSON; and, beside the interval that a result always had room for, its detectable
        // distance.
        Migration(
            name: "v004-published",
            sql: "ALTER TABLE metric ADD COLUMN published TEXT; ALTER TABLE result ADD COLUMN mde REAL"),
    ]

    static func migrator(_ migrations: [Migration]) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (index, migration) in migrations.enumerated() {
            migrator.registerMigration(migration.name) { database in
                try database.execute(sql: migration.sql)
                try database.execute(sql: "PRAGMA user_version = \(index + 1)")
            }
        }
        return migrator
    }
}

private let initial = """
    CREATE TABLE machine (
        pk INTEGER PRIMARY KEY, class TEXT NOT NULL UNIQUE, cpu TEXT NOT NULL, arch TEXT NOT NULL,
        cores INTEGER NOT NULL,
        ram_gib INTEGER NOT NULL, blas TEXT NOT NULL, quota REAL, canonical TEXT NOT NULL
    ) STRICT;

    CREATE TABLE build (
        pk INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, commit_sha TEXT NOT NULL, commit_time INTEGER NOT NULL,
        parent_sha TEXT NOT NULL, branch TEXT NOT NULL, dirty INTEGER NOT NULL, patch_digest TEXT, patch BLOB,
        toolchain TEXT NOT NULL, config TEXT NOT NULL, flags TEXT NOT NULL, deps TEXT NOT NULL, libs TEXT NOT NULL,
        binary_digest TEXT NOT NULL
    ) STRICT;
    CREATE INDEX build_commit ON build (commit_sha);

    CREATE TABLE run (
        pk INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, kind TEXT NOT NULL,
        build_pk INTEGER NOT NULL REFERENCES build,
        machine_pk INTEGER NOT NULL REFERENCES machine, tier TEXT NOT NULL, preset TEXT NOT NULL, seed INTEGER NOT NULL,
        plan_digest TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER, status TEXT NOT NULL, parent_uuid BLOB,
        note_uuid BLOB, env TEXT NOT NULL
    ) STRICT;
    CREATE INDEX run_build ON run (build_pk);
    CREATE INDEX run_machine ON run (kind, machine_pk, started);
    CREATE INDEX run_note ON run (note_uuid);

    CREATE TABLE case_def (
        pk INTEGER PRIMARY KEY, id TEXT NOT NULL, line TEXT NOT NULL, version INTEGER NOT NULL, tier TEXT NOT NULL,
        config TEXT NOT NULL, config_digest TEXT NOT NULL, data_digests TEXT NOT NULL, timeout_s REAL, mem_mb INTEGER,
        UNIQUE (id, version, config_digest)
    ) STRICT;

    CREATE TABLE metric (
        pk INTEGER PRIMARY KEY, case_id TEXT NOT NULL, name TEXT NOT NULL, class TEXT NOT NULL, unit TEXT NOT NULL,
        direction INTEGER NOT NULL, decimals INTEGER NOT NULL, finaliser TEXT NOT NULL, sesoi REAL NOT NULL,
        floor_min REAL,
        gate INTEGER NOT NULL, signature TEXT NOT NULL, sig_digest TEXT NOT NULL,
        UNIQUE (case_id, name, sig_digest)
    ) STRICT;

    CREATE TABLE run_case (
        run_pk INTEGER NOT NULL REFERENCES run, case_pk INTEGER NOT NULL REFERENCES case_def, ordinal INTEGER NOT NULL,
        state TEXT NOT NULL, attempt INTEGER NOT NULL, started INTEGER, ended INTEGER, exit INTEGER, signal INTEGER,
        message TEXT NOT NULL, log_digest TEXT, load_before REAL, load_after REAL, steal REAL, trace_digest TEXT,
        PRIMARY KEY (run_pk, case_pk, attempt)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX run_case_definition ON run_case (case_pk);

    CREATE TABLE item_set (
        pk INTEGER PRIMARY KEY, order_digest TEXT NOT NULL, group_digest TEXT NOT NULL, n INTEGER NOT NULL,
        groups INTEGER NOT NULL, ids BLOB NOT NULL, group_ix BLOB NOT NULL,
        UNIQUE (order_digest, group_digest)
    ) STRICT;

    CREATE TABLE scores (
        pk INTEGER PRIMARY KEY, digest TEXT NOT NULL, item_set_pk INTEGER NOT NULL REFERENCES item_set,
        width INTEGER NOT NULL, dtype INTEGER NOT NULL, payload BLOB NOT NULL,
        UNIQUE (digest, item_set_pk)
    ) STRICT;

    CREATE TABLE result (
        metric_pk INTEGER NOT NULL REFERENCES metric, run_pk INTEGER NOT NULL REFERENCES run, seed INTEGER NOT NULL,
        value REAL, flag INTEGER NOT NULL, n INTEGER NOT NULL, groups INTEGER NOT NULL, lo REAL, hi REAL,
        scores_pk INTEGER REFERENCES scores, result_digest TEXT NOT NULL,
        PRIMARY KEY (metric_pk, run_pk, seed)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX result_run ON result (run_pk, metric_pk);

    CREATE TABLE cost_sample (
        run_pk INTEGER NOT NULL REFERENCES run, metric_pk INTEGER NOT NULL REFERENCES metric, seq INTEGER NOT NULL,
        block INTEGER NOT NULL, side INTEGER NOT NULL, wall_ns INTEGER NOT NULL, value REAL, warm INTEGER NOT NULL,
        PRIMARY KEY (run_pk, metric_pk, seq)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE artefact (
        pk INTEGER PRIMARY KEY, run_pk INTEGER NOT NULL REFERENCES run, case_pk INTEGER NOT NULL REFERENCES case_def,
        kind TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL, media TEXT NOT NULL,
        inline BLOB
    ) STRICT;
    CREATE INDEX artefact_case ON artefact (run_pk, case_pk);

    CREATE TABLE noise (
        machine_pk INTEGER NOT NULL REFERENCES machine, metric_pk INTEGER NOT NULL REFERENCES metric,
        method TEXT NOT NULL,
        k INTEGER NOT NULL, sigma REAL, q95 REAL, floor REAL, run_uuid BLOB NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (machine_pk, metric_pk, method, at)
    ) STRICT;

    CREATE TABLE baseline (
        pk INTEGER PRIMARY KEY, name TEXT NOT NULL, run_uuid BLOB NOT NULL, why TEXT NOT NULL, who TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX baseline_name ON baseline (name, at);

    CREATE TABLE verdict (
        a_uuid BLOB NOT NULL, b_uuid BLOB NOT NULL, metric_pk INTEGER NOT NULL REFERENCES metric, verdict TEXT NOT NULL,
        effect REAL, lo REAL, hi REAL, p REAL, p_adj REAL, floor REAL, mde REAL, confirm_uuid BLOB,
        rules_version INTEGER NOT NULL, reason TEXT NOT NULL,
        PRIMARY KEY (a_uuid, b_uuid, metric_pk, rules_version)
    ) STRICT;

    CREATE TABLE accept (
        uuid BLOB PRIMARY KEY, metric TEXT NOT NULL, from_value REAL, to_value REAL, why TEXT NOT NULL,
        who TEXT NOT NULL,
        at INTEGER NOT NULL, commit_sha TEXT NOT NULL
    ) STRICT;

    CREATE TABLE note (
        uuid BLOB NOT NULL UNIQUE, title TEXT NOT NULL, question TEXT NOT NULL, hypothesis TEXT NOT NULL,
        prediction TEXT NOT NULL, refute_if TEXT NOT NULL, design TEXT NOT NULL, opened INTEGER NOT NULL,
        closed INTEGER,
        outcome TEXT, lesson TEXT, surprise INTEGER, commit_sha TEXT NOT NULL, opened_digest TEXT NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE note_fts USING fts5 (title, question, lesson);

    CREATE TABLE note_event (
        uuid BLOB PRIMARY KEY, note_uuid BLOB NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX note_event_time ON note_event (note_uuid, at);

    CREATE TABLE ledger_file (
        path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, lines INTEGER NOT NULL, head_digest TEXT NOT NULL,
        imported INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE conflict (
        uuid BLOB NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL, old_digest TEXT NOT NULL,
        new_digest TEXT NOT NULL,
        seen INTEGER NOT NULL
    ) STRICT;
    """
