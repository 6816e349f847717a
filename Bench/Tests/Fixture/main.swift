// A bench whose cases do what cases must never do: the tests of the runner start it as they would start the real one.

internal import ArgumentParser
internal import BenchCommands
internal import Foundation
internal import Glibc
internal import Measurements
internal import Synchronization
internal import Tensors

/// A case named after what it does.
struct FixtureCase: BenchCase {
    var id: String
    var summary = "A case for the runner's tests."
    var tier = Tier.nightly
    var expectedSeconds = 0.5
    let version = 1
    let configuration = ["size": "3"]
    var dataFolders: [String] = []
    var body: @Sendable (CaseContext) throws -> [Double]

    init(_ id: String, _ body: @escaping @Sendable (CaseContext) throws -> [Double]) {
        self.id = id
        self.body = body
    }

    var metrics: [Metric] { [score, Metric("count", .exact, decimals: 0)] }

    private var score: Metric { Metric("score", .quality, direction: .higherIsBetter, finaliser: .mean) }

    func run(in context: CaseContext) throws -> CaseOutcome {
        let values = try body(context)
        let scores = Scores(items: values.indices.map { "item-\($0)" }, values: values)
        return CaseOutcome(
            [Measurement(score, scores: scores), Measurement(metrics[1], value: Double(values.count))],
            dataDigests: ["made": "00ff"], artefacts: [Artefact(name: "a.txt", mediaType: "text/plain", bytes: [65])])
    }
}

/// A case whose twelve scores are its settings' doing, which take effect as training does: with noise from the seed.
struct FixtureVariation: VariableCase {
    /// Some settings, of a kind each.
    struct Settings: Codable, Sendable {
        struct Training: Codable, Sendable { var steps = 2, rate = 0.5 }
        var training = Training()
        var name = "plain"
        /// Read, stored and without any influence.
        var comment = 0
        /// Neither read nor stored.
        var unused = 0
    }

    let id = "vary.line"
    let summary = "Scores that rise with the steps."
    let tier = Tier.nightly
    let expectedSeconds = 6.0
    let version = 1
    let dataFolders: [String] = []
    var settings = Settings()

    var configuration: [String: String] {
        ["training": "\(settings.training)", "name": settings.name, "comment": "\(settings.comment)"]
    }
    let metrics = [
        Metric("score", .quality, direction: .higherIsBetter, finaliser: .mean, smallestEffect: 0.1),
        Metric("loss", .quality, direction: .lowerIsBetter, finaliser: .mean, smallestEffect: 0.1),
    ]

    func run(in context: CaseContext) throws -> CaseOutcome {
        if settings.training.steps < 0 { throw FixtureError() }
        let noise = (0..<3).flatMap { values(seed: context.seed &+ 7 * $0) }
        let scores = noise.enumerated().map { Double(settings.training.steps) * (1 + Double($0 % 3) / 10) + $1 }
        let items = noise.indices.map { "item-\($0)" }
        return CaseOutcome([
            Measurement(metrics[0], scores: Scores(items: items, values: scores)),
            Measurement(metrics[1], scores: Scores(items: items, values: scores.map { -$0 })),
        ])
    }
}

struct FixtureError: Error, CustomStringConvertible {
    let description = "weights.npy: 3 values were found; give 4."
}

/// Values that depend on the seed alone.
func values(seed: UInt64) -> [Double] { (1...4).map { Double((seed &* 2_654_435_761 &+ $0) % 1000) / 7 } }

func sleeper() {
    var pid: pid_t = 0
    let words: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("sleep"), strdup("600"), nil]
    unsafe posix_spawn(&pid, "/bin/sleep", nil, nil, words, environ)
}

func pause(_ seconds: Double) { Thread.sleep(forTimeInterval: seconds) }

/// A sum that depends on the order of its terms.
func orderedSum(_ terms: some Sequence<Double>) -> Double { terms.reduce(0) { $0 * 0.999 + $1 } }

/// Indices in the order in which threads come to them, as many at once as the pool has.
func racedOrder(_ count: Int) -> [Int] {
    let order = Mutex<[Int]>([])
    let limit = DispatchSemaphore(value: Threads.count)
    let group = DispatchGroup()
    for index in 0..<count {
        limit.wait()
        DispatchQueue.global().async(group: group) {
            usleep(.random(in: 0...300))
            order.withLock { $0.append(index) }
            limit.signal()
        }
    }
    group.wait()
    return order.withLock(\.self)
}

var needsData = FixtureCase("data.needed") { values(seed: $0.seed) }
needsData.dataFolders = ["pictures"]
/// Sixteen items, moved by the environment as a change of code would move them.
var smoke = FixtureCase("good.smoke") { context in
    let shift = Double(ProcessInfo.processInfo.environment["BENCH_SHIFT"] ?? "") ?? 0
    return (0..<4).flatMap { values(seed: context.seed &+ 7 * $0) }.map { $0 + shift }
}
smoke.tier = .smoke

let cases: [FixtureCase] = [
    FixtureCase("bad.abort") { _ in abort() },
    FixtureCase("bad.allocate") { _ in
        var blocks: [[UInt8]] = []
        while true { blocks.append([UInt8](repeating: 1, count: 16 << 20)) }
    },
    FixtureCase("bad.close") { context in
        close(3)
        return values(seed: context.seed)
    },
    FixtureCase("bad.exit") { _ in exit(0) },
    FixtureCase("bad.exit7") { _ in exit(7) },
    FixtureCase("bad.fatal") { _ in fatalError("the invariant does not hold") },
    FixtureCase("bad.garbage") { context in
        unsafe write(3, "not a message\n", 14)
        return values(seed: context.seed)
    },
    FixtureCase("bad.grandchild") { _ in
        sleeper()
        return []
    },
    FixtureCase("bad.loop") { _ in while true {} },
    FixtureCase("bad.segfault") { _ in
        unsafe UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1
        return []
    },
    FixtureCase("bad.stubborn") { _ in
        signal(SIGTERM, SIG_IGN)
        sleeper()
        while true { pause(60) }
    },
    FixtureCase("bad.throw") { _ in throw FixtureError() },
    needsData,
    FixtureCase("fault.clock") { _ in [1, Double(DispatchTime.now().uptimeNanoseconds % 1_000_003)] },
    FixtureCase("fault.hash") { _ in
        let terms = Dictionary(uniqueKeysWithValues: (1...50).map { ("term \($0)", 1 / Double($0)) })
        return [orderedSum(terms.values)]
    },
    FixtureCase("fault.memory") { _ in
        // A block that was used before: the allocator's own notes in it depend on where the heap begins.
        let used = unsafe malloc(2000)
        let neighbour = unsafe malloc(2000)
        unsafe free(used)
        let again = unsafe malloc(2000)
        defer {
            unsafe free(again)
            unsafe free(neighbour)
        }
        return [Double((unsafe again?.load(as: UInt64.self) ?? 0) % 1_000_003)]
    },
    FixtureCase("fault.order") { _ in [orderedSum(racedOrder(40).map { 1 / Double($0 + 1) })] },
    FixtureCase("fault.step") { context in
        // Goes astray on the way, and comes to the same end.
        for step in 1...4 {
            let loss = 1 / Double(step) + (step == 3 ? Double(DispatchTime.now().uptimeNanoseconds % 1_000_003) : 0)
            context.trace.number(loss, "loss", step: step)
            context.trace.digest("weight", step: step) { UInt64(step) }
        }
        return values(seed: context.seed)
    },
    FixtureCase("fault.threads") { _ in
        let terms = (1...1000).map { 1 / Double($0) }
        let length = terms.count / Threads.count
        return [
            stride(from: 0, to: terms.count, by: length).map { terms[$0..<min($0 + length, terms.count)].reduce(0, +) }
                .reduce(0, +)
        ]
    },
    FixtureCase("good.nan") { values(seed: $0.seed) + [.nan] },
    FixtureCase("good.printing") { context in
        let line = String(repeating: "x", count: 1 << 20)
        for _ in 0..<40 { print(line) }
        return values(seed: context.seed)
    },
    FixtureCase("good.slow") { context in
        for step in 1...10 {
            pause(0.05)
            context.report(Double(step) / 10, "sleeping")
        }
        return values(seed: context.seed)
    },
    smoke,
    FixtureCase("good.steps") { context in
        // Counts its attempts in the scratch folder, which only an interrupted attempt leaves behind.
        let file = context.scratchFolder + "/attempts"
        let earlier = FileManager.default.contents(atPath: file)?.count ?? 0
        try Data(repeating: 1, count: earlier + 1).write(to: URL(fileURLWithPath: file))
        if earlier == 0 { pause(1.5) }
        return values(seed: context.seed)
    },
    FixtureCase("tree.held") { _ in
        // Holds as many MiB as the file has lines.
        let count = try String(contentsOfFile: "lines.txt", encoding: .utf8).split(separator: "\n").count
        let held = (0..<count).map { [UInt8](repeating: UInt8($0), count: 1 << 20) }
        return [Double(held.reduce(0) { $0 + Int($1[1 << 19]) })]
    },
    FixtureCase("tree.lines") { _ in
        // What the program's sources are to the real bench, a file of the work tree is to this one.
        try String(contentsOfFile: "lines.txt", encoding: .utf8).split(separator: "\n").compactMap { Double($0) }
    },
]

/// No line's models are tried here.
struct NoTrials: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "try", shouldDisplay: false)
}

/// What `data.needed` needs, and a set that nobody can fetch.
let dataSets = [
    DataSet(
        "pictures", line: "data", "one letter", source: "typed", licence: "none", megabytes: 0.1, layout: "a.txt",
        files: [
            DataFiles(
                "a.txt", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
                url: "file:///nowhere/a.txt")
        ]),
    DataSet("secrets", line: "data", "nothing", source: "apply to nobody", licence: "none", layout: "unknown"),
]

runBench(cases: cases + [FixtureVariation()], dataSets: dataSets, trials: NoTrials.self)
