// bench doctor

internal import ArgumentParser
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements

struct DoctorCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Examines machine, database and ledger.",
        discussion: """
            bench doctor         says what could spoil a run, or is damaged
            bench doctor --fix   builds the database anew from the ledger, then examines

            The ledger itself is never changed.
            """)

    @Flag(help: "Builds the database anew from the ledger.") var fix = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        if fix { try store.rebuild() }
        var (checks, last): ([CheckRecord], RunRecord?) = ([], nil)
        do {
            let store = try store.opened()
            (checks, last) = (try store.examined(), try store.runs(last: 1).first)
        } catch StoreError.absent {
            checks = [CheckRecord("database", .warning, "there is none yet at \(store.path)")]
        } catch let error as StoreError {
            checks = [CheckRecord("database", .bad, "\(error) 'bench doctor --fix' builds it anew.")]
        }
        let folder = URL(fileURLWithPath: store.path).deletingLastPathComponent().path
        return try output.show(.doctor(examinedSurroundings(folder: folder, last: last) + checks))
    }
}

extension StoreOptions {
    /// Builds the database anew and tells what is lost.
    func rebuild() throws {
        if try !RunStore.rebuild(path: path, ledger: ledger, start: now()) {
            tell(["\(path): the old database could not be read; what only it held is not in the new one"])
        }
    }
}
