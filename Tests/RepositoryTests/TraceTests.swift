import Learning
import Measurements
import Synchronization
import Testing
import Tensors

@testable import BenchCases

/// Takes a trace's rows.
private final class Rows: Sendable {
    private let rows = Mutex<[TraceRow]>([])

    func trace(level: Int) -> Trace { Trace(level: level) { row in self.rows.withLock { $0.append(row) } } }

    var all: [TraceRow] { rows.withLock(\.self) }
}

@Suite struct TraceTests {
    private func model(_ weights: [Float]) -> Linear {
        var generator = Philox(seed: 1, stream: "trace")
        let model = Linear(2, 1, usesBias: false, using: &generator)
        model.parameters[0].box.value = Tensor(weights, shape: [1, 2])
        return model
    }

    @Test(arguments: [(0, 50, 0), (1, 50, 1), (2, 49, 1), (2, 50, 2), (2, 100, 2)])
    func `a step is as many rows as its level asks for`(_ level: Int, _ step: Int, _ count: Int) {
        let rows = Rows()
        rows.trace(level: level).step(step, loss: 0.5, model([1, 2]), stage: "text.")
        let expected = [
            TraceRow(step: step, name: "text.loss", bits: 0.5.bitPattern, isNumber: true),
            // The first digits of SHA-256 over the bytes of 1 and 2, computed in Python.
            TraceRow(step: step, name: "text.weight", bits: 0xb9c8_0b5a_deca_4507, isNumber: false),
        ]
        #expect(rows.all == Array(expected.prefix(count)))
    }

    @Test func `one bit of one parameter changes its digest`() {
        let rows = Rows()
        for weight in [2, Float(2).nextUp] { rows.trace(level: 2).step(50, loss: nil, model([1, weight])) }
        #expect(rows.all.count == 2 && rows.all[0].bits != rows.all[1].bits)
    }
}
