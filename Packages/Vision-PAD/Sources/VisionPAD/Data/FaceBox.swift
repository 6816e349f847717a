// Where a face is in a picture.

/// A face's bounding box in pixels, the left upper pixel first.
public struct FaceBox: Sendable, Equatable {
    /// The leftmost column.
    public var x: Int
    /// The uppermost row.
    public var y: Int
    /// Columns.
    public var width: Int
    /// Rows.
    public var height: Int

    /// A box from its parts.
    public init(x: Int, y: Int, width: Int, height: Int) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }
}
