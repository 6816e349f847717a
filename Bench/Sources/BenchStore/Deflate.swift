// Compression of the two columns that are text: patches and item names.

internal import CSystem

enum Deflate {
    /// The bytes as a zlib stream.
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: system_deflate_bound(bytes.count))
        let size = unsafe system_deflate(&result, result.count, bytes, bytes.count)
        guard size >= 0 else { fatalError("zlib: no memory to compress \(bytes.count) bytes") }
        return Array(result.prefix(size))
    }

    /// The bytes of a zlib stream; `nil` if it is none or is cut short.
    static func expanded(_ bytes: [UInt8]) -> [UInt8]? {
        var capacity = max(4 * bytes.count, 1024)
        while capacity <= largest {
            var result = [UInt8](repeating: 0, count: capacity)
            let size = unsafe system_inflate(&result, capacity, bytes, bytes.count)
            if size >= 0 { return Array(result.prefix(size)) }
            if size == -1 { return nil }
            capacity *= 4
        }
        return nil
    }

    /// A cut stream and a short buffer are the same to zlib, so the search for a large enough buffer ends here.
    private static let largest = 1 << 28
}
