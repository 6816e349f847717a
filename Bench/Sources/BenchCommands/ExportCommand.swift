// bench export

internal import ArgumentParser
internal import BenchRecords
internal import BenchReport
internal import BenchStore
internal import Measurements

struct ExportCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Copies runs to a folder that another store can import.",
        discussion: """
            bench export @last              into ./bench-export: text files, one a run
            bench export HEAD main --to /media/stick

            What is there already stays and is added to. No user or host name is in it.
            """)

    @Argument(help: "The runs.") var runs: [String]
    @Option(help: "The folder.") var to = "bench-export"
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let store = try store.opened()
        let found = try runs.map { try storedRun($0, [], in: store) }
        return try output.show(.exported(found, newLines: try store.export(found, to: to), folder: to))
    }
}
