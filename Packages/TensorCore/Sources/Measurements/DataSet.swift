// What is known of a set of real data: where it comes from, what it may be used for, how it lies on the disk.

/// A set of real data that cases or published protocols need.
public struct DataSet: Sendable, Equatable {
    /// The folder below `--data`, which is the set's name too: `kodak`, `st/fsdd`.
    public var name: String
    /// The research line, as ids of cases begin.
    public var line: String
    /// What it holds, in a few words.
    public var summary: String
    /// Where it comes from and, where nothing can be fetched, how to come by it.
    public var source: String
    /// What its makers say it may be used for.
    public var licence: String
    /// What it takes on the disk; `nil` where that is not known.
    public var megabytes: Double?
    /// How it lies in its folder.
    public var layout: String
    /// What must be in the folder; empty where nothing certain is known.
    public var files: [DataFiles]

    /// A data set from its parts.
    public init(
        _ name: String, line: String, _ summary: String, source: String, licence: String, megabytes: Double? = nil,
        layout: String, files: [DataFiles] = []
    ) {
        self.name = name
        self.line = line
        self.summary = summary
        self.source = source
        self.licence = licence
        self.megabytes = megabytes
        self.layout = layout
        self.files = files
    }
}

/// One file of a data set, or all whose paths fit a pattern.
public struct DataFiles: Sendable, Equatable {
    /// The path below the set's folder; `*` stands for any text, folders included.
    public var pattern: String
    /// How many files there are.
    public var count: Int
    /// SHA-256 of the contents, one file after the other in byte order of their paths; `nil` where it is not known.
    public var digest: String?
    /// Where the file, if it is a single one, can be fetched exactly as it is.
    public var url: String?

    /// One file with its digest.
    public init(_ path: String, _ digest: String, url: String? = nil) {
        (pattern, count, self.digest, self.url) = (path, 1, digest, url)
    }

    /// As many files as fit a pattern.
    public init(_ pattern: String, count: Int, digest: String? = nil) {
        (self.pattern, self.count, self.digest) = (pattern, count, digest)
    }
}
