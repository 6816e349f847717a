// The page's figures: what the store and the cases' files say, as charts.

internal import BenchRecords
internal import BenchStatistics
internal import Measurements

extension Series {
    /// The series as a chart over nights, with the changes of its level; `nil` for a single value.
    func chart() -> Chart? {
        guard points.count > 1 else { return nil }
        let labels = points.map { "\($0.commit.prefix(8)) \(utc($0.started)): \(fixed($0.value, metric.decimals))" }
        let unit = metric.unit.isEmpty ? "" : ", " + metric.unit
        let nights = points.indices.map { Double($0 + 1) }
        return Chart(
            title: "\(caseID).\(metric.name) over \(points.count) runs",
            x: Chart.Axis("run, oldest first", around: nights),
            y: Chart.Axis(metric.name + unit, around: points.map(\.value)),
            lines: [Chart.Line(name: caseID, points: zip(nights, points).map { ($0, $1.value) }, labels: labels)],
            changes: changes.map { (Double($0) + 0.5, "change before \(labels[$0])") }, height: 220)
    }

    /// Where a quality value changed its level by more than the smallest effect of interest, by E-divisive.
    private var changes: [Int] {
        guard metric.metricClass == .quality, points.allSatisfy(\.value.isFinite) else { return [] }
        var generator = SplitMix64(
            seed: statisticsSeed(signature: "\(caseID)|\(metric.signature)", items: points.map(\.run)))
        let values = points.map(\.value)
        return changePoints(in: values, using: &generator).map(\.index).sorted().filter { index in
            func level(_ part: ArraySlice<Double>) -> Double { quantile(part.sorted(), 0.5) }
            return abs(level(values[index...].prefix(4)) - level(values[..<index].suffix(4))) > metric.smallestEffect
        }
    }
}

/// A file of named columns, as cases keep them: a header, then numbers, separated by tabs.
struct NumberTable {
    var columns: [String]
    var rows: [[Double]]

    /// `nil` unless there is a header and every row has a number in every column.
    init?(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        guard let head = lines.first, head.count > 1, lines.count > 1 else { return nil }
        let rows = lines.dropFirst().map { $0.compactMap(Double.init) }
        guard rows.allSatisfy({ $0.count == head.count }) else { return nil }
        (columns, self.rows) = (head, rows)
    }

    func column(_ index: Int) -> [Double] { rows.map { $0[index] } }
}

/// One chart of the same two columns of several cases' files, a line a case.
func chart(_ title: String, _ files: [(name: String, table: NumberTable)], x: Int, y: Int) -> Chart? {
    guard let first = files.first?.table else { return nil }
    let lines = files.map { file in
        Chart.Line(
            name: file.name, points: file.table.rows.map { ($0[x], $0[y]) },
            labels: file.table.rows.map { "\(file.name): \(fixed($0[x], 1)), \(fixed($0[y], 3))" })
    }
    return Chart(
        title: title, x: Chart.Axis(first.columns[x], around: files.flatMap { $0.table.column(x) }),
        y: Chart.Axis(first.columns[y], around: files.flatMap { $0.table.column(y) }), lines: lines)
}

/// The error trade-off of detectors: both rates on normal deviates from 0.1 to 60 %, so that Gaussian scores lie on a line.
func errorTradeOff(_ title: String, _ files: [(name: String, table: NumberTable)]) -> Chart? {
    guard let columns = files.first?.table.columns else { return nil }
    let marks = [0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6]
    func axis(_ title: String) -> Chart.Axis {
        Chart.Axis(title: title, marks: marks, decimals: 3) { normalQuantile(min(max($0, 0.001), 0.6)) }
    }
    let lines = files.map { Chart.Line(name: $0.name, points: $0.table.rows.map { ($0[0], $0[1]) }) }
    return Chart(title: title, x: axis(columns[0]), y: axis(columns[1]), lines: lines, height: 420)
}

extension Series {
    /// A line without axes, as wide as a word.
    var sparkline: String {
        let values = points.map(\.value).filter(\.isFinite)
        guard let low = values.min(), let high = values.max(), values.count > 1 else { return "" }
        let places = values.enumerated().map { index, value in
            let x = 2 + 96 * Double(index) / Double(values.count - 1)
            let y = high > low ? 18 - 16 * (value - low) / (high - low) : 10
            return "\(coordinate(x)),\(coordinate(y))"
        }
        let label = "\(metric.name): \(fixed(low, metric.decimals)) to \(fixed(high, metric.decimals))"
        return element(
            "svg", #"class="spark c0" viewBox="0 0 100 20" role="img" aria-label="\#(escaped(label))""#,
            element("title", "", escaped(label)) + #"<polyline points="\#(places.joined(separator: " "))"/>"#)
    }
}
