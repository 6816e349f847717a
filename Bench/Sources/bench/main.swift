// The program: the commands over the list of all cases, and the lines' models on one's own files.

internal import BenchCases
internal import BenchCommands

runBench(cases: allCases, trials: TryCommand.self)
