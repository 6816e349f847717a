// BenchJudge
