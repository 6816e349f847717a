// What Bench runs: one evaluation, named, budgeted and reproducible from its seed.

/// How much a run may cost.
public enum Tier: String, Codable, Sendable, CaseIterable, Comparable {
    case smoke, nightly, full, paper

    /// Cheaper tiers come first.
    public static func < (a: Tier, b: Tier) -> Bool {
        allCases.firstIndex(of: a) ?? 0 < allCases.firstIndex(of: b) ?? 0
    }
}

/// One evaluation that Bench can run in a child process.
public protocol BenchCase: Sendable {
    /// The dotted name, line first: `inr.img32.natural64.la-ginr`.
    var id: String { get }
    /// One sentence for `bench list --long`.
    var summary: String { get }
    /// The tier whose budget it fits.
    var tier: Tier { get }
    /// Expected wall seconds on 2 cores, used until the store knows better.
    var expectedSeconds: Double { get }
    /// Raised when the case changes in a way that makes old results incomparable.
    var version: Int { get }
    /// Every setting the result depends on, stored with it.
    var configuration: [String: String] { get }
    /// Folders below `--data` that must exist; a missing one makes the case `skipped`, never substituted.
    var dataFolders: [String] { get }
    /// The metrics it reports, known before it runs.
    var metrics: [Metric] { get }

    /// Runs the evaluation. Equal seed and inputs give equal quality and exact values on any number of threads.
    func run(in context: CaseContext) throws -> CaseOutcome
}

/// What a case is given by the process that runs it.
public struct CaseContext: Sendable {
    /// The run's seed; derive every stream from it by name.
    public var seed: UInt64
    /// The folder given by `--data`, if any.
    public var dataFolder: String?
    /// A folder that survives an interruption, for checkpoints; the same one on resume.
    public var scratchFolder: String
    /// Reports the finished share of the work, `0...1`, and a short word on what is happening.
    public var report: @Sendable (Double, String) -> Void
    /// Takes what is computed on the way, for finding out where two runs part.
    public var trace: Trace

    /// A context from its parts.
    public init(
        seed: UInt64, dataFolder: String?, scratchFolder: String, trace: Trace = Trace(),
        report: @escaping @Sendable (Double, String) -> Void = { _, _ in }
    ) {
        self.seed = seed
        self.dataFolder = dataFolder
        self.scratchFolder = scratchFolder
        self.trace = trace
        self.report = report
    }
}

/// Everything a case returns.
public struct CaseOutcome: Codable, Sendable {
    /// The measured values.
    public var measurements: [Measurement]
    /// Digests of the data actually used, by name (hex SHA-256).
    public var dataDigests: [String: String]
    /// Small files worth keeping: pictures of the worst items, loss curves.
    public var artefacts: [Artefact]

    /// An outcome from its parts.
    public init(_ measurements: [Measurement], dataDigests: [String: String] = [:], artefacts: [Artefact] = []) {
        self.measurements = measurements
        self.dataDigests = dataDigests
        self.artefacts = artefacts
    }
}

/// A file that belongs to a result.
public struct Artefact: Codable, Sendable, Equatable {
    /// The file name, with its extension.
    public var name: String
    /// The media type, for example `image/png`.
    public var mediaType: String
    /// The content.
    public var bytes: [UInt8]

    /// An artefact from its parts.
    public init(name: String, mediaType: String, bytes: [UInt8]) {
        self.name = name
        self.mediaType = mediaType
        self.bytes = bytes
    }
}
