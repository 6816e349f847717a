// bench import

internal import ArgumentParser
internal import BenchReport
internal import BenchStore
internal import Measurements

struct ImportCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Takes in runs that other stores have written.",
        discussion: """
            bench import /media/stick           an export, another ledger, or single files of one
            bench import --dry-run /media/stick what would be new
            bench import --rebuild              a new database from the ledger

            Order and repetition do not matter. A line that says something else than the
            one known by the same identifier is refused, and the exit code is 4.
            """)

    @Argument(help: "Files of a ledger, or folders with such files.") var paths: [String] = []
    @Flag(help: "Builds the database anew from the ledger; the old one stays as *.before-rebuild.") var rebuild = false
    @Flag(help: "Only says what would be new.") var dryRun = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if paths.isEmpty && !rebuild { throw ValidationError("give files or folders to import, or --rebuild.") }
        if rebuild && dryRun { throw ValidationError("--rebuild cannot be tried with --dry-run.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let record =
            paths.isEmpty
            ? nil : try store.openedForWriting().importLedger(paths, isDryRun: dryRun, at: now())
        if rebuild { try store.rebuild() }
        return try output.show(.imported(record, isDryRun: dryRun, isRebuilt: rebuild))
    }
}
