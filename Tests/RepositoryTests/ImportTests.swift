// The architecture diagram as a test: which module may import which.

import Foundation
import Testing

/// Modules of this repository, or libraries, that each folder's sources may import besides the standard library's own.
let allowedImports: [(folder: String, imports: [String])] = [
    ("Packages/TensorCore/Sources/Tensors", ["TensorKernels", "COpenBLAS"]),
    ("Packages/TensorCore/Sources/Learning", ["Tensors"]),
    (
        "Packages/TensorCore/Sources/TensorIO",
        ["Tensors", "Learning", "CPNG", "CJPEG", "CSndFile", "CZlib", "Foundation"]
    ),
    ("Packages/TensorCore/Sources/Signal", ["Tensors", "TensorKernels", "CFFTW"]),
    ("Packages/TensorCore/Sources/Sequences", ["Tensors", "Learning", "CSentencePiece", "Foundation"]),
    ("Packages/TensorCore/Sources/Measurements", ["Foundation"]),
    ("Packages/TensorCore/Sources/TensorTesting", ["Tensors", "Learning", "TensorIO", "Measurements", "Foundation"]),
    ("Packages/INR/Sources/INR", ["Tensors", "Learning", "TensorIO", "Measurements", "Foundation"]),
    (
        "Packages/Vision-PAD/Sources/VisionPAD",
        ["Tensors", "Learning", "TensorIO", "Signal", "Measurements", "Foundation"]
    ),
    (
        "Packages/Dialogue/Sources/Dialogue",
        ["Tensors", "Learning", "TensorIO", "Sequences", "Measurements", "Foundation"]
    ),
    (
        "Packages/SpeechTranslation/Sources/SpeechTranslation",
        ["Tensors", "Learning", "TensorIO", "Signal", "Sequences", "Measurements", "Foundation"]
    ),
    ("Bench/Sources/BenchRecords", ["Measurements"]),
    ("Bench/Sources/BenchStatistics", ["Measurements"]),
    ("Bench/Sources/BenchJudge", ["BenchRecords", "BenchStatistics", "Measurements"]),
    ("Bench/Sources/BenchReport", ["BenchRecords", "BenchJudge", "BenchStatistics", "Measurements", "Foundation"]),
    ("Bench/Sources/BenchPeers", ["BenchStatistics", "Foundation", "Measurements"]),
    (
        "Bench/Sources/BenchCases",
        ["BenchPeers", "BenchRecords", "BenchStore", "Dialogue", "Foundation", "INR", "Learning", "Measurements"]
            + ["Sequences", "Signal", "SpeechTranslation", "TensorIO", "Tensors", "VisionPAD"]
    ),
    ("Bench/Sources/BenchStore", ["BenchRecords", "CSystem", "Foundation", "GRDB", "Measurements", "TensorIO"]),
    (
        "Bench/Sources/BenchRunner",
        ["BenchPeers", "BenchRecords", "BenchStatistics", "BenchStore", "CSystem", "Foundation", "Measurements"]
            + ["TensorIO", "Tensors"]
    ),
    (
        "Bench/Sources/BenchCommands",
        [
            "ArgumentParser", "BenchJudge", "BenchPeers", "BenchRecords", "BenchReport", "BenchRunner", "BenchStore",
            "Foundation", "TensorIO",
        ]
            + ["Measurements"]
    ),
    (
        "Bench/Sources/bench",
        ["ArgumentParser", "BenchCases", "BenchCommands", "BenchRecords", "BenchRunner", "BenchStatistics"]
            + ["BenchStore", "Dialogue", "Foundation", "Measurements", "SpeechTranslation", "TensorIO", "Tensors"]
            + ["VisionPAD"]
    ),
]
private let alwaysAllowed: Set<String> = ["Swift", "Glibc", "Synchronization"]

@Suite struct ImportTests {
    @Test(arguments: allowedImports.map(\.folder))
    func `a module imports only what the architecture allows`(_ folder: String) throws {
        let allowed = alwaysAllowed.union(try #require(allowedImports.first { $0.folder == folder }).imports)
        let files = try swiftFiles(in: folder)
        #expect(!files.isEmpty)
        for file in files {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            let imported = lines.compactMap(importedModule)
            #expect(Set(imported).subtracting(allowed) == [], "\(file.lastPathComponent)")
        }
    }

    @Test func `pointers are touched only where they must be`() throws {
        let allowed = [
            "Tensors/Storage/", "Tensors/Random.swift", "Tensors/OptimiserSteps.swift", "Tensors/Threads.swift",
            "Sequences/Tokeniser.swift",
        ]
        for folder in ["Tensors", "Learning", "Sequences"].map({ "Packages/TensorCore/Sources/\($0)" }) {
            for file in try swiftFiles(in: folder) where !allowed.contains(where: file.path.contains) {
                #expect(
                    !(try String(contentsOf: file, encoding: .utf8)).contains("unsafe "), "\(file.lastPathComponent)")
            }
        }
    }

    private func importedModule(_ line: Substring) -> String? {
        let words = line.split(separator: " ")
        // `bench import` in a text is none.
        guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
            position == 0 || position == 1 && ["internal", "public", "package", "@testable"].contains(words[0])
        else {
            return nil
        }
        return String(words[position + 1])
    }
}

/// The repository's root.
let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func swiftFiles(in folder: String) throws -> [URL] {
    let root = repository.appendingPathComponent(folder)
    let found = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    return (found?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
}
