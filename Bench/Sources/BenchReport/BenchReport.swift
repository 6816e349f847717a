// BenchReport
