// Gradients as functions: independence, nesting, long chains.

import TensorTesting
import Testing

@testable import Tensors

@Suite struct GradientTests {
    @Test func `what a function does not depend on has a gradient of zeros`() {
        let (x, y) = (Tensor([1, 2], shape: [2]), Tensor([3, 4, 5], shape: [3]))
        let (value, gradients) = valueAndGradients(at: [x, y]) { $0[1].squared().sum() }
        #expect(value.item == 50)
        #expect(gradients.map(\.shape) == [[2], [3]])
        #expect(gradients.map(\.scalars) == [[0, 0], [6, 8, 10]])
        #expect(gradient(at: x) { _ in Tensor(7) }.scalars == [0, 0])
        // Inside an outer differentiation too: d/dx Σ x·(∇_z x²) = 0.
        #expect(
            gradient(at: x) { x in (x * gradient(at: x.detached) { _ in x.squared().sum() }).sum() }.scalars == [0, 0])
    }

    @Test func `an argument used twice collects both cotangents`() {
        // x·y at x = y: each argument's own gradient, and both together where one tensor is both.
        let x = Tensor([3], shape: [1])
        #expect(valueAndGradients(at: [x, x]) { ($0[0] * $0[1]).sum() }.gradients.map(\.scalars) == [[3], [3]])
        #expect(gradient(at: x) { ($0 * $0).sum() }.scalars == [6])
    }

    @Test func `values outside any differentiation carry no graph`() {
        let x = Tensor([1, 2], shape: [2])
        #expect(x.exp().node == nil)
        let (value, gradient) = valueAndGradient(at: x) { $0.exp().sum() }
        #expect(value.node == nil && gradient.node == nil)
    }

    @Test func `derivatives nest to the third order`() {
        // x⁵: 5x⁴, 20x³, 60x² at 2.
        let x = Tensor(2)
        #expect(gradient(at: x) { $0.raised(to: 5) }.item == 80)
        #expect(gradient(at: x) { gradient(at: $0) { $0.raised(to: 5) } }.item == 160)
        #expect(gradient(at: x) { gradient(at: $0) { gradient(at: $0) { $0.raised(to: 5) } } }.item == 240)
    }

    @Test func `Hessian-vector products are symmetric`() {
        var generator = Philox(seed: 11)
        func draw(_ shape: Int...) -> Tensor { .normal(shape, using: &generator) }
        let (x, u, v) = (draw(2, 5, 6), draw(2, 5, 6), draw(2, 5, 6))
        let (weight, mix) = (draw(18, 6), draw(2, 5, 2, 3))
        func loss(_ x: Tensor) -> Tensor {
            let packed = x.layerNormalised().linear(weight, activation: .gelu).reshaped(to: [2, 5, 3, 2, 3])
            return (selfAttention(packed: packed, mask: .causal) * mix).sum().squared()
        }
        func product(_ direction: Tensor) -> Tensor {
            gradient(at: x) { x in (gradient(at: x, of: loss) * direction).sum() }
        }
        let (left, right) = ((product(u) * v).sum().item, (product(v) * u).sum().item)
        // Sums of 60 products of either sign; 4e-6 relative was seen.
        #expect(abs(left - right) < 1e-4 * abs(left), "\(left) and \(right)")
        #expect(abs(left) > 1)
    }

    @Test func `a chain of a million operations is differentiated and released without recursion`() {
        let gradient = gradient(at: Tensor(1)) { x in (0..<1_000_000).reduce(x) { y, _ in y + x } }
        #expect(gradient.item == 1_000_001)
    }

    @Test func `a graph is consumed by one differentiation`() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let node = Node(parents: [], shapes: [], saved: [], output: nil, pullback: nil)
            node.consume()
            _ = node.context(wants: [], isRecording: false)
        }
        #expect(says(result, "gradient: a graph was differentiated twice; call the function again."))
    }
}

/// Whether a process that stopped wrote this sentence.
func says(_ result: ExitTest.Result?, _ sentence: String) -> Bool {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self).contains(sentence)
}
