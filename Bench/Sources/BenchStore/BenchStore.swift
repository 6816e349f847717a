// BenchStore
