// The golden cases of the line's specification, section 2.7, to 1e-9 where they are fractions, and the rules' edges.

import Measurements
import TensorTesting
import Testing

@testable import VisionPAD

private func presentations(_ species: String?, _ scores: [Double], firstSubject: Int = 0) -> [ScoredPresentation] {
    scores.enumerated().map {
        ScoredPresentation(
            score: $0.element, species: species, subject: firstSubject + $0.offset, instrument: $0.offset)
    }
}

/// G1.
private let ten = PresentationSet(
    presentations(nil, [-0.9, -0.8, -0.7, -0.6, -0.5, -0.4, -0.3, -0.2, 0.1, 0.4])
        + presentations("print", [0.9, 0.8, 0.3, 0.2, -0.1]) + presentations("replay", [0.7, 0.5, 0.1, -0.3]))

/// G2: one of ten bona fide and one of four prints got no decision, one of each is wrong at 0.
private let silent =
    presentations(nil, [.nan, 0.5] + [Double](repeating: -0.5, count: 8))
    + presentations("print", [.nan, -0.5, 0.5, 0.6])

private func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool { abs(a - b) <= tolerance }

struct PointRow: Sendable, CustomTestStringConvertible {
    var name: String
    var point: OperatingPoint
    var threshold: Double
    var bpcer: Double
    var apcers: [String: Double]
    var pooled: Double
    var testDescription: String { name }
}

@Suite struct EvaluationTests {
    @Test(arguments: [
        PointRow(
            name: "fixed at 0", point: .at(Threshold(0, origin: .fixed)), threshold: 0, bpcer: 0.2,
            apcers: ["print": 0.2, "replay": 0.25], pooled: 2 / 9),
        PointRow(
            name: "a score equal to the threshold is an attack", point: .at(Threshold(0.2, origin: .dev)),
            threshold: 0.2, bpcer: 0.1, apcers: ["print": 0.2, "replay": 0.5], pooled: 3 / 9),
        PointRow(
            name: "APCER at BPCER 10 %", point: .bpcerAtMost(0.1), threshold: 0.2, bpcer: 0.1,
            apcers: ["print": 0.2, "replay": 0.5], pooled: 3 / 9),
        PointRow(
            name: "APCER at BPCER 5 %", point: .bpcerAtMost(0.05), threshold: 0.5, bpcer: 0,
            apcers: ["print": 0.6, "replay": 0.5], pooled: 5 / 9),
        PointRow(
            name: "BPCER at APCER 25 %", point: .apcerAtMost(0.25), threshold: 0.1, bpcer: 0.2,
            apcers: ["print": 0.2, "replay": 0.25], pooled: 2 / 9),
        PointRow(
            name: "BPCER at APCER 5 %", point: .apcerAtMost(0.05), threshold: -0.3, bpcer: 0.4,
            apcers: ["print": 0, "replay": 0], pooled: 0),
        PointRow(
            name: "BPCER at APCER 1 %", point: .apcerAtMost(0.01), threshold: -0.3, bpcer: 0.4,
            apcers: ["print": 0, "replay": 0], pooled: 0),
        PointRow(  // Of print alone: -0.1 is its lowest score, and two of ten bona fide are above it.
            name: "BPCER at APCER 1 % of print", point: .apcerAtMost(0.01, species: "print"), threshold: -0.1,
            bpcer: 0.2, apcers: ["print": 0, "replay": 0.25], pooled: 1 / 9),
        PointRow(
            name: "EER", point: .equalErrorRate, threshold: 0.1, bpcer: 0.2, apcers: ["print": 0.2, "replay": 0.25],
            pooled: 2 / 9),
        PointRow(
            name: "EER of the worst species", point: .worstSpeciesEqualErrorRate, threshold: -0.2, bpcer: 0.3,
            apcers: ["print": 0, "replay": 0.25], pooled: 1 / 9),
    ])
    func `operating points of ten bona fide and nine attacks are those worked by hand`(_ row: PointRow) {
        let rates = ten.rates(at: row.point)
        #expect(rates.threshold.value == row.threshold)
        #expect(rates.bpcer == row.bpcer)
        #expect(rates.apcerOfSpecies == row.apcers)
        #expect(isClose(rates.pooledAPCER, row.pooled))
    }

    @Test func `summary rates of ten bona fide and nine attacks are those worked by hand`() {
        let atZero = ten.rates(at: .at(Threshold(0, origin: .fixed)))
        #expect(atZero.apcer == 0.25)
        #expect(isClose(atZero.acer, 0.225))
        #expect(isClose(ten.curve.eer, (2.0 / 9 + 0.2) / 2))
        #expect(isClose(ten.curve.worstSpeciesEER, 0.275))
        #expect(isClose(ten.curve.auc, 0.9))
        // BPCER10, 20 and 100 are all those at -0.3.
        #expect(isClose(ten.curve.averageRank, 0.4))
    }

    @Test func `a threshold remembers where it was chosen`() {
        #expect(ten.rates(at: .bpcerAtMost(0.1)).threshold.origin == .own)
        #expect(ten.rates(at: .at(Threshold(0.2, origin: .dev))).threshold.origin == .dev)
        #expect(ThresholdOrigin.allCases.map(\.rawValue) == ["self", "dev", "fixed"])
    }

    @Test func `presentations without a decision count as the rule says`() {
        let zero = OperatingPoint.at(Threshold(0, origin: .fixed))
        let closed = PresentationSet(silent)
        #expect(closed.bpnrr == 0.1)
        #expect(closed.apnrr == 0.25)
        #expect(closed.rates(at: zero).bpcer == 0.2)
        #expect(closed.rates(at: zero).apcer == 0.25)
        let pessimistic = PresentationSet(silent, nonResponse: .pessimistic)
        #expect(pessimistic.rates(at: zero).bpcer == 0.2)
        #expect(pessimistic.rates(at: zero).apcer == 0.5)
        // No threshold brings the APCER below the share that was accepted unseen: everything else is rejected then.
        let unreachable = pessimistic.rates(at: .apcerAtMost(0.01))
        #expect(unreachable.apcer == 0.25)
        #expect(unreachable.bpcer == 1)
    }

    @Test func `equal scores separate nothing`() {
        let same = PresentationSet(presentations(nil, [0.3, 0.3]) + presentations("print", [0.3, 0.3, 0.3]))
        #expect(same.curve.eer == 0.5)
        #expect(same.curve.auc == 0.5)
        let convenient = same.rates(at: .bpcerAtMost(0.01))
        #expect(convenient.threshold.value == .infinity)
        #expect(convenient.apcer == 1)
    }

    @Test func `perfect separation makes every operating point 0`() {
        let apart = PresentationSet(presentations(nil, [-0.5, -0.4]) + presentations("print", [0.1, 0.2]))
        for point in [
            OperatingPoint.bpcerAtMost(0.01), .apcerAtMost(0.01), .equalErrorRate, .worstSpeciesEqualErrorRate,
        ] {
            #expect(apart.rates(at: point).acer == 0)
            #expect(apart.rates(at: point).hter == 0)
        }
        #expect(apart.curve.auc == 1)
        #expect(apart.curve.averageRank == 0)
    }

    @Test func `one wrong of one dominates 999 right of another species`() {
        let set = PresentationSet(
            presentations(nil, [-0.5]) + presentations("print", [Double](repeating: 0.5, count: 999))
                + presentations("silicone", [-0.9]))
        let rates = set.rates(at: .at(Threshold(0, origin: .fixed)))
        #expect(rates.apcer == 1)
        #expect(rates.pooledAPCER == 0.001)
    }

    @Test func `rates without anything to count are NaN`() {
        let live = PresentationSet(presentations(nil, [-0.5]))
        for point in [OperatingPoint.apcerAtMost(0.1), .equalErrorRate, .worstSpeciesEqualErrorRate] {
            #expect(live.rates(at: point).bpcer.isNaN)
        }
        #expect(live.rates(at: .bpcerAtMost(0.1)).apcer.isNaN)
        #expect(live.apnrr.isNaN)
        #expect(PresentationSet(presentations("print", [0.5])).rates(at: .bpcerAtMost(0.1)).apcer.isNaN)
        #expect(PresentationSet([]).curve.auc.isNaN)
    }

    @Test func `a rate that too few presentations can show is refused in words`() {
        #expect(
            ten.unresolved(.bpcerAtMost(0.01))
                == "BPCER ≤ 1.0 % is not resolvable with 10 bona fide presentations; it takes 300.")
        #expect(
            ten.unresolved(.apcerAtMost(0.05))
                == "APCER ≤ 5.0 % is not resolvable with 4 replay presentations; it takes 60.")
        let many = PresentationSet(presentations(nil, [Double](repeating: 0, count: 300)))
        #expect(many.unresolved(.bpcerAtMost(0.01)) == nil)
        #expect(PresentationSet(Array(many.presentations.dropLast())).unresolved(.bpcerAtMost(0.01)) != nil)
        #expect(ten.unresolved(.equalErrorRate) == nil)
    }

    @Test func `the DET curve keeps every threshold when they are few, and all small rates when they are many`() {
        #expect(ten.curve.detPoints().map(\.threshold.value) == ten.curve.thresholds)
        // Scores i/2000 in turn: of 2,001 candidates 100 have APCER < 5 % and as many BPCER < 5 %.
        let many = PresentationSet(
            (0..<2000).map {
                ScoredPresentation(
                    score: Double($0) / 2000, species: $0.isMultiple(of: 2) ? nil : "print", subject: $0, instrument: $0
                )
            })
        let points = many.curve.detPoints()
        #expect(points.count <= 512 && points.count > 400)
        let small = many.curve.thresholds.map { many.rates(at: .at(Threshold($0, origin: .own))) }
            .filter { $0.apcer < 0.05 || $0.bpcer < 0.05 }
        #expect(small.allSatisfy(points.contains))
    }

    @Test(arguments: [
        (0.5, 0), (0.9, 0), (0.158655253931457, -1), (0.022750131948179, -2), (0.0005, -3.290526731491896),
    ])
    func `the normal deviate inverts the normal distribution`(_ p: Double, _ x: Double) {
        #expect(isClose(normalDeviate(p), x))
        #expect(normalDeviate(0) == normalDeviate(0.0005))
    }

    @Test func `measurements carry the origin, the people, and the non-response rates`() {
        let measurements = PresentationSet(silent).measurements(at: Threshold(0, origin: .dev), suffix: "_e0")
        let values = Dictionary(uniqueKeysWithValues: measurements.map { ($0.metric.name, $0.value) })
        #expect(
            values == [
                "bpcer_e0": 0.2, "apcer_print_e0": 0.25, "apcer_max_e0": 0.25, "eer_e0": (0.25 + 0.2) / 2,
                "apnrr_e0": 0.25, "bpnrr_e0": 0.1,
            ])
        #expect(
            measurements.map(\.metric)
                == PresentationSet.metrics(species: ["print"], threshold: .dev, suffix: "_e0"))
        #expect(measurements[0].metric.signature.description == "bpcer_e0|v:1|nonResponse:closed|threshold:dev")
        #expect(measurements[1].scores?.groups == [0, 1, 2, 3])
        #expect(measurements[1].scores?.values == [0, 1, 0, 0])
    }
}

@Suite struct RateSignatureTests {
    @Test func `every field of a rate's configuration moves its signature`() throws {
        let words = NonResponseRule.allCases.map(\.rawValue) + ThresholdOrigin.allCases.map(\.rawValue)
        let configuration = RateConfiguration(nonResponse: .failClosed, threshold: .dev)
        #expect(try fieldsWithoutEffect(onSignatureOf: configuration, words: words) == [])
    }
}
