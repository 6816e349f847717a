// What a run will do, decided before it starts.

public import BenchRecords
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

    /// A plan over `cases`; expected times come from the store.
    public init(
        _ cases: [any BenchCase], kind: RunKind, tier: Tier, seed: UInt64, threads: Int, note: String? = nil,
        store: RunStore
    ) throws {
        self.kind = kind
        self.tier = tier
        self.seed = seed
        self.threads = threads
        self.note = note
        entries = try cases.map { item in
            Entry(item: item, expectedSeconds: try store.medianSeconds(caseID: item.id) ?? item.expectedSeconds)
        }
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
