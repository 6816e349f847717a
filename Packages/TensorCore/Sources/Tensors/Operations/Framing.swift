// Overlapping frames of a signal, and their sum back into one: each the other's pullback.

extension Tensor {
    /// Overlapping windows of the last axis, without copying: frame f holds the samples from f·hop.
    ///
    /// - Returns: `[…, frame, length]` for this `[…, sample]`. Only whole frames: 1 + (sample − length)/hop of them, none
    ///   where there are fewer samples than `length`.
    public func framed(length: Int, hop: Int) -> Tensor {
        shapeCheck(rank >= 1 && length >= 1 && hop >= 1, "framed", shape, [length, hop])
        let samples = shape[rank - 1]
        let frames = samples < length ? 0 : 1 + (samples - length) / hop
        return Tensor(
            storage: storage, offset: offset, shape: shape.dropLast() + [frames, length],
            strides: strides.dropLast() + [strides[rank - 1] * hop, strides[rank - 1]]
        ).recorded(from: [self]) { g, _ in [g.overlapAdded(hop: hop, count: samples)] }
    }

    /// The sum of overlapping frames, frame f placed at f·hop: the adjoint of `framed(length:hop:)`.
    ///
    /// - Parameters:
    ///   - hop: Samples from one frame to the next.
    ///   - count: How many samples to return: zeros follow the last frame, what lies beyond is dropped.
    /// - Returns: `[…, sample]` for this `[…, frame, length]`.
    public func overlapAdded(hop: Int, count: Int) -> Tensor {
        shapeCheck(rank >= 2 && hop >= 1 && count >= 0, "overlapAdded", shape, [hop, count])
        let (lead, frames, length) = (Array(shape.dropLast(2)), shape[rank - 2], shape[rank - 1])
        if frames * length == 0 { return .zeros(lead + [count]) }
        // Frames cut into pieces of one hop; piece k of frame f falls on hop f + k.
        let pieces = (length + hop - 1) / hop
        let cut = padded(along: -1, before: 0, after: pieces * hop - length).reshaped(to: lead + [frames, pieces, hop])
        var sum = cut.selected(0, along: -2).padded(along: -2, before: 0, after: pieces - 1)
        for k in 1..<Swift.max(pieces, 1) {
            sum = sum + cut.selected(k, along: -2).padded(along: -2, before: k, after: pieces - 1 - k)
        }
        let signal = sum.reshaped(to: lead + [-1])
        let total = signal.shape[signal.rank - 1]
        return signal.sliced(along: -1, 0..<Swift.min(count, total))
            .padded(along: -1, before: 0, after: Swift.max(count - total, 0))
    }
}
