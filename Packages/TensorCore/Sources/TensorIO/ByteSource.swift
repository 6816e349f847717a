// The bytes a reader decodes: in memory, or left in their file and read piece by piece, so that what is read never stands
// beside the whole file.

internal import Foundation

/// A stretch of bytes, read by position; `file` is its name in errors.
struct ByteSource: Sendable {
    let file: String
    let count: Int
    private let start: Int
    private let content: Content

    private enum Content: Sendable {
        case memory([UInt8])
        case disk(OpenFile)
    }

    init(_ bytes: [UInt8], named file: String) {
        (self.file, count, start, content) = (file, bytes.count, 0, .memory(bytes))
    }

    /// The bytes of a file, which stays open as long as they are in use; what is not a plain file is read at once.
    init(contentsOf path: String) throws(TensorIOError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(file: path, reason: systemReason()) }
        let opened = OpenFile(descriptor: descriptor)
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(file: path, reason: systemReason()) }
        if status.st_mode & S_IFMT == S_IFREG {
            (count, content) = (Int(status.st_size), .disk(opened))
        } else {
            let bytes = try readFile(path)
            (count, content) = (bytes.count, .memory(bytes))
        }
        (file, start) = (path, 0)
    }

    private init(_ whole: ByteSource, _ range: Range<Int>, named file: String) {
        (self.file, count, start, content) = (file, range.count, whole.start + range.lowerBound, whole.content)
    }

    /// The bytes at `range`, under another name, without reading them.
    func part(_ range: Range<Int>, named file: String) -> ByteSource { ByteSource(self, range, named: file) }

    /// The bytes at `range`, which must lie inside.
    func bytes(_ range: Range<Int>) throws(TensorIOError) -> [UInt8] {
        switch content {
        case .memory(let bytes): return Array(bytes[(start + range.lowerBound)..<(start + range.upperBound)])
        case .disk(let opened):
            var bytes = [UInt8](repeating: 0, count: range.count)
            guard let readCount = opened.read(into: &bytes, at: start + range.lowerBound) else {
                throw .unreadable(file: file, reason: systemReason())
            }
            // Somebody has shortened the file since it was opened.
            guard readCount == range.count else { throw .cutOff(file: file, byteCount: range.lowerBound + readCount) }
            return bytes
        }
    }

    /// Hands over the bytes at `range` in order, a mebibyte at a time and at last what is left.
    func forEachChunk(
        of range: Range<Int>, _ take: (ArraySlice<UInt8>) throws(TensorIOError) -> Void
    ) throws(TensorIOError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let end = min(position + 1 << 20, range.upperBound)
            if case .memory(let bytes) = content {
                try take(bytes[(start + position)..<(start + end)])
            } else {
                try take(try bytes(position..<end)[...])
            }
            position = end
        }
    }
}

/// A file's descriptor, closed with its last user.
private final class OpenFile: Sendable {
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Fills `bytes` from `position` on and counts what was there to read; `nil` if the system refused.
    func read(into bytes: inout [UInt8], at position: Int) -> Int? {
        unsafe bytes.withUnsafeMutableBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = unsafe pread(
                    descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(position + done))
                if count < 0 && errno == EINTR { continue }
                if count < 0 { return nil }
                if count == 0 { break }
                done += count
            }
            return done
        }
    }
}
