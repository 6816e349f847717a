// Linear maps along one axis whose outputs are weighted sums of neighbours: what average pooling and resizing are made of.
// The transpose is such a map again, so the pullback of one is another. Elements with weight 0 are left out, so that a NaN
// reaches only the outputs that read it.

/// For every output the neighbours it reads and their weights.
struct Band: Sendable {
    let inputs: Int
    /// The first input of each output.
    let starts: [Int32]
    /// Where each output's weights begin, and the end of the last.
    let offsets: [Int32]
    let weights: [Float]

    /// One row per output: its first input, and the weights from there on.
    init(inputs: Int, rows: [(start: Int, weights: [Float])]) {
        self.inputs = inputs
        starts = rows.map { Int32($0.start) }
        offsets = rows.reduce(into: [0]) { $0.append(($0.last ?? 0) + Int32($1.weights.count)) }
        weights = rows.flatMap(\.weights)
    }

    var outputs: Int { starts.count }

    /// The map that carries cotangents back.
    ///
    /// Starts and ends must ascend: then the outputs that read an input are neighbours.
    var transposed: Band {
        var rows = [(start: Int, weights: [Float])](repeating: (0, []), count: inputs)
        for output in starts.indices {
            for index in offsets[output]..<offsets[output + 1] {
                let input = Int(starts[output] + index - offsets[output])
                if rows[input].weights.isEmpty { rows[input].start = output }
                rows[input].weights.append(weights[Int(index)])
            }
        }
        return Band(inputs: outputs, rows: rows)
    }
}

extension Tensor {
    /// The banded map along an axis, two operations per weight and column.
    func banded(_ band: Band, along axis: Int, _ name: StaticString) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, name)
        shapeCheck(shape[axis] == band.inputs, name, shape, [band.inputs])
        let value =
            isChannelsLast
            ? toChannelsLast.applying(band, along: channelsLastAxis(axis)).fromChannelsLast
            : applying(band, along: axis)
        return value.recorded(from: [self]) { g, _ in [g.banded(band.transposed, along: axis, name)] }
    }

    private func applying(_ band: Band, along axis: Int) -> Tensor {
        var target = shape
        target[axis] = band.outputs
        return Kernels.apply(
            band, detached, outer: elementCount(Array(shape[..<axis])), inner: elementCount(Array(shape[(axis + 1)...]))
        ).reshaped(to: target)
    }
}
