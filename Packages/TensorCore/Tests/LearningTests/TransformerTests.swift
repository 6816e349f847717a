// The transformer's parts: counts, positions, padding, dropout and the cache, beside the common checks of LayerCases.

import Learning
import TensorTesting
import Tensors
import Testing

@Suite struct TransformerTests {
    @Test(arguments: [(8, 2, 12), (16, 4, 24)])
    func `a block has as many parameters as the formulas say`(_ channels: Int, _ headCount: Int, _ hiddenSize: Int) {
        var generator = Philox(seed: 1)
        let (d, f) = (channels, hiddenSize)
        let encoder = TransformerBlock(d, headCount: headCount, hiddenSize: f, using: &generator)
        #expect(encoder.parameterCount == 4 * d * d + 2 * d * f + f + 9 * d)
        let decoder = DecoderBlock(d, headCount: headCount, hiddenSize: f, using: &generator)
        #expect(decoder.parameterCount == 8 * d * d + 2 * d * f + f + 15 * d)
    }

    @Test func `positions are sines, then cosines, of frequencies from 1 to 1 in 10000`() {
        // half = 3, so the frequencies are 1, 0.01 and 0.0001; positions 2 and 3.
        let expected: [Float] = [
            0.909297427, 0.019998667, 0.000200000, -0.416146837, 0.999800007, 0.99999998,
            0.141120008, 0.029995500, 0.000300000, -0.989992497, 0.999550034, 0.999999955,
        ]
        #expect(difference(of: sinusoidalPositions(2..<4, channels: 6), from: Tensor(expected, shape: [2, 6])) == nil)
        #expect(sinusoidalPositions(0..<1, channels: 2).scalars == [0, 1])
    }

    @Test func `a padding mask forbids what lies behind each length and is absent without padding`() {
        let forbidden = -Float.infinity
        let mask = paddingMask(lengths: [1, 3, 0], keyCount: 3)
        #expect(mask?.shape == [3, 1, 1, 3])
        #expect(mask?.scalars == [0, forbidden, forbidden, 0, 0, 0, forbidden, forbidden, forbidden])
        #expect(paddingMask(lengths: [3, 3], keyCount: 3) == nil)
    }

    @Test func `what lies in the padding changes nothing, and a source that is all padding gives zeros`() {
        var generator = Philox(seed: 2)
        var inference: Philox?
        let block = DecoderBlock(8, headCount: 2, hiddenSize: 12, using: &generator)
        let encoder = TransformerEncoder(8, layerCount: 2, headCount: 2, hiddenSize: 12, using: &generator)
        let x = Tensor.normal([2, 3, 8], using: &generator)
        let source = Tensor.normal([2, 5, 8], using: &generator)
        let real = source.sliced(along: 1, 0..<3)
        let other = Tensor.concatenated([real, .normal([2, 2, 8], using: &generator)], along: 1)
        let mask = paddingMask(lengths: [3, 3], keyCount: 5)
        func run(_ source: Tensor, _ mask: Tensor?) -> Tensor {
            let states = encoder(source, mask: mask, dropout: &inference).sliced(along: 1, 0..<3)
            return Tensor.concatenated(
                [states, block(x, block.crossAttention.memory(of: source, mask: mask), dropout: &inference)], along: 1)
        }
        #expect(difference(of: run(other, mask), from: run(source, mask), within: .exact) == nil)
        #expect(difference(of: run(source, mask), from: run(real, nil)) == nil)
        #expect(difference(of: run(other, nil), from: run(source, nil)) != nil)
        let nothing = block.crossAttention.memory(of: source, mask: paddingMask(lengths: [0, 0], keyCount: 5))
        let bias = block.crossAttention.output.bias?.wrappedValue ?? Tensor(.nan)
        #expect(
            difference(
                of: block.crossAttention(x, nothing, dropout: &inference), from: bias.expanded(to: x.shape)) == nil)
    }

    @Test func `rows that share a source attend as if each had a copy`() {
        var generator = Philox(seed: 3)
        var inference: Philox?
        let attention = CrossAttention(8, headCount: 2, using: &generator)
        let x = Tensor.normal([6, 3, 8], using: &generator)
        let source = Tensor.normal([2, 5, 8], using: &generator)
        let mask = paddingMask(lengths: [4, 5], keyCount: 5)
        let memory = attention.memory(of: source, mask: mask)
        let copies = memory.gathered(at: Indices([0, 0, 0, 1, 1, 1]))
        #expect(
            difference(
                of: attention(x, memory, dropout: &inference), from: attention(x, copies, dropout: &inference)) == nil)
    }

    @Test func `tokens one by one, or a few at a time, give what all give at once`() {
        var generator = Philox(seed: 4)
        var inference: Philox?
        let decoder = TransformerDecoder(8, layerCount: 2, headCount: 2, hiddenSize: 12, using: &generator)
        let memories = decoder.memories(of: .normal([2, 5, 8], using: &generator), mask: nil)
        let x = Tensor.normal([2, 6, 8], using: &generator)
        let whole = decoder(x, memories, dropout: &inference)
        for extents in [[1, 1, 1, 1, 1, 1], [2, 3, 1], [6]] {
            var pasts = decoder.blocks.map { _ in TokenHistory(rowCount: 2, channels: 8) }
            let parts = x.split(along: 1, extents).map { decoder($0, memories, after: &pasts) }
            #expect(difference(of: .concatenated(parts, along: 1), from: whole) == nil)
            #expect(pasts.allSatisfy { $0.rowCount == 2 && $0.tokenCount == 6 })
        }
    }

    @Test func `a history's copies go their own ways, and rows may be taken again, dropped and reordered`() {
        var generator = Philox(seed: 4)
        let layer = SelfAttention(8, headCount: 2, isCausal: true, using: &generator)
        // Long enough to grow several times.
        let x = Tensor.normal([3, 100, 8], using: &generator)
        func token(_ rows: [Int], _ index: Int) -> Tensor {
            x.gathered(at: Indices(rows.map(Int32.init))).sliced(along: 1, index..<index + 1)
        }
        var history = TokenHistory(rowCount: 3, channels: 8)
        for index in 0..<60 { _ = layer(token([0, 1, 2], index), after: &history) }
        let order = [2, 0, 0, 2]
        var other = history
        other.select(order)
        for index in 60..<99 {
            _ = layer(token([0, 1, 2], index), after: &history)
            _ = layer(token(order, index), after: &other)
        }
        var branch = other
        _ = layer(token([1, 1, 1, 1], 99), after: &branch)
        let whole = layer(x).sliced(along: 1, 99..<100)
        #expect(difference(of: layer(token([0, 1, 2], 99), after: &history), from: whole, within: .exact) == nil)
        let reordered = whole.gathered(at: Indices(order.map(Int32.init)))
        #expect(difference(of: layer(token(order, 99), after: &other), from: reordered, within: .exact) == nil)
        other.select([])
        #expect(other.rowCount == 0)
    }

    @Test(arguments: [[Int]?.none, [4, 5], [0, 3]])
    func `one query at a time attends to a source to the bits of many`(_ lengths: [Int]?) {
        var generator = Philox(seed: 6)
        var inference: Philox?
        let attention = CrossAttention(8, headCount: 2, using: &generator)
        let mask = lengths.flatMap { paddingMask(lengths: $0, keyCount: 5) }
        let memory = attention.memory(of: .normal([2, 5, 8], using: &generator), mask: mask)
        let x = Tensor.normal([4, 9, 8], using: &generator)
        let whole = attention(x, memory, dropout: &inference)
        let parts = (0..<9).map { attention(x.sliced(along: 1, $0..<$0 + 1), memory, dropout: &inference) }
        #expect(difference(of: .concatenated(parts, along: 1), from: whole, within: .exact) == nil)
    }

    @Test(arguments: [
        TransformerStyle(residualDropoutProbability: 0.5), TransformerStyle(attentionDropoutProbability: 0.5),
        TransformerStyle(activationDropoutProbability: 0.5),
    ])
    func `each kind of dropout acts in training, draws anew, and is absent in inference`(_ style: TransformerStyle) {
        func blocks(_ style: TransformerStyle) -> (TransformerBlock, DecoderBlock) {
            var generator = Philox(seed: 5)
            return (
                TransformerBlock(8, headCount: 2, hiddenSize: 12, style: style, using: &generator),
                DecoderBlock(8, headCount: 2, hiddenSize: 12, style: style, using: &generator)
            )
        }
        var generator = Philox(seed: 10)
        let x = Tensor.normal([2, 4, 8], using: &generator)
        func run(_ blocks: (TransformerBlock, DecoderBlock), _ dropout: inout Philox?) -> [Tensor] {
            let memory = blocks.1.crossAttention.memory(of: x, mask: nil)
            return [blocks.0(x, mask: nil, dropout: &dropout), blocks.1(x, memory, dropout: &dropout)]
        }
        var (inference, training): (Philox?, Philox?) = (nil, Philox(seed: 6))
        let (plain, dropping) = (blocks(TransformerStyle()), blocks(style))
        let expected = run(plain, &inference)
        let (first, second) = (run(dropping, &training), run(dropping, &training))
        var again: Philox? = Philox(seed: 6)
        let repeated = run(dropping, &again)
        for (index, (still, value)) in zip(run(dropping, &inference), expected).enumerated() {
            #expect(difference(of: still, from: value, within: .exact) == nil)
            #expect(difference(of: first[index], from: value) != nil)
            #expect(difference(of: second[index], from: first[index]) != nil)
            #expect(difference(of: repeated[index], from: first[index], within: .exact) == nil)
        }
        // A generator without a probability draws nothing.
        var unused: Philox? = Philox(seed: 7)
        _ = run(plain, &unused)
        #expect(unused == Philox(seed: 7))
    }

    @Test func `dropped attention weights are scaled by what is kept`() {
        // Equal keys give weights of 1/1000; values are ones, so each output is the mean of kept weights times 2.
        var generator = Philox(seed: 8)
        var dropout: Philox? = Philox(seed: 9)
        let attention = CrossAttention(4, headCount: 2, dropoutProbability: 0.5, using: &generator)
        let memory = attention.memory(of: .ones([1, 1000, 4]), mask: nil)
        let x = Tensor.normal([1, 200, 4], using: &generator)
        var inference: Philox?
        let dropped = attention(x, memory, dropout: &dropout)
        let whole = attention(x, memory, dropout: &inference)
        #expect(difference(of: dropped, from: whole) != nil)
        // The mean over 200 queries of 1000 kept-or-dropped weights has a relative deviation of 1/√200000 = 0.0022.
        let bias = attention.output.bias?.wrappedValue ?? Tensor(.nan)
        let ratio = ((dropped - bias).mean(along: 1) / (whole - bias).mean(along: 1)).scalars
        #expect(ratio.allSatisfy { abs($0 - 1) < 0.05 }, "\(ratio)")
    }
}
