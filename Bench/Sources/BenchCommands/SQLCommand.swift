// bench sql

internal import ArgumentParser
internal import BenchReport
internal import BenchStore
internal import Foundation
internal import Measurements

struct SQLCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "sql", abstract: "Asks the database in SQL; it cannot change anything.",
        discussion: """
            bench sql                                            the views and their columns
            bench sql "SELECT case_id, metric, value FROM v_latest WHERE class = 'quality'"
            bench sql --file question.sql --csv
            """)

    @Argument(help: "One statement.") var query: String?
    @Option(help: "A file with the statement.") var file: String?
    @Flag(help: "The same as --format csv.") var csv = false
    @Flag(help: "The same as --format json.") var json = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if query != nil && file != nil { throw ValidationError("give a query or --file, not both.") }
        if csv && json { throw ValidationError("give --csv or --json, not both.") }
    }

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let store = try store.opened()
        output.format = csv ? .csv : json ? .json : output.format
        let text = try file.map { path in
            guard let data = FileManager.default.contents(atPath: path) else {
                throw StoreError.badQuery(detail: "the file '\(path)' cannot be read")
            }
            return String(decoding: data, as: UTF8.self)
        }
        guard let text = text ?? query else { return try output.show(.views(try store.views())) }
        return try output.show(.query(try store.query(text)))
    }
}
