// Export and import: a union by the lines' identifiers, so that order and repetition do not matter.

public import BenchRecords
internal import Foundation
internal import GRDB
internal import TensorIO

extension RunStore {
    /// Adds the ledger lines of the runs and of their notes, and the files of artefacts, to the ledger in `folder`.
    ///
    /// - Returns: The number of lines that were not there yet.
    /// - Throws: ``StoreError``, for a run of which the ledger has nothing, too.
    public func export(_ runs: [RunRecord], to folder: String) throws -> Int {
        let target = Ledger(folder: folder)
        var count = 0
        for path in runs.map({ LedgerEntry.path(of: RunAddress($0)) }) + runs.compactMap({ $0.note.map(notePath) }) {
            let lines = try ledger.contents(of: path).lines
            guard !lines.isEmpty else {
                throw StoreError.unusable(path: "\(ledger.folder)/\(path)", detail: "the ledger has no such file")
            }
            var known = try target.contents(of: path).lines.map(\.line)
            let knownIDs = Set(known.map(\.uuid))
            known += lines.map(\.line).filter { !knownIDs.contains($0.uuid) }
            count += known.count - knownIDs.count
            try target.replace(path, with: known.sorted { $0.uuid < $1.uuid })
            for digest in largeArtefacts(lines.compactMap { LedgerEntry($0.line) }) {
                try copyArtefact(digest, from: [self.folder.path], to: folder)
            }
        }
        return count
    }

    /// Takes in the lines of the files, or of all files below the folders.
    ///
    /// A line that is known byte for byte is passed over. One that is known with another content is refused and
    /// remembered in the table `conflict`; what was known stays.
    ///
    /// - Parameters:
    ///   - paths: Files and folders.
    ///   - isDryRun: Only looks.
    ///   - time: Microseconds since 1970, for the conflicts.
    /// - Returns: What was found.
    /// - Throws: ``StoreError``.
    public func importLedger(_ paths: [String], isDryRun: Bool, at time: Int64) throws -> ImportRecord {
        var record = ImportRecord()
        var known: [String: [String: String]] = [:]
        for file in try ledgerFiles(paths) {
            record.files += 1
            let contents = try ledgerContents(ofFile: file)
            var new: [String: [LedgerLine]] = [:]
            func conflict(_ uuid: String, _ line: Int, kept: String, refused: String) {
                record.conflicts.append(
                    ConflictRecord(uuid: uuid, path: file, line: line, keptDigest: kept, refusedDigest: refused))
            }
            for (number, line) in contents.lines {
                guard let entry = LedgerEntry(line) else {
                    record.damages.append("\(file):\(number): the line is of no known form")
                    continue
                }
                if known[entry.path] == nil {
                    let lines = try ledger.contents(of: entry.path).lines
                    known[entry.path] = Dictionary(lines.map { ($0.line.uuid, $0.line.digest) }) { first, _ in first }
                }
                switch known[entry.path]?[line.uuid] {
                case nil:
                    known[entry.path]?[line.uuid] = line.digest
                    new[entry.path, default: []].append(line)
                    record.newLines += 1
                    // An export has `cas` beside the folders of the machines, a store has it beside the ledger.
                    let roots = ["\(file)/../../..", "\(file)/../../../.."]
                    for digest in largeArtefacts([entry]) where !isDryRun {
                        if try !copyArtefact(digest, from: roots, to: folder.path) {
                            record.remarks.append("\(file):\(number): the file of artefact \(digest) is not there")
                        }
                    }
                case line.digest: record.knownLines += 1
                case let other?: conflict(line.uuid, number, kept: other, refused: line.digest)
                }
            }
            for (number, reason) in contents.damages {
                switch reason {
                case .digest(let uuid, let stated, let found):
                    let old = known.values.lazy.compactMap { $0[uuid] }.first
                    conflict(uuid, number, kept: old ?? stated, refused: found)
                case .form where contents.isTorn && number > contents.end.lines:
                    record.remarks.append("\(file):\(number): the line is cut off and was left out")
                case .form: record.damages.append("\(file):\(number): the line is of no known form")
                case .kind(let kind):
                    record.damages.append("\(file):\(number): lines of kind '\(kind)' need a newer bench")
                }
            }
            guard !isDryRun else { continue }
            for (path, lines) in new.sorted(by: { $0.key < $1.key }) {
                let all = try ledger.contents(of: path).lines.map(\.line) + lines
                try ledger.replace(path, with: all.sorted { $0.uuid < $1.uuid })
                try index(path)
            }
        }
        if !isDryRun {
            try closeAbandonedRuns()
            try write { database in
                for conflict in record.conflicts { try insert(conflict, at: time, in: database) }
            }
        }
        return record
    }

    /// Every refused line that imports have met.
    public func conflicts() throws -> [ConflictRecord] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM conflict ORDER BY seen, path, line").map {
                ConflictRecord(
                    uuid: RunIdentifier.text(of: [UInt8]($0["uuid"] as Data)), path: $0["path"], line: $0["line"],
                    keptDigest: $0["old_digest"], refusedDigest: $0["new_digest"])
            }
        }
    }

    private func insert(_ conflict: ConflictRecord, at time: Int64, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO conflict (uuid, path, line, old_digest, new_digest, seen) SELECT ?1, ?2, ?3, ?4, ?5, ?6
                WHERE NOT EXISTS (SELECT 1 FROM conflict WHERE uuid = ?1 AND new_digest = ?5)
                """,
            arguments: [
                Data(RunIdentifier.bytes(of: conflict.uuid)), conflict.path, conflict.line, conflict.keptDigest,
                conflict.refusedDigest, time,
            ])
    }
}

private func ledgerFiles(_ paths: [String]) throws(StoreError) -> [String] {
    var files: [String] = []
    for path in paths {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw .unusable(path: path, detail: "there is no such file or folder")
        }
        files += isFolder.boolValue ? ndjsonFiles(below: path).sorted().map { "\(path)/\($0)" } : [path]
    }
    return files
}

private func largeArtefacts(_ entries: [LedgerEntry]) -> [String] {
    entries.flatMap { entry in
        guard case .item(_, let artefacts, _) = entry else { return [String]() }
        return artefacts.filter { $0.inline == nil }.map(\.digest)
    }
}

/// Copies an artefact's file below `folder`; `false` if none of the other folders has the content that the digest names.
@discardableResult
private func copyArtefact(_ digest: String, from folders: [String], to folder: String) throws(StoreError) -> Bool {
    let file = StoredArtefact.file(ofDigest: digest)
    let target = "\(folder)/\(file)"
    if FileManager.default.fileExists(atPath: target) { return true }
    for folder in folders {
        let source = URL(fileURLWithPath: "\(folder)/\(file)").standardized.path
        guard let data = FileManager.default.contents(atPath: source), SHA256.hexDigest(of: [UInt8](data)) == digest
        else { continue }
        try makeFolder(for: target)
        do {
            try data.write(to: URL(fileURLWithPath: target), options: .atomic)
        } catch {
            throw .unusable(path: target, detail: "cannot be written")
        }
        return true
    }
    return false
}
