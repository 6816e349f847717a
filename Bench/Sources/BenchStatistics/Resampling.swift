// The generator behind every resampled statistic, its seed, and the two loops that draw most from it: they stand here
// because debug builds optimise file by file, and elsewhere each draw would be a call (measured four times slower).

/// Steele, Lea and Flood's SplitMix64: small, fast, and the same on every machine.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator whose stream is decided by `seed` alone.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// A number in `0..<bound`: the high word of `next() · bound`, whose bias of `bound`/2⁶⁴ is far below any resampling error.
    public mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// The top bit of the next word.
    public mutating func bit() -> Bool {
        next() >> 63 == 1
    }

    /// Orders `values` at random: Fisher–Yates from the end.
    public mutating func shuffle<Value>(_ values: inout [Value]) {
        for i in values.indices.dropFirst().reversed() { values.swapAt(i, below(i + 1)) }
    }
}

/// The seed for statistics on one metric over one list of items, so that no other metric or case can move its numbers.
///
/// 64-bit FNV-1a over the signature, `|`, and each item followed by a newline. The specification (section 5.1) takes SHA-256;
/// a seed needs no cryptographic strength, and this module depends on nothing.
public func statisticsSeed(signature: String, items: [String]) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func absorb(_ text: String) {
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    absorb(signature + "|")
    for item in items { absorb(item + "\n") }
    return hash
}

extension GroupedSample {
    /// Means of bootstrap samples that draw whole groups with replacement, in the order drawn.
    public func replicates(_ count: Int, using generator: inout SplitMix64) -> [Double] {
        let groups = sums.count
        return (0..<count).map { _ in
            var (sum, items) = (0.0, 0)
            for _ in 0..<groups {
                let k = generator.below(groups)
                sum += sums[k]
                items += counts[k]
            }
            return sum / Double(items)
        }
    }

    /// Of `trials` random flips, how many give a sum at least as far from zero as the observed one.
    func flipCount(_ trials: Int, using generator: inout SplitMix64) -> Int {
        let bound = flipBound
        var count = 0
        for _ in 0..<trials {
            var total = 0.0
            for value in sums {
                // The top bit of the word, `bit()`, is also the sign bit of a Double.
                total += Double(bitPattern: value.bitPattern ^ generator.next() & 1 << 63)
            }
            if abs(total) >= bound { count += 1 }
        }
        return count
    }
}
