import Synchronization
import TensorKernels
import Testing

/// How often each task ran.
private final class Tally: Sendable {
    let counts: Mutex<[Int]>
    init(_ count: Int) { counts = Mutex(Array(repeating: 0, count: count)) }
}

private func runTally(_ count: Int, nested: Int) -> [Int] {
    let tally = Tally(count)
    withExtendedLifetime(tally) {
        let context = unsafe Unmanaged.passUnretained(tally).toOpaque()
        if nested > 0 {
            unsafe tk_parallel(
                count,
                { task, context in
                    unsafe tk_parallel(3, { _, _ in }, nil)
                    guard let context = unsafe context else { return }
                    unsafe Unmanaged<Tally>.fromOpaque(context).takeUnretainedValue().counts.withLock { $0[task] += 1 }
                }, context)
        } else {
            unsafe tk_parallel(
                count,
                { task, context in
                    guard let context = unsafe context else { return }
                    unsafe Unmanaged<Tally>.fromOpaque(context).takeUnretainedValue().counts.withLock { $0[task] += 1 }
                }, context)
        }
    }
    return tally.counts.withLock { $0 }
}

@Suite(.serialized) struct PoolTests {
    @Test(arguments: [1, 2, 5], [0, 1, 2, 1000])
    func `each task runs exactly once, also when tasks start tasks`(_ threads: Int32, _ count: Int) {
        defer { tk_set_threads(2) }
        tk_set_threads(threads)
        for nested in [0, 1] { #expect(runTally(count, nested: nested) == Array(repeating: 1, count: count)) }
    }

    @Test func `many callers at once each get all their tasks run`() async {
        let results = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<16 { group.addTask { (0..<200).flatMap { _ in runTally(4, nested: 0) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.allSatisfy { $0.allSatisfy { $0 == 1 } })
    }

    @Test func `the number of threads is kept within 1 and 64`() {
        defer { tk_set_threads(2) }
        tk_set_threads(0)
        #expect(tk_get_threads() == 1)
        tk_set_threads(1000)
        #expect(tk_get_threads() == 64)
    }
}
