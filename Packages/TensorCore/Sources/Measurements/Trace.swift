// What a case computes on the way to its results, for finding out where two runs of it part.

/// Something that was computed, to the bit.
public struct TraceRow: Codable, Sendable, Equatable {
    /// The step, epoch or round, from 1 on.
    public var step: Int
    /// What it is: `loss`, or a parameter's name.
    public var name: String
    /// The bits of a `Double`, or a digest of many numbers.
    public var bits: UInt64
    /// Whether the bits are those of a number.
    public var isNumber: Bool

    /// A row from its parts.
    public init(step: Int, name: String, bits: UInt64, isNumber: Bool) {
        (self.step, self.name, self.bits, self.isNumber) = (step, name, bits, isNumber)
    }
}

/// Where a case writes such rows, as many as are wanted.
public struct Trace: Sendable {
    /// 0 nothing, 1 the loss of each step, 2 a digest of each parameter every now and then, too.
    public let level: Int
    private let write: @Sendable (TraceRow) -> Void

    /// A trace whose rows go to `write`.
    public init(level: Int = 0, write: @escaping @Sendable (TraceRow) -> Void = { _ in }) {
        (self.level, self.write) = (level, write)
    }

    /// Writes a number down, from level 1 on.
    public func number(_ value: Double, _ name: String, step: Int) {
        if level >= 1 { write(TraceRow(step: step, name: name, bits: value.bitPattern, isNumber: true)) }
    }

    /// Writes a digest down, from level 2 on; below that it is not computed.
    public func digest(_ name: String, step: Int, _ value: () -> UInt64) {
        if level >= 2 { write(TraceRow(step: step, name: name, bits: value(), isNumber: false)) }
    }
}
