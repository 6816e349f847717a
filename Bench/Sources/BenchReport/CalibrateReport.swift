// `bench calibrate`: how far each metric moves without a reason.

internal import BenchJudge
public import BenchRecords
internal import Measurements

extension Report {
    /// Floors by case and metric; exit code 2 where there is none.
    public static func floors(_ floors: [NoiseFloor]) -> Report {
        func number(_ x: Double, _ floor: NoiseFloor) -> Cell {
            // A cost's logarithm of a ratio reads as per cent while it is small.
            Cell(floor.method != .seed ? fixed(100 * x, 2) + "%" : fixed(x, floor.metric.decimals + 1), value: x)
        }
        let rows = floors.map { floor in
            Row([
                Cell("\(floor.caseID).\(floor.metric.name)"), Cell(floor.method.rawValue), Cell("\(floor.count)"),
                number(floor.sigma, floor), floor.q95.map { number($0, floor) } ?? .empty, number(floor.floor, floor),
                Cell(utc(floor.at)), Cell(floor.machine.machineClass),
            ])
        }
        let columns =
            [Column("case.metric", .left), Column("method", .left)] + ["n", "sigma", "q95", "floor"].map { Column($0) }
            + [Column("measured", .left), Column("machine", .left)]
        let notes = [
            "aa: pairs of equal runs, floor max(3 sigma, q95); layout: with pairs in other layouts",
            "seed: one seed a side, 95 %",
        ]
        return Report(
            facts: [],
            tables: rows.isEmpty
                ? []
                : [Table(title: "floors: a smaller change means nothing", columns: columns, rows: rows, notes: notes)],
            verdict: VerdictLine(
                rows.isEmpty ? "missing" : "calibrated", counts: ["floors": rows.count],
                run: floors.last.map { String($0.run.suffix(8)) } ?? "00000000",
                exit: rows.isEmpty ? .incomplete : .done))
    }
}
