// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
// Optimised in debug builds too, so that `swift run bench all`, typed as it stands, runs at full speed.
let optimised = strict + [.unsafeFlags(["-O"])]

func core(_ names: String...) -> [Target.Dependency] { names.map { .product(name: $0, package: "TensorCore") } }
let inr: Target.Dependency = .product(name: "INR", package: "INR")
let visionPAD: Target.Dependency = .product(name: "VisionPAD", package: "Vision-PAD")
let dialogue: Target.Dependency = .product(name: "Dialogue", package: "Dialogue")
let speech: Target.Dependency = .product(name: "SpeechTranslation", package: "SpeechTranslation")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

func bench(_ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = strict) -> Target {
    .target(name: name, dependencies: dependencies, path: "Bench/Sources/\(name)", swiftSettings: settings)
}
func benchTests(_ name: String, _ dependencies: [Target.Dependency], golden: Bool = false) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Bench/Tests/\(name)",
        resources: golden ? [.copy("Golden")] : [], swiftSettings: strict)
}
func packageTests(_ name: String, in folder: String, _ dependencies: [Target.Dependency], golden: Bool = false)
    -> Target
{
    .testTarget(
        name: name, dependencies: dependencies, path: "Packages/\(folder)/Tests/\(name)",
        resources: golden ? [.copy("Golden")] : [], swiftSettings: optimised)
}

let package = Package(
    name: "Bench",
    dependencies: [
        .package(path: "Packages/TensorCore"),
        .package(path: "Packages/INR"),
        .package(path: "Packages/Vision-PAD"),
        .package(path: "Packages/Dialogue"),
        .package(path: "Packages/SpeechTranslation"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // Pure
        bench("BenchRecords", core("Measurements")),
        bench("BenchStatistics", core("Measurements"), settings: optimised),
        bench("BenchJudge", ["BenchRecords", "BenchStatistics"] + core("Measurements")),
        bench("BenchReport", ["BenchRecords", "BenchJudge", "BenchStatistics"] + core("Measurements")),
        // What runs, and what remembers
        .target(
            name: "CSystem", path: "Bench/Sources/CSystem",
            cSettings: [.treatAllWarnings(as: .error), .enableWarning("all")], linkerSettings: [.linkedLibrary("z")]),
        bench(
            "BenchStore", ["BenchRecords", "CSystem", grdb] + core("Measurements", "TensorIO"),
            settings: optimised),
        bench("BenchPeers", ["BenchStatistics"] + core("Measurements")),
        bench(
            "BenchCases",
            ["BenchPeers", "BenchRecords", "BenchStore", inr, visionPAD, dialogue, speech]
                + core("Measurements", "Tensors", "Learning", "TensorIO", "Signal", "Sequences"),
            settings: optimised),
        bench(
            "BenchRunner",
            ["BenchPeers", "BenchRecords", "BenchStatistics", "BenchStore", "CSystem"]
                + core("Measurements", "Tensors", "TensorIO")),
        bench(
            "BenchCommands",
            ["BenchPeers", "BenchRecords", "BenchJudge", "BenchReport", "BenchStore", "BenchRunner", arguments]
                + core("Measurements", "TensorIO", "Tensors")),
        // Programs
        .executableTarget(
            name: "bench",
            dependencies: [
                "BenchCases", "BenchCommands", "BenchRecords", "BenchRunner", "BenchStatistics", "BenchStore", dialogue,
                visionPAD, speech, arguments,
            ] + core("Measurements", "TensorIO", "Tensors"),
            path: "Bench/Sources/bench", swiftSettings: strict),
        .executableTarget(
            name: "bench-fixture", dependencies: ["BenchCommands", arguments] + core("Measurements", "Tensors"),
            path: "Bench/Tests/Fixture",
            swiftSettings: strict),
        // Tests of Bench
        benchTests("BenchStatisticsTests", ["BenchStatistics"] + core("Measurements", "TensorIO"), golden: true),
        benchTests("BenchJudgeTests", ["BenchJudge", "BenchRecords", "BenchStatistics"] + core("Measurements")),
        benchTests(
            "BenchReportTests", ["BenchReport", "BenchJudge", "BenchRecords", "BenchStatistics"] + core("Measurements")),
        benchTests("BenchStoreTests", ["BenchStore", "BenchRecords", grdb] + core("Measurements", "TensorIO")),
        benchTests(
            "BenchRunnerTests",
            ["BenchRunner", "BenchStore", "BenchRecords", "BenchCommands", "bench-fixture"] + core("Measurements")),
        benchTests("BenchPeersTests", ["BenchPeers"]),
        benchTests("BenchCasesTests", ["BenchCases", "BenchPeers", "bench"] + core("Measurements")),
        // Tests of every package, so that one `swift test` runs them all
        packageTests("TensorKernelsTests", in: "TensorCore", core("TensorKernels")),
        packageTests("TensorsTests", in: "TensorCore", core("Tensors", "Learning", "TensorTesting"), golden: true),
        packageTests("LearningTests", in: "TensorCore", core("Tensors", "Learning", "TensorTesting"), golden: true),
        packageTests(
            "TensorIOTests", in: "TensorCore", core("Tensors", "Learning", "TensorIO", "TensorTesting"), golden: true),
        packageTests("SignalTests", in: "TensorCore", core("Tensors", "Signal", "TensorTesting"), golden: true),
        packageTests(
            "SequencesTests", in: "TensorCore", core("Tensors", "Learning", "TensorIO", "Sequences", "TensorTesting"),
            golden: true),
        packageTests(
            "INRTests", in: "INR", [inr] + core("Tensors", "Learning", "TensorIO", "Measurements", "TensorTesting"),
            golden: true),
        packageTests(
            "VisionPADTests", in: "Vision-PAD",
            [visionPAD] + core("Tensors", "Learning", "TensorIO", "Signal", "Measurements", "TensorTesting"),
            golden: true),
        packageTests(
            "DialogueTests", in: "Dialogue",
            [dialogue] + core("Tensors", "Learning", "TensorIO", "Sequences", "Measurements", "TensorTesting"),
            golden: true),
        packageTests(
            "SpeechTranslationTests", in: "SpeechTranslation",
            [speech] + core("Tensors", "Learning", "TensorIO", "Signal", "Sequences", "Measurements", "TensorTesting"),
            golden: true),
        .testTarget(
            name: "RepositoryTests",
            dependencies: ["bench", "BenchCases"] + core("Measurements", "Tensors", "Learning"),
            path: "Tests/RepositoryTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
