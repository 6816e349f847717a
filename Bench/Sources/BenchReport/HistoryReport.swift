// `bench history`: a metric over its runs as a picture, a table, its changes with the commits in between, and its creep.

public import BenchJudge
public import BenchRecords
internal import Foundation
internal import Measurements

extension Report {
    /// The last `shown` points of a history; `nil` where there is none.
    ///
    /// `commits` lists what came after the first run's commit up to the second's, newest first; `nil` where git does not know.
    public static func history(
        _ history: History?, named name: String, last shown: Int,
        commits: (RunRecord, RunRecord) -> [CommitRecord]?
    ) -> Report {
        guard let history, let last = history.runs.last else {
            let line = VerdictLine("missing", counts: ["points": 0, "changes": 0], exit: .incomplete)
            return Report(facts: [Fact("metric", name)], tables: [], verdict: line)
        }
        let first = max(0, history.values.count - shown)
        let changes = history.changes.filter { $0.index >= first }
        let machines = Set(history.runs.map(\.machine.machineClass)).sorted()
        // A step explains the loss that follows it; only one that no step explains has crept in.
        let word = !changes.isEmpty ? "changed" : history.creeps.isEmpty ? "steady" : "creep"
        return Report(
            facts: [
                Fact("metric", "\(name), \(history.metric.direction.betterInWords)"),
                Fact("machine", machines.joined(separator: ", ")), Fact("seed", "\(last.seed)"),
                Fact("runs", "\(history.values.count - first)"), Fact("floor", short(history.floor)),
            ],
            tables: [
                history.points(from: first), history.picture(from: first),
                changes.isEmpty ? nil : history.table(of: changes, commits), history.creepTable,
            ].compactMap(\.self),
            verdict: VerdictLine(
                word, counts: ["points": history.values.count - first, "changes": changes.count], run: last.shortID,
                exit: .done))
    }
}

extension History {
    fileprivate func points(from first: Int) -> Table {
        let rows = runs.indices[first...].map { index in
            let new = breaks.first { $0.index == index && index > first }
            let note = new.map { "here a new quantity begins: \(inWords($0.mismatch, "the run before", "this one"))" }
            return Row(
                [
                    Cell("\(index - first + 1)"), Cell(utc(runs[index].started)), Cell(runs[index].build.inWords),
                    Cell(runs[index].shortID), cell(values[index]),
                ], note: note ?? "")
        }
        let columns = [
            Column("night"), Column("date", .left), Column("commit", .left), Column("run", .left),
            Column("value", unit: metric.unit),
        ]
        return Table(title: "runs, oldest first", columns: columns, rows: rows)
    }

    /// One column a night; `^` marks a change of level, `|` another quantity.
    fileprivate func picture(from first: Int) -> Table? {
        let shown = Array(values[first...])
        guard let low = shown.min(), let high = shown.max() else { return nil }
        // No more levels than the printed decimals can tell apart.
        let steps = ((high - low) * pow(10, Double(metric.decimals))).rounded()
        let top = high > low ? Int(min(max(steps, 1), 7)) : 0
        let levels = shown.map { top == 0 ? 0 : Int((($0 - low) / (high - low) * Double(top)).rounded()) }
        var rows = (0...top).reversed().map { level in
            let value = top == 0 ? low : low + (high - low) * Double(level) / Double(top)
            return Row([cell(value), Cell(levels.map { $0 == level ? "." : " " }.joined())])
        }
        let marks = values.indices[first...].map { index in
            breaks.contains { $0.index == index && index > first }
                ? "|" : changes.contains { $0.index == index && index > first } ? "^" : " "
        }.joined()
        let hasMarks = marks.contains { $0 != " " }
        if hasMarks { rows.append(Row([.empty, Cell(marks)])) }
        return Table(
            title: "one column a night", columns: [Column("value", unit: metric.unit), Column("nights", .left)],
            rows: rows, notes: hasMarks ? ["^ another level, | another quantity"] : [])
    }

    fileprivate func table(of changes: [Change], _ commits: (RunRecord, RunRecord) -> [CommitRecord]?) -> Table {
        let shownCommits = 5
        let rows = changes.map { change in
            let (a, b) = (runs[change.index - 1], runs[change.index])
            let list = commits(a, b) ?? []
            let subjects = list.prefix(shownCommits).map { "\($0.commit.prefix(8)) \"\($0.subject)\"" }
            let more = list.count > shownCommits ? ["and \(list.count - shownCommits) more"] : []
            let relative = change.before == 0 ? "" : signed(100 * (change.after / change.before - 1), 1) + "%"
            return Row(
                [
                    Cell(utc(b.started)), cell(change.before), cell(change.after), Cell(relative),
                    change.p.map { Cell(probability($0), value: $0) } ?? .empty,
                    Cell(
                        a.build.commit == b.build.commit
                            ? "none, \(b.build.inWords)"
                            : "\(a.build.commit.prefix(8))..\(b.build.commit.prefix(8))"),
                ], note: (subjects + more).joined(separator: ", "))
        }
        let columns = [
            Column("first night", .left), Column("before", unit: metric.unit), Column("after", unit: metric.unit),
            Column("change"), Column("p"), Column("commits", .left),
        ]
        return Table(title: "change points: medians of the levels", columns: columns, rows: rows)
    }

    fileprivate var creepTable: Table? {
        let rows = creeps.map { creep in
            let origin = creep.origin == .baseline ? "the pinned baseline" : "the best level"
            return Row([Cell(origin), cell(creep.then), cell(creep.now)])
        }
        let columns = [
            Column("against", .left), Column("then", unit: metric.unit), Column("now", unit: metric.unit),
        ]
        return rows.isEmpty ? nil : Table(title: "worse by more than the floor", columns: columns, rows: rows)
    }

    private func cell(_ value: Double) -> Cell {
        Cell(metric.metricClass == .exact ? compact(value) : fixed(value, metric.decimals), value: value)
    }
}

extension Direction {
    fileprivate var betterInWords: String {
        switch self {
        case .lowerIsBetter: "lower is better"
        case .none: "no direction is better"
        case .higherIsBetter: "higher is better"
        }
    }
}
