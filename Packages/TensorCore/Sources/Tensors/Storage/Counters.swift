// Exact counts of work and memory. They are the same on every run and every machine, so they can gate what clocks cannot.

internal import Synchronization

/// What this process's tensor operations have cost so far.
public struct Counters: Sendable, Equatable {
    /// Floating-point operations by each operation's documented formula; a multiply-add counts two.
    public var flops: UInt64
    /// Bytes read and written by kernels, each operand counted once.
    public var bytesMoved: UInt64
    /// Bytes in living tensors, by size class.
    public var liveBytes: Int
    /// The largest `liveBytes` since the last `resetPeak`.
    public var peakLiveBytes: Int
    /// Bytes ever asked of the system: constant once the pool holds what a step needs.
    public var allocatedBytes: Int

    private static let flopCount = Atomic<UInt64>(0)
    private static let byteCount = Atomic<UInt64>(0)
    private static let live = Atomic<Int>(0)
    private static let peak = Atomic<Int>(0)
    private static let allocated = Atomic<Int>(0)

    /// The counts at this moment.
    public static var now: Counters {
        Counters(
            flops: flopCount.load(ordering: .relaxed), bytesMoved: byteCount.load(ordering: .relaxed),
            liveBytes: live.load(ordering: .relaxed), peakLiveBytes: peak.load(ordering: .relaxed),
            allocatedBytes: allocated.load(ordering: .relaxed))
    }

    /// Starts a new search for the peak from what is live now.
    public static func resetPeak() {
        peak.store(live.load(ordering: .relaxed), ordering: .relaxed)
    }

    static func count(flops: Int, bytes: Int) {
        flopCount.wrappingAdd(UInt64(flops), ordering: .relaxed)
        byteCount.wrappingAdd(UInt64(bytes), ordering: .relaxed)
    }

    static func askSystem(_ bytes: Int) {
        allocated.wrappingAdd(bytes, ordering: .relaxed)
    }

    static func allocate(_ bytes: Int) {
        let (_, now) = live.wrappingAdd(bytes, ordering: .relaxed)
        peak.max(now, ordering: .relaxed)
    }

    static func free(_ bytes: Int) {
        live.wrappingSubtract(bytes, ordering: .relaxed)
    }
}
