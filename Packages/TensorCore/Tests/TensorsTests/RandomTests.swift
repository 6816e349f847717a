// The generator's published words, what is made of them, and streams.

import TensorTesting
import Testing

@testable import Tensors

@Suite struct RandomTests {
    /// Key 42 on stream hash 0: the specification's numbers.
    private var plain: Philox { Philox(seed: 42, streamHash: 0) }

    @Test func `words equal the published ones`() {
        var generator = plain
        let words = (0..<8).map { _ in generator.nextWord() }
        let first: [UInt32] = [0x9cea_f053, 0x77f5_493b, 0x12bf_50ad, 0x5742_b3d7]
        #expect(words == first + [0xfcdb_2127, 0x53ba_6cfd, 0x838f_5a6e, 0x744e_06fb])
        var seventh = Philox(seed: 42, streamHash: 7)
        #expect((0..<4).map { _ in seventh.nextWord() } == [0x67ee_6f2c, 0xe554_10cc, 0x6c7e_ca35, 0x5573_98d3])
        var pairs = plain
        #expect(pairs.next() == 0x77f5_493b_9cea_f053)
    }

    @Test func `uniform, normal and integer numbers equal the published ones`() {
        var generator = plain
        let uniform: [Float] = [0.61295986, 0.46858650, 0.07323170, 0.34086150]
        #expect(difference(of: Tensor.uniform([4], using: &generator).scalars, from: uniform, within: .float32) == nil)
        generator = plain
        // √(−2 ln u)·(cos, sin) of words 0 to 3 in double precision.
        let normal: [Float] = [-0.97018971, 0.19401903, -1.23562007, 1.92392704]
        #expect(difference(of: Tensor.normal([4], using: &generator).scalars, from: normal, within: .float32) == nil)
        generator = plain
        #expect((0..<4).map { _ in generator.integer(below: 10) } == [6, 4, 0, 3])
        // Two words from 2¹⁶ on: 0x77f5493b9ceaf053 · 10⁶ / 2⁶⁴.
        generator = plain
        #expect(generator.integer(below: 1_000_000) == 468_586)
    }

    @Test func `a tensor's numbers do not depend on its shape, and drawing moves to the next block`() {
        var (one, other) = (plain, plain)
        let long = Tensor.uniform([3, 7], using: &one).scalars
        #expect(Array(long.prefix(5)) == Tensor.uniform([5], using: &other).scalars)
        #expect(Tensor.uniform([1], using: &other).item == long[8])
        #expect(Tensor.normal([0], using: &other).scalars == [])
    }

    @Test func `normal numbers have the moments they were asked for`() {
        var generator = plain
        let x = Tensor.normal([100_000], mean: 2, standardDeviation: 3, using: &generator)
        // Four standard errors: 4 · 3/√n and 4 · 3/√(2n).
        #expect(abs(x.mean().item - 2) < 0.038)
        #expect(abs(x.variance(along: 0).sqrt().item - 3) < 0.027)
    }

    @Test func `streams go by name, are independent and do not advance their parent`() {
        var parent = Philox(seed: 1, stream: "inr")
        let untouched = parent
        var (a, b) = (parent.stream("a"), parent.stream("b"))
        #expect(parent == untouched)
        let words = (0..<2).map { _ in [parent.nextWord(), a.nextWord(), b.nextWord()] }.flatMap(\.self)
        #expect(Set(words).count == 6)
        var again = parent.stream("a")  // from its start, wherever the parent stands
        #expect(again.nextWord() == words[1])
        #expect(Philox(seed: 1, stream: "inr/a") == untouched.stream("a"))
        #expect(Philox(seed: 2, stream: "inr") != untouched)
    }

    @Test(arguments: [0, 1, 2, 17, 1000])
    func `a sample of everything is a permutation`(_ total: Int) {
        var generator = plain
        let order = generator.sample(total, of: total)
        #expect(order.sorted() == Array(0..<total))
        #expect(total < 17 || order != Array(0..<total))
        var part = plain
        #expect(part.sample(total / 2, of: total) == Array(order.prefix(total / 2)))
        #expect(part.sample(total + 5, of: total).count == total)
    }

    @Test func `dropout keeps its share, scales it and passes slopes through what it kept`() {
        var generator = plain
        let x = Tensor.ones([100_000])
        let y = x.dropout(0.3, using: &generator)
        #expect(Set(y.scalars) == [0, 1 / 0.7])
        // Four standard errors of a share: 4·√(0.7·0.3/n).
        #expect(abs(Double(y.scalars.count { $0 != 0 }) / 100_000 - 0.7) < 0.0058)
        let slope = gradient(at: x) { x in
            var again = plain
            return x.dropout(0.3, using: &again).sum()
        }
        #expect(slope.scalars == y.scalars)
        #expect(x.dropout(0, using: &generator).scalars == x.scalars)
    }
}
