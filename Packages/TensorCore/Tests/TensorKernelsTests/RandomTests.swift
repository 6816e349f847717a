import TensorKernels
import Testing

struct PhiloxCase: Sendable {
    let counter, key, expected: [UInt32]
}

/// Known answers of Philox's authors (2011) and of the tensor core's specification, section 7.2.
private let knownAnswers = [
    PhiloxCase(counter: [0, 0, 0, 0], key: [0, 0], expected: [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    PhiloxCase(
        counter: [.max, .max, .max, .max], key: [.max, .max],
        expected: [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
    PhiloxCase(
        counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0],
        expected: [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
    PhiloxCase(counter: [0, 0, 0, 0], key: [42, 0], expected: [0x9cea_f053, 0x77f5_493b, 0x12bf_50ad, 0x5742_b3d7]),
    PhiloxCase(counter: [1, 0, 0, 0], key: [42, 0], expected: [0xfcdb_2127, 0x53ba_6cfd, 0x838f_5a6e, 0x744e_06fb]),
    PhiloxCase(counter: [0, 0, 7, 0], key: [42, 0], expected: [0x67ee_6f2c, 0xe554_10cc, 0x6c7e_ca35, 0x5573_98d3]),
]

@Suite struct RandomTests {
    @Test(arguments: knownAnswers)
    func `Philox gives its authors' answers`(_ c: PhiloxCase) {
        var words = [UInt32](repeating: 0, count: 4)
        unsafe tk_philox(c.counter, c.key, &words)
        #expect(words == c.expected)
    }

    @Test func `uniform numbers of key 42 are the specification's`() {
        var y = [Float](repeating: 0, count: 4)
        unsafe tk_random_uniform(tk_random(key: 42, first_block: 0, stream: 0, step: 0), &y, 4, 0, 1)
        #expect(y == [0.61295986, 0.46858650, 0.07323170, 0.34086150])
    }

    // The specification prints 1.92393904 for the fourth; its own formula gives 1.92392704 in double precision.
    @Test func `normal numbers of key 42 are those of Box and Muller's formula`() {
        var y = [Float](repeating: 0, count: 4)
        unsafe tk_random_normal(tk_random(key: 42, first_block: 0, stream: 0, step: 0), &y, 4, 0, 1)
        #expect(y == [-0.970189708191932, 0.194019026822071, -1.23562007479282, 1.92392704277176])
    }

    @Test func `an element does not depend on how many are drawn with it`() {
        var all = [Float](repeating: 0, count: 40_000)
        unsafe tk_random_normal(tk_random(key: 7, first_block: 5, stream: 3, step: 2), &all, all.count, 1, 2)
        var few = [Float](repeating: 0, count: 9)
        unsafe tk_random_normal(tk_random(key: 7, first_block: 5 + 5000, stream: 3, step: 2), &few, few.count, 1, 2)
        #expect(few == Array(all[20_000..<20_009]))
    }
}
