// The program: the commands over the lists of all cases and data sets, and the lines' models on one's own files.

internal import BenchCases
internal import BenchCommands

runBench(cases: allCases, dataSets: allDataSets, trials: TryCommand.self)
