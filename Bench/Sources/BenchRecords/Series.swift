// A metric over runs, as the store returns it and the page draws it.

public import Measurements

/// One metric of one case, a value a run, oldest first; all of one machine class, seed and signature.
public struct Series: Sendable, Equatable {
    /// A value and the run it comes from.
    public struct Point: Sendable, Equatable {
        /// The run's eight digits.
        public var run: String
        /// The commit, 40 hex digits.
        public var commit: String
        /// Microseconds since 1970 UTC.
        public var started: Int64
        /// In the metric's unit.
        public var value: Double

        /// A point from its parts.
        public init(run: String, commit: String, started: Int64, value: Double) {
            (self.run, self.commit, self.started, self.value) = (run, commit, started, value)
        }
    }

    /// The case's dotted name.
    public var caseID: String
    /// What is measured, as the latest run defines it.
    public var metric: Metric
    /// At least one.
    public var points: [Point]

    /// A series from its parts.
    public init(caseID: String, metric: Metric, points: [Point]) {
        (self.caseID, self.metric, self.points) = (caseID, metric, points)
    }
}
