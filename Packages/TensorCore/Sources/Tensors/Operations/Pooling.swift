// Pooling over height and width of [batch, channel, height, width].

extension Tensor {
    /// The largest element under each window; padding is never taken.
    ///
    /// The first among equals in row-major order gets the cotangent; NaN where the window holds one. One operation per tap.
    ///
    /// - Parameters:
    ///   - height: The window's extent.
    ///   - width: The window's extent.
    ///   - sliding: How it moves; along the height only if `acrossWidth` is given. Padding is less than the extent, and
    ///     there is no dilation.
    ///   - acrossWidth: How it moves along the width.
    ///   - roundsUp: Whether a last window may reach beyond the input, if it starts inside it or in the padding before it.
    /// - Returns: `[batch, channel, height, width]` of the positions.
    public func maxPooled(
        _ height: Int, _ width: Int, sliding: Sliding, acrossWidth: Sliding? = nil, roundsUp: Bool = false
    ) -> Tensor {
        let axes = pooledAxes(height, width, sliding, acrossWidth ?? sliding, roundsUp, "maxPooled")
        let window = Window(vertical: axes[0].axis, horizontal: axes[1].axis)
        let (y, indices) = Kernels.maxPool(self, window, wantsIndices: node != nil)
        let (count, isChannelsLast) = (count, y.isChannelsLast)
        return y.recorded(from: [self]) { g, context in
            // Indices count in memory order.
            let flat = (isChannelsLast ? g.permuted([0, 2, 3, 1]) : g).reshaped(to: [indices.count])
            let dx = flat.scatterAdded(at: Indices(indices), rows: count)
            let shape = context.shape(0)
            if !isChannelsLast { return [dx.reshaped(to: shape)] }
            return [dx.reshaped(to: [shape[0], shape[2], shape[3], shape[1]]).permuted([0, 3, 1, 2])]
        }
    }

    /// The mean under each window.
    ///
    /// - Parameters:
    ///   - height: The window's extent.
    ///   - width: The window's extent.
    ///   - sliding: How it moves; along the height only if `acrossWidth` is given. Padding is less than the extent, and
    ///     there is no dilation.
    ///   - acrossWidth: How it moves along the width.
    ///   - roundsUp: Whether a last window may reach beyond the input, if it starts inside it or in the padding before it.
    ///   - countsPadding: Whether the divisor counts padding; what only rounding up adds is never counted.
    /// - Returns: `[batch, channel, height, width]` of the positions.
    public func averagePooled(
        _ height: Int, _ width: Int, sliding: Sliding, acrossWidth: Sliding? = nil, roundsUp: Bool = false,
        countsPadding: Bool = true
    ) -> Tensor {
        let axes = pooledAxes(height, width, sliding, acrossWidth ?? sliding, roundsUp, "averagePooled")
        let bands = axes.map { averagingBand($0.axis, after: $0.after, countsPadding: countsPadding) }
        return banded(bands[0], along: 2, "averagePooled").banded(bands[1], along: 3, "averagePooled")
    }

    /// The mean over cells that cut the input into a given number of parts: cell i covers ⌊i·in/out⌋ ..< ⌈(i + 1)·in/out⌉.
    ///
    /// - Returns: `[batch, channel, height, width]`.
    public func adaptiveAveragePooled(height: Int, width: Int) -> Tensor {
        shapeCheck(rank == 4 && height >= 1 && width >= 1, "adaptiveAveragePooled", shape, [height, width])
        func band(_ inputs: Int, _ outputs: Int) -> Band {
            Band(
                inputs: inputs,
                rows: (0..<outputs).map { cell in
                    let (start, end) = (cell * inputs / outputs, ((cell + 1) * inputs + outputs - 1) / outputs)
                    return (start, [Float](repeating: 1 / Float(end - start), count: end - start))
                })
        }
        return banded(band(shape[2], height), along: 2, "adaptiveAveragePooled")
            .banded(band(shape[3], width), along: 3, "adaptiveAveragePooled")
    }

    private func pooledAxes(
        _ height: Int, _ width: Int, _ vertical: Sliding, _ horizontal: Sliding, _ roundsUp: Bool, _ name: StaticString
    ) -> [(axis: WindowAxis, after: Int)] {
        shapeCheck(rank == 4 && vertical.dilation == 1 && horizontal.dilation == 1, name, shape, [height, width])
        return [(vertical, shape[2], height), (horizontal, shape[3], width)].map { sliding, input, size in
            var (axis, after) = sliding.axis(input: input, size: size, name)
            shapeCheck(input >= 1 && axis.before < size && after < size, name, shape, [size, axis.before, after])
            let last = axis.output * axis.stride
            if roundsUp && last < input + axis.before && last - axis.stride + size < input + axis.before + after {
                axis.output += 1
            }
            return (axis, after)
        }
    }
}

/// The mean under a window along one axis; windows over two axes are one map after the other.
private func averagingBand(_ axis: WindowAxis, after: Int, countsPadding: Bool) -> Band {
    Band(
        inputs: axis.input,
        rows: (0..<axis.output).map { position in
            let start = position * axis.stride - axis.before
            let (first, last) = (max(start, 0), min(start + axis.size, axis.input))
            let divisor = countsPadding ? min(start + axis.size, axis.input + after) - start : last - first
            return (first, [Float](repeating: 1 / Float(divisor), count: last - first))
        })
}
