// Many tests at once: what a small p is worth when it was the smallest of several.

/// Holm's adjusted p, in the order given: rejecting those at most α keeps the chance of any false rejection at most α.
public func holmAdjusted(_ p: [Double]) -> [Double] {
    var adjusted = p
    var largest = 0.0
    for (rank, index) in p.indices.sorted(by: { p[$0] < p[$1] }).enumerated() {
        largest = max(largest, min(1, Double(p.count - rank) * p[index]))
        adjusted[index] = largest
    }
    return adjusted
}

/// Benjamini and Hochberg's adjusted p, in the order given: of those at most q, a share of q is expected to be chance.
public func benjaminiHochbergAdjusted(_ p: [Double]) -> [Double] {
    var adjusted = p
    var smallest = 1.0
    for (rank, index) in p.indices.sorted(by: { p[$0] < p[$1] }).enumerated().reversed() {
        smallest = min(smallest, Double(p.count) / Double(rank + 1) * p[index])
        adjusted[index] = smallest
    }
    return adjusted
}
