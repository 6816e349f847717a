// Exact counts. Counters belong to the process, so each test counts in a process of its own.

import Foundation
import Learning
import Tensors
import Testing

private func flops(_ body: () -> Void) -> UInt64 {
    let before = Counters.now.flops
    body()
    return Counters.now.flops - before
}

@Suite struct CounterTests {
    @Test func `operations count what their formulas say`() async {
        await #expect(processExitsWith: .success) {
            let (a, b, x) = (Tensor.ones([3, 5]), Tensor.ones([5, 4]), Tensor.ones([2, 3, 5]))
            let (weight, bias) = (Tensor.ones([4, 5]), Tensor.ones([4]))
            #expect(flops { _ = a.matmul(b) } == 2 * 3 * 4 * 5)
            #expect(flops { _ = x.linear(weight, bias: bias, activation: .gelu) } == 2 * (2 * 3) * 4 * 5)
            #expect(flops { _ = a.softmax() } == 5 * 15)
            #expect(flops { _ = a + a } == 15)
            #expect(flops { _ = a.sum(along: 0) } == 15)
            #expect(flops { _ = a.transposed(0, 1).reshaped(to: [15]) } == 0)
            // Scores and mixture 2·head·query·key·dim each, softmax 5 per score.
            let q = Tensor.ones([1, 2, 3, 4])
            #expect(flops { _ = attention(query: q, key: q, value: q) } == 2 * (2 * 2 * 9 * 4) + 5 * 2 * 9)
            // Forward, two products back, and the sum: 3·2·m·n·k + m·n.
            #expect(flops { _ = valueAndGradients(at: [a, b]) { $0[0].matmul($0[1]).sum() } } == 3 * 120 + 12)
        }
    }

    @Test func `live bytes rise by size classes and return to where they were`() async {
        await #expect(processExitsWith: .success) {
            let start = Counters.now.liveBytes
            Counters.resetPeak()
            do {
                let x = Tensor([Float](repeating: 1, count: 100), shape: [100])  // 400 bytes; the next class is 448
                #expect(Counters.now.liveBytes - start == 448)
                let view = x.reshaped(to: [10, 10]).transposed(0, 1)
                #expect(Counters.now.liveBytes - start == 448)
                _ = gradient(at: view) { $0.exp().squared().sum() }
            }
            #expect(Counters.now.liveBytes == start)
            #expect(Counters.now.peakLiveBytes - start >= 3 * 448)
        }
    }

    @Test func `after the first steps a training step asks the system for nothing`() async {
        await #expect(processExitsWith: .success) {
            var generator = Philox(seed: 1)
            let model = TransformerEncoder(16, layerCount: 2, headCount: 2, hiddenSize: 32, using: &generator)
            var optimiser = Adam(learningRate: 1e-3)
            let x = Tensor.normal([3, 7, 16], using: &generator)
            func step() {
                let gradients = valueAndGradient(of: model) { $0(x).squared().mean() }.gradients
                optimiser.update(model, gradients: gradients, maximumNorm: 1)
            }
            for _ in 0..<3 { step() }
            let warm = Counters.now
            for _ in 0..<5 { step() }
            let end = Counters.now
            // An optimised build lets go of a value after its last use.
            withExtendedLifetime((model, optimiser, x)) {}
            #expect(end.allocatedBytes == warm.allocatedBytes)
            #expect(warm.allocatedBytes > 0)
            #expect(end.liveBytes == warm.liveBytes)
        }
    }

    @Test func `ten thousand steps of a small model leave memory as it was`() async {
        await #expect(processExitsWith: .success) {
            var generator = Philox(seed: 1)
            let model = TransformerBlock(8, headCount: 2, hiddenSize: 8, using: &generator)
            var optimiser = Adam(learningRate: 1e-3)
            let x = Tensor.normal([2, 3, 8], using: &generator)
            func step() {
                let gradients = valueAndGradient(of: model) { $0(x).squared().mean() }.gradients
                optimiser.update(model, gradients: gradients, maximumNorm: 1)
            }
            for _ in 0..<1000 { step() }
            let (warm, warmPages) = (Counters.now, residentPages())
            for _ in 0..<10_000 { step() }
            let (end, endPages) = (Counters.now, residentPages())
            withExtendedLifetime((model, optimiser, x)) {}
            #expect(end.allocatedBytes == warm.allocatedBytes)
            #expect(end.liveBytes == warm.liveBytes)
            // The C heap settles within 64 pages; one lost object of 64 bytes a step would be 156.
            #expect(warmPages > 0 && endPages - warmPages < 128, "\(warmPages) pages became \(endPages)")
        }
    }
}

/// The pages of 4 KiB that this process holds in memory; 0 where that is not known.
@Sendable private func residentPages() -> Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return fields.count > 1 ? Int(fields[1]) ?? 0 : 0
}
