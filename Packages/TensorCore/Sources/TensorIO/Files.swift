// Whole files in and out: reading with the system's reason on failure, writing whole or not at all.

internal import Foundation

/// The bytes of a file.
public func readFile(_ path: String) throws(TensorIOError) -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachChunk(ofFile: path) { (chunk, fileSize) in
        bytes.reserveCapacity(fileSize)
        bytes += chunk
    }
    return bytes
}

/// Hands the bytes of a file to `take`, at most a mebibyte at a time, with the size the file claims to have.
func forEachChunk(ofFile path: String, _ take: (ArraySlice<UInt8>, Int) -> Void) throws(TensorIOError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(file: path, reason: systemReason()) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(file: path, reason: systemReason()) }
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = unsafe read(descriptor, &chunk, chunk.count)
        if count == 0 { return }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw .unreadable(file: path, reason: systemReason()) }
        take(chunk[..<count], Int(status.st_size))
    }
}

/// Writes a file whole or not at all: under a temporary name in the same folder, flushed, then renamed over `path`.
///
/// On any error the old file, if there was one, stands untouched and the temporary one is gone.
public func writeFile(_ bytes: [UInt8], to path: String) throws(TensorIOError) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    let temporary = "\(folder)/.\(url.lastPathComponent).\(UUID().uuidString).tmp"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(file: path, reason: systemReason()) }
    let problem = firstProblem(
        { isWritten(bytes, to: descriptor) },
        { fsync(descriptor) == 0 })
    close(descriptor)
    if let problem = problem ?? firstProblem({ unsafe rename(temporary, path) == 0 }) {
        unsafe unlink(temporary)
        throw .unwritable(file: path, reason: problem)
    }
    // The new name is durable once its folder is. Some file systems cannot flush folders; the file itself is safe then.
    let folderDescriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folderDescriptor >= 0 {
        fsync(folderDescriptor)
        close(folderDescriptor)
    }
}

private func isWritten(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    unsafe bytes.withUnsafeBytes { buffer in
        var position = 0
        while position < buffer.count {
            let count = unsafe write(descriptor, buffer.baseAddress?.advanced(by: position), buffer.count - position)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return false }
            position += count
        }
        return true
    }
}

/// Runs steps until one fails and tells why it did; `nil` if none did.
private func firstProblem(_ steps: () -> Bool...) -> String? {
    for step in steps where !step() { return systemReason() }
    return nil
}

/// The system's words for its last refusal.
func systemReason() -> String { unsafe String(cString: strerror(errno)) }
