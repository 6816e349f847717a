// `bench repro`: a run against its repetition in the recreated state.

internal import BenchJudge
public import BenchRecords

extension Report {
    /// Every case of `original` that has a result, against `repeated`.
    ///
    /// A case that was skipped or is missing was not repeated and makes the report incomplete; any other difference in
    /// state, data, exact values, scores or quality values is told as the case's first difference.
    public static func repro(_ repeated: RunRecord, of original: RunRecord) -> Report {
        let done = original.cases.filter { $0.state == .done }
        let pairs = done.map { item in
            (before: item, after: repeated.caseRecord(item.id).flatMap { $0.state == .skipped ? nil : $0 })
        }
        let divergences = pairs.compactMap { $0.after?.firstDivergence(from: $0.before) }
        let absent = pairs.count { $0.after == nil }
        let (word, exit): (String, ExitCode) =
            !divergences.isEmpty
            ? ("diverged", .notReproduced)
            : absent > 0 || done.isEmpty ? ("incomplete", .incomplete) : ("reproduced", .done)
        let rows = pairs.map { before, after in
            let isEqual = after?.firstDivergence(from: before) == nil
            return Row(
                [Cell(before.id), Cell(after == nil ? "not repeated" : isEqual ? "identical" : "DIFFERENT")],
                note: after?.reason ?? repeated.caseRecord(before.id)?.reason ?? "its program does not have this case")
        }
        let cases = Table(title: "cases", columns: [Column("case", .left), Column("result", .left)], rows: rows)
        let around = surroundings(original, repeated)
        return Report(
            facts: [Fact("repeated", repeated.shortID)] + original.facts,
            tables: [cases] + (divergences.isEmpty ? [] : [divergenceTable(divergences)])
                + (around.rows.isEmpty ? [] : [around]),
            verdict: VerdictLine(
                word,
                counts: ["cases": done.count, "diverged": divergences.count, "absent": absent],
                run: original.shortID, exit: exit))
    }

    /// What differs around the results although it was to be recreated; the binary is expected to.
    private static func surroundings(_ original: RunRecord, _ repeated: RunRecord) -> Table {
        let (before, after) = (original.surroundings, repeated.surroundings)
        let names = Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }
        let rows = names.map { Row([Cell($0), Cell(before[$0] ?? "absent"), Cell(after[$0] ?? "absent")]) }
        let columns = [Column("differs", .left), Column("then", .left), Column("now", .left)]
        return Table(title: "what could not be recreated", columns: columns, rows: rows)
    }
}

extension RunRecord {
    fileprivate var surroundings: [String: String] {
        var result = [
            "commit": build.commit, "patch": build.patchDigest ?? "none", "toolchain": build.toolchain,
            "build": build.configuration, "machine": machine.canonicalName, "seed": "\(seed)", "threads": "\(threads)",
        ]
        for (name, version) in build.dependencies { result["dependency \(name)"] = version }
        for (name, version) in build.libraries { result["library \(name)"] = version }
        for (name, value) in environment where name != "command" { result["environment \(name)"] = value }
        return result
    }
}

extension MachineRecord {
    fileprivate var canonicalName: String { "\(machineClass) \(cpu) \(blas)" }
}
