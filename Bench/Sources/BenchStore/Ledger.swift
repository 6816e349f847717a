// The folder of append-only text files that is the truth; the database is an index of it. Source: harness
// specification, section 3.4.
//
// One file a run, one file a note, each with one writer: copies of a ledger merge without conflict.

internal import Foundation
internal import Glibc
internal import Synchronization

/// A ledger folder.
public final class Ledger: Sendable {
    /// The folder; it is made when the first line is written.
    public let folder: String
    private let ends = Mutex<[String: FileEnd]>([:])

    /// The last line of a file, and the file's length.
    struct FileEnd: Sendable {
        var last: (uuid: String, digest: String)?
        var bytes = 0
        var lines = 0
    }

    /// The ledger in `folder`.
    public init(folder: String) { self.folder = folder }

    /// The folder that was asked for, or `ledger` beside the database.
    static func folder(_ asked: String?, besideDatabase path: String) -> String {
        asked ?? URL(fileURLWithPath: path).deletingLastPathComponent().path + "/ledger"
    }

    /// Appends the entry's line to its file; when this returns, the line is on the disk.
    ///
    /// A line that cannot be written whole leaves the file as it was.
    ///
    /// - Throws: ``StoreError``.
    public func append(_ entry: LedgerEntry) throws(StoreError) { _ = try appended(entry) }

    func appended(_ entry: LedgerEntry) throws(StoreError) -> FileEnd {
        let path = entry.path
        var end: FileEnd
        if let known = ends.withLock({ $0[path] }) { end = known } else { end = try contents(of: path).end }
        let line = try entry.line(after: end.last)
        try write(line.bytes + [lineFeed], to: path, at: end.bytes, isDurable: entry.isDurable)
        end = FileEnd(
            last: (line.uuid, line.digest), bytes: end.bytes + line.bytes.count + 1, lines: end.lines + 1)
        ends.withLock { $0[path] = end }
        return end
    }

    private func write(_ bytes: [UInt8], to path: String, at offset: Int, isDurable: Bool) throws(StoreError) {
        let file = "\(folder)/\(path)"
        if offset == 0 { try makeFolder(for: file) }
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .unusable(path: file, detail: systemMessage(errno)) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress, $0.count, offset + written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(file, descriptor, restoring: offset) }
            written += count
        }
        guard !isDurable || fdatasync(descriptor) == 0 else { throw failure(file, descriptor, restoring: offset) }
    }

    private func failure(_ file: String, _ descriptor: Int32, restoring size: Int) -> StoreError {
        let reason = errno
        ftruncate(descriptor, size)
        return [ENOSPC, EFBIG, EDQUOT].contains(reason)
            ? .full(path: file) : .unusable(path: file, detail: systemMessage(reason))
    }

    /// What a file holds.
    struct Contents {
        /// What can be read, by its number from 1 on.
        var lines: [(number: Int, line: LedgerLine)] = []
        /// What cannot.
        var damages: [(line: Int, reason: LedgerLine.Damage)] = []
        /// Where the next line belongs: after the last line, unless that one is torn.
        var end = FileEnd()
        /// Whether the last line is damaged, as one is that was cut off while it was written.
        var isTorn = false
    }

    /// What the file at `path` below the folder holds; nothing if there is no file.
    func contents(of path: String) throws(StoreError) -> Contents { try ledgerContents(ofFile: "\(folder)/\(path)") }

    /// Cuts off what is no whole line at the file's end.
    func truncate(_ path: String, to end: FileEnd) throws(StoreError) {
        let file = "\(folder)/\(path)"
        guard unsafe Glibc.truncate(file, end.bytes) == 0 else {
            throw .unusable(path: file, detail: systemMessage(errno))
        }
    }

    /// Puts the lines in the file's place, in their order.
    func replace(_ path: String, with lines: [LedgerLine]) throws(StoreError) {
        let file = "\(folder)/\(path)"
        let temporary = path + ".new"
        unsafe unlink("\(folder)/\(temporary)")
        try write(lines.flatMap { $0.bytes + [lineFeed] }, to: temporary, at: 0, isDurable: true)
        guard unsafe rename("\(folder)/\(temporary)", file) == 0 else {
            throw .unusable(path: file, detail: systemMessage(errno))
        }
        ends.withLock { $0[path] = nil }
    }

    /// The files below the folder with their sizes in bytes; those of runs in the order of their identifiers.
    func files() -> [(path: String, bytes: Int)] {
        ndjsonFiles(below: folder).map { path in
            var status = stat()
            return (path, unsafe stat("\(folder)/\(path)", &status) == 0 ? Int(status.st_size) : 0)
        }.sorted { (name($0.path), $0.path) < (name($1.path), $1.path) }
    }
}

/// What a file of the ledger holds; nothing if there is no file.
func ledgerContents(ofFile file: String) throws(StoreError) -> Ledger.Contents {
    var contents = Ledger.Contents()
    guard FileManager.default.fileExists(atPath: file) else { return contents }
    guard let data = FileManager.default.contents(atPath: file) else {
        throw .unusable(path: file, detail: "cannot be read")
    }
    let bytes = [UInt8](data)
    var start = 0
    while start < bytes.count {
        let end = bytes[start...].firstIndex(of: lineFeed) ?? bytes.count
        let number = contents.lines.count + contents.damages.count + 1
        do throws(LedgerLine.Damage) {
            guard end < bytes.count else { throw .form }
            let line = try LedgerLine(reading: Array(bytes[start..<end]))
            contents.lines.append((number, line))
            contents.end.last = (line.uuid, line.digest)
        } catch {
            contents.damages.append((number, error))
            contents.isTorn = end >= bytes.count - 1
        }
        start = end + 1
        if !contents.isTorn {
            (contents.end.bytes, contents.end.lines) = (start, number)
        }
    }
    return contents
}

/// Paths below a folder that end in `.ndjson`.
func ndjsonFiles(below folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".ndjson") }
}

private func name(_ path: String) -> Substring { path.split(separator: "/").last ?? "" }

private let lineFeed: UInt8 = 10
