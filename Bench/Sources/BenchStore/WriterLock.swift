// One process writes a database. The kernel drops the lock when its holder dies, so a stale one cannot exist.

internal import Foundation
internal import Glibc

struct WriterLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock at once or says who holds it.
    init(path: String, start: Int64) throws(StoreError) {
        let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .unusable(path: path, detail: systemMessage(errno)) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = contents(of: file)
            close(file)
            guard reason == EWOULDBLOCK else { throw .unusable(path: path, detail: systemMessage(reason)) }
            throw .locked(path: path, holder: holder)
        }
        let date = Date(timeIntervalSince1970: Double(start) / 1e6).formatted(.iso8601)
        let text = "pid \(getpid()), since \(date)"
        guard ftruncate(file, 0) == 0, unsafe pwrite(file, text, text.utf8.count, 0) == text.utf8.count else {
            let reason = errno
            close(file)
            throw reason == ENOSPC ? .full(path: path) : .unusable(path: path, detail: systemMessage(reason))
        }
        descriptor = file
    }

    deinit {
        // A child that another thread is just starting has a copy until it runs its program, which would keep the lock.
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

func systemMessage(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

private func contents(of file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, 0) }
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
}
