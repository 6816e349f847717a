// What stops a training that has come off its rails, before a bad step is made.

public import Tensors

/// A loss that is not a number or infinite: no step can be made from it.
public struct NonFiniteLoss: Error, Equatable, CustomStringConvertible {
    /// The step whose loss it is, counted from 1.
    public let step: Int
    /// `nan`, `inf` or `-inf`.
    public let value: String

    /// Where, what was found, and what to do.
    public var description: String {
        "step \(step): the loss is \(value); lower the learning rate, or look for data that is not finite."
    }
}

extension Tensor {
    /// The value of a loss, or the reason to stop.
    ///
    /// - Parameter step: Its step, for the error.
    /// - Returns: The only value of this tensor.
    /// - Throws: `NonFiniteLoss` if it is not finite.
    public func finiteLoss(atStep step: Int) throws(NonFiniteLoss) -> Float {
        guard item.isFinite else { throw NonFiniteLoss(step: step, value: "\(item)") }
        return item
    }
}
