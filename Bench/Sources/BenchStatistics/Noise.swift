// How large a difference between equal things is: the floor below which a real difference means nothing.

/// The spread of what is zero by construction, and the floor that follows from it.
public struct Noise: Sendable, Equatable {
    /// A robust standard deviation of the differences, or the standard deviation over seeds.
    public let sigma: Double
    /// The 95 % quantile of the differences' sizes; `nil` for seeds.
    public let q95: Double?
    /// The smallest change that counts.
    public let floor: Double

    /// From differences of one program with itself, at least one: max(3·1.4826·MAD, q95 of |δ|), and no less than `least`.
    public init(differences: [Double], least: Double = 0) {
        func median(_ values: [Double]) -> Double { quantile(values.sorted(), 0.5) }
        let centre = median(differences)
        let sigma = 1.4826 * median(differences.map { abs($0 - centre) })
        let q95 = quantile(differences.map(abs).sorted(), 0.95)
        (self.sigma, self.q95, floor) = (sigma, q95, max(least, 3 * sigma, q95))
    }

    /// From one program's values at several seeds, at least two: t₀.₉₇₅,S₋₁ · s · √(2/m) for m seeds a side.
    public init(seedValues: [Double], seedsPerSide: Int = 1) {
        let freedom = seedValues.count - 1
        sigma = variance(seedValues).squareRoot()
        q95 = nil
        floor =
            studentQuantile(0.975, degreesOfFreedom: freedom) * sigma * (2 / Double(seedsPerSide)).squareRoot()
    }
}

/// The variance of a sample, by n − 1; NaN below two values.
func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
}
