// BenchStoreTests
