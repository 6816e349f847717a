// Runs a plan: one child a case, one transaction a finished case, and where it was stopped it goes on.

public import BenchRecords
internal import BenchStatistics
public import BenchStore
internal import Foundation
internal import Measurements

/// What runs plans and remembers them in a store.
public struct Runner {
    /// The database that remembers; logs and scratch folders lie beside it.
    public var store: RunStore
    /// Where real data lies; a case that needs a folder below it which is not there is skipped, in words.
    public var dataFolder: String?
    /// Wall seconds a case may take; `nil` for max(60, four times what it should take).
    public var timeoutSeconds: Double?
    /// MiB of memory a case may hold; `nil` for three quarters of the machine's.
    public var memoryMiB: Double?
    /// Columns of the progress line.
    public var width: Int
    /// The program whose cases run; by this name it is the very file that runs now, even if a build has replaced it since.
    public var program = "/proc/self/exe"
    /// What to change in the environment that children get; `nil` takes a variable away.
    var environment: [String: String?] = [:]
    /// How much cases write down on their way, 0...2.
    var traceLevel = 0
    /// Whether costs are kept; nodes of a cluster may differ.
    var keepsCosts = true

    /// A runner over an open store.
    public init(store: RunStore, dataFolder: String?, timeoutSeconds: Double?, memoryMiB: Double?, width: Int) {
        self.store = store
        self.dataFolder = dataFolder
        self.timeoutSeconds = timeoutSeconds
        self.memoryMiB = memoryMiB
        self.width = width
    }

    /// Runs every case of the plan and returns the run as it is stored; `partial` if it was interrupted.
    ///
    /// When `isContinuing`, an unfinished run of the same plan, build and machine, younger than a day, is taken up:
    /// what has ended stays, what was interrupted is another attempt, what was skipped is looked at again.
    ///
    /// - Throws: ``RunnerError`` when room runs short or no child can be started, `StoreError` when a result cannot be
    ///   stored. What is stored until then stays, and a repetition of the command goes on from there.
    public func run(_ plan: Plan, provenance: Provenance, isContinuing: Bool) throws -> RunRecord {
        var display = ProgressDisplay(width: width)
        let run = try startedRun(plan, provenance, isContinuing)
        let minutes = plan.entries.map(\.expectedSeconds).reduce(0, +) / 60
        display.say(
            "plan \(plan.entries.count) cases, tier \(plan.tier.rawValue), about \(Int(minutes.rounded(.up))) min, "
                + "machine \(run.machine.machineClass), seed \(plan.seed), threads \(plan.threads)"
                + plan.settings.map { ", \($0)" }.joined()
                + environment.compactMapValues(\.self).sorted { $0.key < $1.key }.map { ", \($0.key)=\($0.value)" }
                .joined())
        let keptCount = run.cases.count { $0.isKept }
        if keptCount > 0 {
            display.say("continuing run \(run.shortID): \(keptCount) of \(run.cases.count) cases have ended")
        }
        let start = monotonicSeconds()
        var progress = RunProgress(expectedSeconds: plan.entries.map(\.expectedSeconds))
        var isWhole = true
        for (index, entry) in plan.entries.enumerated() {
            guard var item = run.caseRecord(entry.item.id), !item.isKept else { continue }
            guard !Interruption.isRequested else {
                isWhole = false
                break
            }
            try requireSpace(in: folder, neededMiB: 16)
            (progress.index, progress.caseID, progress.fraction) = (index, item.id, 0)
            if item.state == .interrupted { item.attempt += 1 }
            try execute(entry, &item, in: run, start: start, &progress, &display)
            if item.state == .interrupted { isWhole = false }
        }
        display.clear()
        if isWhole { try? FileManager.default.removeItem(atPath: "\(folder)/scratch/\(run.uuid)") }
        try store.end(run.uuid, status: isWhole ? .complete : .partial, at: microseconds())
        return try store.run(run.uuid)
    }

    /// The unfinished run that is taken up, or a new one.
    func startedRun(_ plan: Plan, _ provenance: Provenance, _ isContinuing: Bool) throws -> RunRecord {
        try unfinishedRun(plan, provenance, isContinuing) ?? begunRun(plan, provenance)
    }

    private func begunRun(_ plan: Plan, _ provenance: Provenance) throws -> RunRecord {
        // The one place for the system's generator: machines that know nothing of each other must not name runs alike.
        var generator = SystemRandomNumberGenerator()
        let now = microseconds()
        let run = RunRecord(
            uuid: RunIdentifier.make(microseconds: now, using: &generator), kind: plan.kind, build: provenance.build,
            machine: provenance.machine, tier: plan.tier, seed: plan.seed, threads: plan.threads,
            planDigest: plan.digest, started: now, environment: provenance.environment, cases: plan.records,
            note: plan.note, settings: plan.settings.isEmpty ? nil : plan.settings)
        try store.begin(run)
        return run
    }

    private func unfinishedRun(_ plan: Plan, _ provenance: Provenance, _ isContinuing: Bool) throws -> RunRecord? {
        guard isContinuing else { return nil }
        let day: Int64 = 24 * 3600 * 1_000_000
        let run = try store.unfinishedRun(
            planDigest: plan.digest, buildDigest: provenance.build.digest,
            machineClass: provenance.machine.machineClass, startedAfter: microseconds() - day)
        // What was begun for another note, or for none, is older than this one's prediction.
        guard let run, run.note == plan.note else { return nil }
        try store.end(run.uuid, status: .running, at: nil)
        return run
    }

    /// Runs one case, if its data is there, and stores how it ended.
    func execute(
        _ entry: Plan.Entry, _ item: inout CaseRecord, in run: RunRecord, start: Double, _ progress: inout RunProgress,
        _ display: inout ProgressDisplay
    ) throws {
        if let folder = entry.item.dataFolders.first(where: { name in
            !(dataFolder.map { isFolder($0 + "/" + name) } ?? false)
        }) {
            (item.state, item.message) = (.skipped, "needs \(folder) below --data")
            return try store.finish(item, in: run.uuid)
        }
        (item.state, item.started, item.message) = (.running, microseconds(), "")
        try store.start(item, in: run.uuid)
        let observation = try observe(entry, in: run, start: start, &progress, &display)
        let ended = (item.started ?? 0) + Int64(observation.wallSeconds * 1e6)
        (item.ended, item.exitCode, item.signal) = (ended, observation.exitCode, observation.signal)
        let log = logPath(item.id, run)
        (item.state, item.message) = observation.conclusion(for: entry.item, limits: limits(for: entry))
        if item.state == .crashed, let words = lastWords(inLogAt: log) { item.message += ": \(words)" }
        if item.state == .done {
            item.measurements = (observation.outcome?.measurements ?? []) + observation.costs(threads: run.threads)
            for index in item.measurements.indices {
                item.measurements[index].uncertainty = item.measurements[index].estimatedUncertainty()
            }
            if !keepsCosts { item.measurements.removeAll { $0.metric.metricClass == .cost } }
            item.dataDigests = observation.outcome?.dataDigests ?? [:]
        }
        item.message = withoutHome(item.message)
        do {
            try store.finish(
                item, in: run.uuid, artefacts: item.state == .done ? observation.outcome?.artefacts ?? [] : [])
        } catch let error as StoreError {
            guard case .badScores = error else { throw error }
            (item.state, item.message, item.measurements) = (.failed, error.description, [])
            try store.finish(item, in: run.uuid)
        }
        if item.state.isFailure {
            progress.failureCount += 1
            display.say("\(item.state.rawValue.uppercased())  \(item.id)  \(item.message); log \(log)")
        }
        // An interrupted case finds its checkpoints again; any other has no further use for them.
        if item.state != .interrupted { try? FileManager.default.removeItem(atPath: scratchPath(item.id, run)) }
        progress.fraction = 1
        display.end(progress)
    }

    private func observe(
        _ entry: Plan.Entry, in run: RunRecord, start: Double, _ progress: inout RunProgress,
        _ display: inout ProgressDisplay
    ) throws -> ChildObservation {
        let scratch = scratchPath(entry.item.id, run)
        do {
            try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        } catch {
            throw StoreError.unusable(path: scratch, detail: "the folder cannot be made")
        }
        var arguments = [
            "bench", "child", entry.item.id, "--seed", "\(run.seed)", "--threads", "\(run.threads)",
            "--scratch", scratch, "--parent", "\(ProcessInfo.processInfo.processIdentifier)",
        ]
        if let dataFolder { arguments += ["--data", dataFolder] }
        arguments += (run.settings ?? []).flatMap { ["--set", $0.description] }
        if traceLevel > 0 { arguments += ["--trace", "\(traceLevel)"] }
        let child = try ChildProcess(
            program: program, arguments: arguments,
            environment: childEnvironment(scratchFolder: scratch, changes: environment),
            logPath: logPath(entry.item.id, run), limits: limits(for: entry))
        let caseStart = monotonicSeconds()
        var hasAnnouncedEnd = false
        return child.wait(isStopRequested: { Interruption.isUrgent }) { fraction, _ in
            progress.fraction = fraction
        } onTick: {
            (progress.caseSeconds, progress.elapsedSeconds) = (
                monotonicSeconds() - caseStart, monotonicSeconds() - start
            )
            display.show(progress)
            if Interruption.isRequested, !Interruption.isUrgent, !hasAnnouncedEnd {
                hasAnnouncedEnd = true
                display.say("finishing \(entry.item.id), then stopping; once more to stop at once")
            }
        }
    }

    private func limits(for entry: Plan.Entry) -> ChildLimits {
        let memory = Double(ProcessInfo.processInfo.physicalMemory) / 1_048_576
        // What the store knows may be of the case in another setting, which takes less.
        let expected = max(entry.expectedSeconds, entry.item.expectedSeconds)
        return ChildLimits(
            seconds: timeoutSeconds ?? max(60, 4 * expected), memoryMiB: memoryMiB ?? 0.75 * memory)
    }

    private var folder: String {
        let folder = (store.path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    /// The same for every attempt at a run's case, and for nothing else; absolute, for cases that change their folder.
    private func scratchPath(_ id: String, _ run: RunRecord) -> String {
        URL(fileURLWithPath: "\(folder)/scratch/\(run.uuid)/\(id)").path
    }

    private func logPath(_ id: String, _ run: RunRecord) -> String { "\(folder)/logs/\(run.shortID)/\(id)" }
}

/// Refuses to begin a case where the disk is nearly full.
///
/// 16 MiB hold any one case's results and the database's own log.
func requireSpace(in folder: String, neededMiB: Int) throws(RunnerError) {
    guard let free = freeMiB(in: folder), free < neededMiB else { return }
    throw .noSpace(folder: folder, freeMiB: free, neededMiB: neededMiB)
}

/// What is free on the folder's disk; `nil` if that cannot be found out.
func freeMiB(in folder: String) -> Int? {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    return (attributes?[.systemFreeSize] as? NSNumber).map { Int($0.int64Value >> 20) }
}

extension CaseRecord {
    /// Whether a continued run leaves the case as it is.
    fileprivate var isKept: Bool { [.done, .failed, .timeout, .oom, .crashed].contains(state) }
}

/// The parent's environment with what makes results repeatable, and then the changes.
private func childEnvironment(scratchFolder: String, changes: [String: String?]) -> [String: String] {
    var result = ProcessInfo.processInfo.environment.merging([
        "TZ": "UTC", "LC_ALL": "C", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
        "SWIFT_DETERMINISTIC_HASHING": "1", "TMPDIR": scratchFolder,
    ]) { _, ours in ours }
    for (name, value) in changes { result[name] = value }
    return result
}

/// What the program said when it stopped itself, from the end of its log.
private func lastWords(inLogAt path: String) -> String? {
    guard let log = FileHandle(forReadingAtPath: path), let size = try? log.seekToEnd() else { return nil }
    try? log.seek(toOffset: size - min(size, 1 << 16))
    let text = String(decoding: (try? log.readToEnd()) ?? Data(), as: UTF8.self)
    guard let start = text.range(of: "Fatal error: ", options: .backwards)?.upperBound else { return nil }
    return text[start...].split(separator: "\n").first.map(String.init)
}

/// Microseconds since 1970 UTC.
func microseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1e6) }
