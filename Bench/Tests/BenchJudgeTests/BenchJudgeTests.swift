// BenchJudgeTests
