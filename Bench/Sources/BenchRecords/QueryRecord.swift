// What a query of one's own gives: names and values, without a meaning that this program knows.

/// A value of a database.
public enum QueryValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// The rows of a query.
public struct QueryRecord: Sendable, Equatable {
    /// The columns' names, as the query gives them.
    public var columns: [String]
    /// Each with a value a column.
    public var rows: [[QueryValue]]

    /// Rows under columns.
    public init(columns: [String], rows: [[QueryValue]]) { (self.columns, self.rows) = (columns, rows) }
}

/// A view that queries may rely on.
public struct ViewRecord: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// What it shows.
    public var meaning: String
    /// Its columns.
    public var columns: [String]

    /// A view from its parts.
    public init(name: String, meaning: String, columns: [String]) {
        (self.name, self.meaning, self.columns) = (name, meaning, columns)
    }
}
