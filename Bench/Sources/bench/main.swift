// The program: the commands over the list of all cases.

internal import BenchCases
internal import BenchCommands

runBench(cases: allCases)
