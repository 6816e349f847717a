// Predictions that a program can check: `st.mini.bleu > +0.5 vs main and upper st.mini.ter < 60`. Source: harness
// specification, section 11.

public import BenchRecords
internal import Measurements

/// One condition on one metric.
public struct Clause: Sendable, Equatable, CustomStringConvertible {
    /// Which number of the metric is meant.
    public enum Quantity: String, Sendable, CaseIterable {
        /// The value, or its difference from the reference.
        case value
        /// The lower end of the 95 % interval of that.
        case lower
        /// The upper end.
        case upper
    }

    /// How it is compared.
    public enum Relation: String, Sendable, CaseIterable {
        case above = ">"
        case below = "<"
        case atLeast = ">="
        case atMost = "<="
        case equal = "=="
    }

    /// The value or an end of its interval.
    public var quantity: Quantity
    /// The case's id.
    public var caseID: String
    /// The metric's name.
    public var metric: String
    /// How it is compared.
    public var relation: Relation
    /// With what, in the metric's unit, or in per cent of the reference.
    public var number: Double
    /// Whether `number` is per cent of the reference.
    public var isPercent: Bool
    /// The run to take the difference from, as a person names it; `nil` for the value itself.
    public var reference: String?

    /// `upper st.mini.bleu < 0.5 vs main`.
    public var description: String {
        let name = (quantity == .value ? "" : quantity.rawValue + " ") + "\(caseID).\(metric)"
        return "\(name) \(relation.rawValue) \(number)\(isPercent ? "%" : "")" + (reference.map { " vs \($0)" } ?? "")
    }
}

/// A prediction that no program can check.
public struct PredictionError: Error, Equatable, CustomStringConvertible {
    /// The clause as it was written.
    public var clause: String

    /// Where, what was found, what to do.
    public var description: String {
        "prediction '\(clause)': not of the form '[lower|upper] CASE.METRIC >|<|>=|<=|== NUMBER[%] [vs RUN]'; "
            + "join several by 'and'; per cent need a RUN."
    }
}

/// The clauses of a prediction, at least one.
public func clauses(in text: String) throws(PredictionError) -> [Clause] {
    var result: [Clause] = []
    for words in text.split(whereSeparator: \.isWhitespace).split(separator: "and", omittingEmptySubsequences: false) {
        guard let clause = Clause(words: words.map(String.init)) else {
            throw PredictionError(clause: words.joined(separator: " "))
        }
        result.append(clause)
    }
    return result
}

extension Clause {
    fileprivate init?(words: [String]) {
        var words = words[...]
        quantity = words.first.flatMap(Quantity.init) ?? .value
        if quantity != .value { words.removeFirst() }
        guard [3, 5].contains(words.count) else { return nil }
        let (name, sign, amount) = (words.removeFirst(), words.removeFirst(), words.removeFirst())
        guard let dot = name.lastIndex(of: "."), let relation = Relation(rawValue: sign) else { return nil }
        isPercent = amount.hasSuffix("%")
        guard let number = Double(isPercent ? String(amount.dropLast()) : amount), number.isFinite else { return nil }
        (caseID, metric) = (String(name[..<dot]), String(name[name.index(after: dot)...]))
        (self.relation, self.number) = (relation, number)
        guard !caseID.isEmpty, !metric.isEmpty, words.isEmpty || words.first == "vs" else { return nil }
        reference = words.last
        if isPercent && reference == nil { return nil }
    }

    /// What the run says about the clause, against the reference if it names one.
    public func finding(in run: RunRecord, against reference: RunRecord?) -> Finding {
        do {
            let found = try self.found(in: run, against: reference)
            let holds =
                switch relation {
                case .above: found > number
                case .below: found < number
                case .atLeast: found >= number
                case .atMost: found <= number
                case .equal: found == number
                }
            return Finding(clause: self, found: found, holds: holds, run: run.shortID)
        } catch {
            return Finding(clause: self, run: run.shortID, reason: error.reason)
        }
    }

    private func found(in run: RunRecord, against reference: RunRecord?) throws(Absence) -> Double {
        guard let measurement = run.caseRecord(caseID)?.measurement(metric) else {
            throw Absence("run \(run.shortID) has no value of it")
        }
        guard let reference else {
            switch quantity {
            case .value: return measurement.value
            case .lower, .upper: return try end(of: measurement.interval)
            }
        }
        let name = "\(caseID).\(metric)"
        let comparisons = judge(run, against: reference).comparisons
        guard let comparison = comparisons.first(where: { $0.name == name }), let a = comparison.a, let b = comparison.b
        else { throw Absence("run \(reference.shortID) has no value of it") }
        if case .notComparable(let mismatch) = comparison.verdict {
            throw Absence("\(mismatch.field) is \(mismatch.a) in \(reference.shortID), \(mismatch.b) in \(run.shortID)")
        }
        let scale = isPercent ? 100 / a : 1
        switch quantity {
        case .value: return (b - a) * scale
        case .lower, .upper:
            if comparison.verdict == .identical { return 0 }
            // Evidence is oriented so that positive is better; a prediction speaks of the plain difference.
            let sign = measurement.metric.direction.sign * scale
            let ends = (comparison.evidence?.interval).map { [$0.lowerBound * sign, $0.upperBound * sign].sorted() }
            return try end(of: ends.map { $0[0]...$0[1] })
        }
    }

    private func end(of interval: ClosedRange<Double>?) throws(Absence) -> Double {
        guard let interval else { throw Absence("there is no interval of it") }
        return quantity == .lower ? interval.lowerBound : interval.upperBound
    }

    private struct Absence: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }
}

/// A clause and what was found.
public struct Finding: Sendable, Equatable, CustomStringConvertible {
    /// The clause.
    public var clause: Clause
    /// The number that was compared; `nil` if there is none.
    public var found: Double?
    /// Whether the clause holds; `nil` if that cannot be said.
    public var holds: Bool?
    /// The run it was found in; empty if there is none.
    public var run: String
    /// Why it cannot be said; empty if it can.
    public var reason = ""

    /// A finding from its parts.
    public init(clause: Clause, found: Double? = nil, holds: Bool? = nil, run: String = "", reason: String = "") {
        (self.clause, self.found, self.holds) = (clause, found, holds)
        (self.run, self.reason) = (run, reason)
    }

    /// One line.
    public var description: String {
        guard let found, let holds else { return "\(clause): cannot be said, \(reason)" }
        return "\(clause): \(holds ? "holds" : "does not hold"), \(found) in run \(run)"
    }
}

/// Confirmed if all predictions hold, else refuted if the whole refutation holds, else inconclusive.
public func outcome(of predictions: [Finding], refutations: [Finding]) -> NoteOutcome {
    if predictions.allSatisfy({ $0.holds == true }) { return .confirmed }
    return refutations.allSatisfy { $0.holds == true } ? .refuted : .inconclusive
}
