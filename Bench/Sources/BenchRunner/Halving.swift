// How many variants are run with each seed when there is not time for all of them.
//
// Source: successive halving, Jamieson and Talwalkar 2016, section 2, with the seeds as its rounds.

/// The variants that run with the first, second, … seed beside the reference, most first; `nil` if one seed of all is too
/// much already.
///
/// All run with every seed if that fits in `budget` seconds, or without one. Else each seed halves them, rounded up; seeds
/// that still do not fit are left out.
public func halvingRounds(variants: Int, seeds: Int, secondsEach: Double, budget: Double?) -> [Int]? {
    func fits(_ rounds: [Int]) -> Bool {
        budget.map { secondsEach * Double(rounds.reduce(rounds.count, +)) <= $0 } ?? true
    }
    let whole = Array(repeating: variants, count: seeds)
    if fits(whole) { return whole }
    let halved = (1..<max(seeds, 1)).reduce(into: [variants]) { rounds, _ in
        rounds.append((rounds[rounds.count - 1] + 1) / 2)
    }
    return (1...halved.count).reversed().lazy.map { Array(halved.prefix($0)) }.first(where: fits)
}
