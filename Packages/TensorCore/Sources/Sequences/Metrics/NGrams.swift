// Counting n-grams.

/// How often each run of `order` items occurs.
func nGrams<Item: Hashable>(of items: [Item], order: Int) -> [ArraySlice<Item>: Int] {
    guard items.count >= order else { return [:] }
    return (0...items.count - order).reduce(into: [:]) { $0[items[$1..<$1 + order], default: 0] += 1 }
}

/// The size of the intersection of two multisets.
func overlap<Item: Hashable>(_ a: [Item: Int], _ b: [Item: Int]) -> Int {
    a.reduce(0) { $0 + min($1.value, b[$1.key] ?? 0) }
}

/// What BLEU counts in a sentence against its references.
struct NGramMatches {
    /// The length of the reference whose length is closest, the shorter of two.
    var referenceLength: Int
    /// Per order from 1 to 4, the n-grams found in a reference, each as often as the reference with most has it.
    var matches: [Int]
    /// Per order from 1 to 4, all n-grams.
    var totals: [Int]

    init(_ hypothesis: [Scalars], _ references: [[Scalars]]) {
        let lengths = references.map(\.count)
        referenceLength = lengths.min { (abs($0 - hypothesis.count), $0) < (abs($1 - hypothesis.count), $1) } ?? 0
        matches = (1...4).map { order in
            let allowed = references.reduce(into: [:]) { allowed, reference in
                allowed.merge(nGrams(of: reference, order: order), uniquingKeysWith: max)
            }
            return overlap(nGrams(of: hypothesis, order: order), allowed)
        }
        totals = (1...4).map { max(0, hypothesis.count - $0 + 1) }
    }
}
