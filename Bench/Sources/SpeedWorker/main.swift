// Runs workloads on request, so that another process can interleave them with its own: reads `<name> <repeats>` lines,
// answers `<wall seconds> <cpu seconds>` for one run of the workload, averaged over the repeats. `list` names them all.

import Glibc
import Tensors

private func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

Threads.count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? Threads.count
var ready: [String: () -> Void] = [:]
while let line = readLine() {
    let words = line.split(separator: " ").map(String.init)
    if words == ["list"] {
        print(Workload.all.map(\.name).joined(separator: " "))
    } else if words.count == 2, let repeats = Int(words[1]), repeats > 0,
        let workload = Workload.all.first(where: { $0.name == words[0] })
    {
        let step = ready[workload.name] ?? workload.makeStep()
        if ready[workload.name] == nil { step() }
        ready[workload.name] = step
        let (wall, cpu) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
        for _ in 0..<repeats { step() }
        let count = Double(repeats)
        print((seconds(CLOCK_MONOTONIC) - wall) / count, (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / count)
    } else {
        print("unknown request '\(line)'; send 'list' or '<workload> <repeats>'")
    }
    fflush(nil)
}
