// What a decoder remembers of the tokens so far.

internal import TensorKernels

/// The keys and values of the tokens so far, for many rows that may share their beginnings.
///
/// A new token costs its own floats and a new order of the rows none: each row is a list of places.
@safe public struct TokenHistory: Sendable {
    private let channels: Int
    private var storage: Storage  // [place, key or value, channel]
    private var placeCount = 0
    private var places: [Int32] = []  // [token, row]
    /// The number of rows.
    public private(set) var rowCount: Int
    /// The number of tokens of each row.
    public private(set) var tokenCount = 0

    /// `rowCount` rows without tokens; keys and values have `channels` each.
    public init(rowCount: Int, channels: Int) {
        (self.rowCount, self.channels) = (rowCount, channels)
        storage = Storage(count: 32 * channels)
    }

    /// Adds tokens to each row: `[row, token, 2·channel]`, keys before values; a constant for differentiation.
    public mutating func append(_ tokens: Tensor) {
        let (rows, count, width) = tokens.shape3
        shapeCheck(
            rows == rowCount && width == 2 * channels, "TokenHistory.append", tokens.shape, [rowCount, channels])
        let tokens = tokens.strides[2] == 1 ? tokens : tokens.contiguous
        reserve(placeCount + rows * count)
        for token in 0..<count {
            for row in 0..<rows {
                let source = unsafe tokens.pointer + row * tokens.strides[0] + token * tokens.strides[1]
                unsafe (storage.pointer + placeCount * width).update(from: source, count: width)
                places.append(Int32(placeCount))
                placeCount += 1
            }
        }
        tokenCount += count
    }

    /// Room for `count` places in a storage that nobody else holds.
    private mutating func reserve(_ count: Int) {
        let needed = 2 * channels * count
        if needed <= storage.count && isKnownUniquelyReferenced(&storage) { return }
        let larger = Storage(count: needed <= storage.count ? storage.count : max(needed, 2 * storage.count))
        unsafe larger.pointer.update(from: storage.pointer, count: 2 * channels * placeCount)
        storage = larger
    }

    /// Row i becomes what row `rows[i]` was.
    public mutating func select(_ rows: [Int]) {
        if rows.elementsEqual(0..<rowCount) { return }
        var chosen: [Int32] = []
        chosen.reserveCapacity(tokenCount * rows.count)
        for start in stride(from: 0, to: places.count, by: max(rowCount, 1)) {
            for row in rows { chosen.append(places[start + row]) }
        }
        (places, rowCount) = (chosen, rows.count)
    }

    /// Causal attention of the last tokens of each row to all of its tokens.
    ///
    /// - Parameters:
    ///   - query: `[row, token, channel]`, the heads side by side.
    ///   - headCount: A divisor of the channels.
    /// - Returns: `[row, token, channel]`, to the bits of `attention`; a constant for differentiation.
    public func attention(query: Tensor, headCount: Int) -> Tensor {
        let (rows, tokens, width) = query.shape3
        shapeCheck(
            rows == rowCount && width == channels && channels % headCount == 0 && tokens <= tokenCount,
            "TokenHistory.attention", query.shape, [rowCount, tokenCount, channels], [headCount])
        return unsafe places.withUnsafeBufferPointer { places in
            var call = unsafe tk_few_queries()
            unsafe call.rows_per_source = max(rows, 1)
            let base = unsafe UnsafePointer(storage.pointer)
            let dim = channels / headCount
            unsafe (call.key, call.key_head, call.key_step) = (base, dim, 2 * channels)
            unsafe (call.value, call.value_head, call.value_step) = (base + channels, dim, 2 * channels)
            unsafe (call.slot, call.is_causal) = (places.baseAddress, true)
            return unsafe Kernels.attendFew(
                query, to: call, headCount: headCount, keyCount: tokenCount, heldCount: rows * tokenCount * channels)
        }
    }
}
