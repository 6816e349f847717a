// bench baseline

internal import ArgumentParser
internal import BenchRecords
internal import BenchReport
internal import BenchRunner
internal import BenchStore
internal import Foundation
internal import Measurements

struct BaselineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline", abstract: "Pins a run under a name, to compare against.",
        discussion: """
            bench baseline set @last --why "first night of the new data"
            bench baseline set 5c1e90ab --name release --why "as published"
            bench compare @baseline HEAD    or @baseline:release
            bench baseline history          what was pinned before; no pin is ever removed
            """,
        subcommands: [Set.self, Show.self, List.self, History.self], defaultSubcommand: Show.self)

    struct Set: Verb {
        static let configuration = CommandConfiguration(commandName: "set", abstract: "Pins a run.")

        @Argument(help: "The run.") var run: String
        @Option(help: "The name, without spaces.") var name = "main"
        @Option(help: "The reason, for those who will wonder.") var why: String
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            if name.isEmpty || name.contains(where: \.isWhitespace) {
                throw ValidationError("--name '\(name)': give one word.")
            }
            if why.allSatisfy(\.isWhitespace) { throw ValidationError("--why '\(why)': give a reason.") }
        }

        mutating func run(_ all: [any BenchCase]) throws -> Int32 {
            // A reader says that there is no store; a writer would make one.
            let found = try storedRun(run, [], in: try store.opened())
            let pin = BaselinePin(name: name, run: found.uuid, why: why, at: now())
            try store.openedForWriting().pin(pin)
            return try output.show(.pins([pin], runs: [found.uuid: found]))
        }
    }

    struct Show: Verb {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Shows what is pinned under a name.")

        @Argument(help: "The name.") var name = "main"
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        mutating func run(_ all: [any BenchCase]) throws -> Int32 {
            let store = try store.opened()
            return try output.show(pins(Array(try store.pins(named: name).prefix(1)), in: store))
        }
    }

    struct List: Verb {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Shows what is pinned under each name.")

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        mutating func run(_ all: [any BenchCase]) throws -> Int32 {
            let store = try store.opened()
            var known: Swift.Set<String> = []
            return try output.show(pins(try store.pins().filter { known.insert($0.name).inserted }, in: store))
        }
    }

    struct History: Verb {
        static let configuration = CommandConfiguration(
            commandName: "history", abstract: "Shows every pin there ever was.")

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        mutating func run(_ all: [any BenchCase]) throws -> Int32 {
            let store = try store.opened()
            return try output.show(pins(try store.pins(), in: store))
        }
    }
}

private func pins(_ pins: [BaselinePin], in store: RunStore) throws -> Report {
    let runs = Dictionary(try pins.map { ($0.run, try store.run($0.run)) }) { first, _ in first }
    return .pins(pins, runs: runs)
}
