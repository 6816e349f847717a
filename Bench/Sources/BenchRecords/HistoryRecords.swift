// What is remembered beside runs: pins, noise floors, accepted changes, and the commits between two runs.

public import Measurements

/// A run that was given a name to be compared against; the latest of a name holds, older ones stay.
public struct BaselinePin: Sendable, Equatable {
    /// The name, `main` unless said otherwise.
    public var name: String
    /// The run's UUID.
    public var run: String
    /// The reason, in words.
    public var why: String
    /// Microseconds since 1970 UTC.
    public var at: Int64

    /// A pin from its parts.
    public init(name: String, run: String, why: String, at: Int64) {
        (self.name, self.run, self.why, self.at) = (name, run, why, at)
    }
}

/// How far a metric moves without a reason, as `bench calibrate` measured it.
public struct NoiseFloor: Sendable, Equatable {
    /// What was repeated.
    public enum Method: String, Sendable {
        /// The same program in other processes, in pairs: natural logarithms of ratios.
        case aa
        /// The same, and pairs in which one side's code and stack lie elsewhere: natural logarithms of ratios.
        case layout
        /// The same program with other seeds: the metric's unit.
        case seed
    }

    /// The case.
    public var caseID: String
    /// The metric as it was defined.
    public var metric: Metric
    /// What was repeated.
    public var method: Method
    /// Pairs, or seeds.
    public var count: Int
    /// A standard deviation.
    public var sigma: Double
    /// The 95 % quantile of sizes; `nil` for seeds.
    public var q95: Double?
    /// The smallest change that counts.
    public var floor: Double
    /// The UUID of the last run it was measured with.
    public var run: String
    /// Microseconds since 1970 UTC.
    public var at: Int64
    /// The machine it was measured on.
    public var machine: MachineRecord
    /// The toolchain of the program it was measured with.
    public var toolchain: String

    /// A floor from its parts.
    public init(
        caseID: String, metric: Metric, method: Method, count: Int, sigma: Double, q95: Double?, floor: Double,
        run: String, at: Int64, machine: MachineRecord, toolchain: String
    ) {
        (self.caseID, self.metric, self.method, self.count) = (caseID, metric, method, count)
        (self.sigma, self.q95, self.floor) = (sigma, q95, floor)
        (self.run, self.at, self.machine, self.toolchain) = (run, at, machine, toolchain)
    }
}

/// A change for the worse that somebody took on purpose.
public struct AcceptedChange: Sendable, Equatable {
    /// `case.metric`.
    public var metric: String
    /// The reference's value.
    public var from: Double
    /// The new value.
    public var to: Double
    /// The reason, in words.
    public var why: String
    /// Microseconds since 1970 UTC.
    public var at: Int64
    /// The new run's commit.
    public var commit: String

    /// An accepted change from its parts.
    public init(metric: String, from: Double, to: Double, why: String, at: Int64, commit: String) {
        (self.metric, self.from, self.to, self.why, self.at, self.commit) = (metric, from, to, why, at, commit)
    }
}

/// A commit as a list of commits shows it.
public struct CommitRecord: Sendable, Equatable {
    /// 40 hex digits.
    public var commit: String
    /// The first line of its message.
    public var subject: String

    /// A commit from its parts.
    public init(commit: String, subject: String) { (self.commit, self.subject) = (commit, subject) }
}
