// Where two results of one case part: the first value that is not the same to the bit. Costs are never expected to be.

internal import Measurements

/// The first difference between two results that should be equal bit for bit.
public struct Divergence: Sendable, Equatable {
    /// What stands on the two sides.
    public enum Values: Sendable, Equatable {
        /// Two numbers with different bits.
        case numbers(Double, Double)
        /// Two states, digests, signatures or names.
        case words(String, String)
    }

    /// The case's dotted name.
    public var caseID: String
    /// The metric, the field of the case (`state`, `data natural64`), or what a row of its trace is about.
    public var field: String
    /// The item whose score differs, or the step of a trace; `nil` where the value as a whole does.
    public var item: String?
    /// The reference's side and the other.
    public var values: Values

    /// A difference from its parts.
    public init(caseID: String, field: String, item: String? = nil, values: Values) {
        self.caseID = caseID
        self.field = field
        self.item = item
        self.values = values
    }

    /// How many steps from one representable number to the next lead from one side to the other.
    ///
    /// `nil` for words and for what is not a number; the two zeros are one step apart.
    public var ulps: UInt64? {
        guard case .numbers(let a, let b) = values, !a.isNaN, !b.isNaN else { return nil }
        let (low, high) = (min(place(a), place(b)), max(place(a), place(b)))
        return UInt64(bitPattern: high &- low)
    }
}

/// The number's place among all doubles in ascending order; −1 for negative zero, 0 for zero.
private func place(_ x: Double) -> Int64 {
    let bits = Int64(bitPattern: x.bitPattern)
    return bits < 0 ? Int64.min &- bits &- 1 : bits
}

extension [TraceRow] {
    /// The first row that is not the same in both, or that only one of them has.
    func firstDivergence(from reference: [TraceRow], of caseID: String) -> Divergence? {
        for index in 0..<Swift.max(count, reference.count) {
            let before = index < reference.count ? reference[index] : nil
            let after = index < count ? self[index] : nil
            guard before != after, let row = before ?? after else { continue }
            let values: Divergence.Values
            if let before, let after, before.isNumber, before.isAbout(after) {
                values = .numbers(Double(bitPattern: before.bits), Double(bitPattern: after.bits))
            } else {
                values = .words(before?.inWords ?? "not reached", after?.inWords ?? "not reached")
            }
            return Divergence(caseID: caseID, field: row.name, item: "step \(row.step)", values: values)
        }
        return nil
    }
}

extension TraceRow {
    fileprivate func isAbout(_ other: TraceRow) -> Bool {
        step == other.step && name == other.name && isNumber == other.isNumber
    }

    fileprivate var inWords: String { "\(name) of step \(step): \(String(bits, radix: 16))" }
}

extension CaseRecord {
    /// The first way in which this result differs from `reference`: state, data, then metric by metric as reported.
    ///
    /// Of a metric with items the items come first, since they tell where its value comes from.
    public func firstDivergence(from reference: CaseRecord) -> Divergence? {
        if state != reference.state {
            return words("state", reference.state.rawValue, state.rawValue)
        }
        let names = Set(dataDigests.keys).union(reference.dataDigests.keys).sorted()
        if let name = names.first(where: { dataDigests[$0] != reference.dataDigests[$0] }) {
            return words("data \(name)", reference.dataDigests[name] ?? "absent", dataDigests[name] ?? "absent")
        }
        for before in reference.measurements where before.metric.metricClass != .cost {
            let name = before.metric.name
            guard let after = measurement(name) else { return words(name, "reported", "not reported") }
            if let divergence = divergence(before, after) { return divergence }
        }
        return nil
    }

    private func divergence(_ a: Measurement, _ b: Measurement) -> Divergence? {
        let name = a.metric.name
        let signatures = (a.metric.signature.description, b.metric.signature.description)
        if signatures.0 != signatures.1 { return words(name, signatures.0, signatures.1) }
        if let before = a.scores, let after = b.scores {
            if before.values.count != after.values.count {
                return words(name, "\(before.values.count) scores", "\(after.values.count) scores")
            }
            for index in before.items.indices {
                let item = before.items[index]
                if item != after.items[index] { return words("\(name) item \(index)", item, after.items[index]) }
                if before.groups[index] != after.groups[index] {
                    return words("\(name) group of \(item)", "\(before.groups[index])", "\(after.groups[index])")
                }
                for (x, y) in zip(before.row(index), after.row(index)) where x.bitPattern != y.bitPattern {
                    return Divergence(caseID: id, field: name, item: item, values: .numbers(x, y))
                }
            }
        }
        return a.value.bitPattern == b.value.bitPattern
            ? nil : Divergence(caseID: id, field: name, values: .numbers(a.value, b.value))
    }

    private func words(_ field: String, _ a: String, _ b: String) -> Divergence {
        Divergence(caseID: id, field: field, values: .words(a, b))
    }
}
