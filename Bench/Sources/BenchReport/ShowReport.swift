// `bench show`: one run, its cases side by side where they differ only in the method, and the methods' paired differences.

internal import BenchJudge
public import BenchRecords
internal import Measurements

extension Report {
    /// One run as measured; `withDetails` adds a row a metric with interval, detectable distance and published number,
    /// `withProvenance` every stored field of the run and its cases.
    ///
    /// `worse` counts the metrics found worse than a reference, for the verdict line; 0 where none was asked for.
    public static func show(
        _ run: RunRecord, worse: Int = 0, withDetails: Bool = false, withProvenance: Bool = false
    ) -> Report {
        let done = run.cases.filter { $0.state == .done }.sorted { $0.id < $1.id }
        let families = Dictionary(grouping: done, by: \.family).sorted { $0.key < $1.key }
        let tables = families.flatMap { [values(of: $0.value, in: $0.key), differences(of: $0.value, in: $0.key)] }
        let further = [peers(in: done), withDetails ? details(of: done) : nil, unmeasured(in: run)]
        return Report(
            facts: run.facts, tables: (tables + further).compactMap(\.self) + (withProvenance ? run.provenance : []),
            verdict: run.verdictLine(worse: worse))
    }

    /// A row a case, a column a metric: quality, then exact values, then costs, each as declared.
    private static func values(of cases: [CaseRecord], in family: String) -> Table {
        let metrics = metrics(of: cases).filter { $0.peerRow == nil }
        let columns = metrics.map { Column($0.name, unit: $0.unit) }
        let rows = cases.map { item in
            Row(
                [Cell(item.method)] + metrics.map { metric in item.measurement(metric.name).map(cell) ?? .empty },
                outcome: Outcome(item.id, .passed))
        }
        let sizes = Set(cases.flatMap(\.measurements).compactMap { $0.scores.map(sizeInWords) })
        let items = sizes.isEmpty ? "" : "   \(sizes.sorted().joined(separator: "; ")); ± is half the 95 % interval"
        return Table(title: family + items, columns: [Column("case", .left)] + columns, rows: rows)
    }

    /// A row for each piece of work and each peer that did it, too.
    private static func peers(in cases: [CaseRecord]) -> Table? {
        let values = cases.flatMap(\.measurements).compactMap { value in value.metric.peerRow.map { ($0, value) } }
        let (titles, rows) = (unrepeated(values.map(\.0.column)), unrepeated(values.map { [$0.0.work, $0.0.peer] }))
        let byPlace = Dictionary(values.map { ([$0.work, $0.peer, $0.column], $1) }) { first, _ in first }
        let units = Dictionary(values.map { ($0.column, $1.metric.unit) }) { first, _ in first }
        return rows.isEmpty
            ? nil
            : Table(
                title: "beside peers   ratio: theirs divided by ours, medians of turns; share: our memory in theirs",
                columns: [Column("work", .left), Column("peer", .left)]
                    + titles.map { Column($0, unit: units[$0] ?? "") },
                rows: rows.map { row in
                    Row(row.map { Cell($0) } + titles.map { byPlace[row + [$0]].map(cell) ?? .empty })
                })
    }

    /// Best method first, each less the next one, on the family's main metric: its first quality metric with scores.
    private static func differences(of cases: [CaseRecord], in family: String) -> Table? {
        let scored = metrics(of: cases).first { metric in
            metric.metricClass == .quality && cases.contains { $0.measurement(metric.name)?.scores != nil }
        }
        guard let metric = scored else { return nil }
        let ranked = cases.compactMap { item in
            item.measurement(metric.name).map { (item: item, loss: -metric.direction.sign * $0.value) }
        }.sorted { ($0.loss, $0.item.id) < ($1.loss, $1.item.id) }.map(\.item)
        if ranked.count < 2 { return nil }
        let rows = zip(ranked, ranked.dropFirst()).map { a, b in
            let name = Cell("\(a.method) − \(b.method)")
            switch pairedDifference(of: a, minus: b, metric: metric.name) {
            case .success(let evidence):
                return Row([name] + cells(evidence, metric))
            case .failure(let mismatch):
                let reason = inWords(mismatch, a.method, b.method)
                return Row([name, .empty, .empty, .empty, .empty], note: "not comparable, \(reason)")
            }
        }
        let columns = [
            Column("method − next", .left), Column("better by", unit: metric.unit),
            Column("95 % interval"), Column("p"), Column("n/G"),
        ]
        return Table(title: "\(family)   \(metric.name), paired by item", columns: columns, rows: rows)
    }

    private static func cells(_ evidence: Evidence, _ metric: Metric) -> [Cell] {
        [
            Cell(signed(evidence.effect, metric.decimals), value: evidence.effect, interval: evidence.interval),
            Cell(evidence.interval.map { signed($0, metric.decimals) } ?? ""),
            Cell(probability(evidence.p), value: evidence.p),
            Cell("\(evidence.items)/\(evidence.groups)"),
        ]
    }

    private static func unmeasured(in run: RunRecord) -> Table? {
        let rows = run.cases.filter { $0.state != .done }.sorted { $0.id < $1.id }.map {
            Row(
                [Cell($0.id), Cell($0.state.rawValue)], note: $0.reason,
                outcome: Outcome($0.id, $0.state.isFailure ? .error : .skipped, "\($0.state.rawValue): \($0.reason)"))
        }
        let columns = [Column("case", .left), Column("state", .left)]
        return rows.isEmpty ? nil : Table(title: "without a result", columns: columns, rows: rows)
    }

    private static func metrics(of cases: [CaseRecord]) -> [Metric] {
        let all = cases.flatMap { $0.measurements.map(\.metric) }
        var known: Set<String> = []
        let different = all.filter { known.insert($0.name).inserted }
        return [MetricClass.quality, .exact, .cost].flatMap { kind in different.filter { $0.metricClass == kind } }
    }

    private static func valueText(_ measurement: Measurement) -> String {
        measurement.metric.metricClass == .exact
            ? compact(measurement.value) : fixed(measurement.value, measurement.metric.decimals)
    }

    private static func cell(_ measurement: Measurement) -> Cell {
        let (metric, interval) = (measurement.metric, measurement.interval)
        let text = valueText(measurement)
        guard let interval else { return Cell(text, value: measurement.value) }
        // Of a value that compares two sides, the question is on which side of 1 or 0 its whole interval lies.
        let reach =
            metric.finaliser.isComparison
            ? " [\(fixed(interval.lowerBound, metric.decimals)), \(fixed(interval.upperBound, metric.decimals))]"
            : " ±" + fixed((interval.upperBound - interval.lowerBound) / 2, metric.decimals)
        return Cell(text + reach, value: measurement.value, interval: interval)
    }

    /// A row a metric: what the value is worth, and what a paper says.
    private static func details(of cases: [CaseRecord]) -> Table? {
        let rows = cases.flatMap { item in
            item.measurements.map { measurement in
                let (metric, published) = (measurement.metric, measurement.metric.published)
                let distance = measurement.uncertainty?.minimumDetectable
                let name = "\(item.id).\(metric.name)"
                return Row(
                    [
                        Cell(name), Cell(valueText(measurement), value: measurement.value),
                        Cell(
                            measurement.interval.map {
                                "[\(fixed($0.lowerBound, metric.decimals)), "
                                    + "\(fixed($0.upperBound, metric.decimals))]"
                            } ?? ""),
                        Cell(distance.map { fixed($0, metric.decimals) } ?? "", value: distance),
                        Cell(published.map { fixed($0.value, metric.decimals) } ?? "", value: published?.value),
                    ], note: published?.inWords ?? "")
            }
        }
        let columns = [
            Column("case.metric", .left), Column("value"), Column("95 % interval"), Column("detectable"),
            Column("published"),
        ]
        return rows.isEmpty ? nil : Table(title: "every metric", columns: columns, rows: rows)
    }

    private static func sizeInWords(_ scores: Scores) -> String {
        "\(scores.values.count) items in \(Set(scores.groups).count) groups"
    }
}

extension Metric {
    /// Where the value stands among those of other libraries, if it is one of theirs.
    fileprivate var peerRow: (work: String, peer: String, column: String)? {
        let options = signature.options
        guard let work = options["work"], let peer = options["peer"], let column = options["column"] else { return nil }
        return (work, peer, column)
    }
}

/// Each value once, where it is first.
private func unrepeated<Value: Hashable>(_ values: [Value]) -> [Value] {
    var known: Set<Value> = []
    return values.filter { known.insert($0).inserted }
}

extension Published {
    /// Whether it may stand beside ours, and where it comes from.
    fileprivate var inWords: String {
        let origin = source + (isVerified ? "" : ", as recalled")
        return difference.isEmpty ? "published: \(origin)" : "published, not comparable (\(difference)): \(origin)"
    }
}

/// `steps: 100 for a, 200 for b`.
func inWords(_ mismatch: Mismatch, _ a: String, _ b: String) -> String {
    "\(mismatch.field): \(mismatch.a) for \(a), \(mismatch.b) for \(b)"
}

extension CaseRecord {
    fileprivate var family: String { caseFamily(id) }

    /// The last word of the id.
    fileprivate var method: String {
        id.lastIndex(of: ".").map { String(id[id.index(after: $0)...]) } ?? id
    }
}

/// The id without its last word: cases of one family are one evaluation by several methods.
func caseFamily(_ id: String) -> String { id.lastIndex(of: ".").map { String(id[..<$0]) } ?? id }
