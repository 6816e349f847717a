// Buffers that are reused by size class, and the exact counts of bytes in use.
// After the first training step no new memory is asked of the system: a first touch of a page costs nine times a rewrite.

internal import Glibc
internal import Synchronization

/// The process's free buffers, by size class.
enum StoragePool {
    private struct Free: ~Copyable {
        var buffers = [[UInt]](repeating: [], count: 4 * Int.bitWidth)  // by size class
    }
    private static let free = Mutex(Free())

    /// The bytes set aside for `count` floats: at least 64, then four classes per power of two.
    static func byteCount(holding count: Int) -> Int {
        let bytes = max(count * 4, 64)
        let quarter = 1 << max(Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount - 2, 4)
        return (bytes + quarter - 1) / quarter * quarter
    }

    /// The place of a size class: its exponent and which quarter of it.
    private static func sizeClass(_ byteCount: Int) -> Int {
        let exponent = Int.bitWidth - 1 - byteCount.leadingZeroBitCount
        return 4 * exponent + (byteCount >> (exponent - 2)) & 3
    }

    /// A buffer of `byteCount` bytes, aligned to 64, with arbitrary content.
    static func take(_ byteCount: Int) -> UnsafeMutablePointer<Float> {
        Counters.allocate(byteCount)
        let reused: UInt? = free.withLock { $0.buffers[sizeClass(byteCount)].popLast() }
        if let reused, let pointer = unsafe UnsafeMutablePointer<Float>(bitPattern: reused) { return unsafe pointer }
        Counters.askSystem(byteCount)
        var raw: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&raw, 64, byteCount) == 0, let raw = unsafe raw else {
            fatalError("Storage: \(byteCount) bytes are not to be had; use a smaller batch.")
        }
        return unsafe raw.assumingMemoryBound(to: Float.self)
    }

    /// Takes a buffer back for reuse.
    static func give(_ pointer: UnsafeMutablePointer<Float>, _ byteCount: Int) {
        Counters.free(byteCount)
        let address = UInt(bitPattern: pointer)
        free.withLock { $0.buffers[sizeClass(byteCount)].append(address) }
    }
}
