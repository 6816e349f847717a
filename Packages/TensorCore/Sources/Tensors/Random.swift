// Explicit randomness: Philox4x32-10 (Salmon et al. 2011), a function of seed, stream and position.

internal import TensorKernels

/// A generator whose every number is a function of its seed, its stream's name and a position; passed `inout`.
///
/// Streams with other names are independent, so adding a consumer never moves another's numbers.
public struct Philox: RandomNumberGenerator, Sendable, Equatable, Codable {
    /// The key of all streams.
    public let seed: UInt64
    private let streamHash: UInt32
    private var position: UInt64 = 0

    /// The stream `name` of a seed.
    public init(seed: UInt64, stream name: String = "") {
        self.init(seed: seed, streamHash: extendedHash(2_166_136_261, name))
    }

    init(seed: UInt64, streamHash: UInt32) {
        self.seed = seed
        self.streamHash = streamHash
    }

    /// The stream `name` below this one, from its start; this generator does not advance.
    public func stream(_ name: String) -> Philox {
        Philox(seed: seed, streamHash: extendedHash(streamHash, "/" + name))
    }

    /// The next word: word `position mod 4` of block `position / 4`.
    public mutating func nextWord() -> UInt32 {
        defer { position += 1 }
        let block = position / 4
        let counter = SIMD4(UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), streamHash, 0)
        let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        var words = SIMD4<UInt32>()
        unsafe withUnsafeBytes(of: counter) { counter in
            unsafe withUnsafeBytes(of: key) { key in
                unsafe withUnsafeMutableBytes(of: &words) { words in
                    unsafe tk_philox(
                        counter.assumingMemoryBound(to: UInt32.self).baseAddress,
                        key.assumingMemoryBound(to: UInt32.self).baseAddress,
                        words.assumingMemoryBound(to: UInt32.self).baseAddress)
                }
            }
        }
        return words[Int(position % 4)]
    }

    /// The next two words, the first in the low half.
    public mutating func next() -> UInt64 {
        let low = UInt64(nextWord())
        return UInt64(nextWord()) << 32 | low
    }

    /// An integer in `0..<bound`: the high part of a word times `bound`, two words from 2¹⁶ on.
    ///
    /// The bias is below 2⁻¹⁶ of a value's probability. Unlike `Int.random`, the result is fixed by this page alone.
    public mutating func integer(below bound: Int) -> Int {
        bound < 1 << 16
            ? Int((UInt64(nextWord()) * UInt64(bound)) >> 32) : Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A uniform number in `bounds`, with 24 bits of one word.
    public mutating func uniform(in bounds: Range<Float>) -> Float {
        bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) * Float(nextWord() >> 8) * 0x1p-24
    }

    /// The first `count` entries of a random permutation of `0..<total` (Fisher and Yates).
    public mutating func sample(_ count: Int, of total: Int) -> [Int] {
        var order = Array(0..<total)
        for i in 0..<Swift.min(count, total) { order.swapAt(i, i + integer(below: total - i)) }
        return Array(order.prefix(count))
    }

    /// Whole blocks for `count` words; words left in the current block are dropped.
    fileprivate mutating func take(_ count: Int) -> tk_random {
        let block = (position + 3) / 4
        position = (block + UInt64((count + 3) / 4)) * 4
        return tk_random(key: seed, first_block: block, stream: streamHash, step: 0)
    }
}

/// FNV-1a of `text`, continued from `hash`.
private func extendedHash(_ hash: UInt32, _ text: String) -> UInt32 {
    text.utf8.reduce(hash) { ($0 ^ UInt32($1)) &* 16_777_619 }
}

extension Tensor {
    /// Independent uniform numbers in `bounds`.
    public static func uniform(_ shape: [Int], in bounds: Range<Float> = 0..<1, using generator: inout Philox) -> Tensor
    {
        let y = Tensor(uninitialised: shape)
        unsafe tk_random_uniform(generator.take(y.count), y.pointer, y.count, bounds.lowerBound, bounds.upperBound)
        return y
    }

    /// Independent normal numbers.
    public static func normal(
        _ shape: [Int], mean: Float = 0, standardDeviation: Float = 1, using generator: inout Philox
    ) -> Tensor {
        let y = Tensor(uninitialised: shape)
        unsafe tk_random_normal(generator.take(y.count), y.pointer, y.count, mean, standardDeviation)
        return y
    }

    /// Each element kept with probability `1 − probability` and then scaled by its inverse, else 0; zeros for probability 1.
    ///
    /// One operation per element. The way back draws the same numbers again, so that no mask is stored.
    public func dropout(_ probability: Float, using generator: inout Philox) -> Tensor {
        dropped(by: generator.dropoutMask(probability, count: count))
    }

    /// Dropout at a fixed place of a stream: a linear map, which is its own adjoint.
    func dropped(by mask: DropoutMask?) -> Tensor {
        guard let mask else { return self }
        return Kernels.dropout(self, mask).recorded(from: [self]) { g, _ in [g.dropped(by: mask)] }
    }
}

/// Which elements are dropped, as a place in a stream.
struct DropoutMask: Sendable {
    let probability: Float
    let random: tk_random
    /// What the others are multiplied by.
    var scale: Float { probability == 1 ? 1 : 1 / (1 - probability) }
}

extension Philox {
    /// The numbers that drop `count` elements; none are drawn for probability 0.
    mutating func dropoutMask(_ probability: Float, count: Int) -> DropoutMask? {
        shapeCheck(probability >= 0 && probability <= 1, "dropout (the probability must lie in 0...1)", [count])
        return probability == 0 ? nil : DropoutMask(probability: probability, random: take(count))
    }
}
