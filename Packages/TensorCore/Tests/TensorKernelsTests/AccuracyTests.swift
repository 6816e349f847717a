import Glibc
import TensorKernels
import Testing

/// A function of one element, its exact value in double precision, and how many units in the last place it may be off.
struct AccuracyCase: Sendable, CustomTestStringConvertible {
    let name: String
    let operation: UInt32
    let ulps: Double
    let domain: ClosedRange<Float>
    let exact: @Sendable (Double) -> Double
    var testDescription: String { name }

    init(
        _ name: String, _ operation: tk_unary_operation, ulps: Double = 2, in domain: ClosedRange<Float> = -1e30...1e30,
        _ exact: @escaping @Sendable (Double) -> Double
    ) {
        self.name = name
        self.operation = operation.rawValue
        self.ulps = ulps
        self.domain = domain
        self.exact = exact
    }
}

private let accuracyCases = [
    AccuracyCase("exp", TK_EXP, in: -103...88.7) { exp($0) },
    AccuracyCase("expm1", TK_EXPM1, ulps: 3, in: -103...88.7) { expm1($0) },
    AccuracyCase("log", TK_LOG, in: .leastNonzeroMagnitude...3e38) { log($0) },
    // log(u)·x/(u − 1) rounds three times.
    AccuracyCase("log1p", TK_LOG1P, ulps: 4, in: -0.999...3e38) { log1p($0) },
    AccuracyCase("sin", TK_SIN) { sin($0) },
    AccuracyCase("cos", TK_COS) { cos($0) },
    AccuracyCase("tanh", TK_TANH) { tanh($0) },
    AccuracyCase("sigmoid", TK_SIGMOID, in: -87...1e30) { 1 / (1 + exp(-$0)) },
    AccuracyCase("erf", TK_ERF) { erf($0) },
]

/// Every 4,099th float of a range, both signs, and its ends: about 10⁶ points spread evenly over exponents.
private func sweep(_ domain: ClosedRange<Float>) -> [Float] {
    let all = stride(from: UInt32(0), to: 0x7f80_0000, by: 4099).flatMap { bits -> [Float] in
        let x = Float(bitPattern: bits)
        return [x, -x]
    }
    return all.filter(domain.contains) + [domain.lowerBound, domain.upperBound]
}

private func map(_ operation: tk_unary_operation, _ x: [Float], _ p: Float = 0) -> [Float] {
    var y = [Float](repeating: 0, count: x.count)
    unsafe tk_unary(operation, x, &y, x.count, p, 0)
    return y
}

@Suite struct AccuracyTests {
    @Test(arguments: accuracyCases)
    func `a function is within its bound of the exact value over all exponents`(_ c: AccuracyCase) {
        let x = sweep(c.domain)
        let y = map(tk_unary_operation(c.operation), x)
        var worst = (ulps: 0.0, x: Float(0), y: Float(0))
        for (x, y) in zip(x, y) {
            let exact = c.exact(Double(x))
            let unit = Double(max(Float(exact).ulp, Float.leastNonzeroMagnitude))
            let ulps = y == Float(exact) ? 0 : abs(Double(y) - exact) / unit
            if !(ulps <= worst.ulps) { worst = (ulps, x, y) }
        }
        #expect(worst.ulps <= c.ulps, "\(worst)")
    }

    @Test func `NaN goes in and NaN comes out`() {
        for code in 0..<TK_UNARY_COUNT.rawValue where code != TK_GREATER.rawValue {
            let y = map(tk_unary_operation(code), [.nan, 1, .nan, 0.5, 2, 3, 4, .nan, 5], 2)
            for index in [0, 2, 7] { #expect(y[index].isNaN, "operation \(code)") }
        }
    }

    @Test func `exp, log and their kin keep to IEEE at the ends`() {
        #expect(map(TK_EXP, [-.infinity, -104, 88.8, .infinity]) == [0, 0, .infinity, .infinity])
        #expect(map(TK_LOG, [0, .infinity]) == [-.infinity, .infinity])
        #expect(map(TK_LOG, [-1])[0].isNaN)
        #expect(map(TK_TANH, [-.infinity, .infinity]) == [-1, 1])
        #expect(map(TK_SIGMOID, [-.infinity, .infinity, 0]) == [0, 1, 0.5])
        #expect(map(TK_ERF, [-.infinity, .infinity]) == [-1, 1])
        #expect(map(TK_ROUND, [0.5, 1.5, 2.5, -0.5]) == [0, 2, 2, 0])
        #expect(map(TK_RELU_UNARY, [-1, 0, 2]) == [0, 0, 2])
        #expect(map(TK_SIN, [.infinity])[0].isNaN)
    }
}
