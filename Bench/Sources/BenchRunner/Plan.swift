// What a run will do, decided before it starts.

public import BenchRecords
internal import BenchStatistics
public import BenchStore
public import Measurements
internal import TensorIO

/// The ordered cases of a run, with everything that decides their results.
public struct Plan: Sendable {
    /// One case and how long it should take.
    public struct Entry: Sendable {
        /// The case.
        public var item: any BenchCase
        /// Wall seconds: the median of its last ten finished attempts, else the case's own estimate.
        public var expectedSeconds: Double
        /// What nine of ten attempts stay below; `nil` below three attempts.
        public var slowSeconds: Double?

        /// The case with what `store` knows of it; without a store nothing is known.
        public init(_ item: any BenchCase, store: RunStore?) throws {
            self.item = item
            let seconds = try store?.recentSeconds(caseID: item.id, configuration: item.configuration) ?? []
            expectedSeconds = seconds.isEmpty ? item.expectedSeconds : quantile(seconds, 0.5)
            slowSeconds = seconds.count < 3 ? nil : quantile(seconds, 0.9)
        }
    }

    /// How the run comes about.
    public var kind: RunKind
    /// The tier that was asked for.
    public var tier: Tier
    /// The seed all streams derive from.
    public var seed: UInt64
    /// Threads of the worker pool in each case.
    public var threads: Int
    /// The cases in the order in which they run.
    public var entries: [Entry]
    /// The UUID of the note whose prediction the run tests, if any.
    public var note: String?
    /// What is replaced in the cases' settings.
    public var settings: [Setting]

    /// A plan over `cases` with `settings` replaced; expected times come from the store.
    ///
    /// - Throws: `SettingError` where a case does not have one of the settings.
    public init(
        _ cases: [any BenchCase], kind: RunKind, tier: Tier, seed: UInt64, threads: Int, note: String? = nil,
        settings: [Setting] = [], store: RunStore
    ) throws {
        self.kind = kind
        self.tier = tier
        self.seed = seed
        self.threads = threads
        self.note = note
        self.settings = settings
        entries = try cases.map { try Entry($0.varied(by: settings), store: store) }
    }

    /// SHA-256 over kind, tier, seed, threads and, in order, each case's id, version and configuration.
    public var digest: String {
        var lines = ["bench/1", kind.rawValue, tier.rawValue, "\(seed)", "\(threads)"]
        for item in entries.map(\.item) {
            lines.append("\(item.id) \(item.version)")
            lines += item.configuration.sorted { $0.key < $1.key }.map {
                " \($0.key.debugDescription) \($0.value.debugDescription)"
            }
        }
        return SHA256.hexDigest(of: Array(lines.joined(separator: "\n").utf8))
    }

    /// The cases as records, none of them started.
    var records: [CaseRecord] {
        entries.map(\.item).map {
            CaseRecord(id: $0.id, version: $0.version, tier: $0.tier, configuration: $0.configuration)
        }
    }
}
