// BenchReportTests
