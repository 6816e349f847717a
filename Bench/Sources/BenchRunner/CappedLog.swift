// What a child prints, on disk: the beginning and the end, and never more than a fixed size.

internal import Foundation

/// A log file of at most about twice `half` bytes.
///
/// What cannot be written is dropped: a log must not fail a case.
struct CappedLog {
    private let file: FileHandle?
    private let half: Int
    private var headCount = 0
    private var tail: [UInt8] = []
    private var droppedCount = 0

    /// A new, empty file, with the folders above it.
    init(path: String, half: Int = 8 << 20) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        file = FileManager.default.createFile(atPath: path, contents: nil) ? FileHandle(forWritingAtPath: path) : nil
        self.half = half
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        let head = bytes.prefix(half - headCount)
        headCount += head.count
        try? file?.write(contentsOf: head)
        tail += bytes.dropFirst(head.count)
        // Trimmed only at twice its size, so that a flood of small pieces is not moved again and again.
        if tail.count > 2 * half { trim() }
    }

    /// Writes the end.
    mutating func close() {
        trim()
        if droppedCount > 0 { try? file?.write(contentsOf: Data("\n[\(droppedCount) bytes left out]\n".utf8)) }
        try? file?.write(contentsOf: tail)
        try? file?.close()
    }

    private mutating func trim() {
        let surplus = max(tail.count - half, 0)
        tail.removeFirst(surplus)
        droppedCount += surplus
    }
}
