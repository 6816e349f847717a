// bench data: the public data sets that cases and published protocols need.

internal import ArgumentParser
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import Foundation
internal import Measurements

/// A command that works on the catalogue of data sets.
protocol DataVerb: ParsableCommand {
    /// Does the work, prints results on standard output, and returns the exit code.
    mutating func run(_ sets: [DataSet], for cases: [any BenchCase]) throws -> Int32
}

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Knows the public data sets: source, licence, layout, digests.",
        discussion: """
            bench data list --data ~/data        which there are, and which lie there
            bench data list --long               where each comes from, who needs it
            bench data get kodak --data ~/data   fetches it, or says how to come by it
            bench data check ~/data              counts files, compares digests
            bench data where --data ~/data       the folder of each set

            Nothing is ever fetched but by 'get', and nothing kept whose digest is wrong.
            """,
        subcommands: [List.self, Get.self, Check.self, Where.self], defaultSubcommand: List.self)

    struct List: DataVerb {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Shows which sets there are.")

        @Option(help: "The folder with real data.", completion: .directory) var data: String?
        @Flag(help: "Adds source, licence, layout and the cases that need each.") var long = false
        @OptionGroup var output: OutputOptions

        mutating func run(_ sets: [DataSet], for cases: [any BenchCase]) throws -> Int32 {
            let folder = data.map(DataFolder.init)
            let records = sets.map { folder?.found($0) ?? DataRecord($0, folder: nil) }
            return try output.show(.dataSets(records, cases: cases, isLong: long, hasFolder: folder != nil))
        }
    }

    struct Get: DataVerb {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Fetches a set whose files are public, or says how to come by it.",
            discussion: "Needs curl. Exit code 2 unless the set is whole in the end.")

        @Argument(help: "The set's name.") var name: String
        @Option(help: "The folder with real data; the set gets a folder below it.", completion: .directory)
        var data: String
        @OptionGroup var output: OutputOptions

        mutating func run(_ sets: [DataSet], for cases: [any BenchCase]) throws -> Int32 {
            let (set, folder) = (try dataSet(named: name, in: sets), DataFolder(data))
            let count = try folder.fetch(set) { url in
                FileHandle.standardError.write(Data("bench: fetching \(url)\n".utf8))
            }
            return try output.show(.dataSet(folder.examined(set), fetched: count, cases: cases))
        }
    }

    struct Check: DataVerb {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Counts files and compares digests.")

        @Argument(help: "The folder with real data. (default: the current folder)", completion: .directory)
        var data = "."
        @OptionGroup var output: OutputOptions

        mutating func run(_ sets: [DataSet], for cases: [any BenchCase]) throws -> Int32 {
            let folder = DataFolder(data)
            return try output.show(.dataCheck(sets.map(folder.examined), cases: cases))
        }
    }

    struct Where: DataVerb {
        static let configuration = CommandConfiguration(
            commandName: "where", abstract: "Shows the folder of each set that is there.")

        @Option(help: "The folder with real data.", completion: .directory) var data = "."
        @OptionGroup var output: OutputOptions

        mutating func run(_ sets: [DataSet], for cases: [any BenchCase]) throws -> Int32 {
            try output.show(.dataPlaces(sets.map(DataFolder(data).found)))
        }
    }
}
