// Counts of right and wrong: the test of paired ones, and intervals of rates.

internal import Glibc

/// McNemar's test of two sides that were right or wrong on the same independent items.
public struct McNemarTest: Sendable, Equatable {
    /// Two-sided, exact, in `0...1`; 1 when no item differs.
    public let p: Double
    /// The same with half the weight on what was observed: less cautious, for the eye.
    public let midP: Double

    /// The test of `onlyA` items that A alone got right and `onlyB` that B alone did.
    public init(onlyA: Int, onlyB: Int) {
        let (fewer, all) = (min(onlyA, onlyB), onlyA + onlyB)
        let terms = binomialTerms(through: fewer, trials: all, probability: 0.5)
        let tail = 2 * terms.reduce(0, +)
        p = min(1, tail)
        midP = tail - terms[fewer]
    }
}

/// The 95 % interval of a rate of `successes` in `trials` ≥ 1: Wilson's, or Clopper and Pearson's where none or all succeeded.
public func rateInterval(successes: Int, trials: Int) -> ClosedRange<Double> {
    successes == 0 || successes == trials
        ? clopperPearsonInterval(successes: successes, trials: trials)
        : wilsonInterval(successes: successes, trials: trials)
}

/// Wilson's 95 % interval for a rate of `successes` in `trials` ≥ 1.
func wilsonInterval(successes: Int, trials: Int) -> ClosedRange<Double> {
    let z = normalQuantile(0.975)
    let n = Double(trials)
    let rate = Double(successes) / n
    let scale = 1 + z * z / n
    let centre = (rate + z * z / (2 * n)) / scale
    let half = z / scale * (rate * (1 - rate) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, centre - half)...min(1, centre + half)
}

/// Clopper and Pearson's 95 % interval: the rates that neither one-sided exact test refuses at 0.025.
func clopperPearsonInterval(successes: Int, trials: Int) -> ClosedRange<Double> {
    // The chance of so many successes or fewer falls as the rate rises; the lower end counts failures.
    func upperEnd(_ successes: Int) -> Double {
        var (low, high) = (0.0, 1.0)
        while successes < trials {
            let middle = (low + high) / 2
            if middle <= low || middle >= high { break }
            let tail = binomialTerms(through: successes, trials: trials, probability: middle).reduce(0, +)
            if tail > 0.025 { low = middle } else { high = middle }
        }
        return high
    }
    return (1 - upperEnd(trials - successes))...upperEnd(successes)
}

/// P(X = 0), …, P(X = last) of the binomial distribution; `probability` is strictly between 0 and 1.
///
/// By logarithms, since 2⁻ⁿ is no double beyond n = 1074.
private func binomialTerms(through last: Int, trials: Int, probability: Double) -> [Double] {
    let odds = log(probability) - log1p(-probability)
    var logarithm = Double(trials) * log1p(-probability)
    return (0...last).map { k in
        defer { logarithm += log(Double(trials - k)) - log(Double(k + 1)) + odds }
        return exp(logarithm)
    }
}
