// `bench flips`: the items that moved between two runs, by group.

public import BenchJudge
public import BenchRecords
internal import Measurements

extension Report {
    /// At most `limit` items that moved, or why the two runs cannot be held against each other.
    public static func flips(
        _ found: Result<Flips, Mismatch>, of caseID: String, a: RunRecord, b: RunRecord, limit: Int
    ) -> Report {
        let facts = [Fact("A", a.inWords), Fact("B", b.inWords), Fact("case", caseID)]
        switch found {
        case .failure(let mismatch):
            let line = VerdictLine(
                "not-comparable", counts: ["moved": 0, "lost": 0, "gained": 0], run: b.shortID, exit: .incomplete)
            return Report(
                facts: facts + [Fact("not comparable", inWords(mismatch, "A", "B"))], tables: [], verdict: line)
        case .success(let flips):
            let (lost, gained) = (flips.moved.count { $0.change < 0 }, flips.moved.count { $0.change > 0 })
            return Report(
                facts: facts + flips.facts,
                tables: flips.moved.isEmpty ? [] : [flips.groupTable(limit), flips.itemTable(limit)],
                verdict: VerdictLine(
                    flips.moved.isEmpty ? "identical" : "moved",
                    counts: ["moved": flips.moved.count, "lost": lost, "gained": gained], run: b.shortID, exit: .done))
        }
    }
}

extension Flips {
    fileprivate var facts: [Fact] {
        let metric = Fact("metric", metric.name)
        guard let counts else {
            let text =
                "\(signed(evidence.effect, self.metric.decimals)) (p \(probability(evidence.p)), positive is better)"
            return [metric, Fact("mean change", text)]
        }
        func right(_ rate: Rate) -> String {
            "\(fixed(rate.value, 4)) [\(fixed(rate.interval.lowerBound, 4)), \(fixed(rate.interval.upperBound, 4))]"
        }
        let test = zip([counts.p].compactMap(\.self), [counts.midP].compactMap(\.self)).map {
            Fact("McNemar", "p \(probability($0)), mid-p \(probability($1))")
        }
        // Items of one group are not independent: then only flipping whole groups is a test.
        let groups = Fact("by groups", "p \(probability(evidence.p))")
        return [
            metric, Fact("right in A", right(counts.a)), Fact("right in B", right(counts.b)),
            Fact("lost, gained", "\(counts.lost), \(counts.gained)"),
        ] + (test.isEmpty ? [groups] : test)
    }

    fileprivate func groupTable(_ limit: Int) -> Table {
        var order: [Int] = []
        var moves: [Int: [Item]] = [:]
        for item in moved {
            if moves[item.group] == nil { order.append(item.group) }
            moves[item.group, default: []].append(item)
        }
        let rows = order.prefix(limit).map { group in
            let items = moves[group] ?? []
            let sum = items.map(\.change).reduce(0, +)
            return Row([
                Cell("\(group)"), Cell("\(items.count { $0.change < 0 })"), Cell("\(items.count { $0.change > 0 })"),
                Cell(signed(sum, metric.decimals), value: sum),
            ])
        }
        let columns = [Column("group"), Column("lost"), Column("gained"), Column("sum", unit: metric.unit)]
        return Table(
            title: "groups that moved, most first: \(rows.count) of \(order.count), of \(groupCount) in all",
            columns: columns, rows: rows)
    }

    /// The first `limit` items that moved; `name` says of what, where that is not clear.
    func itemTable(_ limit: Int, of name: String? = nil) -> Table {
        let rows = moved.prefix(limit).map { item in
            let word = item.change < 0 ? "lost" : "gained"
            return Row([
                Cell(item.name), Cell("\(item.group)"), Cell(fixed(item.a, metric.decimals), value: item.a),
                Cell(fixed(item.b, metric.decimals), value: item.b),
                Cell(signed(item.change, metric.decimals), value: item.change), Cell(word),
            ])
        }
        let columns =
            [Column("item", .left), Column("group")] + ["A", "B", "change"].map { Column($0, unit: metric.unit) }
            + [Column("direction", .left)]
        return Table(
            title: (name.map { "\($0), " } ?? "")
                + "items that moved, by group: \(rows.count) of \(moved.count), of \(itemCount) in all",
            columns: columns, rows: rows)
    }
}
