// How long one answer takes: single calls, one after the other.

internal import Measurements

/// The median of single calls, and the time that 99 in 100 do not exceed.
enum Latency {
    /// As many calls as a 99th percentile takes (LoadGen's early stopping; harness specification, section 4).
    private static let callCount = 662

    /// `latency_p50` and `latency_p99`.
    static let metrics = ["latency_p50", "latency_p99"].map {
        Metric($0, .cost, unit: "ms", direction: .lowerIsBetter, decimals: 3, smallestEffect: 0.05)
    }

    /// Calls `body` often, after twenty calls for nothing.
    static func measurements(of body: () throws -> Void) rethrows -> [Measurement] {
        for _ in 0..<20 { try body() }
        let times = try milliseconds(repeats: callCount, body).sorted()
        return zip(metrics, [0.5, 0.99]).map { metric, share in
            Measurement(metric, value: times[Int((Double(callCount) * share).rounded(.up)) - 1])
        }
    }
}

/// How long each of some repetitions takes.
func milliseconds(repeats: Int, _ body: () throws -> Void) rethrows -> [Double] {
    try (0..<repeats).map { _ in try ContinuousClock().measure(body) / .milliseconds(1) }
}

/// The upper of the two middle values where there are two; NaN when there are none.
func median(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.sorted()[values.count / 2] }
