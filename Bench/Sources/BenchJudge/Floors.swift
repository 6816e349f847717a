// Which measured floor holds for a metric, and what it is worth when it is old or was measured elsewhere.

internal import BenchStatistics
public import BenchRecords
internal import Measurements

/// A measured floor as it applies to one comparison.
public struct CalibratedFloor: Sendable, Equatable {
    /// The smallest change that counts, in the metric's unit; a ratio for costs.
    public var value: Double
    /// Why it was made half as large again, in words; `nil` while it holds as measured.
    public var staleness: String?
}

extension [NoiseFloor] {
    /// The floor of a metric for what `run` measured; of several the one that needs no widening, then the largest.
    ///
    /// It expires after 30 days, on another machine, toolchain or BLAS core; expired it counts 1.5 times.
    func calibrated(_ metric: Metric, of caseID: String, in run: RunRecord) -> CalibratedFloor? {
        let floors = filter {
            $0.caseID == caseID && $0.metric.name == metric.name && $0.metric.signature == metric.signature
        }.map { floor in
            let staleness = floor.staleness(in: run)
            return CalibratedFloor(value: floor.floor * (staleness == nil ? 1 : 1.5), staleness: staleness)
        }
        let valid = floors.filter { $0.staleness == nil }
        return (valid.isEmpty ? floors : valid).max { $0.value < $1.value }
    }
}

extension NoiseFloor {
    fileprivate func staleness(in run: RunRecord) -> String? {
        let days = (run.started - at) / (24 * 3600 * 1_000_000)
        if machine.machineClass != run.machine.machineClass { return "measured on machine \(machine.machineClass)" }
        if machine.blas != run.machine.blas { return "measured with BLAS core \(machine.blas)" }
        if toolchain != run.build.toolchain { return "measured with \(toolchain)" }
        return days > 30 ? "measured \(days) days ago" : nil
    }
}

/// The floors of every cost, from pairs of runs that differ in nothing or only in where code and stack lie, and of every
/// quality value, from runs that differ in their seeds alone, of which it takes two.
public func measuredFloors(
    pairs: [RunPair], layouts: [RunPair] = [], seeds: [RunRecord], at time: Int64
) -> [NoiseFloor] {
    guard let last = seeds.last ?? pairs.last?.new ?? layouts.last?.new else { return [] }
    return last.cases.flatMap { item in
        item.measurements.compactMap { measurement -> NoiseFloor? in
            let metric = measurement.metric
            let (method, noise, count): (NoiseFloor.Method, Noise, Int)
            switch metric.metricClass {
            case .exact: return nil
            case .cost:
                let differences = logRatios(of: metric.name, in: item.id, pairs + layouts)
                if differences.isEmpty { return nil }
                (method, noise, count) = (
                    layouts.isEmpty ? .aa : .layout, Noise(differences: differences), differences.count
                )
            case .quality:
                let values = seeds.compactMap { $0.caseRecord(item.id)?.measurement(metric.name)?.value }
                if values.count < 2 || !values.allSatisfy(\.isFinite) { return nil }
                (method, noise, count) = (.seed, Noise(seedValues: values), values.count)
            }
            return NoiseFloor(
                caseID: item.id, metric: metric, method: method, count: count, sigma: noise.sigma, q95: noise.q95,
                floor: noise.floor, run: last.uuid, at: time, machine: last.machine, toolchain: last.build.toolchain)
        }
    }
}
