// Buffers that are reused by size class, and the exact counts of bytes in use.
// After the first training step no new memory is asked of the system: a first touch of a page costs nine times a rewrite.

internal import Glibc
internal import Synchronization

/// The process's free buffers, by size class.
enum StoragePool {
    private struct Free: ~Copyable {
        var buffers = [[UInt]](repeating: [], count: 2 * classCount)
        var chunk: Range<UInt> = 0..<0  // what is left of the last chunk of large pages
    }
    private static let classCount = 4 * Int.bitWidth
    private static let free = Mutex(Free())

    /// The bytes set aside for `count` floats: at least 64, then four classes per power of two.
    static func byteCount(holding count: Int) -> Int {
        let bytes = max(count * 4, 64)
        let quarter = 1 << max(Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount - 2, 4)
        return (bytes + quarter - 1) / quarter * quarter
    }

    /// The place of a size class: its exponent and which quarter of it; buffers in large pages have places of their own.
    private static func place(_ byteCount: Int, _ isAtRest: Bool) -> Int {
        let exponent = Int.bitWidth - 1 - byteCount.leadingZeroBitCount
        return (isAtRest ? classCount : 0) + 4 * exponent + (byteCount >> (exponent - 2)) & 3
    }

    /// A buffer of `byteCount` bytes, aligned to 64, with arbitrary content; in large pages for what is at rest.
    static func take(_ byteCount: Int, isAtRest: Bool = false) -> UnsafeMutablePointer<Float> {
        Counters.allocate(byteCount)
        let reused: UInt? = free.withLock { $0.buffers[place(byteCount, isAtRest)].popLast() }
        if let reused, let pointer = unsafe UnsafeMutablePointer<Float>(bitPattern: reused) { return unsafe pointer }
        Counters.askSystem(byteCount)
        let address = isAtRest ? carved(byteCount) : allocated(byteCount, alignment: 64)
        guard let pointer = unsafe UnsafeMutablePointer<Float>(bitPattern: address) else {
            fatalError("Storage: \(byteCount) bytes are not to be had; use a smaller batch.")
        }
        return unsafe pointer
    }

    /// Takes a buffer back for reuse.
    static func give(_ pointer: UnsafeMutablePointer<Float>, _ byteCount: Int, isAtRest: Bool = false) {
        Counters.free(byteCount)
        let address = UInt(bitPattern: pointer)
        free.withLock { $0.buffers[place(byteCount, isAtRest)].append(address) }
    }

    /// Memory of the system, or 0.
    private static func allocated(_ byteCount: Int, alignment: Int) -> UInt {
        var raw: UnsafeMutableRawPointer?
        return unsafe posix_memalign(&raw, alignment, byteCount) == 0 ? UInt(bitPattern: raw) : 0
    }

    /// A piece of a chunk of pages of 2 MiB, or 0.
    ///
    /// A model's weights are read once per token: in pages of 4 KiB, more of them than the processor remembers, that took
    /// a seventh longer for one row and a third for five. A first touch costs five times as much, so only these have them.
    private static func carved(_ byteCount: Int) -> UInt {
        let pageSize = 2 << 20
        return free.withLock { free in
            if free.chunk.count < byteCount + 63 {
                let size = max(byteCount + 63, 16 * pageSize)
                let start = allocated(size, alignment: pageSize)
                if start == 0 { return 0 }
                unsafe madvise(UnsafeMutableRawPointer(bitPattern: start), size, MADV_HUGEPAGE)
                free.chunk = start..<start + UInt(size)
            }
            let start = free.chunk.lowerBound
            free.chunk = start + UInt((byteCount + 63) / 64 * 64)..<free.chunk.upperBound
            return start
        }
    }
}
