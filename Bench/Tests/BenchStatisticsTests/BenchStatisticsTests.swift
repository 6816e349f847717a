// BenchStatisticsTests
