// A run as it is stored, judged and printed: plain values that the store returns, the judge reads and the reports show.

public import Measurements

/// How a run came about.
public enum RunKind: String, Codable, Sendable {
    case nightly, smoke, full, paper, adhoc, gate, explore, calibrate, confirm, verify, repro
}

/// Where a run stands.
public enum RunStatus: String, Codable, Sendable {
    case running, complete, partial, aborted
}

/// Where a case of a run stands.
public enum CaseState: String, Codable, Sendable {
    case planned, running, done, failed, timeout, oom, crashed, skipped, interrupted

    /// Whether the case ended without a result although it should have one.
    public var isFailure: Bool { [.failed, .timeout, .oom, .crashed, .interrupted].contains(self) }
}

/// The machine as far as it decides results and costs; nothing measured enters it.
public struct MachineRecord: Codable, Sendable, Equatable {
    /// Eight hex digits over the stable facts below.
    public var machineClass: String
    /// The CPU's model name.
    public var cpu: String
    /// The instruction set architecture, `x86_64`.
    public var architecture: String
    /// CPUs this process may use.
    public var cores: Int
    /// Memory in GiB, rounded.
    public var memoryGiB: Int
    /// The core that OpenBLAS detected.
    public var blas: String
    /// CPUs the control group allows; `nil` without a limit.
    public var quota: Double?

    /// A machine from its parts.
    public init(
        machineClass: String, cpu: String, architecture: String, cores: Int, memoryGiB: Int, blas: String,
        quota: Double?
    ) {
        self.machineClass = machineClass
        self.cpu = cpu
        self.architecture = architecture
        self.cores = cores
        self.memoryGiB = memoryGiB
        self.blas = blas
        self.quota = quota
    }
}

/// The program that ran: commit, uncommitted changes, toolchain and libraries.
public struct BuildRecord: Codable, Sendable, Equatable {
    /// The commit, 40 hex digits; `none` outside a repository.
    public var commit: String
    /// Microseconds since 1970 UTC.
    public var commitTime: Int64
    /// The first parent, or empty.
    public var parent: String
    /// The branch, or empty.
    public var branch: String
    /// SHA-256 of the patch of uncommitted and untracked changes; `nil` for a clean tree.
    public var patchDigest: String?
    /// The patch itself, if it was small enough to keep.
    public var patch: [UInt8]?
    /// The first line of `swift --version`.
    public var toolchain: String
    /// `debug` or `release`.
    public var configuration: String
    /// Versions of the packages it was built from.
    public var dependencies: [String: String]
    /// Versions of the libraries it runs on, read from the loaded library.
    public var libraries: [String: String]
    /// SHA-256 of the executable.
    public var binaryDigest: String

    /// A build from its parts.
    public init(
        commit: String, commitTime: Int64, parent: String, branch: String, patchDigest: String?, patch: [UInt8]?,
        toolchain: String, configuration: String, dependencies: [String: String], libraries: [String: String],
        binaryDigest: String
    ) {
        self.commit = commit
        self.commitTime = commitTime
        self.parent = parent
        self.branch = branch
        self.patchDigest = patchDigest
        self.patch = patch
        self.toolchain = toolchain
        self.configuration = configuration
        self.dependencies = dependencies
        self.libraries = libraries
        self.binaryDigest = binaryDigest
    }

    /// Whether the tree had uncommitted changes.
    public var isDirty: Bool { patchDigest != nil }
}

/// One case of a run with everything it measured.
public struct CaseRecord: Codable, Sendable, Equatable {
    /// The dotted name, line first.
    public var id: String
    /// The case's own version.
    public var version: Int
    /// The tier it belongs to.
    public var tier: Tier
    /// Every setting the result depends on.
    public var configuration: [String: String]
    /// Digests of the data it used, by name (hex SHA-256).
    public var dataDigests: [String: String]
    /// Where it stands.
    public var state: CaseState
    /// 1 for the first attempt.
    public var attempt: Int
    /// Microseconds since 1970 UTC; `nil` before it started.
    public var started: Int64?
    /// Microseconds since 1970 UTC; `nil` before it ended.
    public var ended: Int64?
    /// The child's exit code, if it exited.
    public var exitCode: Int?
    /// The signal that ended the child, if one did.
    public var signal: Int?
    /// Why it was skipped or failed, in words; empty when done.
    public var message: String
    /// What it measured, quality and exact values and costs.
    public var measurements: [Measurement]

    /// A case from its parts.
    public init(
        id: String, version: Int, tier: Tier, configuration: [String: String], dataDigests: [String: String] = [:],
        state: CaseState = .planned, attempt: Int = 1, started: Int64? = nil, ended: Int64? = nil, exitCode: Int? = nil,
        signal: Int? = nil, message: String = "", measurements: [Measurement] = []
    ) {
        self.id = id
        self.version = version
        self.tier = tier
        self.configuration = configuration
        self.dataDigests = dataDigests
        self.state = state
        self.attempt = attempt
        self.started = started
        self.ended = ended
        self.exitCode = exitCode
        self.signal = signal
        self.message = message
        self.measurements = measurements
    }

    /// The research line: the first word of the id.
    public var line: String { id.split(separator: ".").first.map(String.init) ?? id }

    /// The measurement of the metric `name`.
    public func measurement(_ name: String) -> Measurement? { measurements.first { $0.metric.name == name } }
}

/// One invocation of the harness at one commit on one machine.
public struct RunRecord: Codable, Sendable, Equatable {
    /// UUIDv7, lower-case hex with dashes.
    public var uuid: String
    /// How it came about.
    public var kind: RunKind
    /// The program.
    public var build: BuildRecord
    /// The machine.
    public var machine: MachineRecord
    /// The tier that was asked for.
    public var tier: Tier
    /// The seed all streams derive from.
    public var seed: UInt64
    /// Threads of the worker pool in each case.
    public var threads: Int
    /// SHA-256 over the ordered list of cases with their configurations, seed and threads.
    public var planDigest: String
    /// Microseconds since 1970 UTC.
    public var started: Int64
    /// Microseconds since 1970 UTC; `nil` while it runs.
    public var ended: Int64?
    /// Where it stands.
    public var status: RunStatus
    /// Command line, and the environment variables that matter.
    public var environment: [String: String]
    /// Its cases in plan order: for each the latest attempt.
    public var cases: [CaseRecord]
    /// The UUID of the note whose prediction it tests, if it was begun for one.
    public var note: String?
    /// What was replaced in its cases' settings; `nil` where they ran as they are.
    public var settings: [Setting]?

    /// A run from its parts.
    public init(
        uuid: String, kind: RunKind, build: BuildRecord, machine: MachineRecord, tier: Tier, seed: UInt64, threads: Int,
        planDigest: String, started: Int64, ended: Int64? = nil, status: RunStatus = .running,
        environment: [String: String] = [:], cases: [CaseRecord] = [], note: String? = nil,
        settings: [Setting]? = nil
    ) {
        self.uuid = uuid
        self.kind = kind
        self.build = build
        self.machine = machine
        self.tier = tier
        self.seed = seed
        self.threads = threads
        self.planDigest = planDigest
        self.started = started
        self.ended = ended
        self.status = status
        self.environment = environment
        self.cases = cases
        self.note = note
        self.settings = settings
    }

    /// Eight hex digits that name the run in outputs: the last ones, since a UUIDv7 begins with the time.
    public var shortID: String { String(uuid.filter { $0 != "-" }.suffix(8)) }

    /// The case with the given id.
    public func caseRecord(_ id: String) -> CaseRecord? { cases.first { $0.id == id } }
}
