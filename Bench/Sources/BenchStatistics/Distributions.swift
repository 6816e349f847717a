// Quantiles of samples, and the two distributions that intervals and detectable effects are read from.

internal import Glibc

/// The type-7 quantile of ascending values: linear between neighbours at h = (n − 1)·p; NaN when there are none.
public func quantile(_ ascending: [Double], _ p: Double) -> Double {
    guard let last = ascending.indices.last else { return .nan }
    let h = Double(last) * p
    let below = Int(h)
    let above = min(below + 1, last)
    return ascending[below] + (h - Double(below)) * (ascending[above] - ascending[below])
}

/// Φ(x) of the standard normal distribution.
public func normalCumulative(_ x: Double) -> Double {
    0.5 * erfc(-x / 2.0.squareRoot())
}

/// Φ⁻¹(p) for `p` in `0...1`, to about 1e-16; the ends give infinities.
///
/// Source: Wichura 1988, AS241, PPND16.
public func normalQuantile(_ p: Double) -> Double {
    let q = p - 0.5
    if abs(q) <= 0.425 {
        let r = 0.180625 - q * q
        return q * ratio(centre, at: r)
    }
    let tail = min(p, 1 - p)
    if tail <= 0 { return q < 0 ? -.infinity : .infinity }
    let r = (-log(tail)).squareRoot()
    let x = r <= 5 ? ratio(shoulder, at: r - 1.6) : ratio(far, at: r - 5)
    return q < 0 ? -x : x
}

/// P(T ≤ t) of Student's t with `degreesOfFreedom` ≥ 1.
///
/// The finite sums for whole degrees of freedom, Abramowitz and Stegun 26.7.3 and 26.7.4: exact but for rounding.
public func studentCumulative(_ t: Double, degreesOfFreedom: Int) -> Double {
    let n = Double(degreesOfFreedom)
    let angle = atan(t / n.squareRoot())
    let cosineSquared = n / (n + t * t)
    let isOdd = degreesOfFreedom % 2 == 1
    var term = isOdd ? cosineSquared.squareRoot() : 1
    var sum = degreesOfFreedom == 1 ? 0 : term
    for k in stride(from: isOdd ? 3 : 2, to: degreesOfFreedom, by: 2) {
        term *= cosineSquared * Double(k - 1) / Double(k)
        sum += term
    }
    let between = isOdd ? 2 / Double.pi * (angle + sin(angle) * sum) : sin(angle) * sum  // P(|T| < |t|), signed as t
    return 0.5 + between / 2
}

/// The t with P(T ≤ t) = p, for `p` strictly between 0 and 1, by bisection to the last bit.
public func studentQuantile(_ p: Double, degreesOfFreedom: Int) -> Double {
    if p < 0.5 { return -studentQuantile(1 - p, degreesOfFreedom: degreesOfFreedom) }
    var (low, high) = (0.0, 1.0)
    while studentCumulative(high, degreesOfFreedom: degreesOfFreedom) < p { (low, high) = (high, 2 * high) }
    while true {
        let middle = (low + high) / 2
        if middle <= low || middle >= high { return high }
        if studentCumulative(middle, degreesOfFreedom: degreesOfFreedom) < p { low = middle } else { high = middle }
    }
}

private typealias RationalFunction = (numerator: [Double], denominator: [Double])

private func ratio(_ f: RationalFunction, at x: Double) -> Double {
    func polynomial(_ coefficients: [Double]) -> Double { coefficients.reversed().reduce(0) { $0 * x + $1 } }
    return polynomial(f.numerator) / polynomial(f.denominator)
}

private let centre: RationalFunction = (
    [
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ],
    [
        1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
    ]
)
private let shoulder: RationalFunction = (
    [
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ],
    [
        1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ]
)
private let far: RationalFunction = (
    [
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ],
    [
        1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ]
)
