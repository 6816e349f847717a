// BenchRunnerTests
