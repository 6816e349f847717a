// Bilinear resizing of [batch, channel, height, width].

extension Tensor {
    /// The picture at another size, bilinearly, without antialiasing.
    ///
    /// Pixel i reads the source at (i + ½)·in/out − ½, not below 0; with aligned corners at i·(in − 1)/(out − 1), or 0 where
    /// out = 1. Beyond the last pixel the last pixel goes on.
    ///
    /// - Returns: `[batch, channel, height, width]`.
    public func resized(height: Int, width: Int, alignsCorners: Bool = false) -> Tensor {
        shapeCheck(
            rank == 4 && shape[2] >= 1 && shape[3] >= 1 && height >= 1 && width >= 1, "resized", shape, [height, width])
        return banded(bilinearBand(shape[2], height, alignsCorners), along: 2, "resized")
            .banded(bilinearBand(shape[3], width, alignsCorners), along: 3, "resized")
    }
}

private func bilinearBand(_ inputs: Int, _ outputs: Int, _ alignsCorners: Bool) -> Band {
    let scale =
        alignsCorners ? (outputs > 1 ? Double(inputs - 1) / Double(outputs - 1) : 0) : Double(inputs) / Double(outputs)
    return Band(
        inputs: inputs,
        rows: (0..<outputs).map { output in
            let source = alignsCorners ? Double(output) * scale : max((Double(output) + 0.5) * scale - 0.5, 0)
            let start = min(Int(source), inputs - 1)
            let share = Float(source - Double(start))
            return (start, share > 0 && start + 1 < inputs ? [1 - share, share] : [1])
        })
}
