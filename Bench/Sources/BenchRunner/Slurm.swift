// A run's cases as one job array of Slurm: what is submitted, where it stands, and how its results come home.
//
// The cluster gives nodes, and a folder that all of them see. A task writes a ledger of its own there, and a mark when it has
// ended; whoever waits looks for marks, asks the queue, and takes the ledgers in. Source: harness specification, section 9.1.

public import BenchRecords
internal import BenchStore
internal import Foundation
public import Measurements
internal import TensorIO

/// Where job arrays go.
public struct SlurmCluster: Sendable {
    /// The partition; `nil` for the cluster's own choice.
    public var partition: String?
    /// A folder that every node sees under this path.
    public var sharedFolder: String

    /// A cluster.
    public init(partition: String?, sharedFolder: String) {
        (self.partition, self.sharedFolder) = (partition, sharedFolder)
    }
}

extension Runner {
    /// The same as `run` without it, each case a task of a job array; costs are not measured, since nodes may differ.
    ///
    /// An unfinished run of the same plan, build and machine is taken up: what stands in the queue is waited for, and only
    /// what has neither a result nor a place in the queue is submitted.
    ///
    /// - Throws: ``RunnerError`` if the cluster takes no job, `StoreError` when something cannot be written.
    public func run(
        _ plan: Plan, provenance: Provenance, isContinuing: Bool, on cluster: SlurmCluster
    ) throws -> RunRecord {
        let display = ProgressDisplay(width: width)
        let run = try startedRun(plan, provenance, isContinuing)
        let array = SlurmArray(run: run, cluster: cluster)
        try array.prepare(dataFolder.map { URL(fileURLWithPath: $0).path }, timeoutSeconds, memoryMiB)
        if array.queuedCount == 0, !array.unmarked.isEmpty { try array.submit(array.unmarked, threads: plan.threads) }
        display.say(
            "run \(run.shortID): \(array.unmarked.count) of \(run.cases.count) cases are with Slurm; \(array.folder)")
        try array.wait(display)
        _ = try store.importLedger([array.folder + "/results"], isDryRun: false, at: microseconds())
        let isStopped = Interruption.isRequested
        for index in array.unmarked where !isStopped {
            var item = run.cases[index]
            (item.state, item.message) = (.failed, "it left the queue without a result; see \(array.folder)/logs")
            try store.finish(item, in: run.uuid)
        }
        try store.end(run.uuid, status: isStopped ? .partial : .complete, at: microseconds())
        return try store.run(run.uuid)
    }

    /// Runs one case of a run that another process began, and stores how it ended, without costs; the run stays open.
    public func runTask(_ item: any BenchCase, of run: RunRecord, restarts: Int) throws {
        var (runner, display) = (self, ProgressDisplay(width: width))
        runner.keepsCosts = false
        guard var record = run.caseRecord(item.id) else { throw RunnerError.unknownCase(asked: item.id, nearest: nil) }
        record.attempt += restarts
        let entry = try Plan.Entry(item, store: nil)
        var progress = RunProgress(expectedSeconds: [entry.expectedSeconds])
        try runner.execute(entry, &record, in: run, start: monotonicSeconds(), &progress, &display)
    }
}

/// The job array of one run.
private struct SlurmArray {
    let run: RunRecord
    let cluster: SlurmCluster
    let folder: String

    init(run: RunRecord, cluster: SlurmCluster) {
        (self.run, self.cluster) = (run, cluster)
        folder = URL(fileURLWithPath: "\(cluster.sharedFolder)/\(run.uuid)").path
    }

    /// The numbers of the cases whose task has not ended.
    var unmarked: [Int] {
        run.cases.indices.filter { !FileManager.default.fileExists(atPath: "\(folder)/results/\($0).done") }
    }

    /// Tasks in the queue; `nil` where the controller does not answer.
    var queuedCount: Int? {
        // By name: the queue forgets numbers, and asking for a forgotten one is an error.
        programOutput(["squeue", "--noheader", "--array", "--name", name, "--format", "%i"])
            .map { $0.split(separator: 10).count }
    }

    private var name: String { "bench-\(run.shortID)" }

    /// The run as it began, with a further attempt at what was interrupted.
    private var planned: RunRecord {
        var planned = run
        planned.cases = run.cases.map {
            CaseRecord(
                id: $0.id, version: $0.version, tier: $0.tier, configuration: $0.configuration,
                attempt: $0.attempt + ($0.state == .interrupted ? 1 : 0))
        }
        return planned
    }

    /// Writes what the tasks read: the run, this program, and how it is called.
    func prepare(_ dataFolder: String?, _ timeoutSeconds: Double?, _ memoryMiB: Double?) throws {
        var command = ["exec", "'\(folder)/bench'", "task", "'\(folder)'", "$SLURM_ARRAY_TASK_ID"]
        if let dataFolder { command += ["--data", "'\(dataFolder)'"] }
        if let timeoutSeconds { command += ["--timeout", "\(timeoutSeconds)"] }
        if let memoryMiB { command += ["--mem", "\(memoryMiB)"] }
        do {
            for part in ["results", "logs"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
            }
            if !FileManager.default.fileExists(atPath: "\(folder)/bench") {
                let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
                try FileManager.default.copyItem(atPath: program, toPath: "\(folder)/bench")
            }
            try writeFile(Array(canonicalJSON(planned).utf8), to: "\(folder)/run.json")
            try writeFile(
                Array("#!/bin/sh\n\(command.joined(separator: " "))\n".utf8), to: "\(folder)/task.sh")
        } catch {
            throw StoreError.unusable(path: folder, detail: "the job array's files cannot be written")
        }
    }

    /// Submits the cases in arrays of at most a thousand tasks, which every site takes.
    func submit(_ cases: [Int], threads: Int) throws {
        for start in stride(from: 0, to: cases.count, by: 1000) {
            let tasks = cases[start..<min(start + 1000, cases.count)].map(String.init).joined(separator: ",")
            var arguments = [
                "sbatch", "--parsable", "--requeue", "--export=NONE", "--job-name=\(name)", "--array=\(tasks)",
                "--cpus-per-task=\(threads)", "--output=\(folder)/logs/%a.log", "--open-mode=append",
                "--chdir=\(folder)",
            ]
            if let partition = cluster.partition { arguments.append("--partition=\(partition)") }
            guard programOutput(arguments + ["\(folder)/task.sh"]) != nil else {
                throw RunnerError.cannotStart(
                    program: "sbatch", detail: "Slurm is missing or takes no job; try 'sbatch \(folder)/task.sh'")
            }
        }
    }

    /// Waits until every task has ended or left the queue, or a signal asks to stop waiting.
    func wait(_ display: ProgressDisplay) throws {
        var (display, isAnswering, emptyLooks) = (display, true, 0)
        let start = monotonicSeconds()
        while !unmarked.isEmpty, !Interruption.isRequested, emptyLooks < 3 {
            Thread.sleep(forTimeInterval: 1)
            let queued = queuedCount
            // A node that was lost gives its task back after a while in which the queue may seem empty.
            emptyLooks = queued == 0 ? emptyLooks + 1 : 0
            display.redraw(
                "\(run.cases.count - unmarked.count)/\(run.cases.count) cases  \(clock(monotonicSeconds() - start))")
            if (queued != nil) != isAnswering {
                isAnswering.toggle()
                display.say(isAnswering ? "the controller answers again" : "the controller does not answer; waiting")
            }
        }
        display.clear()
    }
}
