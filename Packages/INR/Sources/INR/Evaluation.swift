// The line's tables as functions: a model and images in, decoded pictures out; metrics are in ImageMetrics.swift.

public import Tensors

extension GeneralizableINR {
    /// Encodes images and decodes them on a grid, batch by batch and in chunks of coordinates, so that memory stays bounded.
    ///
    /// - Parameters:
    ///   - images: `[image, side, side, 3]` in 0...1, of the side the model was made for.
    ///   - side: Pixels per side of the decoded pictures; the input's own by default.
    ///   - batchSize: Images at a time; the result does not depend on it.
    ///   - chunk: Coordinates at a time; the result does not depend on it.
    /// - Returns: `[image, side, side, 3]`, not clamped.
    public func reconstructed(_ images: Tensor, side: Int? = nil, batchSize: Int = 50, chunk: Int = 1024) -> Tensor {
        let side = side ?? images.shape[1]
        let coordinates = cellCentres(height: side, width: side)
        let batches = stride(from: 0, to: images.shape[0], by: batchSize).map { start in
            let batch = images.sliced(along: 0, start..<min(start + batchSize, images.shape[0]))
            let field = field(encode(batch))
            let values = stride(from: 0, to: side * side, by: chunk).map {
                field(coordinates.sliced(along: 0, $0..<min($0 + chunk, side * side)))  // [batch, point, 3]
            }
            return Tensor.concatenated(values, along: 1).reshaped(to: [-1, side, side, 3])
        }
        return .concatenated(batches, along: 0)
    }
}
