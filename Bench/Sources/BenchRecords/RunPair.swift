// Two runs side by side.

/// What is held against what.
public struct RunPair: Sendable, Equatable {
    /// The side that was there first.
    public var reference: RunRecord
    /// The side that is judged.
    public var new: RunRecord

    /// A pair of runs.
    public init(reference: RunRecord, new: RunRecord) { (self.reference, self.new) = (reference, new) }
}
