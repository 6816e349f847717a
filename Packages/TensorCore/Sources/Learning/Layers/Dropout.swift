// Dropout where there is a generator, which is in training.

public import Tensors

extension Tensor {
    /// Dropout by a generator, or these values unchanged where there is none: inference.
    public func dropout(_ probability: Float, using generator: inout Philox?) -> Tensor {
        guard var drawn = generator else { return self }
        defer { generator = drawn }
        return dropout(probability, using: &drawn)
    }
}
