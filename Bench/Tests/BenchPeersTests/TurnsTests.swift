import BenchPeers
import Testing

@Suite struct TurnsTests {
    @Test(arguments: [
        ("0.5 1 372.25", PeerAnswer.took(StepCost(wall: 0.5, cpu: 1), peakMiB: 372.25)),
        ("0 0 1", .took(StepCost(wall: 0, cpu: 0), peakMiB: 1)),
        ("cannot NotImplementedError: there is no twin", .refusal("NotImplementedError: there is no twin")),
        ("", nil), ("0.5 1", nil), ("0.5 1 2 3", nil), ("0.5 nan 3", nil), ("-1 1 3", nil), ("Traceback (most", nil),
    ])
    func `an answer is three numbers or a refusal`(_ line: String, _ answer: PeerAnswer?) {
        #expect(PeerAnswer(line: line) == answer)
    }

    @Test func `ratios are of medians, theirs divided by ours`() {
        // Medians 3 and 2 of wall, 5 and 4 of CPU; one turn that a busy machine stretched changes neither.
        let theirs = [(3.0, 5.0), (2.5, 4.0), (90.0, 95.0)].map { StepCost(wall: $0.0, cpu: $0.1) }
        let ours = [(1.0, 4.0), (2.0, 3.0), (3.0, 77.0), (2.0, 4.0)].map { StepCost(wall: $0.0, cpu: $0.1) }
        #expect(ratios(of: theirs, to: ours) == StepCost(wall: 1.5, cpu: 1.25))
        #expect(ratios(of: [], to: ours).wall.isNaN && ratios(of: theirs, to: []).cpu.isNaN)
    }

    @Test func `the median of an even number of turns is the mean of the middle two`() {
        func turns(_ walls: [Double]) -> [StepCost] { walls.map { StepCost(wall: $0, cpu: 2 * $0) } }
        #expect(middle(turns([4, 1, 3, 2])) == StepCost(wall: 2.5, cpu: 5))
        #expect(middle(turns([7])) == StepCost(wall: 7, cpu: 14))
        #expect(middle([]).wall.isNaN && middle([]).cpu.isNaN)
    }

    @Test func `every other round goes backwards`() {
        #expect((0..<3).map { turnOrder(3, round: $0) } == [[0, 1, 2], [2, 1, 0], [0, 1, 2]])
    }

    @Test func `twice as fast and half as fast is as fast`() {
        #expect(abs(geometricMean([2, 0.5, 1]) - 1) < 1e-15)
        #expect(geometricMean([.nan, 1]).isNaN)
    }
}
