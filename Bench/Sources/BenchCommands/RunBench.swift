// The command line: parses, lets one command do its work, and turns whatever happens into a last line and an exit code.

public import ArgumentParser
internal import BenchJudge
internal import BenchPeers
internal import BenchRunner
internal import BenchStore
internal import Foundation
public import Measurements

/// Input that a trial cannot use: one sentence, and an exit code.
public struct TrialRefused: Error, CustomStringConvertible {
    /// Where, what was found, what to do.
    public let description: String
    let exit: Int32

    /// A refusal in the words of `error`; its exit code is 2 unless the trial tells cases apart.
    public init(because error: any Error, exit: Int32 = 2) { (description, self.exit) = ("\(error)", exit) }
}

/// Runs the command that the program's arguments name and ends the program.
///
/// - Parameters:
///   - cases: What the verbs work on.
///   - dataSets: What the verb `data` knows.
///   - trials: The command `try`, whose subcommands belong to the program, so that this module knows no line.
public func runBench<Trials: ParsableCommand>(
    cases: [any BenchCase], dataSets: [DataSet], trials: Trials.Type
) -> Never {
    let code: Int32
    do {
        var command = try Bench<Trials>.parseAsRoot()
        if var verb = command as? any Verb {
            code = try verb.run(cases)
        } else if var verb = command as? any DataVerb {
            code = try verb.run(dataSets, for: cases)
        } else {
            try command.run()
            code = EXIT_SUCCESS
        }
    } catch let stopped as Interrupted {
        code = reportInterruption(of: stopped.run)
    } catch let error as StoreError {
        code = report(error, exit: error.exitCode)
    } catch let error as RunnerError {
        code = report(error, exit: error.exitCode)
    } catch let error as NoteError {
        code = report(error, exit: EX_USAGE)
    } catch let error as VariantError {
        code = report(error, exit: EX_USAGE)
    } catch let error as SettingError {
        code = report(error, exit: EX_USAGE)
    } catch let error as PredictionError {
        code = report(error, exit: EX_USAGE)
    } catch let error as WorktreeError {
        code = report(error, exit: 2)
    } catch let error as PeerError {
        code = report(error, exit: error.exitCode)
    } catch let error as DataFolderError {
        code = report(error, exit: error.exitCode)
    } catch let error as TrialRefused {
        code = report(error, exit: error.exit)
    } catch {
        Bench<Trials>.exit(withError: error)
    }
    exit(code)
}

/// A command that works on the list of all cases.
protocol Verb: ParsableCommand {
    /// Does the work, prints results on standard output, and returns the exit code.
    mutating func run(_ cases: [any BenchCase]) throws -> Int32
}

struct Bench<Trials: ParsableCommand>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "bench",
            abstract: "Runs every evaluation, remembers the results, and says what changed.",
            discussion: """
                Results are kept in .bench/ below the current directory. The first steps:

                  bench list                     which cases there are, what they cost
                  bench all                      the nightly tier; repeat it to go on
                  bench show                     the latest run
                  bench compare main HEAD 'inr'  what changed between two commits

                CASES   globs over ids ('inr.*'), suites ('inr'), exclusions ('!inr.slow')
                RUN     the beginning or end of a run's identifier (four hex digits or
                        more), a git revision, @last, @last~2 for the last but two, or
                        @baseline, @baseline:NAME for what 'bench baseline' pinned

                Exit codes: 0 done, 1 worse, 2 incomplete or nothing measured, 3 undecided
                with --strict, 4 store, 5 not reproduced, 64 usage, 70 internal, 75 another
                process writes, 130 and 143 interrupted. The last line of the output says
                the same.
                """,
            subcommands: [
                ListCommand.self, RunCommand.self, AllCommand.self, ShowCommand.self, CompareCommand.self,
                ReportCommand.self, GateCommand.self, HistoryCommand.self, FlipsCommand.self, BaselineCommand.self,
                CalibrateCommand.self, NoteCommand.self, TriageCommand.self, SQLCommand.self, ExportCommand.self,
                ImportCommand.self, DoctorCommand.self, VerifyCommand.self, ReproCommand.self, BisectCommand.self,
                ExploreCommand.self, DataCommand.self, CompletionsCommand<Trials>.self,
                ChildCommand.self, TaskCommand.self, Trials.self,
            ])
    }
}

/// Says what went wrong: in words on standard error, in the fixed form as the last line of the output.
private func report(_ error: any Error, exit: Int32) -> Int32 {
    FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
    print("VERDICT error | errors=1 | run=00000000 | exit=\(exit)")
    return exit
}

// Source of the numbers: harness specification, section 2.2.

extension StoreError {
    var exitCode: Int32 {
        switch self {
        case .locked: 75
        case .absent, .noRun, .noNote, .noBaseline: 2
        case .ambiguousRun, .ambiguousNote, .badQuery: 64
        case .foreign, .corrupt, .newerSchema, .networkFileSystem, .full, .unusable: 4
        case .badScores: 70
        }
    }
}

extension RunnerError {
    var exitCode: Int32 {
        switch self {
        case .unknownCase, .noCase: 2
        case .noSpace: 4
        case .otherProgram: 64
        case .cannotStart: 70
        case .interrupted: Interruption.exitCode ?? 70
        }
    }
}

extension DataFolderError {
    var exitCode: Int32 {
        switch self {
        case .unknown, .notFetched, .otherContents: 2
        case .unwritable: 4
        }
    }
}
