// The generator and its seeds against the specification's section 5.1.

import BenchStatistics
import Testing

@Suite struct GeneratorTests {
    @Test(
        arguments: [
            0: [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f],
            20_231_110: [0x9ec0_7228_ffce_ee42, 0x302d_4f24_aa29_f2d0, 0x5f66_966a_b6fa_6a58],
        ] as [UInt64: [UInt64]])
    func `the first words of a seed are the published ones`(_ seed: UInt64, _ words: [UInt64]) {
        var generator = SplitMix64(seed: seed)
        #expect(words.map { _ in generator.next() } == words)
    }

    @Test func `numbers below ten`() {
        var generator = SplitMix64(seed: 20_231_110)
        #expect((0..<12).map { _ in generator.below(10) } == [6, 1, 3, 5, 8, 7, 2, 2, 4, 5, 9, 4])
    }

    @Test func `a bit is the top bit of the word`() {
        var generator = SplitMix64(seed: 20_231_110)
        #expect((0..<3).map { _ in generator.bit() } == [true, false, false])  // 9e…, 30…, 5f…
    }

    @Test func `a shuffle swaps from the end with numbers below i + 1`() {
        // Words over 2⁶⁴: .6201, .1882, .3727; so j = ⌊4·.6201⌋ = 2, ⌊3·.1882⌋ = 0, ⌊2·.3727⌋ = 0:
        // abcd, swap 3 and 2: abdc, swap 2 and 0: dbac, swap 1 and 0: bdac.
        var generator = SplitMix64(seed: 20_231_110)
        var letters = ["a", "b", "c", "d"]
        generator.shuffle(&letters)
        #expect(letters == ["b", "d", "a", "c"])
    }

    @Test func `a seed of statistics depends on the signature and on the order of items`() {
        // FNV-1a of "|" (0x7c) alone: (offset basis ^ 0x7c) · prime, computed in Python.
        #expect(statisticsSeed(signature: "", items: []) == 0xaf63_f14c_8602_103b)
        let seed = statisticsSeed(signature: "psnr|v:1", items: ["a", "b"])
        #expect(seed != statisticsSeed(signature: "psnr|v:1", items: ["b", "a"]))
        #expect(seed != statisticsSeed(signature: "psnr|v:2", items: ["a", "b"]))
        #expect(seed != statisticsSeed(signature: "psnr|v:1", items: ["ab"]))
    }
}
