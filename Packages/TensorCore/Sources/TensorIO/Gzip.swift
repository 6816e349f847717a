// Files of one gzip member, unpacked in memory.
//
// Source: RFC 1952.

/// Reads and unpacks a gzip file.
///
/// - Throws: `TensorIOError` if the file cannot be read, is no gzip file, or does not unpack to what its checksum says.
public func readGzipFile(_ path: String) throws(TensorIOError) -> [UInt8] {
    try gunzipped(try readFile(path), named: path)
}

/// Unpacks one gzip member of at most 1 GiB; `file` is its name in errors.
func gunzipped(_ bytes: [UInt8], named file: String) throws(TensorIOError) -> [UInt8] {
    let (headerCount, trailerCount) = (10, 8)
    guard bytes.count >= headerCount + trailerCount else { throw .cutOff(file: file, byteCount: bytes.count) }
    guard bytes[0..<3] == [0x1F, 0x8B, 8], bytes[3] & 0xE0 == 0 else {
        throw .damaged(file: file, what: "it does not start as a gzip file does")
    }
    let flags = bytes[3]
    let end = bytes.count - trailerCount
    var start = headerCount
    if flags & 4 != 0, start + 2 <= end { start += 2 + bytes.number(start, 2) }
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
        // A name and a comment, each ended by a zero byte.
        guard start < end, let zero = bytes[start..<end].firstIndex(of: 0) else {
            throw .damaged(file: file, what: "its header does not end")
        }
        start = zero + 1
    }
    if flags & 2 != 0 { start += 2 }
    guard start < end else { throw .damaged(file: file, what: "its header does not end") }
    let byteCount = bytes.number(end + 4, 4)
    // Deflate packs at most 1,032 to one.
    guard byteCount <= ZipArchive.maximumInflatedByteCount, byteCount / 1032 <= end - start else {
        throw .damaged(file: file, what: "it claims to unpack to \(byteCount) bytes")
    }
    guard let content = inflated(Array(bytes[start..<end]), byteCount: byteCount),
        Int(crc(content[...])) == bytes.number(end, 4)
    else { throw .damaged(file: file, what: "it does not unpack to what its checksum says") }
    return content
}
