// `bench baseline`: which runs were pinned, when and why.

internal import BenchJudge
public import BenchRecords

extension Report {
    /// Pins, newest first, as given; exit code 2 where there is none.
    public static func pins(_ pins: [BaselinePin], runs: [String: RunRecord]) -> Report {
        let rows = pins.map { pin in
            let run = runs[pin.run]
            return Row(
                [
                    Cell(pin.name), Cell(utc(pin.at)), Cell(String(pin.run.suffix(8))),
                    Cell(run?.build.inWords ?? "not in this store"), Cell(run.map { utc($0.started) } ?? ""),
                ], note: pin.why)
        }
        let columns = ["name", "pinned", "run", "commit", "measured"].map { Column($0, .left) }
        return Report(
            facts: [],
            tables: rows.isEmpty ? [] : [Table(title: "baselines, latest first", columns: columns, rows: rows)],
            verdict: VerdictLine(
                rows.isEmpty ? "missing" : "pinned", counts: ["pins": rows.count],
                run: pins.first.map { String($0.run.suffix(8)) } ?? "00000000",
                exit: rows.isEmpty ? .incomplete : .done))
    }
}
