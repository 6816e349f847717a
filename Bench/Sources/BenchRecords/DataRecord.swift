// What was found of a data set: a plain value that the runner makes and the reports show.

public import Measurements

/// A data set as it lies in a folder.
public struct DataRecord: Sendable, Equatable {
    /// The set.
    public var set: DataSet
    /// Where it lies; `nil` where it does not.
    public var folder: String?
    /// What is wrong with it, a sentence each; empty where it was not examined.
    public var faults: [String]

    /// A record from its parts.
    public init(_ set: DataSet, folder: String?, faults: [String] = []) {
        (self.set, self.folder, self.faults) = (set, folder, faults)
    }
}
