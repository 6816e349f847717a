// How elements lie in memory. Shapes are [batch, channel, …] everywhere; what comes out of a convolution lies channels-last,
// as [batch, …, channel], and elementwise operations, reductions, pooling and joins keep it so.
//
// A channels-last tensor is an ordinary view, so code that reads strides or asks for `contiguous` notices nothing.

extension Tensor {
    /// The axes of `[batch, channel, …]` in the order batch, …, channel.
    private static func channelsLastOrder(_ rank: Int) -> [Int] { [0] + Array(2..<rank) + [1] }

    /// Whether elements lie without gaps in the order batch, …, channel, and not in row-major order.
    var isChannelsLast: Bool {
        (3...4).contains(rank) && strides[1] == 1 && !isContiguous && toChannelsLast.isContiguous
    }

    /// A channels-last tensor of arbitrary content, for a kernel to fill.
    init(channelsLast shape: [Int]) {
        let order = Self.channelsLastOrder(shape.count)
        self = Tensor(uninitialised: order.map { shape[$0] }).fromChannelsLast
    }

    /// A tensor of arbitrary content that lies as `other` does.
    init(like other: Tensor) {
        self = other.isChannelsLast ? Tensor(channelsLast: other.shape) : Tensor(uninitialised: other.shape)
    }

    /// The same values without gaps, channels-last or row-major, not recorded.
    var dense: Tensor { isContiguous || isChannelsLast ? self : Kernels.gatherStrided(self) }

    /// The view `[batch, …, channel]` of `[batch, channel, …]`, not recorded.
    var toChannelsLast: Tensor { reordered(Self.channelsLastOrder(rank)) }

    /// The view `[batch, channel, …]` of `[batch, …, channel]`, not recorded.
    var fromChannelsLast: Tensor { reordered([0, rank - 1] + Array(1..<(rank - 1))) }

    /// Where axis `axis` of `[batch, channel, …]` stands in `toChannelsLast`.
    func channelsLastAxis(_ axis: Int) -> Int { axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1 }

    private func reordered(_ order: [Int]) -> Tensor {
        Tensor(storage: storage, offset: offset, shape: order.map { shape[$0] }, strides: order.map { strides[$0] })
    }

    /// The strides under which the same elements, in the same order, have another shape, or `nil` if there are none.
    func strides(of target: [Int]) -> [Int]? {
        if isContiguous { return rowMajorStrides(target) }
        // Axes that step evenly are one; each axis of the target is cut out of the end of one of those.
        var runs: [(count: Int, step: Int)] = []
        for (extent, step) in zip(shape, strides) where extent != 1 {
            if let last = runs.last, last.step == step * extent {
                runs[runs.count - 1] = (last.count * extent, step)
            } else {
                runs.append((extent, step))
            }
        }
        var result = [Int](repeating: 1, count: target.count)
        for axis in target.indices.reversed() where target[axis] != 1 {
            while runs.last?.count == 1 { runs.removeLast() }
            guard let last = runs.last, target[axis] > 0, last.count % target[axis] == 0 else { return nil }
            result[axis] = last.step
            runs[runs.count - 1] = (last.count / target[axis], last.step * target[axis])
        }
        return result
    }
}
