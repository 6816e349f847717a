// BenchStatistics
